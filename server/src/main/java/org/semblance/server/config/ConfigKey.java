package org.semblance.server.config;

import java.nio.file.Path;
import java.util.Arrays;
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
 * Every setting there is, each with its default, its range and what it does: the names in the file, in the environment and
 * on the command line, the documentation and the checks are all made of this. Names end with their unit where they have
 * one.
 */
public enum ConfigKey {
    DATA(Kind.PATH, Path.of("data"), "Folder of the hash database; created if it is not there."),
    HOST(
            Kind.TEXT,
            "127.0.0.1",
            "Host name or address to listen on. On another than the machine's own the server does not start without keys,"
                    + " unless access says so."),
    PORT(
            Kind.whole(0, 65_535),
            5_100L,
            "Port to listen on, 0 for any free one. 5100 is HMA's, so that its clients find it."),
    TLS_CERTIFICATE(
            Kind.OPTIONAL_PATH,
            Path.of(""),
            "PEM file of the server's certificate, followed by those that signed it. With it the port speaks TLS alone, 1.3 or"
                    + " 1.2. A renewed one is taken up within half a minute."),
    TLS_KEY(
            Kind.OPTIONAL_PATH,
            Path.of(""),
            "PEM file of the certificate's private key, without a passphrase; may be the same file."),
    ACCESS(
            Kind.word(AccessPolicy.class),
            AccessPolicy.KEYS,
            "When a request needs a key. keys: as soon as there is one, and always from the network. open: never, on a"
                    + " loopback address. open_to_network: never; everybody who reaches the server can read and change"
                    + " the banks."),
    HOST_NAMES(
            Kind.texts(HostNames::areValid, "names of hosts without a port"),
            List.of(),
            "Names by which clients reach this server, beside addresses, localhost and host. While it asks for no key, a request"
                    + " with any other Host is refused with 403: a web page can have its own name mean this server."),
    WORKERS(
            Kind.whole(1, 1_024),
            "one a core",
            set -> (long) Runtime.getRuntime().availableProcessors(),
            "Threads that decode, hash and look up."),
    WORK_QUEUE_LIMIT(
            Kind.whole(1, 1_000_000), 128L, "Requests that may wait for a worker; the next one is refused with 503."),
    DEADLINE_MS(
            Kind.whole(1, 600_000),
            10_000L,
            "How long a request may take from the end of its body, the wait for a worker included, unless it says otherwise"
                    + " by deadline_ms."),
    VIDEO_WORKERS(
            Kind.whole(1, 1_024),
            "one for two cores",
            set -> (long) Math.max(1, Runtime.getRuntime().availableProcessors() / 2),
            "Threads for videos, animated images and bulks, beside the others and giving way to them."),
    VIDEO_QUEUE_LIMIT(
            Kind.whole(1, 1_000_000),
            64L,
            "Videos and animated images that may wait for such a thread; the next one is refused with 503."),
    VIDEO_DEADLINE_MS(Kind.whole(1, 3_600_000), 60_000L, "As deadline_ms, for a video or an animated image."),
    BANK_DEADLINE_MS(
            Kind.whole(1, 86_400_000),
            600_000L,
            "As deadline_ms, for a video that is banked, of which every frame is decoded, and for a bulk."),
    MAX_BODY_BYTES(
            // An image is decoded from one buffer, whose length is an int.
            Kind.whole(1, 1 << 30),
            MediaLimits.DEFAULT.maxBytes(),
            "Largest body that is no video, and largest image."),
    MAX_VIDEO_BYTES(Kind.whole(1, 1L << 42), 4_000_000_000L, "Largest video; at least max_body_bytes."),
    MAX_BODY_BYTES_IN_FLIGHT(
            Kind.whole(1, Long.MAX_VALUE),
            "half of the memory beside the heap, at most 512 MB, but max_body_bytes at least",
            set -> Math.max((long) set.apply(MAX_BODY_BYTES), Math.min(512_000_000, MemoryBounds.directBytes() / 2)),
            "Largest sum of what all bodies hold in memory. At least spill_bytes, or max_body_bytes if that is less."),
    SPILL_BYTES(
            // What an upload needs at least: room until it spills, and then two blocks on their way to the file.
            Kind.whole(4_096, 1 << 30), 8_000_000L, "An upload longer than this is written to a file as it comes."),
    UPLOAD_FOLDER(
            Kind.PATH,
            "uploads in the data folder",
            set -> ((Path) set.apply(DATA)).resolve("uploads"),
            "For those files, which live as long as their request; no other server's."),
    MAX_UPLOAD_FOLDER_BYTES(
            Kind.whole(0, Long.MAX_VALUE),
            0L,
            "Largest sum of those files; 0 for 16 GB, or half of what is free on the disk at start if that is less."),
    MAX_PIXELS(Kind.whole(1, 1 << 30), MediaLimits.DEFAULT.maxPixels(), "Largest picture, width times height."),
    DECODE(
            Kind.word(DecodePath.class),
            DecodePath.FAST,
            "How an upload to be matched becomes luma. exact: as the reference does, every pixel in colour. fast: large"
                    + " images at a reduced size, within a few bits. What is banked or told is always hashed exactly."),
    ISOLATION(
            Kind.word(Isolation.class),
            "workers on Linux on x86-64, else none",
            set -> DecodeWorkers.areProven() ? Isolation.WORKERS : Isolation.NONE,
            "Where uploads are decoded. workers: in processes of their own, one for each thread of workers and video_workers,"
                    + " which have no rights and may die; they need Linux. none: in the server's process, which a file that"
                    + " breaks a decoder then ends."),
    MAX_CONNECTIONS(
            Kind.whole(1, 1_000_000),
            4_096L,
            "Connections that may be open at a time; the next one is closed at once."),
    MAX_REQUEST_LINE_BYTES(Kind.whole(256, 1 << 20), 16_384L, "Largest method, target and version of a request."),
    MAX_HEADER_BYTES(Kind.whole(256, 1 << 20), 32_768L, "Largest sum of all header fields of a request."),
    IDLE_TIMEOUT_MS(
            Kind.whole(1, 3_600_000),
            60_000L,
            "How long a connection may take to send its next request's head, or to take a response."),
    STALL_TIMEOUT_MS(
            Kind.whole(1, 3_600_000),
            10_000L,
            "How long a client that is sending a body may pause, and how long one may take for the handshake of TLS."),
    MIN_BODY_BYTES_PER_SECOND(
            Kind.whole(1, 1 << 30),
            4_096L,
            "A body that arrives more slowly than this, after the first stall_timeout_ms, is cut off."),
    EXCHANGE_FOLDER(
            Kind.PATH,
            "exchange-files in the data folder",
            set -> ((Path) set.apply(DATA)).resolve("exchange-files"),
            "Below which exchanges of the type local_file may read; created if it is not there."),
    EXCHANGE_POLL_MS(Kind.whole(1, 3_600_000), 10_000L, "How often exchanges look for changes."),
    FEATURES(
            Kind.word(FeatureUse.class),
            FeatureUse.ON,
            "Whether copies are found that were cropped, framed, captioned, turned or pasted into another picture: by local"
                    + " features, which are banked with each image that is added by its file, and looked up where no hash finds"
                    + " an upload. off: neither."),
    HASH_TYPES(
            Kind.texts(ConfigKey::areHashTypes, "pdq, and video_md5 or vpdq or both"),
            List.of("pdq", "video_md5"),
            "Signal types that /h/hash of HMA's dialect gives where the caller names none: pdq of a photo, the others of a"
                    + " video. Clients that ask in two steps find a re-encoded video only with vpdq among them. The frames are"
                    + " then thinned out until a lookup of them fits into max_request_line_bytes."),
    HMA_EDITED_COPIES(
            Kind.word(HmaEdited.class),
            HmaEdited.OFF,
            "Where /m/lookup of HMA's dialect tells of banked photos that an uploaded photo shows turned, mirrored, cropped, framed"
                    + " or otherwise edited. off: nowhere, as HMA. pdq: under pdq, where its clients look, with the distance 31"
                    + " if features found them. orb: under a signal type of their own."),
    FETCH_HOSTS(
            Kind.texts(FetchHosts::areValid, "names or addresses of hosts, each with or without a port"),
            List.of(),
            "Hosts from which a file may be fetched where a client gives a URL (url=), as HOST for the ports 80 and 443 or as"
                    + " HOST:PORT; a name is that name alone. Every address of a name has to be public, unless the entry is an"
                    + " address itself, or localhost. None: nothing is fetched."),
    FETCH_TIMEOUT_MS(
            Kind.whole(1, 600_000), 30_000L, "How long such a fetch may take, the wait for its turn included."),
    MAX_FETCHES(
            Kind.whole(1, 1_024),
            16L,
            "Files that are fetched at a time. Four times as many may wait; the next one is refused with 503. A file has at"
                    + " most max_body_bytes."),
    MAX_FETCHES_PER_SECOND(
            Kind.whole(1, 100_000), 100L, "Fetches that may begin in a second; the next one is refused with 503."),
    DRAIN_MS(
            Kind.whole(0, 3_600_000),
            0L,
            "How long, when it is asked to stop, the server answers on while /readyz says that it is not ready and each answer"
                    + " ends its connection, so that a load balancer has time to leave it out."),
    STOP_TIMEOUT_MS(
            Kind.whole(1, 3_600_000),
            5_000L,
            "How long a stop takes at most, after drain_ms; then requests are cut off."),
    LOG_LEVEL(
            Kind.word(LogLevel.class),
            LogLevel.INFO,
            "From which level on something is logged, to stderr. debug: a line a request as well. No log has a hash, a content"
                    + " or a file's name."),
    LOG_FORMAT(Kind.word(LogFormat.class), LogFormat.TEXT, "text, or json: one object a line.");

