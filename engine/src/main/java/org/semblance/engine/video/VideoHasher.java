package org.semblance.engine.video;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DeadlinePassedException;
import org.semblance.engine.media.FrameSampling;
import org.semblance.engine.media.MediaException;
import org.semblance.engine.media.MediaSource;
import org.semblance.engine.media.VideoFrame;
import org.semblance.engine.media.VideoReader;
import org.semblance.engine.media.VideoSummary;
import org.semblance.engine.pdq.Luma;
import org.semblance.engine.pdq.PdqHasher;
import org.semblance.hashdb.hash.HashAndQuality;

/**
 * Video to PDQ hashes of its frames, of the whole picture and, where it has borders, of the inner picture as well.
 *
 * <p>A frame with borders is cropped by those that are bars as far as is known by then ({@link SeenBorders}). The frames
 * after it may know better, above all where a video opens dark. So a small copy of it waits as well, until the end of the
 * video or until the copies come to {@link #MOST_BYTES}, and what is missing then is hashed from the copy, which gives nearly
 * the same hash. A frame without borders costs neither a second hash nor a copy.
 *
 * <p>Holds scratch memory: not for two threads at once.
 */
public final class VideoHasher {
    /** Some 300 frames: key frames of ten minutes, or ten seconds of all frames, which most dark openings are shorter than. */
    private static final int MOST_BYTES = 16 << 20;

    private final VideoReader reader;
    private final PdqHasher pdq;
    private final BorderDetector detector = new BorderDetector();

    /** Sees each frame that was hashed, while its picture is there. */
    @FunctionalInterface
    public interface Watcher {
        /** @param picture readable until this returns */
        void hashed(FrameHash frame, Luma picture);
    }

    /** @param pdq not used elsewhere at the same time */
    public VideoHasher(VideoReader reader, PdqHasher pdq) {
        this.reader = reader;
        this.pdq = pdq;
    }

    /** Hashes the chosen frames until the deadline. */
    public VideoHashes hash(MediaSource source, FrameSampling sampling, Deadline deadline) throws MediaException {
        return hash(source, sampling, deadline, deadline, (frame, picture) -> {});
    }

    /**
     * Hashes the chosen frames.
     *
     * @param framesUntil when to stop reading frames of which one was shown
     * @param watcher sees each of them, and what it throws passes through
     * @throws MediaException as {@link VideoReader#read} does
     * @throws DeadlinePassedException if time ran out before the first frame; later, what was
     *     seen is returned
     */
    public VideoHashes hash(
            MediaSource source, FrameSampling sampling, Deadline framesUntil, Deadline deadline, Watcher watcher)
            throws MediaException {
        Pass pass = new Pass(watcher);
        VideoSummary summary = reader.read(source, sampling, framesUntil, deadline, pass::visit);
        pass.hashWaiting();
        return new VideoHashes(summary, pass.frames, pass.inner);
    }

    /**
     * A frame that may have bars.
     *
     * @param frame its index among those hashed
     * @param own its borders; empty if it is flat
     * @param hashed its inner pictures as far as they were known
     */
    private record Waiting(int frame, Optional<Borders> own, List<VideoHashes.Inner> hashed, Thumbnail copy) {
        VideoHashes.Inner inside(Borders borders, PdqHasher pdq) {
            return hashed.stream()
                    .filter(i -> i.borders().equals(borders))
                    .findFirst()
                    .orElseGet(() -> new VideoHashes.Inner(frame, borders, pdq.hash(copy.inside(borders))));
        }
    }

    private final class Pass {
        private final Watcher watcher;
        final List<FrameHash> frames = new ArrayList<>();
        final List<VideoHashes.Inner> inner = new ArrayList<>();
        private final Deque<Waiting> waiting = new ArrayDeque<>();
        private SeenBorders seen = new SeenBorders(0, 0);
        private int waitingBytes;
        private int width;
        private int height;

        Pass(Watcher watcher) {
            this.watcher = watcher;
        }

        boolean visit(VideoFrame frame) {
            Luma luma = frame.luma();
            if (luma.width() != width || luma.height() != height) {
                hashWaiting();
                width = luma.width();
                height = luma.height();
                seen = new SeenBorders(width, height);
            }
            HashAndQuality whole = pdq.hash(luma);
            FrameHash hash = new FrameHash(frame.number(), frame.seconds(), whole);
            frames.add(hash);
            watcher.hashed(hash, luma);
            Optional<Borders> own = detector.borders(luma);
            if (own.filter(Borders.NONE::equals).isEmpty()) {
                own.ifPresent(borders -> seen.add(borders, whole.hash()));
                int index = frames.size() - 1;
                List<VideoHashes.Inner> hashed = seen.crops(own).stream()
                        .map(b -> new VideoHashes.Inner(index, b, pdq.hash(new CroppedLuma(luma, b))))
                        .toList();
                Thumbnail copy = new Thumbnail(luma);
                waiting.add(new Waiting(index, own, hashed, copy));
                waitingBytes += copy.bytes();
                if (waitingBytes >= MOST_BYTES) {
                    hashWaiting();
                }
            }
            return true;
        }

        void hashWaiting() {
            for (Waiting of : waiting) {
                for (Borders borders : seen.crops(of.own)) {
                    inner.add(of.inside(borders, pdq));
                }
            }
            waiting.clear();
            waitingBytes = 0;
        }
    }
}
