package org.semblance.engine;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.features.Profile;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.FrameSampling;
import org.semblance.engine.media.MediaSource;
import org.semblance.hashdb.hash.Signal;

/**
 * A content that is to be hashed, and how.
 *
 * @param known signals of it that are known already and that the report repeats: its digests
 * @param sampling of a video; of an animated image every frame is taken, unless only a frame a second is wanted
 * @param variants which other hashes of an image are wanted
 * @param features how local features are taken ({@link HashReport#pictures}), of a video those of some of its frames; null if
 *     none are wanted
 * @param framesUntil when to stop reading frames of which one was shown
 * @param startNanos when the work on this content began, as {@link System#nanoTime} tells
 */
public record HashRequest(
        MediaSource source,
        List<Signal> known,
        FrameSampling sampling,
        Variants variants,
        @Nullable Profile features,
        Deadline deadline,
        Deadline framesUntil,
        long startNanos) {
    /** Hashes of an image beside its own. */
    public enum Variants {
        /** None. */
        NONE,
        /** Of the image turned and mirrored ({@link HashReport#dihedral}), to be told. */
        DIHEDRAL,
        /** Of the image turned, mirrored and without borders of one shade ({@link HashReport#others}), to be looked up. */
        FOR_LOOKUP
    }

    /** The reference's rule for the signals of a video. */
    public static final FrameSampling ONCE_A_SECOND = new FrameSampling.TimeStep(1);

    public HashRequest {
        known = List.copyOf(known);
    }

    /** Work that begins now. */
    HashRequest(
            MediaSource source,
            Digests digests,
            FrameSampling sampling,
            Variants variants,
            @Nullable Profile features,
            Deadline deadline) {
        this(source, digests.signals(), sampling, variants, features, deadline, deadline, System.nanoTime());
    }
}
