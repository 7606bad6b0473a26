package org.semblance.engine.worker;

import java.time.Duration;
import org.semblance.engine.media.MediaLimits;
import org.semblance.engine.media.VideoLimits;

/**
 * The number of worker processes, and the limits of each.
 *
 * @param name of what they are for, in logs
 * @param workers how many, at least 1
 * @param limits within which they decode
 * @param sandbox whether they give up their rights before the first content
 * @param nice how far they give way to others, 0 to 19
 * @param heapBytes of Java's heap, at most
 * @param memoryBytes of native memory, at most
 * @param mostContents after so many contents a worker is replaced
 * @param mostAge after such a time it is replaced
 * @param mostGrowthBytes if it has so much more in memory than at its start it is replaced
 * @param patience how long after its deadline a worker may go on before it is taken for hung and killed; its content was
 *     answered long before
 * @param startTimeout how long it may take to begin
 * @param main the class it runs, with {@code DecodeWorker}'s arguments
 */
public record WorkerSettings(
        String name,
        int workers,
        MediaLimits limits,
        boolean sandbox,
        int nice,
        long heapBytes,
        long memoryBytes,
        long mostContents,
        Duration mostAge,
        long mostGrowthBytes,
        Duration patience,
        Duration startTimeout,
        Class<?> main) {
    /** What a decoder may need beside its pictures. */
    private static final long BASE_BYTES = 512L << 20;

    /**
     * The most that any format takes for a pixel while it is decoded: 16-bit colour with alpha, its high bytes, and as
     * much again in the library.
     */
    private static final long BYTES_PER_PIXEL = 16;

    /** A decoder of video keeps this many pictures of 12 bits a pixel, threads and references included. */
    private static final long BYTES_PER_VIDEO_PIXEL = 48;

    /** For images. */
    public static WorkerSettings images(int workers, MediaLimits limits) {
        return new WorkerSettings(
                "images",
                workers,
                limits,
                true,
                0,
                512L << 20,
                BASE_BYTES + BYTES_PER_PIXEL * limits.maxPixels() + 2 * limits.maxBytes(),
                100_000,
                Duration.ofHours(1),
                512L << 20,
                Duration.ofSeconds(10),
                Duration.ofSeconds(60),
                DecodeWorker.class);
    }

    /** For videos, which give way to images. */
    public static WorkerSettings videos(int workers, int nice, MediaLimits limits) {
        WorkerSettings images = images(workers, limits);
        long video = BASE_BYTES + BYTES_PER_VIDEO_PIXEL * VideoLimits.DEFAULT.maxPixels();
        return new WorkerSettings(
                "videos",
                workers,
                limits,
                true,
                nice,
                2 * images.heapBytes,
                Math.max(images.memoryBytes, video),
                10_000,
                images.mostAge,
                1L << 30,
                images.patience,
                images.startTimeout,
                images.main);
    }
}
