package org.semblance.server.config;

import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.MediaLimits;
import org.semblance.engine.worker.DecodeWorkers;
import org.semblance.server.auth.AccessPolicy;
import org.semblance.server.auth.HostNames;
import org.semblance.server.fetch.FetchHosts;
import org.semblance.server.log.LogFormat;
import org.semblance.server.log.LogLevel;
import org.semblance.server.memory.MemoryBounds;

/**
 * A setting of the server: its name, type, range, default and documentation. Every setting is a constant of this class; the
 * names in the file, in the environment and on the command line, the help and the checks are derived from the constants. A
 * name ends with its unit where it has one.
 *
 * @param <T> the type of its value
 */
public final class Setting<T> {
    private static final List<Setting<?>> ALL = new ArrayList<>();

    public static final Setting<Path> DATA = new Setting<>(
            "data", Kind.PATH, Path.of("data"), "Folder of the hash database; created if it is not there.");

    public static final Setting<String> CATALOG = new Setting<>(
            "catalog",
            Kind.OPTIONAL_CATALOG,
            "",
            "Where the banks are if several nodes share them: a database of PostgreSQL, as postgresql://user@host:5432/database."
                    + " The data folder then has what this node derives from them. Without it they are in the data folder.");

    public static final Setting<Path> CATALOG_PASSWORD_FILE = new Setting<>(
            "catalog_password_file",
            Kind.OPTIONAL_PATH,
            Path.of(""),
            "File of the password of the database that catalog names. Without it the password is in the environment, as"
                    + " PGPASSWORD, or there is none.");

    public static final Setting<Long> CATALOG_MAX_LAG_S = new Setting<>(
            "catalog_max_lag_s",
            Kind.whole(1, 86_400),
            300L,
            "How long a node that cannot reach the database that catalog names, or is behind it, counts as ready: it answers"
                    + " from what it has.");

    public static final Setting<List<String>> PEERS = new Setting<>(
            "peers",
            Kind.texts(Setting::areServers, "addresses of servers, as https://node2:5100"),
            List.of(),
            "Other nodes on the database that catalog names, as https://node2:5100. A node that has no usable snapshot of its indexes fetches one from"
                    + " them when it starts, which is faster than to read the database, and spares it. It may name this"
                    + " node itself, so that the list is the same on all.");

    public static final Setting<Path> PEER_KEY_FILE = new Setting<>(
            "peer_key_file",
            Kind.OPTIONAL_PATH,
            Path.of(""),
            "File of the secret of a key of the role node, which peers ask for.");

    public static final Setting<Path> PEER_CA_FILE = new Setting<>(
            "peer_ca_file",
            Kind.OPTIONAL_PATH,
            Path.of(""),
            "PEM file of the authorities that sign the certificates of peers. Without it those that the JDK trusts do.");

    public static final Setting<String> HOST = new Setting<>(
            "host",
            Kind.TEXT,
            "127.0.0.1",
            "Host name or address to listen on. On another than the machine's own the server does not start without keys,"
                    + " unless access says so.");

    public static final Setting<Integer> PORT = new Setting<>(
            "port",
            Kind.number(0, 65_535),
            5_100,
            "Port to listen on, 0 for any free one. 5100 is HMA's, so that its clients find it.");

    public static final Setting<Path> TLS_CERTIFICATE = new Setting<>(
            "tls_certificate",
            Kind.OPTIONAL_PATH,
            Path.of(""),
            "PEM file of the server's certificate, followed by those that signed it. With it the port speaks TLS alone, 1.3 or"
                    + " 1.2. A renewed one is taken up within half a minute.");

    public static final Setting<Path> TLS_KEY = new Setting<>(
            "tls_key",
            Kind.OPTIONAL_PATH,
            Path.of(""),
            "PEM file of the certificate's private key, without a passphrase; may be the same file.");

