package org.semblance.server.config;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.MediaLimits;
import org.semblance.engine.worker.DecodeWorkers;
import org.semblance.hashdb.SharedCatalog;
import org.semblance.hashdb.catalog.postgres.PostgresAddress;
import org.semblance.hashdb.matchlog.MatchLogSettings;
import org.semblance.server.auth.AccessPolicy;
import org.semblance.server.log.LogFormat;
import org.semblance.server.log.LogLevel;

/** Every setting of a server, fixed from start to stop; {@link Setting} says what each one is. */
@SuppressWarnings("MissingJavadocMethod") // each method is named by its setting
public final class ServerConfig {
    private final Map<Setting<?>, Object> values = new HashMap<>();

    /** @throws ConfigRefusedException naming the first setting that is out of its range */
    ServerConfig(Map<Setting<?>, Object> given) {
        values.putAll(given);
        Setting.all().forEach(this::check);
        requireAtLeast(Setting.MAX_VIDEO_BYTES, maxBodyBytes());
        requireAtLeast(Setting.MAX_BODY_BYTES_IN_FLIGHT, Math.min(maxBodyBytes(), spillBytes()));
        requireBoth(Setting.TLS_CERTIFICATE, Setting.TLS_KEY);
        requireBoth(Setting.TLS_KEY, Setting.TLS_CERTIFICATE);
        if (!value(Setting.PEERS).isEmpty() && value(Setting.CATALOG).isEmpty()) {
            throw new ConfigRefusedException(
                    Setting.PEERS,
                    toml(Setting.PEERS),
                    "nothing, as " + Setting.CATALOG.key() + " is not set and nobody shares the banks");
        }
        if (webhookUrl() != null && webhookSecretFile() == null) {
            throw new ConfigRefusedException(
                    Setting.WEBHOOK_SECRET_FILE, "not set", "a path, since " + Setting.WEBHOOK_URL.key() + " is set");
        }
        if (isolation() == Isolation.WORKERS && !DecodeWorkers.areSupported()) {
            throw new ConfigRefusedException(
                    Setting.ISOLATION,
                    toml(Setting.ISOLATION),
                    Setting.ISOLATION.toml(Isolation.NONE) + ", as worker processes need Linux");
        }
    }

    /** The defaults, with the database in that folder. */
    public static Builder builder(Path dataFolder) {
        return new Builder().set(Setting.DATA, dataFolder);
    }

    /** The value that was given, or else the default. */
    @SuppressWarnings("unchecked") // A value has the type of its setting: Builder.set and Setting.parse see to that.
    public <T> T value(Setting<T> setting) {
        Object value = values.get(setting);
        if (value == null) {
            value = setting.standard(this);
            values.put(setting, value);
        }
        return (T) value;
    }

    /** The value of that setting as the environment and the command line have it. */
    public <T> String text(Setting<T> setting) {
        return setting.text(value(setting));
    }

    /** The value of that setting as the file has it. */
    public <T> String toml(Setting<T> setting) {
        return setting.toml(value(setting));
    }

    private <T> void check(Setting<T> setting) {
        setting.check(value(setting));
    }

    private void requireBoth(Setting<Path> one, Setting<Path> other) {
        if (path(one) != null && path(other) == null) {
            throw new ConfigRefusedException(other, "not set", "a path, since " + one.key() + " is set");
        }
    }

    private void requireAtLeast(Setting<Long> setting, long least) {
        if (value(setting) < least) {
            throw new ConfigRefusedException(setting, toml(setting), "at least " + least);
        }
    }

    /** Null where none is set, which the empty path stands for. */
    private @Nullable Path path(Setting<Path> setting) {
        Path path = value(setting);
        return path.toString().isEmpty() ? null : path;
    }

    public Path dataFolder() {
        return value(Setting.DATA);
    }

