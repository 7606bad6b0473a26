package org.semblance.engine.pdq;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.junit.jupiter.api.Test;

class QuotientsTest {
    private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;

    private static float quotient(Quotients quotients, float dividend) {
        return quotients.of(FloatVector.broadcast(FLOATS, dividend), 0).lane(0);
    }

    @Test
    void haveTheBitsOfADivision() {
        Random random = RandomSeed.random();
        Quotients quotients = new Quotients(1);
        for (int round = 0; round < 1_500; round++) {
            int divisor = 1 + (round < 1_000 ? round : random.nextInt(Quotients.LARGEST));
            quotients.set(0, divisor);
            for (int i = 0; i < 40; i++) {
                float dividend = (random.nextFloat() - 0.1f) * Math.scalb(1f, random.nextInt(70) - 45);
                // What lies closest to the middle between two floats, where the last bit is decided.
                float middle = (float) ((Math.nextUp((double) dividend) + Math.ulp(dividend) / 2) * divisor);
                for (float x : new float[] {dividend, middle, Math.nextUp(middle), Math.nextDown(middle)}) {
                    assertThat(quotient(quotients, x))
                            .as("%s / %d, %s", x, divisor, RandomSeed.replay())
                            .isEqualTo(x / divisor);
                }
            }
        }
    }

    @Test
    void byInfinityAreZero() {
        Quotients quotients = new Quotients(1);
        quotients.set(0, Float.POSITIVE_INFINITY);
        assertThat(quotient(quotients, 1e6f)).isZero();
        assertThat(quotients.divisor(0)).isInfinite();
    }
}