    public static final Setting<AccessPolicy> ACCESS = new Setting<>(
            "access",
            Kind.word(AccessPolicy.class),
            AccessPolicy.KEYS,
            "When a request needs a key. keys: as soon as there is one, and always from the network. open: never, on a"
                    + " loopback address. open_to_network: never; everybody who reaches the server can read and change"
                    + " the banks.");

    public static final Setting<List<String>> HOST_NAMES = new Setting<>(
            "host_names",
            Kind.texts(HostNames::areValid, "names of hosts without a port"),
            List.of(),
            "Names by which clients reach this server, beside addresses, localhost and host. While it asks for no key, a request"
                    + " with any other Host is refused with 403: a web page can have its own name mean this server.");

    public static final Setting<Boolean> CONSOLE = new Setting<>(
            "console",
            Kind.FLAG,
            "true on a loopback address or with TLS, else false",
            config -> config.tls() != null || HostNames.isLoopback(config.bindAddress()),
            "Whether the console for analysts is at /console. Signing in needs TLS, of this server or of a proxy in front,"
                    + " or a browser on the same machine.");

    public static final Setting<Integer> WORKERS = new Setting<>(
            "workers",
            Kind.number(1, 1_024),
            "one a core",
            config -> Runtime.getRuntime().availableProcessors(),
            "Threads that decode, hash and look up.");

    public static final Setting<Integer> WORK_QUEUE_LIMIT = new Setting<>(
            "work_queue_limit",
            Kind.number(1, 1_000_000),
            128,
            "Requests that may wait for a worker; the next one is refused with 503.");

    public static final Setting<Long> DEADLINE_MS = new Setting<>(
            "deadline_ms",
            Kind.whole(1, 600_000),
            10_000L,
            "How long a request may take from the end of its body, the wait for a worker included, unless it says otherwise"
                    + " by deadline_ms.");

    public static final Setting<Integer> VIDEO_WORKERS = new Setting<>(
            "video_workers",
            Kind.number(1, 1_024),
            "one for two cores",
            config -> Math.max(1, Runtime.getRuntime().availableProcessors() / 2),
            "Threads for videos, animated images, pictures far larger than their files, and bulks, beside the others and giving"
                    + " way to them.");

    public static final Setting<Integer> VIDEO_QUEUE_LIMIT = new Setting<>(
            "video_queue_limit",
            Kind.number(1, 1_000_000),
            64,
            "Uploads that may wait for a thread of video_workers; the next one is refused with 503.");

    public static final Setting<Long> VIDEO_DEADLINE_MS = new Setting<>(
            "video_deadline_ms",
            Kind.whole(1, 3_600_000),
            60_000L,
            "Like deadline_ms, for an upload that a thread of video_workers decodes.");

    public static final Setting<Long> BANK_DEADLINE_MS = new Setting<>(
            "bank_deadline_ms",
            Kind.whole(1, 86_400_000),
            600_000L,
            "Like deadline_ms, for a video that is banked, of which every frame is decoded, and for a bulk.");

    public static final Setting<Long> MAX_BODY_BYTES = new Setting<>(
            "max_body_bytes",
            // An image is decoded from one buffer, whose length is an int.
            Kind.whole(1, 1 << 30),
            MediaLimits.DEFAULT.maxBytes(),
            "Largest body that is no video, and largest image.");

    public static final Setting<Long> MAX_VIDEO_BYTES = new Setting<>(
            "max_video_bytes", Kind.whole(1, 1L << 42), 4_000_000_000L, "Largest video; at least max_body_bytes.");

    public static final Setting<Long> MAX_BODY_BYTES_IN_FLIGHT = new Setting<>(
            "max_body_bytes_in_flight",
            Kind.whole(1, Long.MAX_VALUE),
            "half of the memory beside the heap, at most 512 MB, but max_body_bytes at least",
            config -> Math.max(config.maxBodyBytes(), Math.min(512_000_000, MemoryBounds.directBytes() / 2)),
            "Largest sum of what all bodies hold in memory. At least spill_bytes, or max_body_bytes if that is less.");

