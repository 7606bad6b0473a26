package org.semblance.hashdb.catalog;

import org.semblance.hashdb.hash.Hash256;

/** Receives perceptual hashes of the catalog, those of frames among them; each hash of a content once. */
@FunctionalInterface
public interface HashSink {
    /** @param live false if the content is withdrawn */
    void hash(long contentId, boolean live, Hash256 hash);
}
