package org.semblance.hashdb.catalog;

import org.semblance.hashdb.hash.SignalType;

/** Receives contents, frames and digests of the catalog. */
public interface ContentSink {
    /** A content that is not withdrawn, as it is now. */
    void content(ContentRecord content);

    /** A content that is withdrawn, and its frames with it. */
    void withdrawn(long contentId);

    /**
     * The frames of a video that is not withdrawn; it comes as a content as well.
     *
     * @param frames in their stored form, see {@link KnownVideo#frameBytes}
     */
    void frames(long contentId, byte[] frames);

    /** @param live false if the content is withdrawn */
    void digest(long contentId, boolean live, SignalType type, byte[] value);
}