    /**
     * The catalog that this node shares with others, with its password read; null if it has one of its own.
     *
     * @throws ConfigRefusedException if the file of the password cannot be read
     */
    public @Nullable SharedCatalog catalog() {
        String address = value(Setting.CATALOG);
        if (address.isEmpty()) {
            return null;
        }
        Path file = path(Setting.CATALOG_PASSWORD_FILE);
        String password = file == null ? System.getenv("PGPASSWORD") : secret(Setting.CATALOG_PASSWORD_FILE, file);
        return new SharedCatalog(PostgresAddress.parse(address), password);
    }

    /** Other nodes of that catalog, and perhaps this one; without slashes at the end. */
    public List<URI> peers() {
        return value(Setting.PEERS).stream()
                .map(address -> URI.create(address.replaceFirst("/+$", "")))
                .toList();
    }

    /**
     * The secret of the key that peers ask for; null if none is set.
     *
     * @throws ConfigRefusedException if its file cannot be read
     */
    public @Nullable String peerKey() {
        Path file = path(Setting.PEER_KEY_FILE);
        return file == null ? null : secret(Setting.PEER_KEY_FILE, file);
    }

    /** The file of the authorities that peers' certificates are signed by; null for those that the JDK trusts. */
    public @Nullable Path peerCaFile() {
        return path(Setting.PEER_CA_FILE);
    }

