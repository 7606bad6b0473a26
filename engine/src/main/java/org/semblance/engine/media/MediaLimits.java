package org.semblance.engine.media;

/**
 * The bounds within which untrusted bytes are decoded.
 *
 * @param maxBytes of the file
 * @param maxPixels width times height as the header tells, checked before anything is allocated
 */
public record MediaLimits(long maxBytes, long maxPixels) {
    /** 100 MB and 100 megapixels. */
    public static final MediaLimits DEFAULT = new MediaLimits(100_000_000, 100_000_000);

    /**
     * The longest side, the most that JPEG and GIF can say: scratch memory grows with the width, however few rows there
     * are, and no photo is longer.
     */
    private static final int MAX_SIDE = 65_535;

    public MediaLimits {
        if (maxBytes < 1) {
            throw new IllegalArgumentException("maxBytes: " + maxBytes + " (expected: at least 1)");
        }
        if (maxPixels < 1) {
            throw new IllegalArgumentException("maxPixels: " + maxPixels + " (expected: at least 1)");
        }
    }

    /** Returns if a file of that many bytes is within the limits. */
    public void checkBytes(MediaFormat format, long bytes) throws MediaException {
        if (bytes > maxBytes) {
            throw MediaException.tooLarge(format, bytes + " bytes (limit: " + maxBytes + ")");
        }
    }

    /** Returns if a picture of that size is within the limits, no side beyond 65,535, and has at least one pixel. */
    public void checkPixels(MediaFormat format, long width, long height) throws MediaException {
        if (width <= 0 || height <= 0) {
            throw MediaException.corrupt(format, "its header says " + width + "x" + height + " pixels");
        }
        if (width > MAX_SIDE || height > MAX_SIDE) {
            throw MediaException.tooLarge(format, width + "x" + height + " pixels (longest side: " + MAX_SIDE + ")");
        }
        if (width * height > maxPixels) {
            throw MediaException.tooLarge(format, width + "x" + height + " pixels (limit: " + maxPixels + ")");
        }
    }
}
