package org.semblance.hashdb.matchlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.semblance.hashdb.matchlog.LogFixture.NOON;
import static org.semblance.hashdb.matchlog.LogFixture.hit;
import static org.semblance.hashdb.matchlog.LogFixture.open;
import static org.semblance.hashdb.matchlog.LogFixture.verdict;

import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.JournalEntry;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;

/** What is offered is there, once, in order, over restarts; and a part of the banks sees what a log of that part would show. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MatchLogTest {
    private static final LogFilter ALL = LogFilter.of(null);

    @TempDir
    private Path folder;

    private final LogFixture.Clock clock = new LogFixture.Clock();

    private static List<String> references(LogPage page) {
        return page.rows().stream()
                .map(row -> String.valueOf(row.verdict().reference()))
                .toList();
    }

    private static LogPage newest(MatchLog log, LogFilter filter) {
        return log.page(filter, true, Long.MAX_VALUE, 1_000);
    }

    @Test
    void keepsEachRowOnceOverThreadsAndRestarts() throws InterruptedException {
        int threads = 4;
        int each = 2_000;
        try (MatchLog log = open(folder, clock)) {
            CountDownLatch begun = new CountDownLatch(threads);
            List<Thread> all = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                int number = t;
                all.add(Thread.ofPlatform().start(() -> {
                    begun.countDown();
                    for (int i = 0; i < each; i++) {
                        log.offer(verdict(clock, "k", number + "-" + i, hit(Outcome.MATCH, 1, i)));
                    }
                }));
            }
            begun.await();
            for (Thread thread : all) {
                thread.join();
            }
        }
        try (MatchLog log = open(folder, clock)) {
            assertThat(log.state().lost()).isZero();
            Set<String> seen = new HashSet<>();
            long after = 0;
            List<Long> ids = new ArrayList<>();
            for (LogPage page = log.page(ALL, false, 0, 333); ; page = log.page(ALL, false, after, 333)) {
                for (LogRow row : page.rows()) {
                    assertThat(seen.add(row.verdict().reference())).isTrue();
                    ids.add(row.id());
                }
                if (page.next() == null) {
                    break;
                }
                after = page.next();
            }
            assertThat(seen).hasSize(threads * each);
            assertThat(ids).isSorted();
            log.offer(verdict(clock, "k", "later", hit(Outcome.MATCH, 1, 1)));
            assertThat(newest(log, ALL).rows().getFirst().id()).isGreaterThan(ids.getLast());
        }
    }

    @Test
    void filtersAndPagesInBothOrders() {
        try (MatchLog log = open(folder, clock)) {
            log.offer(verdict(clock, "k1", "a", hit(Outcome.MATCH, 1, 11, "x", "y\"z")));
            clock.now.set(NOON.plusSeconds(60));
            LoggedVerdict b = verdict(clock, "k2", "b", hit(Outcome.MATCH, 2, 22));
            log.offer(b);
            clock.now.set(NOON.plusSeconds(120));
            log.offer(verdict(clock, "k2", null, hit(Outcome.SUPPRESSED, 1, 11), hit(Outcome.SUPPRESSED_BY, 3, 33)));

            assertThat(references(newest(log, ALL))).containsExactly("null", "null", "b", "a");
            assertThat(references(log.page(ALL, false, 0, 10))).containsExactly("a", "b", "null", "null");
            LogPage first = log.page(ALL, true, Long.MAX_VALUE, 3);
            assertThat(first.next()).isEqualTo(first.rows().getLast().id());
            LogPage second = log.page(ALL, true, first.seen(), 3);
            assertThat(references(second)).containsExactly("a");
            assertThat(second.next()).isNull();

            assertThat(references(newest(log, filter(Set.of(2L), null, null, null, null))))
                    .containsExactly("b");
            assertThat(references(newest(log, filter(null, 11L, null, null, null))))
                    .containsExactly("null", "a");
            assertThat(references(newest(log, filter(null, null, "y\"z", null, null))))
                    .containsExactly("a");
            assertThat(references(newest(log, filter(null, null, null, "k1", null))))
                    .containsExactly("a");
            assertThat(references(newest(log, filter(null, null, null, null, "suppressed"))))
                    .containsExactly("null", "null");
            assertThat(references(newest(
                            log,
                            new LogFilter(
                                    null,
                                    null,
                                    null,
                                    null,
                                    null,
                                    null,
                                    NOON.plusSeconds(60),
                                    NOON.plusSeconds(120),
                                    null,
                                    null))))
                    .containsExactly("b");
            assertThat(references(
                            newest(log, new LogFilter(null, null, null, null, null, null, null, null, "a", null))))
                    .containsExactly("a");
            assertThat(references(
                            newest(log, new LogFilter(null, null, null, null, null, null, null, null, null, b.id()))))
                    .containsExactly("b");
            LogRow row = newest(log, filter(null, null, "x", null, null)).rows().getFirst();
            assertThat(row.hit()).isEqualTo(hit(Outcome.MATCH, 1, 11, "x", "y\"z"));
            assertThat(row.at()).isEqualTo(NOON);
        }
    }

    private static LogFilter filter(
            @Nullable Set<Long> banks,
            @Nullable Long content,
            @Nullable String label,
            @Nullable String key,
            @Nullable String verdict) {
        return new LogFilter(null, banks, content, label, key, verdict, null, null, null, null);
    }

    @Test
    void showsAPartOfTheBanksAsALogWithoutTheOthersWould() {
        try (MatchLog log = open(folder, clock)) {
            log.offer(verdict(
                    clock,
                    "k",
                    "one",
                    hit(Outcome.MATCH, 2, 22),
                    hit(Outcome.SUPPRESSED, 1, 11),
                    hit(Outcome.SUPPRESSED_BY, 3, 33)));
            log.offer(verdict(clock, "k", "two", hit(Outcome.MATCH, 2, 22)));
            log.offer(verdict(clock, "k", "three", hit(Outcome.SUPPRESSED, 2, 22), hit(Outcome.SUPPRESSED_BY, 3, 33)));

            // The allowed content is hidden: a match.
            List<LogRow> first = newest(log, LogFilter.of(Set.of(1L))).rows();
            assertThat(first).hasSize(1);
            assertThat(first.getFirst().verdict().verdict()).isEqualTo("match");
            assertThat(first.getFirst().hit().outcome()).isEqualTo(Outcome.MATCH);
            // The match is hidden: suppressed, whatever the verdict was.
            List<LogRow> both = newest(log, LogFilter.of(Set.of(1L, 3L))).rows();
            assertThat(both).extracting(row -> row.verdict().verdict()).containsOnly("suppressed");
            assertThat(both)
                    .extracting(row -> row.hit().outcome())
                    .containsExactly(Outcome.SUPPRESSED_BY, Outcome.SUPPRESSED);
            // Nothing that it suppresses is seen.
            assertThat(newest(log, LogFilter.of(Set.of(3L))).rows()).isEmpty();
            assertThat(newest(log, LogFilter.of(Set.of())).rows()).isEmpty();
            assertThat(references(newest(
                            log, new LogFilter(Set.of(1L), null, null, null, null, "match", null, null, null, null))))
                    .containsExactly("one");

            assertThat(hits(log, Set.of(1L))).isEqualTo(Map.of(1L, Map.of("hits", 1L)));
            assertThat(hits(log, Set.of(1L, 3L)))
                    .isEqualTo(Map.of(1L, Map.of("suppressed", 1L), 3L, Map.of("suppressing", 1L)));
            assertThat(hits(log, null))
                    .isEqualTo(Map.of(
                            1L, Map.of("suppressed", 1L),
                            2L, Map.of("hits", 2L, "suppressed", 1L),
                            3L, Map.of("suppressing", 2L)));
        }
    }

    private static Stats.Query query(Stats.By by, Stats.Step step, @Nullable Set<Long> visible) {
        return new Stats.Query(
                by, step, NOON.minus(Duration.ofDays(2)), NOON.plus(Duration.ofDays(2)), visible, null, null, 1_000);
    }

    private static Map<Long, Map<String, Long>> hits(MatchLog log, @Nullable Set<Long> visible) {
        Map<Long, Map<String, Long>> hits = new HashMap<>();
        for (Stats.Figure figure : log.stats(query(Stats.By.BANK, Stats.Step.PERIOD, visible))) {
            hits.put(figure.bankId(), figure.counts());
        }
        return hits;
    }

    @Test
    void countsByEachDimensionAndStep() {
        try (MatchLog log = open(folder, clock)) {
            log.offer(verdict(clock, "k", "a", hit(Outcome.MATCH, 1, 11, "x")));
            clock.now.set(NOON.plusSeconds(3_600));
            log.offer(verdict(clock, null, "b", hit(Outcome.MATCH, 1, 11, "x", "y")));
            log.asked("k", false, LogFixture.MATCH, 1);
            log.asked(null, true, LogFixture.NO_MATCH, 70_000);
            assertThat(log.stats(query(Stats.By.BANK, Stats.Step.HOUR, null)))
                    .extracting(Stats.Figure::from)
                    .containsExactly(NOON, NOON.plusSeconds(3_600));
            assertThat(log.stats(query(Stats.By.CONTENT, Stats.Step.DAY, null)))
                    .containsExactly(
                            new Stats.Figure(Instant.parse("2026-11-30T00:00:00Z"), 1, 11, "", Map.of("hits", 2L)));
            assertThat(log.stats(query(Stats.By.LABEL, Stats.Step.DAY, null)))
                    .extracting(Stats.Figure::name, Stats.Figure::counts)
                    .containsExactly(tuple("x", Map.of("hits", 2L)), tuple("y", Map.of("hits", 1L)));
            assertThat(log.stats(query(Stats.By.VERDICT, Stats.Step.DAY, null)))
                    .extracting(Stats.Figure::name, Stats.Figure::counts)
                    .containsExactly(
                            tuple("match", Map.of("files", 1L)), tuple("no_match", Map.of(Stats.HASHES, 70_000L)));
            assertThat(log.stats(query(Stats.By.KEY, Stats.Step.DAY, null)))
                    .extracting(Stats.Figure::name, Stats.Figure::counts)
                    .containsExactly(
                            tuple("", Map.of("hits", 1L, Stats.HASHES, 70_000L)),
                            tuple("k", Map.of("hits", 1L, "files", 1L)));
        }
        try (MatchLog log = open(folder, clock)) {
            log.asked("k", false, LogFixture.MATCH, 2);
            assertThat(log.stats(query(Stats.By.VERDICT, Stats.Step.DAY, null))
                            .getFirst()
                            .counts())
                    .isEqualTo(Map.of("files", 3L));
        }
    }

    @Test
    void theContentsBeyondTheMostOfAnHourAreCountedTogether() {
        int contents = LogStore.CONTENTS_AN_HOUR + 5;
        for (int half = 0; half < 2; half++) { // and a restart does not count anew
            try (MatchLog log = open(folder, clock)) {
                for (int i = half; i < contents; i += 2) {
                    log.offer(verdict(clock, "k", null, hit(Outcome.MATCH, 1, 1 + i)));
                }
            }
        }
        try (MatchLog log = open(folder, clock)) {
            Map<Long, Long> counts = new HashMap<>();
            for (Stats.Figure figure : log.stats(new Stats.Query(
                    Stats.By.CONTENT, Stats.Step.PERIOD, NOON, NOON.plusSeconds(3_600), null, null, null, 10_000))) {
                counts.put(figure.contentId(), figure.counts().get(Stats.HITS));
            }
            assertThat(counts).hasSize(LogStore.CONTENTS_AN_HOUR + 1).containsEntry(0L, 5L);
        }
    }

    @Test
    void theNewestReviewCountsAndEachIsOfTheSeenBanksAlone() {
        try (MatchLog log = open(folder, clock)) {
            LoggedVerdict verdict = verdict(clock, "k", "a", hit(Outcome.MATCH, 1, 11), hit(Outcome.MATCH, 2, 22));
            log.offer(verdict);
            assertThat(log.review(verdict.id(), null, Set.of(3L), review(Review.Word.CONFIRMED)))
                    .isEmpty();
            assertThat(log.review(UUID.randomUUID(), null, null, review(Review.Word.CONFIRMED)))
                    .isEmpty();
            assertThat(log.review(verdict.id(), null, Set.of(1L), review(Review.Word.CONFIRMED)))
                    .containsExactly(11L);
            assertThat(log.review(verdict.id(), null, null, review(Review.Word.FALSE_MATCH)))
                    .containsExactly(11L, 22L);
            assertThat(log.review(verdict.id(), 22L, null, review(Review.Word.CONFIRMED)))
                    .containsExactly(22L);
        }
        try (MatchLog log = open(folder, clock)) {
            assertThat(newest(log, ALL).rows())
                    .extracting(row -> row.hit().contentId() + " "
                            + Objects.requireNonNull(row.review()).word())
                    .containsExactly("22 CONFIRMED", "11 FALSE_MATCH");
            assertThat(hits(log, null))
                    .isEqualTo(Map.of(
                            1L, Map.of("hits", 1L, "false_match", 1L),
                            2L, Map.of("hits", 1L, "confirmed", 1L)));
            assertThat(log.reinstatable(NOON, NOON.plusSeconds(1), null)).isEqualTo(new Stats.Reinstatable(1, 0));
            assertThat(log.reinstatable(NOON, NOON.plusSeconds(1), Set.of(2L))).isEqualTo(new Stats.Reinstatable(0, 0));
        }
    }

    private static Review review(Review.Word word) {
        return new Review(word, "why", "ann", NOON);
    }

    @Test
    void tellsWhomAContentMatchedNewestFirst() {
        try (MatchLog log = open(folder, clock)) {
            for (String reference : List.of("a", "b", "a", "c")) {
                log.offer(verdict(clock, "k", reference, hit(Outcome.MATCH, 1, 11)));
            }
            log.offer(verdict(clock, "k", null, hit(Outcome.MATCH, 1, 11)));
            log.offer(verdict(clock, "k", "d", hit(Outcome.SUPPRESSED, 1, 11), hit(Outcome.SUPPRESSED_BY, 2, 22)));
            log.offer(verdict(clock, "k", "e", hit(Outcome.MATCH, 1, 12)));
            assertThat(log.references(11, null, 10)).isEqualTo(new MatchedReferences(List.of("c", "a", "b"), 1, false));
            assertThat(log.references(11, null, 2)).isEqualTo(new MatchedReferences(List.of("c", "a"), 1, true));
            assertThat(log.countReferences(1, null)).isEqualTo(5);
            assertThat(log.countReferences(1, Set.of())).isZero();
        }
    }

    @Test
    void deletesWhatIsTooOldAndWhatIsTooMuch() {
        MatchLogSettings small = new MatchLogSettings(30, 400_000, false);
        try (MatchLog log = MatchLog.open(folder, small, LogFixture.VERDICTS, ChangeFeed.NONE, clock)) {
            LoggedVerdict old = verdict(clock, "k", "old", hit(Outcome.MATCH, 1, 1));
            log.offer(old);
            log.review(old.id(), null, null, review(Review.Word.CONFIRMED));
        }
        clock.now.set(NOON.plus(Duration.ofDays(31)));
        try (MatchLog log = MatchLog.open(folder, small, LogFixture.VERDICTS, ChangeFeed.NONE, clock)) {
            log.offer(verdict(clock, "k", "new", hit(Outcome.MATCH, 1, 1)));
            while (!references(newest(log, ALL)).equals(List.of("new"))) {
                Thread.onSpinWait();
            }
            for (int i = 0; i < 6_000; i++) {
                log.offer(verdict(clock, "k", "n" + i, hit(Outcome.MATCH, 1, 1)));
            }
        }
        try (MatchLog log = MatchLog.open(folder, small, LogFixture.VERDICTS, ChangeFeed.NONE, clock)) {
            while (references(log.page(ALL, false, 0, 1)).contains("new")) {
                Thread.onSpinWait();
            }
            assertThat(references(log.page(ALL, true, Long.MAX_VALUE, 1))).containsExactly("n5999");
            // Counters stay.
            assertThat(log.stats(new Stats.Query(
                                    Stats.By.BANK,
                                    Stats.Step.PERIOD,
                                    NOON.minusSeconds(3_600),
                                    NOON.plus(Duration.ofDays(40)),
                                    null,
                                    null,
                                    null,
                                    10))
                            .getFirst()
                            .counts())
                    .containsEntry("hits", 6_002L)
                    .containsEntry("confirmed", 1L);
        }
    }

    @Test
    void keepsNoRowsWhenItIsOffAndStillCounts() {
        MatchLogSettings off = new MatchLogSettings(0, 1 << 30, false);
        try (MatchLog log = MatchLog.open(folder, off, LogFixture.VERDICTS, ChangeFeed.NONE, clock)) {
            log.offer(verdict(clock, "k", "a", hit(Outcome.MATCH, 1, 11)));
            assertThat(newest(log, ALL).rows()).isEmpty();
            assertThat(hits(log, null)).isEqualTo(Map.of(1L, Map.of("hits", 1L)));
        }
    }

    @Test
    void hitsThatAreTooManyOfOneVerdictAreCounted() {
        try (MatchLog log = open(folder, clock)) {
            log.cut(7);
            log.flush();
            assertThat(log.state().cut()).isEqualTo(7);
            assertThat(log.stats(query(Stats.By.MISSING, Stats.Step.PERIOD, null)))
                    .extracting(Stats.Figure::name, Stats.Figure::counts)
                    .containsExactly(tuple("cut", Map.of("rows", 7L)));
        }
    }

    @Test
    void aFileThatIsDamagedOrAnothersIsSetAside() throws Exception {
        Path file = folder.resolve("matches.db");
        for (String content : List.of("", "not a database, but text", "x".repeat(10_000))) {
            Files.writeString(file, content);
            try (MatchLog log = open(folder, clock)) {
                log.offer(verdict(clock, "k", "a", hit(Outcome.MATCH, 1, 11)));
                assertThat(references(newest(log, ALL))).containsExactly("a");
            }
            Files.delete(file);
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.filter(path -> path.getFileName().toString().startsWith("matches.db.damaged-")))
                    .hasSize(3);
        }
        long before;
        try (MatchLog log = open(folder, clock)) {
            log.offer(verdict(clock, "k", "a", hit(Outcome.MATCH, 1, 11)));
            before = newest(log, ALL).rows().getFirst().id();
        }
        assertThat(MatchLog.problems(folder)).isEmpty();
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            for (long page = 1; page * 4_096 < bytes.length(); page++) {
                bytes.seek(page * 4_096);
                bytes.write(new byte[64]);
            }
        }
        assertThat(MatchLog.problems(folder)).isNotEmpty();
        clock.now.set(NOON.plusSeconds(1));
        try (MatchLog log = open(folder, clock)) {
            log.offer(verdict(clock, "k", "b", hit(Outcome.MATCH, 1, 11)));
            // A reader that stood at an id of the old file misses nothing of the new one.
            assertThat(references(log.page(ALL, false, before, 10))).containsExactly("b");
        }
    }

    @Test
    void countsChangesOfTheCatalogOnceOverRestarts() {
        try (HashDb db = HashDb.open(folder)) {
            Origin origin = new Origin("ann", "");
            db.apply(new Change.CreateBank("A"), origin);
            ContentDraft draft = new ContentDraft(List.of(new Signal(SignalType.MD5, "0".repeat(32))));
            long first = db.apply(new Change.AddContents("A", List.of(draft, draft)), origin)
                    .firstContentId();
            long bank = db.bank("A").orElseThrow().id();
            ChangeFeed feed = new ChangeFeed() {
                @Override
                public long seq() {
                    return db.seq();
                }

                @Override
                public List<JournalEntry> journal(long afterSeq, int limit) {
                    return db.journal(afterSeq, limit);
                }
            };
            clock.now.set(Instant.now());
            Stats.Query query = new Stats.Query(
                    Stats.By.BANK,
                    Stats.Step.PERIOD,
                    Stats.hourOf(Instant.now()).minusSeconds(3_600),
                    Stats.hourAfter(Instant.now()).plusSeconds(3_600),
                    null,
                    null,
                    null,
                    10);
            for (int open = 0; open < 3; open++) {
                try (MatchLog log = MatchLog.open(folder, MatchLogSettings.DEFAULT, LogFixture.VERDICTS, feed, clock)) {
                    if (open == 1) {
                        log.offer(verdict(clock, "k", "a", hit(Outcome.MATCH, bank, first)));
                        log.flush();
                        db.apply(new Change.WithdrawContent("A", first), origin);
                        db.apply(new Change.DeleteBank("A"), origin);
                    }
                    Map<String, Long> counts = log.stats(query).getFirst().counts();
                    assertThat(counts).containsEntry("additions", 2L);
                    assertThat(counts.getOrDefault("withdrawals", 0L)).isEqualTo(open == 0 ? 0 : 2);
                    assertThat(log.bankNames()).containsKey(bank);
                    if (open > 0) {
                        assertThat(log.reinstatable(query.from(), query.to(), null)
                                        .references())
                                .isEqualTo(1);
                    }
                }
            }
        }
    }

    @Test
    void followersAreToldOfWhatIsStored() throws InterruptedException {
        try (MatchLog log = open(folder, clock)) {
            CountDownLatch told = new CountDownLatch(1);
            AtomicLong seen = new AtomicLong();
            Runnable end = log.follow(() -> {
                seen.set(log.newestId());
                told.countDown();
            });
            log.offer(verdict(clock, "k", "a", hit(Outcome.MATCH, 1, 11)));
            told.await();
            end.run();
            assertThat(seen.get()).isEqualTo(newest(log, ALL).rows().getFirst().id());
        }
    }

    @Test
    void idsOfVerdictsAreInTheOrderOfTheirTimeAndReadBack() {
        UUID one = VerdictIds.next(1_000);
        UUID other = VerdictIds.next(1_001);
        assertThat(one.toString()).isLessThan(other.toString());
        assertThat(one.version()).isEqualTo(7);
        assertThat(one.variant()).isEqualTo(2);
        assertThat(VerdictIds.parse(one.toString())).isEqualTo(one);
        assertThat(VerdictIds.parse("1-1-1-1-1")).isNull();
        assertThat(VerdictIds.parse("z".repeat(36))).isNull();
        Set<UUID> ids = new HashSet<>();
        for (int i = 0; i < 10_000; i++) {
            assertThat(ids.add(VerdictIds.next(5))).isTrue();
        }
    }
}
