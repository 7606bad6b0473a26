package org.semblance.engine.features;

/** The way in which features are taken: more of a picture that is asked about than of one that is banked. */
public enum Profile {
    /** Smaller than an upload's, since a copy is mostly smaller than the picture that holds it. */
    BANKED(400, 10, 5, 1_500, 1.05, 200),
    /** Of a banked video there are many frames, and a copy has to show several of them. */
    BANKED_FRAME(400, 10, 5, 1_500, 1.05, 100),
    /** Of a picture that may hold a copy of a banked one. */
    UPLOADED(480, 25, 8, 800, 0.85, 500);

    private final int longSide;
    private final int threshold;
    private final int lowThreshold;
    private final int fewCorners;
    private final double levelWeight;
    private final int count;

    Profile(int longSide, int threshold, int lowThreshold, int fewCorners, double levelWeight, int count) {
        this.longSide = longSide;
        this.threshold = threshold;
        this.lowThreshold = lowThreshold;
        this.fewCorners = fewCorners;
        this.levelWeight = levelWeight;
        this.count = count;
    }

    /** Pixels of the longer side of the reduced picture. */
    public int longSide() {
        return longSide;
    }

    /** By how much the neighbours of a corner are brighter or darker. */
    int threshold() {
        return threshold;
    }

    /** The threshold for pictures that have few corners. */
    int lowThreshold() {
        return lowThreshold;
    }

    /** With fewer corners than this the low threshold applies. */
    int fewCorners() {
        return fewCorners;
    }

    /** How many features a level gets for one of the level before. */
    double levelWeight() {
        return levelWeight;
    }

    /** The most features that are taken. */
    public int count() {
        return count;
    }
}
