package org.semblance.hashdb.features;

/**
 * The features of one picture of a content.
 *
 * @param ms when a frame of a video is shown, in milliseconds from its begin; 0 for an image
 */
public record BankedPicture(int ms, Features features) {
    /** @throws IllegalArgumentException if the time is negative */
    public BankedPicture {
        if (ms < 0) {
            throw new IllegalArgumentException("ms: " + ms + " (expected: 0 or more)");
        }
    }
}
