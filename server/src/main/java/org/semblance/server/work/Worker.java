package org.semblance.server.work;

import org.semblance.engine.ContentHasher;
import org.semblance.engine.ContentMatcher;

/**
 * What one worker thread owns.
 *
 * @param exact hashes what is banked or told: others will compare with it, so it equals the reference
 * @param fast hashes what is only looked up
 * @param matcher uses the fast one
 */
public record Worker(ContentHasher exact, ContentHasher fast, ContentMatcher matcher) implements AutoCloseable {
    @Override
    public void close() {
        exact.close();
        fast.close();
    }
}
