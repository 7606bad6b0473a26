package org.semblance.engine.media;

/** The way in which an image becomes luma. */
public enum DecodePath {
    /** Large images are decoded at a reduced size or downscaled once; hashes stay within a few bits of the exact path. */
    FAST,
    /** Every pixel in colour at full size, as the reference does. */
    EXACT
}
