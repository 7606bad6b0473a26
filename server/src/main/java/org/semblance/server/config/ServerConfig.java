package org.semblance.server.config;

import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.MediaLimits;
import org.semblance.engine.worker.DecodeWorkers;
import org.semblance.server.auth.AccessPolicy;
import org.semblance.server.log.LogFormat;
import org.semblance.server.log.LogLevel;

/** Every setting of a server, fixed from start to stop; {@link ConfigKey} says what each one is. */
@SuppressWarnings("MissingJavadocMethod") // each method is named by its key
public final class ServerConfig {
    private final Map<ConfigKey, Object> values = new EnumMap<>(ConfigKey.class);

    /** @throws ConfigRefusedException naming the first setting that is out of its range */
    ServerConfig(Map<ConfigKey, Object> given) {
        values.putAll(given);
        for (ConfigKey key : ConfigKey.values()) {
            key.check(value(key));
        }
        requireAtLeast(ConfigKey.MAX_VIDEO_BYTES, maxBodyBytes());
        requireAtLeast(ConfigKey.MAX_BODY_BYTES_IN_FLIGHT, Math.min(maxBodyBytes(), spillBytes()));
        requireBoth(ConfigKey.TLS_CERTIFICATE, ConfigKey.TLS_KEY);
        requireBoth(ConfigKey.TLS_KEY, ConfigKey.TLS_CERTIFICATE);
        if (isolation() == Isolation.WORKERS && !DecodeWorkers.areSupported()) {
            throw new ConfigRefusedException(
                    ConfigKey.ISOLATION,
                    ConfigKey.ISOLATION.toml(isolation()),
                    ConfigKey.ISOLATION.toml(Isolation.NONE) + ", as worker processes need Linux");
        }
    }

    private void requireBoth(ConfigKey one, ConfigKey other) {
        if (path(one) != null && path(other) == null) {
            throw new ConfigRefusedException(other, "not set", "a path, since " + one.key() + " is set");
        }
    }

    private void requireAtLeast(ConfigKey key, long least) {
        long value = whole(key);
        if (value < least) {
            throw new ConfigRefusedException(key, key.toml(value), "at least " + least);
        }
    }

    /** The defaults, with the database in that folder. */
    public static Builder builder(Path dataFolder) {
        return new Builder().set(ConfigKey.DATA, dataFolder);
    }

    /** The value that was given or is the default: a Long, String, Path, List of Strings or a word of an enum. */
    public Object value(ConfigKey key) {
        Object given = values.get(key);
        if (given == null) {
            given = key.standard(this::value);
            values.put(key, given);
        }
        return given;
    }

    private long whole(ConfigKey key) {
        return (Long) value(key);
    }

    private int number(ConfigKey key) {
        return Math.toIntExact(whole(key));
    }

    @SuppressWarnings("unchecked") // It is what its kind makes.
    private List<String> texts(ConfigKey key) {
        return (List<String>) value(key);
    }

    /** Null where none is set, which the empty path stands for. */
    private @Nullable Path path(ConfigKey key) {
        Path path = (Path) value(key);
        return path.toString().isEmpty() ? null : path;
    }

    public Path dataFolder() {
        return (Path) value(ConfigKey.DATA);
    }

    public String bindAddress() {
        return (String) value(ConfigKey.HOST);
    }

    public int port() {
        return number(ConfigKey.PORT);
    }

    /** Of {@code tls_certificate} and {@code tls_key}; null if they are not set, and the port speaks no TLS. */
    public @Nullable TlsFiles tls() {
        Path certificate = path(ConfigKey.TLS_CERTIFICATE);
        Path key = path(ConfigKey.TLS_KEY);
        return certificate == null || key == null ? null : new TlsFiles(certificate, key);
    }

    public AccessPolicy access() {
        return (AccessPolicy) value(ConfigKey.ACCESS);
    }

    public List<String> hostNames() {
        return texts(ConfigKey.HOST_NAMES);
    }

    public int workers() {
        return number(ConfigKey.WORKERS);
    }

    public int workQueueLimit() {
        return number(ConfigKey.WORK_QUEUE_LIMIT);
    }

    public long deadlineMs() {
        return whole(ConfigKey.DEADLINE_MS);
    }

    public int videoWorkers() {
        return number(ConfigKey.VIDEO_WORKERS);
    }

    public int videoQueueLimit() {
        return number(ConfigKey.VIDEO_QUEUE_LIMIT);
    }

