package org.semblance.bench.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class HttpFuzzTest {
    @Test
    @Timeout(value = 240, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void neitherFailsNorForgets(@TempDir Path folder) throws Exception {
        assertThat(System.getProperty("io.netty.leakDetection.level")).isEqualTo("paranoid");
        String given = System.getProperty("semblance.seed", "");
        long seed = given.isEmpty() ? 20_170_425 : Long.parseLong(given);
        try (HttpFuzz fuzz = new HttpFuzz(folder.resolve("db"), seed)) {
            fuzz.run(Duration.ofSeconds(5));
            assertThat(fuzz.finish()).as("seed %d: %s", seed, fuzz.report()).isEmpty();
            assertThat(fuzz.answers()).isPositive();
        }
    }
}
