package org.semblance.hashdb.catalog;

import java.util.List;
import org.semblance.hashdb.features.BankedPicture;

/** Receives the pictures of contents whose features are banked. */
public interface PictureSink {
    /** All pictures of a content that is not withdrawn, by their time. */
    void pictures(long contentId, List<BankedPicture> pictures);

    /** A content that is withdrawn; it may never have had any. */
    void withdrawn(long contentId);
}