    public long videoDeadlineMs() {
        return whole(ConfigKey.VIDEO_DEADLINE_MS);
    }

    public long bankDeadlineMs() {
        return whole(ConfigKey.BANK_DEADLINE_MS);
    }

    public long maxBodyBytes() {
        return whole(ConfigKey.MAX_BODY_BYTES);
    }

    public long maxVideoBytes() {
        return whole(ConfigKey.MAX_VIDEO_BYTES);
    }

    public long maxBodyBytesInFlight() {
        return whole(ConfigKey.MAX_BODY_BYTES_IN_FLIGHT);
    }

    public long spillBytes() {
        return whole(ConfigKey.SPILL_BYTES);
    }

    public Path uploadFolder() {
        return (Path) value(ConfigKey.UPLOAD_FOLDER);
    }

    public long maxUploadFolderBytes() {
        return whole(ConfigKey.MAX_UPLOAD_FOLDER_BYTES);
    }

    public long maxPixels() {
        return whole(ConfigKey.MAX_PIXELS);
    }

    public DecodePath decodePath() {
        return (DecodePath) value(ConfigKey.DECODE);
    }

    public Isolation isolation() {
        return (Isolation) value(ConfigKey.ISOLATION);
    }

    public int maxConnections() {
        return number(ConfigKey.MAX_CONNECTIONS);
    }

    public int maxRequestLineBytes() {
        return number(ConfigKey.MAX_REQUEST_LINE_BYTES);
    }

    public int maxHeaderBytes() {
        return number(ConfigKey.MAX_HEADER_BYTES);
    }

    public long idleTimeoutMs() {
        return whole(ConfigKey.IDLE_TIMEOUT_MS);
    }

    public long stallTimeoutMs() {
        return whole(ConfigKey.STALL_TIMEOUT_MS);
    }

    public long minBodyBytesPerSecond() {
        return whole(ConfigKey.MIN_BODY_BYTES_PER_SECOND);
    }

    public Path exchangeFolder() {
        return (Path) value(ConfigKey.EXCHANGE_FOLDER);
    }

    public long exchangePollMs() {
        return whole(ConfigKey.EXCHANGE_POLL_MS);
    }

    public boolean features() {
        return value(ConfigKey.FEATURES) == FeatureUse.ON;
    }

    public HmaEdited hmaEditedCopies() {
        return (HmaEdited) value(ConfigKey.HMA_EDITED_COPIES);
    }

    public List<String> hashTypes() {
        return texts(ConfigKey.HASH_TYPES);
    }

    public List<String> fetchHosts() {
        return texts(ConfigKey.FETCH_HOSTS);
    }

    public long fetchTimeoutMs() {
        return whole(ConfigKey.FETCH_TIMEOUT_MS);
    }

    public int maxFetches() {
        return number(ConfigKey.MAX_FETCHES);
    }

    public int maxFetchesPerSecond() {
        return number(ConfigKey.MAX_FETCHES_PER_SECOND);
    }

    public long drainMs() {
        return whole(ConfigKey.DRAIN_MS);
    }

    public long stopTimeoutMs() {
        return whole(ConfigKey.STOP_TIMEOUT_MS);
    }

    public LogLevel logLevel() {
        return (LogLevel) value(ConfigKey.LOG_LEVEL);
    }

    public LogFormat logFormat() {
        return (LogFormat) value(ConfigKey.LOG_FORMAT);
    }

    /** The limits within which uploads are decoded. */
    public MediaLimits mediaLimits() {
        return new MediaLimits(maxBodyBytes(), maxPixels());
    }

    /** The settings one by one. */
    @SuppressWarnings("MissingJavadocMethod")
    public static final class Builder {
        private final Map<ConfigKey, Object> given = new EnumMap<>(ConfigKey.class);

        Builder() {}

        /** @param value as {@link ServerConfig#value} gives it */
        Builder set(ConfigKey key, Object value) {
            given.put(key, value);
            return this;
        }

        public Builder bindAddress(String value) {
            return set(ConfigKey.HOST, value);
        }

        public Builder port(int value) {
            return set(ConfigKey.PORT, (long) value);
        }

        public Builder tls(TlsFiles value) {
            return set(ConfigKey.TLS_CERTIFICATE, value.certificate()).set(ConfigKey.TLS_KEY, value.key());
        }

