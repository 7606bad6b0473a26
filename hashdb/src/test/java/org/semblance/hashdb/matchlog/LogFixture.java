package org.semblance.hashdb.matchlog;

import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Logs and verdicts for tests. */
final class LogFixture {
    static final List<String> VERDICTS = List.of("match", "no_match", "suppressed");
    static final int MATCH = 0;
    static final int NO_MATCH = 1;
    static final Instant NOON = Instant.parse("2026-11-30T12:00:00Z");

    private LogFixture() {}

    /** A clock that stands until it is set. */
    static final class Clock implements InstantSource {
        final AtomicReference<Instant> now = new AtomicReference<>(NOON);

        @Override
        public Instant instant() {
            return now.get();
        }
    }

    static MatchLog open(Path folder, InstantSource clock) {
        return MatchLog.open(folder, MatchLogSettings.DEFAULT, VERDICTS, ChangeFeed.NONE, clock);
    }

    static LoggedHit hit(Outcome outcome, long bank, long content, String... labels) {
        return new LoggedHit(outcome, bank, "BANK_" + bank, content, List.of(labels), "pdq", 7, "none", null);
    }

    static LoggedVerdict verdict(
            InstantSource clock, @Nullable String key, @Nullable String reference, LoggedHit... hits) {
        boolean matches = List.of(hits).stream().anyMatch(hit -> hit.outcome() == Outcome.MATCH);
        long at = clock.millis();
        return new LoggedVerdict(
                VerdictIds.next(at),
                at,
                matches ? "match" : "suppressed",
                "/v1/match",
                key,
                reference,
                "image",
                3,
                null,
                List.of(hits));
    }
}
