package org.semblance.server;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.ContentHasher;
import org.semblance.engine.ContentMatcher;
import org.semblance.engine.FirstPictures;
import org.semblance.engine.InProcessHasher;
import org.semblance.engine.media.Av1Decoder;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.worker.DecodeWorkers;
import org.semblance.engine.worker.Ending;
import org.semblance.engine.worker.WorkerSettings;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.natives.NativeLibrary;
import org.semblance.server.config.Isolation;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.metrics.Metrics;
import org.semblance.server.work.BackgroundThreads;
import org.semblance.server.work.Worker;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** Where uploads are decoded, images and videos apart: in worker processes or in this one. */
final class Decoders implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Decoders.class);

    private final ServerConfig config;
    private final @Nullable DecodeWorkers images;
    private final @Nullable DecodeWorkers videos;

    /** Done when the next upload is answered at its usual speed. */
    private final CompletableFuture<Void> ready = new CompletableFuture<>();

    /** The library that decodes AV1 in this process; empty if nothing is decoded in it, or nothing was yet. */
    private volatile String av1 = "";

    Decoders(ServerConfig config, Metrics metrics) {
        this.config = config;
        String failure = InProcessHasher.nativeFailure();
        if (!failure.isEmpty()) {
            LOG.atLevel(NativeLibrary.IS_FOR_THIS_PLATFORM ? Level.WARN : Level.INFO)
                    .log("pictures are hashed by Java, several times slower than by the native library: {}", failure);
        }
        if (config.isolation() == Isolation.NONE) {
            if (DecodeWorkers.areProven()) {
                LOG.info(
                        "uploads are decoded in this process, as isolation = none says: one that breaks a decoder ends it");
            } else {
                LOG.warn(
                        "uploads are decoded in this process, as isolation = none is the default except on Linux on x86-64:"
                                + " one that breaks a decoder ends it");
            }
            images = null;
            videos = null;
            for (String library : List.of(Av1Decoder.DAV1D, Av1Decoder.LIBAOM)) {
                measureAv1(metrics, library, "server", () -> library.equals(av1) ? 1 : 0);
            }
            // While the database is opened: with ten million hashes both take a second or so.
            Thread.ofPlatform().daemon().name("natives").start(this::loadNatives);
            return;
        }
        images = new DecodeWorkers(WorkerSettings.images(config.workers(), config.mediaLimits()));
        videos = new DecodeWorkers(
                WorkerSettings.videos(config.videoWorkers(), BackgroundThreads.NICE, config.mediaLimits()));
        measure("images", images, metrics);
        measure("videos", videos, metrics);
        // The first of each lane begin while the database is opened, and spares one by one when all can be answered.
        videos.spareAfter(images.spareAfter(ready));
        images.start(1);
        videos.start(1);
    }

    private static void measure(String lane, DecodeWorkers workers, Metrics metrics) {
        metrics.gauge(
                "semblance.decoders.idle",
                "Worker processes without a content",
                () -> workers.counts().idle(),
                "lane",
                lane);
        metrics.gauge(
                "semblance.decoders.busy",
                "Worker processes with a content",
                () -> workers.counts().busy(),
                "lane",
                lane);
        metrics.gauge(
                "semblance.decoders.spare",
                "Worker processes that are ready for the place of one that ends",
                () -> workers.counts().spare(),
                "lane",
                lane);
        metrics.gauge(
                "semblance.decoders.sandboxed",
                "Worker processes that can open neither a file nor a socket",
                () -> workers.counts().sandboxed(),
                "lane",
                lane);
        measureAv1(metrics, Av1Decoder.DAV1D, lane, () -> workers.counts().dav1d());
        measureAv1(metrics, Av1Decoder.LIBAOM, lane, () -> {
            DecodeWorkers.Counts counts = workers.counts();
            return counts.all() - counts.dav1d();
        });
        metrics.counter(
                "semblance.decoders.started",
                "Worker processes that began",
                () -> workers.counts().started(),
                "lane",
                lane);
        metrics.counter(
                "semblance.decoders.retries",
                "Contents that were given to another worker process, since theirs was ended from outside",
                () -> workers.counts().retries(),
                "lane",
                lane);
        for (Ending cause : Ending.values()) {
            metrics.counter(
                    "semblance.decoders.ended",
                    "Worker processes that ended",
                    () -> workers.counts().ended().getOrDefault(cause, 0L),
                    "lane",
                    lane,
                    "cause",
                    cause.wireName());
        }
    }

    private static void measureAv1(Metrics metrics, String library, String lane, Supplier<Number> processes) {
        metrics.gauge(
                "semblance.decoders.av1",
                "Processes that decode AV1 by this library",
                processes,
                "lane",
                lane,
                "library",
                library);
    }

    private void loadNatives() {
        try (ContentHasher hasher = new InProcessHasher(config.mediaLimits(), config.decodePath())) {
            FirstPictures.hash(hasher);
            Av1Decoder decoder = InProcessHasher.av1();
            LOG.info("the server decodes AV1 by {}", decoder);
            av1 = decoder.library();
            ready.complete(null);
        } catch (IllegalStateException e) {
            LOG.debug("no decoders; the first worker will say why", e);
        }
    }

    /** Has a first picture matched once decoders have begun, so that the first upload finds loaded what it needs. */
    void begin(HashDb db) {
        if (images == null || videos == null) {
            return;
        }
        CompletableFuture<Void> both = CompletableFuture.allOf(images.start(1), videos.start(1));
        // On a thread of its own: the one that tells of the decoders is needed for others.
        both.thenRunAsync(
                () -> {
                    try (ContentHasher hasher = images.hasher(config.decodePath())) {
                        FirstPictures.match(new ContentMatcher(hasher, db));
                    } catch (RuntimeException e) {
                        LOG.debug("stopped before the first picture", e);
                    } finally {
                        ready.complete(null);
                    }
                },
                work -> Thread.ofPlatform().daemon().name("first pictures").start(work));
    }

    /** Whether decoders have begun and a picture was matched: then the next upload is answered at its usual speed. */
    boolean haveBegun() {
        return ready.isDone();
    }

    /** What a thread for images works with. */
    Worker forImages(HashDb db) {
        return worker(db, images);
    }

    /** What a thread for videos works with. */
    Worker forVideos(HashDb db) {
        return worker(db, videos);
    }

    private Worker worker(HashDb db, @Nullable DecodeWorkers workers) {
        Function<DecodePath, ContentHasher> hasher =
                workers == null ? path -> new InProcessHasher(config.mediaLimits(), path) : workers::hasher;
        ContentHasher exact = hasher.apply(DecodePath.EXACT);
        ContentHasher fast = hasher.apply(config.decodePath());
        return new Worker(exact, fast, new ContentMatcher(fast, db));
    }

    /** Where that is, as a log says it. */
    String describe() {
        return images == null ? "decoding in this process" : "decoding in worker processes";
    }

    @Override
    public void close() {
        if (images != null) {
            images.close();
        }
        if (videos != null) {
            videos.close();
        }
    }
}
