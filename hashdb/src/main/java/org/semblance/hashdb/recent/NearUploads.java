package org.semblance.hashdb.recent;

import java.util.List;

/**
 * What a search among recent uploads came to.
 *
 * @param uploads each upload once, by the nearest of its hashes, the newest first
 * @param more whether there are more than were looked at
 */
public record NearUploads(List<Near> uploads, boolean more) {
    public NearUploads {
        uploads = List.copyOf(uploads);
    }

    /**
     * An upload that is near one of the hashes.
     *
     * @param upload by its nearest hash
     * @param distance of that hash, in bits
     * @param hashesNear how many of its hashes are near
     */
    public record Near(RecentUpload upload, int distance, int hashesNear) {}
}
