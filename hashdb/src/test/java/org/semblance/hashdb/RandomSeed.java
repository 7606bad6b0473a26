package org.semblance.hashdb;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.hash.FrameSpan;
import org.semblance.hashdb.hash.Hash256;

/** Random input from a seed that is new in each run unless {@code -Dsemblance.seed=} names it. */
public final class RandomSeed {
    private static final long SEED = read();

    private RandomSeed() {}

    private static long read() {
        String given = System.getProperty("semblance.seed", "");
        return given.isEmpty() ? System.nanoTime() : Long.parseLong(given);
    }

    public static SplittableRandom random() {
        return new SplittableRandom(SEED);
    }

    /** For failure messages. */
    public static String replay() {
        return "replay with -Dsemblance.seed=" + SEED;
    }

    public static Hash256 hash(SplittableRandom random) {
        return new Hash256(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong());
    }

    /** A video of so many frames, some shown at the same time and some with the hash of the one before. */
    public static KnownVideo video(int frames, SplittableRandom random) {
        List<FrameSpan> spans = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < frames; i++) {
            boolean again = i > 0 && random.nextInt(8) == 0;
            from += random.nextInt(3);
            int until = from + random.nextInt(500);
            spans.add(new FrameSpan(again ? spans.getLast().hash() : hash(random), random.nextInt(101), from, until));
        }
        return new KnownVideo(from + 500, spans);
    }

    /** A hash at exactly that distance, 0..256. */
    public static Hash256 at(Hash256 hash, int distance, SplittableRandom random) {
        int[] positions = new int[Hash256.BITS];
        for (int i = 0; i < positions.length; i++) {
            int j = random.nextInt(i + 1);
            positions[i] = positions[j];
            positions[j] = i;
        }
        return hash.flip(java.util.Arrays.copyOf(positions, distance));
    }
}
