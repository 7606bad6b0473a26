package org.semblance.engine.media;

/** Which frames of a video are shown to whoever reads it. */
public sealed interface FrameSampling {
    /** Every frame, as a banked video is hashed. */
    record EveryFrame() implements FrameSampling {}

    /**
     * One frame a time step, by vPDQ's rule: frame {@code n} (counted from 0 in the order of display) if {@code n} is
     * divisible by {@code (int) (seconds * frame rate)}, or each frame if that is 0. At 29.97 frames a second and a step
     * of 1 s that is each 29th. All frames must be decoded for it.
     *
     * @param seconds 0 or more
     */
    record TimeStep(double seconds) implements FrameSampling {
        public TimeStep {
            if (!(seconds >= 0)) {
                throw new IllegalArgumentException("seconds: " + seconds + " (expected: 0 or more)");
            }
        }

        /** The distance of two chosen frames, at least 1. */
        public int stride(double frameRate) {
            return Math.max(1, (int) (seconds * frameRate));
        }
    }

    /**
     * Key frames, which decode on their own, so that all others cost no more than reading past them. Where the next key
     * frame is too far away, frames between are decoded and shown as well.
     *
     * @param minGap seconds that two key frames are apart at least, and others from what was chosen before them, so that a
     *     video of key frames alone is sampled too
     * @param maxGap seconds that two neighbouring chosen frames are apart at most (where the video has frames), above
     *     {@code minGap}
     * @param minFrames how many are chosen of a short video, above 0: there {@code maxGap} shrinks, down to {@code minGap}
     * @param closeFrom seconds from the start where a part begins in which {@code maxGap} is {@code minGap}
     * @param closeUntil seconds from the start where it ends
     */
    record KeyFrames(double minGap, double maxGap, int minFrames, double closeFrom, double closeUntil)
            implements FrameSampling {
        /**
         * What an upload that is to be matched is sampled with. A match takes three different pictures in order, some of
         * five may be flat or altered.
         */
        public static final KeyFrames DEFAULT = new KeyFrames(0.25, 2.5, 5);

        public KeyFrames {
            if (!(minGap >= 0) || !(maxGap > minGap)) {
                throw new IllegalArgumentException("minGap, maxGap: " + minGap + ", " + maxGap
                        + " (expected: 0 or more, and more than the first)");
            }
            if (minFrames < 1) {
                throw new IllegalArgumentException("minFrames: " + minFrames + " (expected: 1 or more)");
            }
        }

        /** Looks closer at no part. */
        public KeyFrames(double minGap, double maxGap, int minFrames) {
            this(minGap, maxGap, minFrames, 0, 0);
        }

        /** These key frames, and more of them in one part. */
        public KeyFrames closer(double from, double until) {
            return new KeyFrames(minGap, maxGap, minFrames, from, until);
        }

        /** Seconds; a video that lasts as long as this is not short. */
        public double shortSeconds() {
            return minFrames * maxGap;
        }

        /** What {@code maxGap} is at a second of a video that lasts so many seconds. */
        public double maxGap(double second, double videoSeconds) {
            return second >= closeFrom && second < closeUntil
                    ? minGap
                    : Math.clamp(videoSeconds / minFrames, minGap, maxGap);
        }
    }
}
