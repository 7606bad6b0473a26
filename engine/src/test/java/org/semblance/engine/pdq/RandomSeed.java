package org.semblance.engine.pdq;

import java.util.Random;

/** The one seed of the random tests of this package: printed by each failure, replayed by {@code -Dsemblance.seed=}. */
final class RandomSeed {
    private static final String PROPERTY = "semblance.seed";
    private static final long SEED = choose();

    private RandomSeed() {}

    private static long choose() {
        String given = System.getProperty(PROPERTY, "");
        return given.isEmpty() ? System.nanoTime() : Long.parseLong(given);
    }

    static Random random() {
        return new Random(SEED);
    }

    /** For failure messages: what to pass to see the same again. */
    static String replay() {
        return "-D" + PROPERTY + "=" + SEED;
    }
}
