package org.semblance.server.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.semblance.server.metrics.Metrics;

class KeySharesTest {
    private static void work(Metrics metrics, String key, int seconds) {
        metrics.worked(key, 0, Duration.ofSeconds(seconds).toNanos());
    }

    @Test
    void namesTheKeyThatTakesMostOfTheTime() {
        try (Metrics metrics = new Metrics()) {
            work(metrics, "uploads", 20);
            assertThat(KeyShares.of(metrics.scrape())).as("one key").isEmpty();
            work(metrics, "partner", 30);
            assertThat(KeyShares.of(metrics.scrape())).as("too little work").isEmpty();
            work(metrics, "partner", 130);
            assertThat(KeyShares.of(metrics.scrape())).singleElement().satisfies(finding -> {
                assertThat(finding.grade()).isEqualTo(Finding.Grade.WARN);
                assertThat(finding.detail())
                        .isEqualTo("key partner: 89 % of the workers' time since the server started");
                assertThat(finding.advice()).contains("--rate");
            });
            work(metrics, "uploads", 140);
            assertThat(KeyShares.of(metrics.scrape()))
                    .singleElement()
                    .extracting(Finding::grade)
                    .isEqualTo(Finding.Grade.OK);
        }
    }

    @Test
    void keysBeyondTheFirstHundredHaveOneSeries() {
        try (Metrics metrics = new Metrics()) {
            for (int i = 0; i < 200; i++) {
                work(metrics, "key-" + i, 1);
            }
            metrics.worked(null, 0, 1);
            assertThat(metrics.scrape().lines().filter(line -> line.startsWith("semblance_key_work_seconds_sum")))
                    .hasSize(102)
                    .contains("semblance_key_work_seconds_sum{key=\"(others)\"} 100.0");
        }
    }
}