    private static String secret(Setting<Path> setting, Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new ConfigRefusedException(setting, file.toString(), "a file that can be read: " + e.getMessage());
        }
    }

    public long catalogMaxLagS() {
        return value(Setting.CATALOG_MAX_LAG_S);
    }

    public String bindAddress() {
        return value(Setting.HOST);
    }

    public int port() {
        return value(Setting.PORT);
    }

    /** Of {@code tls_certificate} and {@code tls_key}; null if they are not set, and the port speaks no TLS. */
    public @Nullable TlsFiles tls() {
        Path certificate = path(Setting.TLS_CERTIFICATE);
        Path key = path(Setting.TLS_KEY);
        return certificate == null || key == null ? null : new TlsFiles(certificate, key);
    }

    public AccessPolicy access() {
        return value(Setting.ACCESS);
    }

    public List<String> hostNames() {
        return value(Setting.HOST_NAMES);
    }

    public boolean console() {
        return value(Setting.CONSOLE);
    }

    public int workers() {
        return value(Setting.WORKERS);
    }

    public int workQueueLimit() {
        return value(Setting.WORK_QUEUE_LIMIT);
    }

    public long deadlineMs() {
        return value(Setting.DEADLINE_MS);
    }

    public int videoWorkers() {
        return value(Setting.VIDEO_WORKERS);
    }

    public int videoQueueLimit() {
        return value(Setting.VIDEO_QUEUE_LIMIT);
    }

    public long videoDeadlineMs() {
        return value(Setting.VIDEO_DEADLINE_MS);
    }

    public long bankDeadlineMs() {
        return value(Setting.BANK_DEADLINE_MS);
    }

    public long maxBodyBytes() {
        return value(Setting.MAX_BODY_BYTES);
    }

    public long maxVideoBytes() {
        return value(Setting.MAX_VIDEO_BYTES);
    }

    public long maxBodyBytesInFlight() {
        return value(Setting.MAX_BODY_BYTES_IN_FLIGHT);
    }

    public long spillBytes() {
        return value(Setting.SPILL_BYTES);
    }

    public Path uploadFolder() {
        return value(Setting.UPLOAD_FOLDER);
    }

    public long maxUploadFolderBytes() {
        return value(Setting.MAX_UPLOAD_FOLDER_BYTES);
    }

    public long maxPixels() {
        return value(Setting.MAX_PIXELS);
    }

    public DecodePath decodePath() {
        return value(Setting.DECODE);
    }

    public Isolation isolation() {
        return value(Setting.ISOLATION);
    }

    public int maxConnections() {
        return value(Setting.MAX_CONNECTIONS);
    }

    public int maxRequestLineBytes() {
        return value(Setting.MAX_REQUEST_LINE_BYTES);
    }

    public int maxHeaderBytes() {
        return value(Setting.MAX_HEADER_BYTES);
    }

    public long idleTimeoutMs() {
        return value(Setting.IDLE_TIMEOUT_MS);
    }

    public long stallTimeoutMs() {
        return value(Setting.STALL_TIMEOUT_MS);
    }

    public long minBodyBytesPerSecond() {
        return value(Setting.MIN_BODY_BYTES_PER_SECOND);
    }

    public Path exchangeFolder() {
        return value(Setting.EXCHANGE_FOLDER);
    }

    public long exchangePollMs() {
        return value(Setting.EXCHANGE_POLL_MS);
    }

    public boolean features() {
        return value(Setting.FEATURES) == FeatureUse.ON;
    }

    /** Whether contents that would accuse the innocent are banked in quarantine. */
    public boolean poisonGuard() {
        return value(Setting.POISON_GUARD);
    }

    /** Recent uploads near a content that have it held; 0 not to ask. */
    public int poisonUploads() {
        return value(Setting.POISON_UPLOADS);
    }

    public long recentUploads() {
        return value(Setting.RECENT_UPLOADS);
    }

    public int recentDays() {
        return value(Setting.RECENT_DAYS);
    }

    /** 0 for no limit. */
    public long floodMatches() {
        return value(Setting.FLOOD_MATCHES);
    }

    public long floodWindowS() {
        return value(Setting.FLOOD_WINDOW_S);
    }

    public boolean floodExemptsDigests() {
        return value(Setting.FLOOD_EXEMPT_DIGEST);
    }

    /** Null if events are posted nowhere. */
    public @Nullable URI webhookUrl() {
        String url = value(Setting.WEBHOOK_URL);
        return url.isEmpty() ? null : URI.create(url);
    }

    /** Null if none is set, and then no URL is. */
    public @Nullable Path webhookSecretFile() {
        return path(Setting.WEBHOOK_SECRET_FILE);
    }

    public long webhookRetryMs() {
        return value(Setting.WEBHOOK_RETRY_MS);
    }

    public HmaEdited hmaEditedCopies() {
        return value(Setting.HMA_EDITED_COPIES);
    }

    public List<String> hashTypes() {
        return value(Setting.HASH_TYPES);
    }

    /** What the match log keeps, of three settings. */
    public MatchLogSettings matchLog() {
        return new MatchLogSettings(
                value(Setting.MATCH_LOG_DAYS),
                value(Setting.MATCH_LOG_MAX_MB) * 1_000_000L,
                value(Setting.MATCH_LOG_HASHES) == HashUse.ON);
    }

    public List<String> fetchHosts() {
        return value(Setting.FETCH_HOSTS);
    }

    public long fetchTimeoutMs() {
        return value(Setting.FETCH_TIMEOUT_MS);
    }

    public int maxFetches() {
        return value(Setting.MAX_FETCHES);
    }

    public int maxFetchesPerSecond() {
        return value(Setting.MAX_FETCHES_PER_SECOND);
    }

    public long drainMs() {
        return value(Setting.DRAIN_MS);
    }

    public long stopTimeoutMs() {
        return value(Setting.STOP_TIMEOUT_MS);
    }

    public LogLevel logLevel() {
        return value(Setting.LOG_LEVEL);
    }

    public LogFormat logFormat() {
        return value(Setting.LOG_FORMAT);
    }

    /** The limits within which uploads are decoded. */
    public MediaLimits mediaLimits() {
        return new MediaLimits(maxBodyBytes(), maxPixels());
    }

    /** Collects the settings that differ from their defaults. */
    public static final class Builder {
        private final Map<Setting<?>, Object> given = new HashMap<>();

        Builder() {}

        /** Sets a value; {@link #build} checks its range. */
        public <T> Builder set(Setting<T> setting, T value) {
            given.put(setting, value);
            return this;
        }

        /** Has the port speak TLS, with the certificate and the key in those files. */
        public Builder tls(TlsFiles files) {
            return set(Setting.TLS_CERTIFICATE, files.certificate()).set(Setting.TLS_KEY, files.key());
        }

        /**
         * The settings.
         *
         * @throws ConfigRefusedException naming the first setting that is out of its range, its value and the range
         */
        public ServerConfig build() {
            return new ServerConfig(given);
        }
    }
}
