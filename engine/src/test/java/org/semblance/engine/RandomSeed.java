package org.semblance.engine;

import java.util.Random;

/** The one seed of the random tests of this module: printed by each failure, replayed by {@code -Dsemblance.seed=}. */
public final class RandomSeed {
    private static final String PROPERTY = "semblance.seed";
    private static final long SEED = choose();

    private RandomSeed() {}

    private static long choose() {
        String given = System.getProperty(PROPERTY, "");
        return given.isEmpty() ? System.nanoTime() : Long.parseLong(given);
    }

    public static Random random() {
        return new Random(SEED);
    }

    /** For failure messages: what to pass to see the same again. */
    public static String replay() {
        return "-D" + PROPERTY + "=" + SEED;
    }
}
