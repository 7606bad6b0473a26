package org.semblance.engine.pdq;

/** How a picture of any size comes to PDQ's 64x64: smoothed by a tent in each direction, and sampled. */
interface Smoothing {
    /** Columns and rows of the result. */
    int SIDE = 64;

    /**
     * Smooths and samples a picture.
     *
     * @param luma of any size from 1x1 on
     * @param small gets 64 rows of 64
     * @throws IllegalArgumentException if the picture is so wide that the rows held at once cannot be one array
     */
    void downsample(Luma luma, float[] small);
}