    public static final Setting<Long> SPILL_BYTES = new Setting<>(
            "spill_bytes",
            // What an upload needs at least: room until it spills, and then two blocks on their way to the file.
            Kind.whole(4_096, 1 << 30),
            8_000_000L,
            "An upload longer than this is written to a file as it comes.");

    public static final Setting<Path> UPLOAD_FOLDER = new Setting<>(
            "upload_folder",
            Kind.PATH,
            "uploads in the data folder",
            config -> config.dataFolder().resolve("uploads"),
            "Folder of the files of uploads longer than spill_bytes, which live as long as their request. Two servers cannot"
                    + " share it.");

    public static final Setting<Long> MAX_UPLOAD_FOLDER_BYTES = new Setting<>(
            "max_upload_folder_bytes",
            Kind.whole(0, Long.MAX_VALUE),
            0L,
            "Largest sum of the files in upload_folder; 0 for 16 GB, or half of what is free on the disk at start if that is less.");

    public static final Setting<Long> MAX_PIXELS = new Setting<>(
            "max_pixels",
            Kind.whole(1, 1 << 30),
            MediaLimits.DEFAULT.maxPixels(),
            "Largest picture, width times height.");

    public static final Setting<DecodePath> DECODE = new Setting<>(
            "decode",
            Kind.word(DecodePath.class),
            DecodePath.FAST,
            "How an upload to be matched becomes luma. exact: as the reference does, every pixel in colour. fast: large"
                    + " images at a reduced size, within a few bits. What is banked or told is always hashed exactly.");

    public static final Setting<Isolation> ISOLATION = new Setting<>(
            "isolation",
            Kind.word(Isolation.class),
            "workers on Linux on x86-64, else none",
            config -> DecodeWorkers.areProven() ? Isolation.WORKERS : Isolation.NONE,
            "Where uploads are decoded. workers: in processes of their own, one for each thread of workers and video_workers,"
                    + " which have no rights and may die; they need Linux. none: in the server's process, which a file that"
                    + " breaks a decoder then ends.");

    public static final Setting<Integer> MAX_CONNECTIONS = new Setting<>(
            "max_connections",
            Kind.number(1, 1_000_000),
            4_096,
            "Connections that may be open at a time; the next one is closed at once.");

    public static final Setting<Integer> MAX_REQUEST_LINE_BYTES = new Setting<>(
            "max_request_line_bytes",
            Kind.number(256, 1 << 20),
            16_384,
            "Largest method, target and version of a request.");

    public static final Setting<Integer> MAX_HEADER_BYTES = new Setting<>(
            "max_header_bytes", Kind.number(256, 1 << 20), 32_768, "Largest sum of all header fields of a request.");

    public static final Setting<Long> IDLE_TIMEOUT_MS = new Setting<>(
            "idle_timeout_ms",
            Kind.whole(1, 3_600_000),
            60_000L,
            "How long a connection may take to send its next request's head, or to take a response.");

    public static final Setting<Long> STALL_TIMEOUT_MS = new Setting<>(
            "stall_timeout_ms",
            Kind.whole(1, 3_600_000),
            10_000L,
            "How long a client that is sending a body may pause, and how long one may take for the handshake of TLS.");

    public static final Setting<Long> MIN_BODY_BYTES_PER_SECOND = new Setting<>(
            "min_body_bytes_per_second",
            Kind.whole(1, 1 << 30),
            4_096L,
            "A body that arrives more slowly than this, after the first stall_timeout_ms, is cut off.");

    public static final Setting<Path> EXCHANGE_FOLDER = new Setting<>(
            "exchange_folder",
            Kind.PATH,
            "exchange-files in the data folder",
            config -> config.dataFolder().resolve("exchange-files"),
            "Below which exchanges of the type local_file may read; created if it is not there.");

    public static final Setting<Long> EXCHANGE_POLL_MS = new Setting<>(
            "exchange_poll_ms", Kind.whole(1, 3_600_000), 10_000L, "How often exchanges look for changes.");

