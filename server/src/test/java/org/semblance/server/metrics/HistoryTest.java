package org.semblance.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Figures of an hour, by a clock that the test moves. */
class HistoryTest {
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final AtomicLong ms = new AtomicLong(1_000_000);
    private final InstantSource clock = () -> Instant.ofEpochMilli(ms.get());
    private final History history = new History(registry, clock, () -> ms.get() * 1_000_000);

    @AfterEach
    void close() {
        history.close();
        registry.close();
    }

    private void step() {
        ms.addAndGet(History.STEP_MS);
        history.read();
    }

    private double[] values(String name, Map<String, String> labels) {
        return history.snapshot().series().stream()
                .filter(series -> series.name().equals(name) && series.labels().equals(labels))
                .findFirst()
                .orElseThrow()
                .values();
    }

    private Counter requests(String route, String status, String verdict) {
        return Counter.builder("semblance.requests")
                .tags("method", "POST", "route", route, "status", status, "verdict", verdict)
                .register(registry);
    }

    @Test
    void ratesAreOfTheTimeBetweenTwoReadings() {
        requests("/a", "200", "match").increment(1_000);
        step();
        requests("/a", "200", "match").increment(5);
        requests("/b", "201", "none").increment(10);
        requests("/b", "503", "none").increment(1);
        step();
        ms.addAndGet(History.STEP_MS); // A reading was late.
        requests("/a", "200", "match").increment(10);
        step();
        assertThat(values("requests_per_second", Map.of("status", "2xx"))).containsExactly(Double.NaN, 3, 1);
        assertThat(values("requests_per_second", Map.of("status", "5xx"))).containsExactly(Double.NaN, 0.2, 0);
        assertThat(values("verdicts_per_second", Map.of("verdict", "match"))).containsExactly(Double.NaN, 1, 1);
        assertThat(history.snapshot().atMs()).containsExactly(1_005_000, 1_010_000, 1_020_000);
    }

    @Test
    void latenciesAreThoseOfTheStepAlone() {
        Timer timer = Timer.builder("semblance.request")
                .tag("route", "/a")
                .serviceLevelObjectives(Duration.ofMillis(1), Duration.ofMillis(10), Duration.ofMillis(100))
                .register(registry);
        timer.record(Duration.ofMillis(90));
        step();
        for (int i = 0; i < 98; i++) {
            timer.record(Duration.ofMillis(5));
        }
        timer.record(Duration.ofMillis(50));
        timer.record(Duration.ofMillis(500));
        step();
        step();
        double[] median = values("latency_ms", Map.of("route", "/a", "quantile", "0.5"));
        assertThat(median[0]).isNaN();
        assertThat(median[1]).isCloseTo(5.6, within(0.1));
        assertThat(median[2]).isNaN();
        assertThat(values("latency_ms", Map.of("route", "/a", "quantile", "0.99"))[1])
                .isCloseTo(100, within(0.1));
        assertThat(values("latency_ms", Map.of("route", "/a", "quantile", "0.999"))[1])
                .isEqualTo(100);
    }

    @Test
    void keepsAnHourAndForgetsWhatIsOlder() {
        AtomicLong hashes = new AtomicLong();
        Gauge.builder("semblance.hashes", hashes::get).register(registry);
        Gauge gone = Gauge.builder("semblance.features", () -> 1).register(registry);
        step();
        registry.remove(gone);
        for (int i = 1; i <= 720; i++) {
            hashes.set(i);
            step();
        }
        History.Snapshot snapshot = history.snapshot();
        assertThat(snapshot.atMs()).hasSize(720);
        assertThat(snapshot.atMs()[719] - snapshot.atMs()[0]).isEqualTo(719 * History.STEP_MS);
        assertThat(values("hashes", Map.of())).startsWith(1, 2).endsWith(719, 720);
        assertThat(snapshot.series()).extracting(History.Series::name).containsExactly("hashes");
    }
}
