package org.semblance.hashdb.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Events wait in their order, over restarts, each once, and not for ever. */
class OutboxTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2027-01-31T12:00:00Z"));
    private final InstantSource clock = () -> Objects.requireNonNull(now.get());

    private Outbox open() throws IOException {
        return Outbox.open(folder, new Outbox.Limits(Duration.ofDays(7), 5), clock);
    }

    private static List<Event> events(int from, int count) {
        return IntStream.range(from, from + count)
                .mapToObj(i -> new Event("id-" + i, "kind", "{\"n\":" + i + "}"))
                .toList();
    }

    private static String idOfNext(Outbox outbox) {
        return outbox.next().map(due -> due.event().id()).orElse("");
    }

    @Test
    void givesEachInItsOrderUntilItIsDone() throws IOException {
        try (Outbox outbox = open()) {
            assertThat(outbox.next()).isEmpty();
            assertThat(outbox.state()).isEqualTo(new Outbox.State(0, null, 0));
            outbox.put(events(0, 3));
            outbox.put(events(2, 1));
            assertThat(outbox.state()).isEqualTo(new Outbox.State(3, now.get(), 0));
            assertThat(idOfNext(outbox)).isEqualTo("id-0");
        }
        try (Outbox outbox = open()) {
            Outbox.Due first = outbox.next().orElseThrow();
            assertThat(first.event()).isEqualTo(events(0, 1).getFirst());
            outbox.retry(first, clock.instant().plusSeconds(60));
            Outbox.Due second = outbox.next().orElseThrow();
            assertThat(second.event().id()).isEqualTo("id-1");
            outbox.done(second);
            outbox.done(outbox.next().orElseThrow());
            assertThat(outbox.next()).isEmpty();
            now.updateAndGet(at -> at.plusSeconds(60));
            assertThat(outbox.next().orElseThrow().attempts()).isOne();
        }
    }

    @Test
    void givesUpWhatIsTooMuchOrTooOld() throws IOException {
        try (Outbox outbox = open()) {
            outbox.put(events(0, 8));
            assertThat(outbox.state().waiting()).isEqualTo(5);
            assertThat(idOfNext(outbox)).isEqualTo("id-3");
            now.updateAndGet(at -> at.plus(Duration.ofDays(7)));
            assertThat(idOfNext(outbox)).isEqualTo("id-3");
            now.updateAndGet(at -> at.plusMillis(1));
            assertThat(outbox.next()).isEmpty();
            assertThat(outbox.state().givenUp()).isEqualTo(8);
        }
    }

    @Test
    void keepsADamagedFileAsideAndBeginsAnew() throws IOException {
        try (Outbox outbox = open()) {
            outbox.put(events(0, 1));
        }
        byte[] damaged = "not SQLite, though as long as its header is: 100 bytes"
                .repeat(4)
                .getBytes(StandardCharsets.US_ASCII);
        Files.write(folder.resolve("outbox.db"), damaged);
        try (Outbox outbox = open()) {
            outbox.put(events(1, 1));
            assertThat(idOfNext(outbox)).isEqualTo("id-1");
        }
        assertThat(folder.resolve("outbox.db.damaged")).hasBinaryContent(damaged);
    }
}