    public static final Setting<FeatureUse> FEATURES = new Setting<>(
            "features",
            Kind.word(FeatureUse.class),
            FeatureUse.ON,
            "Whether copies are found that were cropped, framed, captioned, turned or pasted into another picture: by local"
                    + " features, which are banked with each image that is added by its file, and looked up where no hash finds"
                    + " an upload. off: neither.");

    public static final Setting<Boolean> POISON_GUARD = new Setting<>(
            "poison_guard",
            Kind.FLAG,
            true,
            "Whether a content that would match what has nothing to do with it is banked in quarantine, with the reason: one that is"
                    + " flat, near allowed content, near many contents or uploads that differ, or a file that everybody has.");

    public static final Setting<Integer> POISON_UPLOADS = new Setting<>(
            "poison_uploads",
            Kind.number(0, 1_000_000),
            20,
            "Recent uploads near a content that have poison_guard hold the content, if they are one in a thousand of all as well."
                    + " 0: uploads are not asked.");

    public static final Setting<Long> RECENT_UPLOADS = new Setting<>(
            "recent_uploads",
            Kind.whole(0, 100_000_000),
            100_000L,
            "Hashes of recent uploads that are kept in the data folder, 120 bytes each on the disk, so that a content that is banked"
                    + " answers which of them show it. Their index takes 170 MB of memory for 100,000, and 400 MB for a million. A video has up to 100. 0: none, and those that are kept are removed.");

    public static final Setting<Integer> RECENT_DAYS = new Setting<>(
            "recent_days", Kind.number(1, 400), 7, "How many days the hashes of a recent upload are kept at most.");

    public static final Setting<Long> FLOOD_MATCHES = new Setting<>(
            "flood_matches",
            Kind.whole(0, 1_000_000_000),
            0L,
            "A content that matches more uploads than this within flood_window_s is put into quarantine: it makes no match until"
                    + " somebody takes it out. 0: never. Propaganda that many people upload at once floods as well, so the"
                    + " number is yours to choose.");

    public static final Setting<Long> FLOOD_WINDOW_S = new Setting<>(
            "flood_window_s", Kind.whole(1, 604_800), 3_600L, "The time in which flood_matches are too many.");

    public static final Setting<Boolean> FLOOD_EXEMPT_DIGEST = new Setting<>(
            "flood_exempt_digest",
            Kind.FLAG,
            false,
            "Whether matches by the exact bytes of a banked file do not count, and stay matches while flood_matches has the"
                    + " content in quarantine.");

    public static final Setting<String> WEBHOOK_URL = new Setting<>(
            "webhook_url",
            Kind.OPTIONAL_URL,
            "",
            "Where each recent upload that shows a newly banked content is posted, as JSON, until the receiver takes it. Redirects"
                    + " are not followed.");

    public static final Setting<Path> WEBHOOK_SECRET_FILE = new Setting<>(
            "webhook_secret_file",
            Kind.OPTIONAL_PATH,
            Path.of(""),
            "File of the secret by which posts are signed (X-Semblance-Signature); at least 16 bytes.");

    public static final Setting<Long> WEBHOOK_RETRY_MS = new Setting<>(
            "webhook_retry_ms",
            Kind.whole(1, 600_000),
            1_000L,
            "Pause after a post that failed; each further failure doubles it, up to ten minutes.");

    public static final Setting<List<String>> HASH_TYPES = new Setting<>(
            "hash_types",
            Kind.texts(Setting::areHashTypes, "pdq, and video_md5 or vpdq or both"),
            List.of("pdq", "video_md5"),
            "Signal types that /h/hash of HMA's dialect gives where the caller names none: pdq of a photo, the others of a"
                    + " video. Clients that ask in two steps find a re-encoded video only with vpdq among them. The frames are"
                    + " then thinned out until a lookup of them fits into max_request_line_bytes.");

    public static final Setting<HmaEdited> HMA_EDITED_COPIES = new Setting<>(
            "hma_edited_copies",
            Kind.word(HmaEdited.class),
            HmaEdited.OFF,
            "Where /m/lookup of HMA's dialect tells of banked photos that an uploaded photo shows turned, mirrored, cropped, framed"
                    + " or otherwise edited. off: nowhere, as HMA. pdq: under pdq, where its clients look, with the distance 31"
                    + " if features found them. orb: under a signal type of their own.");

