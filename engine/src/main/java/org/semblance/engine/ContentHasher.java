package org.semblance.engine;

import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.features.Profile;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.FrameSampling.EveryFrame;
import org.semblance.engine.media.MediaSource;
import org.semblance.engine.video.VideoHashes;

/**
 * Content to signals, in this process ({@link InProcessHasher}) or in another one, with the same result. An implementation
 * may hold scratch memory: not for two threads at once.
 */
public interface ContentHasher extends AutoCloseable {
    /**
     * Hashes a content. Never throws for what the bytes hold.
     *
     * @throws org.semblance.engine.media.DeadlinePassedException if it passes before the last step has begun, for a video
     *     before the first frame; later, what was seen of a video is returned, and is partial
     * @throws UncheckedIOException if a file cannot be read
     */
    HashReport hash(HashRequest request);

    /** As {@link #hash(ByteBuffer, Deadline)}, in any time. */
    default HashReport hash(ByteBuffer content) {
        return hash(content, Deadline.NONE);
    }

    /** As {@link #hash(MediaSource, Digests, Deadline)}, of the bytes between position and limit (which stay as they are). */
    default HashReport hash(ByteBuffer content, Deadline deadline) {
        long start = System.nanoTime();
        return hash(new HashRequest(
                MediaSource.of(content),
                Digests.of(content).signals(),
                HashRequest.ONCE_A_SECOND,
                HashRequest.Variants.NONE,
                null,
                deadline,
                deadline,
                start));
    }

    /**
     * As {@link #hash(HashRequest)}, for those who want to know a content's signals: an image as PDQ, a video as vPDQ, a
     * frame a second by the reference's rule ({@link HashReport#video}).
     *
     * @param digests of exactly these bytes
     */
    default HashReport hash(MediaSource source, Digests digests, Deadline deadline) {
        return hash(source, digests, HashRequest.Variants.NONE, null, deadline);
    }

    /**
     * Hashes a content, an image with these variants of its hash as well.
     *
     * @param features how local features are taken; null for none
     */
    default HashReport hash(
            MediaSource source,
            Digests digests,
            HashRequest.Variants variants,
            @Nullable Profile features,
            Deadline deadline) {
        return hash(new HashRequest(source, digests, HashRequest.ONCE_A_SECOND, variants, features, deadline));
    }

    /** As {@link #hash(ByteBuffer)}, with the dihedral variants of an image. */
    default HashReport hashDihedral(ByteBuffer content) {
        return hash(MediaSource.of(content), Digests.of(content), HashRequest.Variants.DIHEDRAL, null, Deadline.NONE);
    }

    /**
     * Hashes a content that is to be banked: as {@link #hash(MediaSource, Digests, Deadline)}, but every frame of a video
     * ({@link VideoHashes#known}), so that it is found whichever of them a copy is sampled at.
     *
     * @param features whether local features are to be banked as well
     */
    default HashReport hashToBank(MediaSource source, Digests digests, boolean features, Deadline deadline) {
        return hash(new HashRequest(
                source,
                digests,
                new EveryFrame(),
                HashRequest.Variants.NONE,
                features ? Profile.BANKED : null,
                deadline));
    }

    /** Hashes a content to bank it, without local features. */
    default HashReport hashToBank(MediaSource source, Digests digests, Deadline deadline) {
        return hashToBank(source, digests, false, deadline);
    }

    /** Frees the scratch memory. */
    @Override
    void close();
}
