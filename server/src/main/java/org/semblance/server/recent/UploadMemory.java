package org.semblance.server.recent;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.HashReport;
import org.semblance.engine.video.FrameHash;
import org.semblance.engine.video.VideoHashes;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.HashAndQuality;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;
import org.semblance.hashdb.recent.RecentState;
import org.semblance.hashdb.recent.RecentUploads;
import org.semblance.hashdb.recent.Upload;
import org.semblance.server.auth.Caller;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.metrics.Metrics;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is remembered of uploads. Every door that looks an upload up tells this class, in one line and without waiting. Of a
 * file there are its perceptual hashes of sufficient quality; of a hash that a caller sends, that hash, if it comes with a
 * reference: without one nobody could be told which upload it was.
 */
public final class UploadMemory implements AutoCloseable {
    /** Remembers nothing. */
    public static final UploadMemory NONE = new UploadMemory(null);

    private static final Logger LOG = LoggerFactory.getLogger(UploadMemory.class);

    /** Work that may wait for {@link #later}. */
    private static final int MOST_LATER = 1_000;

    private final @Nullable RecentUploads recent;
    private final ThreadPoolExecutor later;

    /** The number of the newest change that banked a content. */
    private final AtomicLong newestAddition = new AtomicLong();

    private volatile Late late = (upload, version) -> {};

    /** Told of uploads that were on their way while a content was banked. */
    @FunctionalInterface
    interface Late {
        /**
         * An upload with a reference has been kept.
         *
         * @param version the number of the newest change that its lookup saw
         */
        void kept(Upload upload, long version);
    }

    private UploadMemory(@Nullable RecentUploads recent) {
        this.recent = recent;
        this.later = new ThreadPoolExecutor(
                1,
                1,
                1,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(MOST_LATER),
                Thread.ofPlatform().daemon().name("late-uploads").factory(),
                (work, pool) ->
                        LOG.warn("too many uploads came while contents were banked: one is not looked at again"));
        later.allowCoreThreadTimeOut(true);
    }

    /**
     * Opens what the data folder has of recent uploads, as the settings say; where they are off, it removes what there is.
     * Without them a server still matches, so a disk that does not take them does not keep it from starting.
     */
    public static UploadMemory open(ServerConfig config, Metrics metrics) {
        Path folder = config.dataFolder();
        try {
            if (config.recentUploads() == 0) {
                RecentUploads.delete(folder);
                return NONE;
            }
            RecentUploads.Limits limits =
                    new RecentUploads.Limits(config.recentUploads(), Duration.ofDays(config.recentDays()));
            RecentUploads recent = RecentUploads.open(folder, limits, InstantSource.system());
            measure(recent, metrics);
            return new UploadMemory(recent);
        } catch (IOException e) {
            LOG.error("{}: no upload is remembered: {}", folder, e.toString());
            return NONE;
        }
    }

    private static void measure(RecentUploads recent, Metrics metrics) {
        metrics.gauge(
                "semblance.recent.hashes",
                "Hashes of recent uploads that are kept",
                () -> recent.state().hashes());
        metrics.gauge(
                "semblance.recent.capacity",
                "Hashes of recent uploads that there is room for",
                () -> recent.state().capacity());
        metrics.gauge(
                "semblance.recent.loading",
                "1 while the index of recent uploads is built, after the start",
                () -> recent.isLoading() ? 1 : 0);
        metrics.gauge(
                "semblance.recent.memory.bytes",
                "Memory of the index of recent uploads outside the heap",
                () -> recent.state().indexBytes());
        metrics.counter(
                "semblance.recent.kept",
                "Uploads that were remembered",
                () -> recent.state().kept());
        metrics.counter(
                "semblance.recent.dropped",
                "Uploads that were not remembered, as too many came at once or the disk took none",
                () -> recent.state().dropped());
    }

    /** The uploads; null if they are not remembered. */
    @Nullable
    RecentUploads recent() {
        return recent;
    }

    /** How it is; null if uploads are not remembered. */
    public @Nullable RecentState state() {
        return recent == null ? null : recent.state();
    }

    /** Whom to ask about uploads that had not seen a content when it was banked. */
    void tellLate(Late other) {
        late = other;
    }

    /** A content was banked by that change: from now on an upload whose lookup has not seen it is late. */
    void banked(long seq) {
        newestAddition.accumulateAndGet(seq, Math::max);
    }

    /** Has that work done, soon, on a thread of its own. */
    void later(Runnable work) {
        later.execute(() -> {
            try {
                work.run();
            } catch (RuntimeException e) {
                LOG.warn("uploads are not looked at again: {}", e.toString());
            }
        });
    }

    /**
     * A file was looked up.
     *
     * @param version the number of the newest change that the lookup saw
     */
    public void remember(Caller caller, @Nullable String reference, HashReport hashed, long version) {
        if (recent == null) {
            return;
        }
        List<HashAndQuality> hashes = hashes(hashed);
        if (!hashes.isEmpty()) {
            keep(recent, new Upload(hashes, caller.key(), reference), version);
        }
    }

    /** A hash was looked up that a caller sent, with that reference or none; as {@link #remember(Caller, String, HashReport, long)}. */
    public void remember(Caller caller, @Nullable String reference, Hash256 hash, long version) {
        if (recent != null && isReference(reference)) {
            // Who sends a hash has looked at its quality.
            keep(recent, new Upload(List.of(new HashAndQuality(hash, 100)), caller.key(), reference), version);
        }
    }

    /** What is banked is announced before uploads are searched: so an upload is found there, or known to be late here. */
    private void keep(RecentUploads uploads, Upload upload, long version) {
        uploads.offer(upload);
        if (version < newestAddition.get() && upload.reference() != null) {
            later(() -> late.kept(upload, version));
        }
    }

    private static boolean isReference(@Nullable String reference) {
        return reference != null && !reference.isEmpty() && reference.length() <= RecentUploads.MAX_REFERENCE_CHARS;
    }

    /** Those of an image, and those of the different frames of a video or an animated image, by which each was looked up. */
    private static List<HashAndQuality> hashes(HashReport hashed) {
        Map<Hash256, HashAndQuality> different = new LinkedHashMap<>();
        Signal still = hashed.signal(SignalType.PDQ).orElse(null);
        if (still != null && !still.isTooFlat()) {
            different.put(
                    still.hash(), new HashAndQuality(still.hash(), Objects.requireNonNullElse(still.quality(), 100)));
        }
        VideoHashes video = hashed.video();
        if (video != null) {
            for (VideoHashes.Kept kept : VideoHashes.prune(
                    video.frames(),
                    video.summary().seconds(),
                    VideoHashes.SAME_PICTURE_DISTANCE,
                    HashAndQuality.MIN_QUALITY)) {
                FrameHash frame = kept.frame();
                different.putIfAbsent(frame.pdq().hash(), frame.pdq());
            }
        }
        return new ArrayList<>(different.values());
    }

    @Override
    public void close() {
        later.shutdownNow();
        if (recent != null) {
            recent.close();
        }
    }
}