    public static final Setting<Integer> MATCH_LOG_DAYS = new Setting<>(
            "match_log_days",
            Kind.number(0, 3_650),
            30,
            "How long the match log keeps what matched, for GET /v1/matches and for uploaders who must be reinstated. 0: no rows; the"
                    + " hourly counters, which name no upload, go on.");

    public static final Setting<Integer> MATCH_LOG_MAX_MB = new Setting<>(
            "match_log_max_mb",
            Kind.number(16, 1_000_000),
            1_024,
            "How many megabytes the match log and its counters may take; the oldest rows are deleted first.");

    public static final Setting<HashUse> MATCH_LOG_HASHES = new Setting<>(
            "match_log_hashes",
            Kind.word(HashUse.class),
            HashUse.OFF,
            "Whether the match log keeps the PDQ hash of an upload that matched. off: no hash of an upload is kept.");

    public static final Setting<List<String>> FETCH_HOSTS = new Setting<>(
            "fetch_hosts",
            Kind.texts(FetchHosts::areValid, "names or addresses of hosts, each with or without a port"),
            List.of(),
            "Hosts from which a file may be fetched where a client gives a URL (url=), as HOST for the ports 80 and 443 or as"
                    + " HOST:PORT; a name is that name alone. Every address of a name has to be public, unless the entry is an"
                    + " address itself, or localhost. None: nothing is fetched.");

    public static final Setting<Long> FETCH_TIMEOUT_MS = new Setting<>(
            "fetch_timeout_ms",
            Kind.whole(1, 600_000),
            30_000L,
            "How long a fetch by URL may take, the wait for its turn included.");

    public static final Setting<Integer> MAX_FETCHES = new Setting<>(
            "max_fetches",
            Kind.number(1, 1_024),
            16,
            "Files that are fetched at a time. Four times as many may wait; the next one is refused with 503. A file has at"
                    + " most max_body_bytes.");

    public static final Setting<Integer> MAX_FETCHES_PER_SECOND = new Setting<>(
            "max_fetches_per_second",
            Kind.number(1, 100_000),
            100,
            "Fetches that may begin in a second; the next one is refused with 503.");

    public static final Setting<Long> DRAIN_MS = new Setting<>(
            "drain_ms",
            Kind.whole(0, 3_600_000),
            0L,
            "How long, when it is asked to stop, the server answers on while /readyz says that it is not ready and each answer"
                    + " ends its connection, so that a load balancer has time to leave it out.");

    public static final Setting<Long> STOP_TIMEOUT_MS = new Setting<>(
            "stop_timeout_ms",
            Kind.whole(1, 3_600_000),
            5_000L,
            "How long a stop takes at most, after drain_ms; then requests are cut off.");

    public static final Setting<LogLevel> LOG_LEVEL = new Setting<>(
            "log_level",
            Kind.word(LogLevel.class),
            LogLevel.INFO,
            "From which level on something is logged, to stderr. debug: a line a request as well. No log has a content, a"
                    + " file's name, or a hash but the SHA-256 of a file that a decoder has ended with.");

    public static final Setting<LogFormat> LOG_FORMAT = new Setting<>(
            "log_format", Kind.word(LogFormat.class), LogFormat.TEXT, "text, or json: one object a line.");

    static final String ENVIRONMENT = "SEMBLANCE_";

    private final String key;
    private final Kind<T> kind;
    private final @Nullable T fixed;
    private final String defaultText;
    private final Function<ServerConfig, T> standard;
    private final String doc;

    private Setting(String key, Kind<T> kind, T fixed, String doc) {
        this(key, kind, fixed, kind.toml(fixed), unused -> fixed, doc);
    }

    /** Its default depends on the machine or on other settings; in words and as it is computed. */
    private Setting(String key, Kind<T> kind, String words, Function<ServerConfig, T> standard, String doc) {
        this(key, kind, null, words, standard, doc);
    }

