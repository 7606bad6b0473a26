package org.semblance.engine.video;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
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

/**
 * Video to PDQ hashes of its frames, of the whole picture and, if the video has constant borders, of the inner picture as
 * well.
 *
 * <p>No frame is kept, so the inner picture is hashed with the borders known so far. They can only become narrower, as
 * they do when a video opens dark; frames hashed with borders that proved wrong are decoded once more, from the start to
 * the last of them, which is mostly the first second.
 *
 * <p>Holds scratch memory: not for two threads at once.
 */
public final class VideoHasher {
    /** Borders do not come and go: looking twice a second is enough. */
    private static final double BORDER_STEP_SECONDS = 0.5;

    /** The share of a side by which borders may be off: PDQ forgives a crop of 1 % entirely. */
    private static final int BORDER_SHARE = 100;

    private final VideoReader reader;
    private final PdqHasher pdq = new PdqHasher();

    public VideoHasher(VideoReader reader) {
        this.reader = reader;
    }

    /**
     * Hashes the chosen frames.
     *
     * @throws MediaException as {@link VideoReader#read} does
     * @throws DeadlinePassedException if time ran out before the first frame; later, what was
     *     seen is returned
     */
    public VideoHashes hash(MediaSource source, FrameSampling sampling, Deadline deadline) throws MediaException {
        Pass pass = new Pass();
        VideoSummary summary = reader.read(source, sampling, deadline, pass::visit);
        Borders borders = pass.detector.borders();
        if (borders.equals(Borders.NONE)) {
            return new VideoHashes(summary, pass.frames, borders, List.of());
        }
        Set<Integer> wrong = pass.hashedWithOtherBordersThan(borders);
        if (!wrong.isEmpty() && !deadline.passed()) {
            rehash(source, sampling, deadline, pass, borders, wrong);
        }
        return new VideoHashes(summary, pass.frames, borders, pass.inner(borders));
    }

    /** If time runs out now, or the file is no longer what it was, the inner pictures hashed so far are what there is. */
    private void rehash(
            MediaSource source,
            FrameSampling sampling,
            Deadline deadline,
            Pass pass,
            Borders borders,
            Set<Integer> wrong) {
        int last = Collections.max(wrong);
        try {
            reader.read(source, sampling, deadline, frame -> {
                if (wrong.contains(frame.number())) {
                    pass.hashInner(frame, borders);
                }
                return frame.number() < last;
            });
        } catch (DeadlinePassedException | MediaException e) {
            // Not one frame was shown again, and the hashes of the whole pictures are worth having.
        }
    }

    private FrameHash hashed(VideoFrame frame, Luma luma) {
        return new FrameHash(frame.number(), frame.seconds(), pdq.hash(luma));
    }

    /** An inner picture's hash and what it was taken to be inside of. */
    private record Inner(FrameHash hash, Borders borders) {}

    private final class Pass {
        final BorderDetector detector = new BorderDetector();
        final List<FrameHash> frames = new ArrayList<>();
        private final TreeMap<Integer, Inner> inner = new TreeMap<>();
        private Borders borders = Borders.NONE;
        private double nextLook;
        private int columns;
        private int rows;

        boolean visit(VideoFrame frame) {
            Luma luma = frame.luma();
            frames.add(hashed(frame, luma));
            if (frame.seconds() >= nextLook) {
                detector.add(luma);
                borders = detector.borders();
                nextLook = frame.seconds() + BORDER_STEP_SECONDS;
                columns = luma.width() / BORDER_SHARE;
                rows = luma.height() / BORDER_SHARE;
            }
            if (!borders.equals(Borders.NONE)) {
                hashInner(frame, borders);
            }
            return true;
        }

        void hashInner(VideoFrame frame, Borders of) {
            Luma luma = frame.luma();
            if (luma.width() > of.left() + of.right() && luma.height() > of.top() + of.bottom()) {
                inner.put(frame.number(), new Inner(hashed(frame, new CroppedLuma(luma, of)), of));
            }
        }

        Set<Integer> hashedWithOtherBordersThan(Borders right) {
            Set<Integer> wrong = new HashSet<>();
            for (FrameHash frame : frames) {
                Inner hashed = inner.get(frame.number());
                if (hashed == null || !hashed.borders.isNear(right, columns, rows)) {
                    wrong.add(frame.number());
                }
            }
            return wrong;
        }

        List<FrameHash> inner(Borders right) {
            return inner.values().stream()
                    .filter(i -> i.borders.isNear(right, columns, rows))
                    .map(Inner::hash)
                    .toList();
        }
    }
}
