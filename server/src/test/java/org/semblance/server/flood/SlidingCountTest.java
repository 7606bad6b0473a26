package org.semblance.server.flood;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Nothing within the window is forgotten, and nothing is counted a hundredth beyond it. */
class SlidingCountTest {
    private static final long WINDOW = 1_000_000;

    @Test
    void countsTheWindowToAHundredth() {
        long seed = Long.getLong("semblance.seed", System.nanoTime());
        SplittableRandom random = new SplittableRandom(seed);
        long now = random.nextLong(-WINDOW, WINDOW);
        SlidingCount count = new SlidingCount(WINDOW, now);
        ArrayDeque<Long> times = new ArrayDeque<>();
        for (int i = 0; i < 20_000; i++) {
            now += random.nextInt(1_000) == 0 ? random.nextLong(3 * WINDOW) : random.nextLong(2_000);
            times.add(now);
            long counted = count.add(now);
            while (now - times.getFirst() > WINDOW + WINDOW / 100) {
                times.removeFirst();
            }
            long most = times.size();
            long from = now - WINDOW;
            long least = times.stream().filter(time -> time >= from).count();
            assertThat(counted).as("replay with -Dsemblance.seed=%s", seed).isBetween(least, most);
        }
        assertThat(count.sum(now + 2 * WINDOW)).isZero();
    }
}