    static final String ENVIRONMENT = "SEMBLANCE_";

    private final Kind kind;
    private final @Nullable Object fixed;
    private final String defaultText;
    private final Function<Function<ConfigKey, Object>, Object> standard;
    private final String doc;

    ConfigKey(Kind kind, Object fixed, String doc) {
        this.kind = kind;
        this.fixed = fixed;
        this.defaultText = kind.toml(fixed);
        this.standard = unused -> fixed;
        this.doc = doc;
    }

    /** Of which the default depends on the machine or on other settings; in words and as it is computed. */
    ConfigKey(Kind kind, String words, Function<Function<ConfigKey, Object>, Object> standard, String doc) {
        this.kind = kind;
        this.fixed = null;
        this.defaultText = words;
        this.standard = standard;
        this.doc = doc;
    }

    private static boolean areHashTypes(List<String> types) {
        return Set.copyOf(types).size() == types.size()
                && Set.of("pdq", "video_md5", "vpdq").containsAll(types)
                && types.contains("pdq")
                && types.size() > 1;
    }

    /** Its name in the file, as in {@code max_body_bytes}. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Its option on the command line, as in {@code --max-body-bytes}. */
    public String flag() {
        return "--" + key().replace('_', '-');
    }

    /** Its variable in the environment, as in {@code SEMBLANCE_MAX_BODY_BYTES}. */
    public String variable() {
        return ENVIRONMENT + name();
    }