        public Builder access(AccessPolicy value) {
            return set(ConfigKey.ACCESS, value);
        }

        public Builder hostNames(List<String> value) {
            return set(ConfigKey.HOST_NAMES, value);
        }

        public Builder workers(int value) {
            return set(ConfigKey.WORKERS, (long) value);
        }

        public Builder workQueueLimit(int value) {
            return set(ConfigKey.WORK_QUEUE_LIMIT, (long) value);
        }

        public Builder deadlineMs(long value) {
            return set(ConfigKey.DEADLINE_MS, value);
        }

        public Builder videoWorkers(int value) {
            return set(ConfigKey.VIDEO_WORKERS, (long) value);
        }

        public Builder videoQueueLimit(int value) {
            return set(ConfigKey.VIDEO_QUEUE_LIMIT, (long) value);
        }

        public Builder videoDeadlineMs(long value) {
            return set(ConfigKey.VIDEO_DEADLINE_MS, value);
        }

        public Builder bankDeadlineMs(long value) {
            return set(ConfigKey.BANK_DEADLINE_MS, value);
        }

        public Builder maxBodyBytes(long value) {
            return set(ConfigKey.MAX_BODY_BYTES, value);
        }

        public Builder maxVideoBytes(long value) {
            return set(ConfigKey.MAX_VIDEO_BYTES, value);
        }

        public Builder maxBodyBytesInFlight(long value) {
            return set(ConfigKey.MAX_BODY_BYTES_IN_FLIGHT, value);
        }

        public Builder spillBytes(long value) {
            return set(ConfigKey.SPILL_BYTES, value);
        }

        public Builder uploadFolder(Path value) {
            return set(ConfigKey.UPLOAD_FOLDER, value);
        }

        public Builder maxUploadFolderBytes(long value) {
            return set(ConfigKey.MAX_UPLOAD_FOLDER_BYTES, value);
        }

        public Builder maxPixels(long value) {
            return set(ConfigKey.MAX_PIXELS, value);
        }

        public Builder decodePath(DecodePath value) {
            return set(ConfigKey.DECODE, value);
        }

        public Builder isolation(Isolation value) {
            return set(ConfigKey.ISOLATION, value);
        }

        public Builder maxConnections(int value) {
            return set(ConfigKey.MAX_CONNECTIONS, (long) value);
        }

        public Builder maxRequestLineBytes(int value) {
            return set(ConfigKey.MAX_REQUEST_LINE_BYTES, (long) value);
        }

        public Builder maxHeaderBytes(int value) {
            return set(ConfigKey.MAX_HEADER_BYTES, (long) value);
        }

        public Builder idleTimeoutMs(long value) {
            return set(ConfigKey.IDLE_TIMEOUT_MS, value);
        }

        public Builder stallTimeoutMs(long value) {
            return set(ConfigKey.STALL_TIMEOUT_MS, value);
        }

        public Builder minBodyBytesPerSecond(long value) {
            return set(ConfigKey.MIN_BODY_BYTES_PER_SECOND, value);
        }

        public Builder exchangeFolder(Path value) {
            return set(ConfigKey.EXCHANGE_FOLDER, value);
        }

        public Builder exchangePollMs(long value) {
            return set(ConfigKey.EXCHANGE_POLL_MS, value);
        }

        public Builder features(boolean value) {
            return set(ConfigKey.FEATURES, value ? FeatureUse.ON : FeatureUse.OFF);
        }

        public Builder hmaEditedCopies(HmaEdited value) {
            return set(ConfigKey.HMA_EDITED_COPIES, value);
        }

        public Builder hashTypes(List<String> value) {
            return set(ConfigKey.HASH_TYPES, value);
        }

        public Builder fetchHosts(List<String> value) {
            return set(ConfigKey.FETCH_HOSTS, value);
        }

        public Builder fetchTimeoutMs(long value) {
            return set(ConfigKey.FETCH_TIMEOUT_MS, value);
        }

        public Builder maxFetches(int value) {
            return set(ConfigKey.MAX_FETCHES, (long) value);
        }

        public Builder maxFetchesPerSecond(int value) {
            return set(ConfigKey.MAX_FETCHES_PER_SECOND, (long) value);
        }

        public Builder drainMs(long value) {
            return set(ConfigKey.DRAIN_MS, value);
        }

        public Builder stopTimeoutMs(long value) {
            return set(ConfigKey.STOP_TIMEOUT_MS, value);
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
