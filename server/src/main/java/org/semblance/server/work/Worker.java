package org.semblance.server.work;

import org.semblance.engine.ContentHasher;
import org.semblance.engine.ContentMatcher;
import org.semblance.engine.media.MediaSource;

/**
 * The hashers and the matcher that one worker thread owns.
 *
 * @param exact hashes what is banked or told: others will compare with it, so it equals the reference
 * @param fast hashes what is only looked up
 * @param matcher uses the fast one
 */
public record Worker(ContentHasher exact, ContentHasher fast, ContentMatcher matcher) implements AutoCloseable {
    /**
     * The hasher for a content that is to be banked: an image's hash is kept as the reference gives it; the frames of a video
     * are hashed as those of uploads are, by the luma plane, so that an exact copy differs in no bit.
     */
    public ContentHasher toBank(MediaSource source) {
        return source.format().isVideo() ? fast : exact;
    }

    @Override
    public void close() {
        exact.close();
        fast.close();
    }
}
