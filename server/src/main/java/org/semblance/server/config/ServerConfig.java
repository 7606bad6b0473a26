package org.semblance.server.config;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.MediaLimits;
import org.semblance.server.auth.AccessPolicy;

/**
 * Every setting of a server, fixed from start to stop; {@link Builder} holds the defaults.
 *
 * @param dataFolder of the hash database; created if it is not there
 * @param bindAddress host name or address to listen on
 * @param port to listen on, 0 for any free one
 * @param access when a request needs a key
 * @param workers threads that decode, hash and touch the database
 * @param workQueueLimit requests that may wait for a worker; the next one is refused with 503
 * @param deadlineMs how long a request may take from the end of its body, the wait for a worker included, unless it
 *     says otherwise by {@code deadline_ms}
 * @param videoWorkers threads that work on uploaded videos, beside the others and giving way to them
 * @param videoQueueLimit videos that may wait for such a thread; the next one is refused with 503
 * @param videoDeadlineMs as {@code deadlineMs}, for a video
 * @param bankDeadlineMs as {@code deadlineMs}, for a video that is banked, of which every frame is decoded
 * @param maxBodyBytes largest body that is no video, and largest image
 * @param maxVideoBytes largest video
 * @param maxBodyBytesInFlight largest sum of what all bodies hold in memory
 * @param spillBytes an upload longer than this is written to a file as it comes
 * @param spillFolder for those files, which live as long as their request; no other server's
 * @param maxSpillBytesInFlight largest sum of those files; 0 for 16 GB, or half of what is free on the disk at start if
 *     that is less
 * @param maxPixels largest picture, width times height
 * @param decodePath how an upload to be matched becomes luma; what is banked or told is always hashed exactly
 * @param maxConnections connections open at a time; the next one is closed at once
 * @param maxRequestLineBytes method, target and version
 * @param maxHeaderBytes all header fields of a request
 * @param idleTimeoutMs how long a connection may take to send its next request's head, or to take a response
 * @param stallTimeoutMs how long a client that is sending a body may pause
 * @param minBodyBytesPerSecond a body that arrives more slowly than this, after the first {@code stallTimeoutMs}, is
 *     cut off
 * @param exchangeFolder below which exchanges of the type {@code local_file} may read; created if it is not there
 * @param exchangePollMs how often exchanges look for changes
 * @param stopTimeoutMs how long {@code MatchServer.close} takes at most
 */