    private Setting(
            String key,
            Kind<T> kind,
            @Nullable T fixed,
            String defaultText,
            Function<ServerConfig, T> standard,
            String doc) {
        this.key = key;
        this.kind = kind;
        this.fixed = fixed;
        this.defaultText = defaultText;
        this.standard = standard;
        this.doc = doc;
        ALL.add(this);
    }

    /** Every setting, in the order of the annotated file. */
    public static List<Setting<?>> all() {
        return Collections.unmodifiableList(ALL);
    }

    private static boolean areHashTypes(List<String> types) {
        return Set.copyOf(types).size() == types.size()
                && Set.of("pdq", "video_md5", "vpdq").containsAll(types)
                && types.contains("pdq")
                && types.size() > 1;
    }

    private static boolean areServers(List<String> addresses) {
        return addresses.stream()
                .allMatch(address -> !address.isEmpty()
                        && Kind.OPTIONAL_URL.isValid(address)
                        && URI.create(address).getQuery() == null);
    }

    /** Its name in the file, as in {@code max_body_bytes}. */
    public String key() {
        return key;
    }

    /** Its option on the command line, as in {@code --max-body-bytes}. */
    public String flag() {
        return "--" + key().replace('_', '-');
    }

    /** Its variable in the environment, as in {@code SEMBLANCE_MAX_BODY_BYTES}. */
    public String variable() {
        return ENVIRONMENT + key.toUpperCase(Locale.ROOT);
    }

    @Override
    public String toString() {
        return key;
    }

    /** What the setting does, in whole sentences. */
    public String doc() {
        return doc;
    }

    /** The default as the file would have it, or in words where it depends on something. */
    public String defaultText() {
        return defaultText;
    }

    /** Whether the default is the same everywhere. */
    public boolean hasFixedDefault() {
        return fixed != null;
    }

    /** What values it takes, as in {@code a whole number, 0 to 65535}. */
    public String expected() {
        return kind.expected();
    }

    /** What stands for a value in the help: {@code N}, {@code PATH}, or the words. */
    public String placeholder() {
        return kind.placeholder();
    }

    /** The value as the environment and the command line have it. */
    public String text(T value) {
        return kind.text(value);
    }

    /** The value as the file has it. */
    public String toml(T value) {
        return kind.toml(value);
    }

    /** The setting of that name in the file; null if there is none. */
    public static @Nullable Setting<?> of(String key) {
        return ALL.stream()
                .filter(setting -> setting.key.equals(key))
                .findFirst()
                .orElse(null);
    }

    /** The setting whose name was probably meant; null if no name is near. */
    static @Nullable Setting<?> nearest(String name) {
        String nearest = Spelling.nearest(name, ALL.stream().map(Setting::key).toList());
        return ALL.stream()
                .filter(setting -> setting.key.equals(nearest))
                .findFirst()
                .orElse(null);
    }

    /** The default where the other settings are as given. */
    T standard(ServerConfig config) {
        return standard.apply(config);
    }

    /**
     * The value of a text of the environment or the command line.
     *
     * @throws ConfigRefusedException if the text is no value of this setting
     */
    T parse(String text) {
        return checked(kind.parse(text), "'" + text + "'");
    }

    /**
     * The value of what a TOML file holds: a Long, Boolean or String, or anything else, which is refused.
     *
     * @param shown what the file has, for the message
     * @throws ConfigRefusedException if this is no value of this setting
     */
    T convert(Object value, String shown) {
        return checked(kind.convert(value), shown);
    }

    /**
     * Returns if the value is in the range.
     *
     * @throws ConfigRefusedException if it is not
     */
    void check(T value) {
        checked(kind.isValid(value) ? value : null, kind.toml(value));
    }

    private T checked(@Nullable T value, String shown) {
        if (value == null || !kind.isValid(value)) {
            throw new ConfigRefusedException(this, kind.shown(shown), expected());
        }
        return value;
    }
}