    /** What it does, in whole sentences. */
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
    public String text(Object value) {
        return kind.text(value);
    }

    /** The value as the file has it. */
    public String toml(Object value) {
        return kind.toml(value);
    }

    /** The key of that name in the file. */
    public static @Nullable ConfigKey of(String key) {
        return Arrays.stream(values())
                .filter(k -> k.key().equals(key))
                .findFirst()
                .orElse(null);
    }

    /** The key that was probably meant, if one is near. */
    static @Nullable ConfigKey nearest(String name) {
        ConfigKey nearest = null;
        int least = Math.max(2, name.length() / 3) + 1;
        for (ConfigKey key : values()) {
            int edits = edits(name, key.key());
            if (edits < least) {
                least = edits;
                nearest = key;
            }
        }
        return nearest;
    }

    /** How many characters have to be added, removed or changed to make one of the other (Levenshtein). */
    private static int edits(String a, String b) {
        int[] row = new int[b.length() + 1];
        Arrays.setAll(row, i -> i);
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int changed = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(changed, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }

    /** The default, given how to ask for other settings. */
    Object standard(Function<ConfigKey, Object> settings) {
        return standard.apply(settings);
    }

    /**
     * The value of a text of the environment or the command line.
     *
     * @throws ConfigRefusedException if it is none
     */
    Object parse(String text) {
        return checked(kind.parse(text), "'" + text + "'");
    }

    /**
     * The value of what a TOML file holds: a Long, Boolean or String, or anything else, which is refused.
     *
     * @param shown what the file has, for the message
     * @throws ConfigRefusedException if it is none
     */
    Object convert(Object value, String shown) {
        return checked(kind.convert(value), shown);
    }

    /**
     * Returns if the value is in the range.
     *
     * @throws ConfigRefusedException if it is not
     */
    void check(Object value) {
        checked(kind.isValid(value) ? value : null, kind.toml(value));
    }

    private Object checked(@Nullable Object value, String shown) {
        if (value == null || !kind.isValid(value)) {
            throw new ConfigRefusedException(this, shown, expected());
        }
        return value;
    }
}