public record ServerConfig(
        Path dataFolder,
        String bindAddress,
        int port,
        AccessPolicy access,
        int workers,
        int workQueueLimit,
        long deadlineMs,
        int videoWorkers,
        int videoQueueLimit,
        long videoDeadlineMs,
        long bankDeadlineMs,
        long maxBodyBytes,
        long maxVideoBytes,
        long maxBodyBytesInFlight,
        long spillBytes,
        Path spillFolder,
        long maxSpillBytesInFlight,
        long maxPixels,
        DecodePath decodePath,
        int maxConnections,
        int maxRequestLineBytes,
        int maxHeaderBytes,
        long idleTimeoutMs,
        long stallTimeoutMs,
        long minBodyBytesPerSecond,
        Path exchangeFolder,
        long exchangePollMs,
        long stopTimeoutMs) {
    /** Checks each value. */
    public ServerConfig {
        requireRange("port", port, 0, 65_535);
        requireRange("workers", workers, 1, 1_024);
        requireRange("workQueueLimit", workQueueLimit, 1, 1_000_000);
        requireRange("deadlineMs", deadlineMs, 1, 600_000);
        requireRange("videoWorkers", videoWorkers, 1, 1_024);
        requireRange("videoQueueLimit", videoQueueLimit, 1, 1_000_000);
        requireRange("videoDeadlineMs", videoDeadlineMs, 1, 3_600_000);
        requireRange("bankDeadlineMs", bankDeadlineMs, 1, 86_400_000);
        // An image is decoded from one buffer, whose length is an int.
        requireRange("maxBodyBytes", maxBodyBytes, 1, 1 << 30);
        requireRange("maxVideoBytes", maxVideoBytes, maxBodyBytes, 1L << 42);
        // What an upload needs at least: room until it spills, and then two blocks on their way to the file.
        requireRange("spillBytes", spillBytes, 4_096, 1 << 30);
        requireRange("maxBodyBytesInFlight", maxBodyBytesInFlight, Math.min(maxBodyBytes, spillBytes), Long.MAX_VALUE);
        requireRange("maxSpillBytesInFlight", maxSpillBytesInFlight, 0, Long.MAX_VALUE);
        requireRange("maxPixels", maxPixels, 1, 1 << 30);
        requireRange("maxConnections", maxConnections, 1, 1_000_000);
        requireRange("maxRequestLineBytes", maxRequestLineBytes, 256, 1 << 20);
        requireRange("maxHeaderBytes", maxHeaderBytes, 256, 1 << 20);
        requireRange("idleTimeoutMs", idleTimeoutMs, 1, 3_600_000);
        requireRange("stallTimeoutMs", stallTimeoutMs, 1, 3_600_000);
        requireRange("minBodyBytesPerSecond", minBodyBytesPerSecond, 1, 1 << 30);
        requireRange("exchangePollMs", exchangePollMs, 1, 3_600_000);
        requireRange("stopTimeoutMs", stopTimeoutMs, 1, 3_600_000);
        if (bindAddress.isBlank()) {
            throw new IllegalArgumentException("bindAddress: empty (expected: a host name or address)");
        }
    }

    private static void requireRange(String field, long value, long least, long most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(field + ": " + value + " (expected: " + least + " to " + most + ")");
        }
    }

    /** The defaults, with the database in that folder. */
    public static Builder builder(Path dataFolder) {
        return new Builder(dataFolder);
    }

    /** The limits within which uploads are decoded. */
    public MediaLimits mediaLimits() {
        return new MediaLimits(maxBodyBytes, maxPixels);
    }

    /** The settings one by one, each beside its default. */
    @SuppressWarnings("MissingJavadocMethod") // the record's components say what each one is
    public static final class Builder {
        private final Path dataFolder;
        private String bindAddress = "127.0.0.1";
        private int port = 5100; // HMA's, so that its clients find us
        private AccessPolicy access = AccessPolicy.KEYS;
        private int workers = Runtime.getRuntime().availableProcessors();
        private int workQueueLimit = 128;
        private long deadlineMs = 10_000;
        private int videoWorkers = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
        private int videoQueueLimit = 64;
        private long videoDeadlineMs = 60_000;
        private long bankDeadlineMs = 600_000;
        private long maxBodyBytes = MediaLimits.DEFAULT.maxBytes();
        private long maxVideoBytes = 4_000_000_000L;
        // Bodies lie in direct memory, of which a JVM has by default as much as of heap.
        private long maxBodyBytesInFlight = Math.max(
                maxBodyBytes, Math.min(512_000_000, Runtime.getRuntime().maxMemory() / 2));
        private long spillBytes = 8_000_000;
        private @Nullable Path spillFolder; // a folder of the data folder, if it is not set
        private long maxSpillBytesInFlight = 0;
        private long maxPixels = MediaLimits.DEFAULT.maxPixels();
        private DecodePath decodePath = DecodePath.FAST;
        private int maxConnections = 4_096;
        private int maxRequestLineBytes = 16_384;
        private int maxHeaderBytes = 32_768;
        private long idleTimeoutMs = 60_000;
        private long stallTimeoutMs = 10_000;
        private long minBodyBytesPerSecond = 4_096;
        private @Nullable Path exchangeFolder;
        private long exchangePollMs = 10_000;
        private long stopTimeoutMs = 5_000;

        private Builder(Path dataFolder) {
            this.dataFolder = dataFolder;
        }

        public Builder bindAddress(String value) {
            bindAddress = value;
            return this;
        }

        public Builder port(int value) {
            port = value;
            return this;
        }

        public Builder access(AccessPolicy value) {
            access = value;
            return this;
        }

        public Builder workers(int value) {
            workers = value;
            return this;
        }

        public Builder workQueueLimit(int value) {
            workQueueLimit = value;
            return this;
        }

        public Builder deadlineMs(long value) {
            deadlineMs = value;
            return this;
        }

        public Builder videoWorkers(int value) {
            videoWorkers = value;
            return this;
        }

        public Builder videoQueueLimit(int value) {
            videoQueueLimit = value;
            return this;
        }

        public Builder videoDeadlineMs(long value) {
            videoDeadlineMs = value;
            return this;
        }

        public Builder bankDeadlineMs(long value) {
            bankDeadlineMs = value;
            return this;
        }

        public Builder maxBodyBytes(long value) {
            maxBodyBytes = value;
            return this;
        }

        public Builder maxVideoBytes(long value) {
            maxVideoBytes = value;
            return this;
        }

        public Builder maxBodyBytesInFlight(long value) {
            maxBodyBytesInFlight = value;
            return this;
        }

        public Builder spillBytes(long value) {
            spillBytes = value;
            return this;
        }

        public Builder spillFolder(Path value) {
            spillFolder = value;
            return this;
        }

        public Builder maxSpillBytesInFlight(long value) {
            maxSpillBytesInFlight = value;
            return this;
        }

        public Builder maxPixels(long value) {
            maxPixels = value;
            return this;
        }

        public Builder decodePath(DecodePath value) {
            decodePath = value;
            return this;
        }

        public Builder maxConnections(int value) {
            maxConnections = value;
            return this;
        }

        public Builder maxRequestLineBytes(int value) {
            maxRequestLineBytes = value;
            return this;
        }

        public Builder maxHeaderBytes(int value) {
            maxHeaderBytes = value;
            return this;
        }

        public Builder idleTimeoutMs(long value) {
            idleTimeoutMs = value;
            return this;
        }

        public Builder stallTimeoutMs(long value) {
            stallTimeoutMs = value;
            return this;
        }

        public Builder minBodyBytesPerSecond(long value) {
            minBodyBytesPerSecond = value;
            return this;
        }

        public Builder exchangeFolder(Path value) {
            exchangeFolder = value;
            return this;
        }

        public Builder exchangePollMs(long value) {
            exchangePollMs = value;
            return this;
        }

        public Builder stopTimeoutMs(long value) {
            stopTimeoutMs = value;
            return this;
        }

        /**
         * The settings.
         *
         * @throws IllegalArgumentException naming the first field that is out of its range, its value and the range
         */
        public ServerConfig build() {
            return new ServerConfig(
                    dataFolder,
                    bindAddress,
                    port,
                    access,
                    workers,
                    workQueueLimit,
                    deadlineMs,
                    videoWorkers,
                    videoQueueLimit,
                    videoDeadlineMs,
                    bankDeadlineMs,
                    maxBodyBytes,
                    maxVideoBytes,
                    maxBodyBytesInFlight,
                    spillBytes,
                    spillFolder == null ? dataFolder.resolve("uploads") : spillFolder,
                    maxSpillBytesInFlight,
                    maxPixels,
                    decodePath,
                    maxConnections,
                    maxRequestLineBytes,
                    maxHeaderBytes,
                    idleTimeoutMs,
                    stallTimeoutMs,
                    minBodyBytesPerSecond,
                    exchangeFolder == null ? dataFolder.resolve("exchange-files") : exchangeFolder,
                    exchangePollMs,
                    stopTimeoutMs);
        }
    }
}
