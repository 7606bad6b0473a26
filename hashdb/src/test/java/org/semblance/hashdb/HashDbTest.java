package org.semblance.hashdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.semblance.hashdb.catalog.Applied;
import org.semblance.hashdb.catalog.BankContent;
import org.semblance.hashdb.catalog.BankFields;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ChangeRefusedException;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.ContentFields;
import org.semblance.hashdb.catalog.ContentFilter;
import org.semblance.hashdb.catalog.ContentRecord;
import org.semblance.hashdb.catalog.ContentStatus;
import org.semblance.hashdb.catalog.Given;
import org.semblance.hashdb.catalog.JournalEntry;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.catalog.Page;
import org.semblance.hashdb.catalog.Paging;
import org.semblance.hashdb.catalog.RequestKey;
import org.semblance.hashdb.catalog.Treatment;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.HashAndQuality;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;

class HashDbTest {
    final Databases databases = databases();

    private static final Origin ANALYST = new Origin("analyst", "confirmed");
    private static final Signal MD5 = new Signal(SignalType.MD5, "d35c785545392755e7e4164457657269");

    @TempDir
    private Path folder;

    private final SplittableRandom random = RandomSeed.random();
    private final TestClock clock = new TestClock();
    private HashDb db;

    @BeforeEach
    void open() {
        db = databases.open(folder, clock);
    }

    @AfterEach
    void close() {
        db.close();
    }

    private void reopen() {
        db.close();
        open();
    }

    private static ContentDraft draft(Hash256... hashes) {
        List<Signal> signals = new ArrayList<>();
        for (Hash256 hash : hashes) {
            signals.add(new Signal(SignalType.PDQ, hash.toHex()));
        }
        return new ContentDraft(signals);
    }

    private Applied apply(Change change) {
        return db.apply(change, ANALYST);
    }

    private long add(String bank, ContentDraft draft) {
        return apply(new Change.AddContents(bank, List.of(draft))).firstContentId();
    }

    private static Change.UpdateContent status(long id, ContentStatus status, @Nullable Instant until) {
        return new Change.UpdateContent("A", id, status, until);
    }

    private List<Long> found(Hash256 query) {
        return db.lookup(query).stream().map(match -> match.content().id()).toList();
    }

    @Test
    void findsAnAddedContentWithinTheThresholdAndNotBeyond() {
        apply(new Change.CreateBank("A"));
        Hash256 hash = RandomSeed.hash(random);
        long id = add("A", draft(hash));
        for (int distance = 0; distance <= 40; distance++) {
            List<Match> matches = db.lookup(RandomSeed.at(hash, distance, random));
            if (distance <= 31) {
                assertThat(matches)
                        .as("distance %s, %s", distance, RandomSeed.replay())
                        .hasSize(1);
                assertThat(matches.getFirst().content().id()).isEqualTo(id);
                assertThat(matches.getFirst().distance()).isEqualTo(distance);
                assertThat(matches.getFirst().threshold()).isEqualTo(31);
                assertThat(matches.getFirst().bank().name()).isEqualTo("A");
                assertThat(matches.getFirst().signalType()).isEqualTo(SignalType.PDQ);
            } else {
                assertThat(matches)
                        .as("distance %s, %s", distance, RandomSeed.replay())
                        .isEmpty();
            }
        }
    }

    @Test
    void looksUpInSomeBanksAsIfThereWereNoOthers() throws InterruptedException {
        List<String> names = List.of("A", "B", "C", "D");
        names.forEach(name -> apply(new Change.CreateBank(name)));
        apply(new Change.UpdateBank("D", BankFields.NONE.withDistanceThreshold(60)));
        List<Hash256> centres =
                Stream.generate(() -> RandomSeed.hash(random)).limit(4).toList();
        for (int round = 0; round < 40; round++) {
            List<ContentDraft> drafts = new ArrayList<>();
            for (int i = random.nextInt(1, 300); i > 0; i--) {
                Hash256 centre = centres.get(random.nextInt(centres.size()));
                drafts.add(new ContentDraft(List.of(
                        new Signal(
                                SignalType.PDQ,
                                RandomSeed.at(centre, random.nextInt(40), random)
                                        .toHex()),
                        MD5)));
            }
            apply(new Change.AddContents(names.get(random.nextInt(names.size())), drafts));
        }
        for (int pass = 0; pass < 3; pass++) {
            for (Set<String> banks : List.of(Set.of("A"), Set.of("B", "D"), Set.of("C", "NONE"), Set.of("NONE"))) {
                List<List<Match>> scoped = db.lookup(centres, banks);
                List<List<Match>> all = db.lookup(centres);
                for (int i = 0; i < centres.size(); i++) {
                    assertThat(scoped.get(i))
                            .as("%s, pass %s, %s", banks, pass, RandomSeed.replay())
                            .containsExactlyElementsOf(of(banks, all.get(i)));
                }
                assertThat(db.lookupDigest(MD5, banks)).containsExactlyElementsOf(of(banks, db.lookupDigest(MD5)));
            }
            if (pass == 0) {
                reopen(); // The banks may not be known yet.
            } else {
                db.awaitContentBanks();
            }
        }
    }

    private static List<Match> of(Set<String> banks, List<Match> matches) {
        return matches.stream()
                .filter(match -> banks.contains(match.bank().name()))
                .toList();
    }

    /** What is allocated stands for what is done: a content whose record is read costs hundreds of bytes. */
    @Test
    void readsNothingOfContentsInOtherBanks() throws InterruptedException {
        apply(new Change.CreateBank("SEEN"));
        apply(new Change.CreateBank("HIDDEN"));
        Hash256 crowded = RandomSeed.hash(random);
        List<ContentDraft> drafts = new ArrayList<>();
        for (int i = 0; i < 3_000; i++) {
            drafts.add(new ContentDraft(List.of(
                    new Signal(
                            SignalType.PDQ,
                            RandomSeed.at(crowded, 1 + i % 31, random).toHex()),
                    MD5)));
        }
        apply(new Change.AddContents("HIDDEN", drafts));
        add("SEEN", draft(RandomSeed.hash(random)));
        reopen();
        db.awaitView();
        db.awaitContentBanks();
        Hash256 lonely = RandomSeed.hash(random);
        Signal unknown = new Signal(SignalType.MD5, "0".repeat(32));
        Set<String> scope = Set.of("SEEN");
        long nearNothing = Long.MAX_VALUE;
        long nearHidden = Long.MAX_VALUE;
        for (int i = 0; i < 200; i++) { // The least of them, since some load classes or are not compiled yet.
            nearNothing = Math.min(nearNothing, allocated(() -> {
                assertThat(db.lookup(List.of(lonely), scope).getFirst()).isEmpty();
                assertThat(db.lookupDigest(unknown, scope)).isEmpty();
            }));
            nearHidden = Math.min(nearHidden, allocated(() -> {
                assertThat(db.lookup(List.of(crowded), scope).getFirst()).isEmpty();
                assertThat(db.lookupDigest(MD5, scope)).isEmpty();
            }));
        }
        // The list of ids that a digest has is 8 bytes each, twice.
        assertThat(nearHidden).isLessThan(nearNothing + 20L * drafts.size());
    }

    private static long allocated(Runnable work) {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        work.run();
        return threads.getCurrentThreadAllocatedBytes() - before;
    }

    @Test
    void givesEachContentOnceWithItsNearestHashNearestFirst() {
        apply(new Change.CreateBank("A"));
        Hash256 query = RandomSeed.hash(random);
        long far = add("A", draft(RandomSeed.at(query, 20, random)));
        long near = add("A", draft(RandomSeed.at(query, 9, random), RandomSeed.at(query, 4, random)));
        long alsoFar = add("A", draft(RandomSeed.at(query, 20, random)));
        List<Match> matches = db.lookup(query);
        assertThat(matches).as(RandomSeed.replay()).hasSize(3);
        assertThat(matches.stream().map(match -> match.content().id())).containsExactly(near, far, alsoFar);
        assertThat(matches.stream().map(Match::distance)).containsExactly(4, 20, 20);
    }

    @Test
    void answersABatchAsItAnswersEach() {
        apply(new Change.CreateBank("A"));
        List<Hash256> queries = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            Hash256 hash = RandomSeed.hash(random);
            add("A", draft(hash));
            queries.add(RandomSeed.at(hash, random.nextInt(60), random));
        }
        List<List<Match>> answers = db.lookup(queries);
        assertThat(answers).hasSize(50);
        for (int i = 0; i < 50; i++) {
            assertThat(answers.get(i)).as(RandomSeed.replay()).isEqualTo(db.lookup(queries.get(i)));
        }
        assertThat(db.lookup(List.of())).isEmpty();
    }

    @Test
    void keepsEveryFieldOfAContent() throws InterruptedException {
        apply(new Change.CreateBank("A"));
        Signal pdq = Signal.pdq(new HashAndQuality(RandomSeed.hash(random), 83));
        long id = add(
                "A",
                new ContentDraft(
                        List.of(pdq, MD5), List.of("zeta", "alpha", "zeta"), "seen twice", "list-7", "{\"k\":[1]}"));
        BankContent expected = new BankContent(
                id,
                "A",
                ContentStatus.ENABLED,
                null,
                List.of(pdq, MD5),
                List.of("alpha", "zeta"),
                "seen twice",
                "list-7",
                "{\"k\":[1]}",
                clock.instant(),
                null,
                Treatment.PLAIN,
                ANALYST.actor());
        assertThat(db.content("A", id)).contains(expected);
        assertThat(db.lookup(pdq.hash()).getFirst().content()).isEqualTo(record(expected));
        db.awaitView();
        assertThat(db.lookup(pdq.hash()).getFirst().content()).isEqualTo(record(expected));
        reopen();
        assertThat(db.content("A", id)).contains(expected);
    }

    private static ContentRecord record(BankContent content) {
        return new ContentRecord(
                content.id(),
                1,
                content.status(),
                content.disabledUntil(),
                content.labels(),
                content.note(),
                content.source(),
                content.metadata(),
                content.createdAt(),
                0,
                0,
                false,
                content.treatment());
    }

    @Test
    void storesTheSameSignalOfAContentOnce() {
        apply(new Change.CreateBank("A"));
        Hash256 hash = RandomSeed.hash(random);
        long id = add("A", draft(hash, Hash256.ZERO, hash));
        assertThat(db.content("A", id).orElseThrow().signals()).hasSize(2);
        assertThat(db.size()).isEqualTo(2);
    }

    @Test
    void findsADigestByEqualityAlone() {
        apply(new Change.CreateBank("A"));
        Hash256 hash = RandomSeed.hash(random);
        long id = add("A", new ContentDraft(List.of(new Signal(SignalType.PDQ, hash.toHex()), MD5)));
        // The same 32 bytes as a SHA-256 are another signal.
        Signal sha = new Signal(SignalType.SHA256, hash.toHex());
        assertThat(db.lookupDigest(sha)).isEmpty();
        List<Match> matches = db.lookupDigest(MD5);
        assertThat(matches).hasSize(1);
        assertThat(matches.getFirst().content().id()).isEqualTo(id);
        assertThat(matches.getFirst().distance()).isZero();
        assertThat(matches.getFirst().threshold()).isZero();
        assertThat(matches.getFirst().signalType()).isEqualTo(SignalType.MD5);
        assertThatThrownBy(() -> db.lookupDigest(new Signal(SignalType.PDQ, hash.toHex())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("signal type: pdq (expected: a digest, as in md5, sha1 or sha256)");
        apply(status(id, ContentStatus.DISABLED, null));
        assertThat(db.lookupDigest(MD5)).isEmpty();
    }

    @Test
    void followsAThresholdAtOnce() {
        apply(new Change.CreateBank("NARROW", BankKind.MATCH, 1, "", 5));
        apply(new Change.CreateBank("A"));
        Hash256 hash = RandomSeed.hash(random);
        long narrow = add("NARROW", draft(hash));
        long wide = add("A", draft(hash));
        Hash256 at6 = RandomSeed.at(hash, 6, random);
        assertThat(found(at6)).containsExactly(wide);
        apply(new Change.UpdateBank("NARROW", BankFields.NONE.withDistanceThreshold(6)));
        assertThat(found(at6)).containsExactly(narrow, wide);
        apply(new Change.UpdateBank("NARROW", BankFields.NONE.withDistanceThreshold(200)));
        assertThat(found(RandomSeed.at(hash, 200, random))).containsExactly(narrow);
        assertThat(found(RandomSeed.at(hash, 201, random))).isEmpty();
        reopen();
        assertThat(found(RandomSeed.at(hash, 200, random))).containsExactly(narrow);
        apply(new Change.UpdateBank("NARROW", BankFields.NONE.withDistanceThreshold(null)));
        assertThat(db.bank("NARROW").orElseThrow().distanceThreshold()).isNull();
        assertThat(found(RandomSeed.at(hash, 31, random))).containsExactly(narrow, wide);
        assertThat(found(RandomSeed.at(hash, 32, random))).isEmpty();
        assertThat(db.verify().problems()).isEmpty();
    }

    @Test
    void hidesADisabledContentUntilItsTime() {
        apply(new Change.CreateBank("A"));
        Hash256 hash = RandomSeed.hash(random);
        long id = add("A", draft(hash));
        apply(status(id, ContentStatus.DISABLED, null));
        assertThat(found(hash)).isEmpty();
        apply(status(id, ContentStatus.ENABLED, null));
        assertThat(found(hash)).containsExactly(id);
        apply(status(id, ContentStatus.DISABLED, clock.instant().plusSeconds(60)));
        assertThat(found(hash)).isEmpty();
        reopen();
        clock.advance(Duration.ofSeconds(59));
        assertThat(found(hash)).isEmpty();
        clock.advance(Duration.ofSeconds(1));
        assertThat(found(hash)).containsExactly(id);
        assertThat(db.content("A", id).orElseThrow().status()).isEqualTo(ContentStatus.DISABLED);
    }

    @Test
    void withdrawsAContentForGood() {
        apply(new Change.CreateBank("A"));
        Hash256 hash = RandomSeed.hash(random);
        long first = add("A", draft(hash));
        long second = add("A", draft(hash));
        apply(new Change.WithdrawContent("A", second));
        assertThat(found(hash)).containsExactly(first);
        assertThat(db.content("A", second)).isEmpty();
        assertThat(db.size()).isEqualTo(1);
        reopen();
        assertThat(found(hash)).containsExactly(first);
        assertThat(db.size()).isEqualTo(1);
        assertThat(add("A", draft(hash))).as("the id of a withdrawn content").isGreaterThan(second);
    }

    @Test
    void updatesOnlyWhatIsGiven() {
        apply(new Change.CreateBank("A"));
        long id = add("A", new ContentDraft(draft(Hash256.ZERO).signals(), List.of("x"), "n", "s", "{}"));
        apply(new Change.UpdateContent("A", id, ContentFields.NONE.withLabels(List.of("b", "a"))));
        assertThat(db.content("A", id).orElseThrow().labels()).containsExactly("a", "b");
        assertThat(db.content("A", id).orElseThrow().note()).isEqualTo("n");
        apply(new Change.UpdateContent("A", id, ContentFields.NONE.withNote("").withMetadata("{\"a\":1}")));
        BankContent content = db.content("A", id).orElseThrow();
        assertThat(content.note()).as("an empty note").isNull();
        assertThat(content.metadata()).isEqualTo("{\"a\":1}");
        assertThat(content.labels()).containsExactly("a", "b");
        assertThat(content.status()).isEqualTo(ContentStatus.ENABLED);
        assertThat(db.verify().problems()).isEmpty();
    }

    @Test
    void deletesABankWithItsContentsAndFreesTheName() {
        apply(new Change.CreateBank("A"));
        apply(new Change.CreateBank("B"));
        Hash256 hash = RandomSeed.hash(random);
        add("A", draft(hash));
        add("A", draft(hash, Hash256.ZERO));
        long kept = add("B", draft(hash));
        Applied deleted = apply(new Change.DeleteBank("A"));
        assertThat(deleted.contents()).isEqualTo(2);
        assertThat(found(hash)).containsExactly(kept);
        assertThat(db.size()).isEqualTo(1);
        assertThat(db.banks()).extracting("name").containsExactly("B");
        apply(new Change.CreateBank("A"));
        assertThat(db.contents("A", 0, 10)).isEmpty();
        reopen();
        assertThat(found(hash)).containsExactly(kept);
        assertThat(db.contents("A", 0, 10)).isEmpty();
        assertThat(db.verify().problems()).isEmpty();
    }

    @Test
    void renamesABankWithoutLosingAMatch() {
        apply(new Change.CreateBank("A"));
        Hash256 hash = RandomSeed.hash(random);
        long id = add("A", draft(hash));
        apply(new Change.UpdateBank("A", new BankFields("NEW_NAME", 0.5, "d", new Given<>(12), null, null, null)));
        assertThat(db.bank("A")).isEmpty();
        Match match = db.lookup(hash).getFirst();
        assertThat(match.bank().name()).isEqualTo("NEW_NAME");
        assertThat(match.bank().enabledRatio()).isEqualTo(0.5);
        assertThat(match.bank().description()).isEqualTo("d");
        assertThat(match.threshold()).isEqualTo(12);
        assertThat(db.content("NEW_NAME", id)).isPresent();
        assertThat(db.verify().problems()).isEmpty();
    }

    @Test
    void pagesThroughABankById() {
        apply(new Change.CreateBank("A"));
        apply(new Change.CreateBank("B"));
        List<Long> ids = new ArrayList<>();
        for (int i = 0; i < 25; i++) {
            ids.add(add("A", draft(RandomSeed.hash(random))));
            add("B", draft(RandomSeed.hash(random)));
        }
        apply(new Change.WithdrawContent("A", ids.remove(7)));
        List<Long> paged = new ArrayList<>();
        long after = 0;
        for (List<BankContent> page = db.contents("A", after, 10); !page.isEmpty(); ) {
            assertThat(page).hasSizeLessThanOrEqualTo(10);
            page.forEach(content -> paged.add(content.id()));
            page = db.contents("A", paged.getLast(), 10);
        }
        assertThat(paged).isEqualTo(ids);
        assertThat(db.contents("NO_SUCH_BANK", 0, 10)).isEmpty();
    }

    @Test
    void listsByLabelStatusAndTime() {
        apply(new Change.CreateBank("A"));
        apply(new Change.CreateBank("B"));
        List<ContentStatus> statuses = List.of(ContentStatus.values());
        List<String> labels = List.of("x", "y", "z");
        List<BankContent> all = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            ContentDraft plain = draft(RandomSeed.hash(random));
            List<String> its =
                    labels.stream().filter(label -> random.nextBoolean()).toList();
            ContentDraft labelled = new ContentDraft(plain.signals(), its, null, null, null);
            long id = add("A", labelled);
            add("B", labelled);
            all.add(db.content("A", id).orElseThrow());
            clock.advance(Duration.ofMillis(random.nextInt(3)));
        }
        for (int i = 0; i < all.size(); i++) {
            BankContent content = all.get(i);
            ContentStatus status = statuses.get(random.nextInt(statuses.size()));
            if (status == ContentStatus.DISABLED) {
                apply(status(content.id(), status, null));
                all.set(i, db.content("A", content.id()).orElseThrow());
            } else if (status == ContentStatus.WITHDRAWN) {
                apply(new Change.WithdrawContent("A", content.id()));
                all.set(i, withdrawn(content));
            }
        }
        Instant from = all.get(10).createdAt();
        Instant before = all.get(50).createdAt();
        for (@Nullable String label : new @Nullable String[] {null, "x", "z", "none"}) {
            for (@Nullable
            ContentStatus status :
                    new @Nullable ContentStatus[] {null, statuses.get(0), statuses.get(1), statuses.get(2)}) {
                for (@Nullable
                Instant first :
                        new @Nullable Instant[] {null, from, from.minusNanos(1), from.plusNanos(1), Instant.MIN}) {
                    for (@Nullable
                    Instant end : new @Nullable Instant[] {null, before, before.plusNanos(1), Instant.MAX}) {
                        ContentFilter filter = new ContentFilter(label, status, first, end);
                        assertThat(pages(filter))
                                .as("%s, %s", filter, RandomSeed.replay())
                                .isEqualTo(all.stream()
                                        .filter(content -> label == null
                                                || content.labels().contains(label))
                                        .filter(content -> status == null
                                                ? content.status() != ContentStatus.WITHDRAWN
                                                : content.status() == status)
                                        .filter(content -> first == null
                                                || !content.createdAt().isBefore(first))
                                        .filter(content -> end == null
                                                || content.createdAt().isBefore(end))
                                        .toList());
                    }
                }
            }
        }
    }

    private static BankContent withdrawn(BankContent content) {
        return new BankContent(
                content.id(),
                content.bank(),
                ContentStatus.WITHDRAWN,
                null,
                content.signals(),
                content.labels(),
                content.note(),
                content.source(),
                content.metadata(),
                content.createdAt(),
                null,
                content.treatment(),
                content.addedBy());
    }

    private List<BankContent> pages(ContentFilter filter) {
        List<BankContent> forwards = pages(filter, false);
        List<BankContent> backwards = pages(filter, true);
        assertThat(backwards).isEqualTo(forwards.reversed());
        return forwards;
    }

    private List<BankContent> pages(ContentFilter filter, boolean newestFirst) {
        List<BankContent> contents = new ArrayList<>();
        Page<BankContent> page = db.contents("A", filter, new Paging(null, newestFirst, 7));
        contents.addAll(page.rows());
        while (page.next() != null) {
            page = db.contents("A", filter, new Paging(page.next(), newestFirst, 7));
            contents.addAll(page.rows());
        }
        return contents;
    }

    @Test
    void findsADigestOfEachType() {
        apply(new Change.CreateBank("A"));
        for (SignalType type : SignalType.values()) {
            if (type.isDigest()) {
                Signal digest = new Signal(type, "5".repeat(type.hexDigits()));
                long id = add("A", new ContentDraft(List.of(digest)));
                assertThat(db.lookupDigest(digest)).singleElement().satisfies(match -> {
                    assertThat(match.content().id()).isEqualTo(id);
                    assertThat(match.signalType()).isEqualTo(type);
                });
            }
        }
        reopen();
        assertThat(db.lookupDigest(new Signal(SignalType.SHA1, "5".repeat(40)))).hasSize(1);
        assertThat(db.lookupDigest(new Signal(SignalType.SHA1, "6".repeat(40)))).isEmpty();
        assertThat(db.verify().problems()).isEmpty();
    }

    @Test
    void findsEachOfAThousandAddsAtOnce() {
        apply(new Change.CreateBank("A"));
        for (int i = 0; i < 1_000; i++) {
            Hash256 hash = RandomSeed.hash(random);
            Applied applied = apply(new Change.AddContents("A", List.of(draft(hash))));
            assertThat(db.seq()).isGreaterThanOrEqualTo(applied.seq());
            assertThat(found(RandomSeed.at(hash, random.nextInt(32), random)))
                    .as("add %s, %s", i, RandomSeed.replay())
                    .contains(applied.firstContentId());
        }
    }

    @Test
    void numbersTheContentsOfABulkOneByOne() {
        apply(new Change.CreateBank("A"));
        List<ContentDraft> drafts = new ArrayList<>();
        List<Hash256> hashes = new ArrayList<>();
        for (int i = 0; i < 25_000; i++) {
            hashes.add(RandomSeed.hash(random));
            drafts.add(draft(hashes.getLast()));
        }
        Applied applied = apply(new Change.AddContents("A", drafts));
        assertThat(applied.contents()).isEqualTo(25_000);
        assertThat(db.size()).isEqualTo(25_000);
        for (int i = 0; i < 25_000; i += 1_111) {
            assertThat(found(hashes.get(i))).as(RandomSeed.replay()).containsExactly(applied.firstContentId() + i);
        }
        assertThat(db.journal(applied.seq() - 1, 10)).hasSize(1);
        VerifyReport report = db.verify();
        assertThat(report.problems()).isEmpty();
        assertThat(report.hashes()).isEqualTo(25_000);
    }

    @Test
    void journalsEveryChangeWithActorAndReason() {
        apply(new Change.CreateBank("A"));
        clock.advance(Duration.ofSeconds(5));
        long id = add("A", draft(Hash256.ZERO));
        db.apply(new Change.WithdrawContent("A", id), new Origin("key:7", "wrong one"));
        List<JournalEntry> entries = db.journal(0, 100);
        assertThat(entries).extracting("kind").containsExactly("create_bank", "add_contents", "withdraw_content");
        assertThat(entries).extracting("seq").containsExactly(1L, 2L, 3L);
        assertThat(entries.get(1).at()).isEqualTo(clock.instant());
        assertThat(entries.get(2).actor()).isEqualTo("key:7");
        assertThat(entries.get(2).reason()).isEqualTo("wrong one");
        assertThat(entries.get(2).payload()).isEqualTo("{\"bank\":\"A\",\"bank_id\":1,\"content_id\":" + id + "}");
        assertThat(db.journal(1, 1)).containsExactly(entries.get(1));
        assertThat(db.seq()).isEqualTo(3);
    }

    @Test
    void backsUpWhatCanBeOpenedInItsPlace(@TempDir Path target) throws Exception {
        apply(new Change.CreateBank("A"));
        Hash256 hash = RandomSeed.hash(random);
        long id = add("A", draft(hash));
        db.backup(target.resolve("copy"));
        long later = add("A", draft(hash));
        try (HashDb copy = HashDb.open(target.resolve("copy"))) {
            assertThat(copy.lookup(hash).stream().map(match -> match.content().id()))
                    .containsExactly(id);
            assertThat(copy.verify().problems()).isEmpty();
            assertThat(copy.apply(new Change.AddContents("A", List.of(draft(hash))), ANALYST)
                            .firstContentId())
                    .isEqualTo(later);
        }
        assertThatThrownBy(() -> db.backup(target.resolve("copy")))
                .isInstanceOf(java.io.IOException.class)
                .hasMessageContaining("is there already");
    }

    @Test
    void saysThatItIsClosed() {
        db.close();
        assertThatThrownBy(() -> apply(new Change.CreateBank("A")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageEndingWith(": closed");
    }

    @Test
    void makesAChangeOnceUnderItsKey() {
        RequestKey key = new RequestKey("uploads/1", 0, "ab".repeat(32));
        RequestKey other = new RequestKey("uploads/1", 0, "cd".repeat(32));
        Change create = new Change.CreateBank("A");
        Applied made = db.apply(create, ANALYST, key);
        assertThat(db.apply(create, ANALYST, key)).isEqualTo(made);
        Change add = new Change.AddContents("A", List.of(draft(hash()), draft(hash())));
        Applied added = db.apply(add, ANALYST, key.part(1));
        reopen();
        assertThat(db.apply(create, ANALYST, key)).isEqualTo(made);
        assertThat(db.apply(add, ANALYST, key.part(1))).isEqualTo(added);
        assertThat(added).isEqualTo(new Applied(2, 1, 2, made.bankId()));
        for (int part = 0; part < 3; part++) {
            RequestKey reused = other.part(part);
            assertThatThrownBy(() -> db.apply(add, ANALYST, reused))
                    .isInstanceOf(ChangeRefusedException.class)
                    .hasMessageStartingWith("Idempotency-Key: used by another request");
        }
        assertThat(db.journal(0, 10)).hasSize(2);
        assertThat(db.apply(add, ANALYST, new RequestKey("uploads/2", 0, "cd".repeat(32)))
                        .firstContentId())
                .isEqualTo(3);
        clock.advance(RequestKey.REMEMBERED);
        assertThat(db.apply(add, ANALYST, key.part(1))).isEqualTo(added);
        clock.advance(Duration.ofMillis(1));
        assertThat(db.apply(add, ANALYST, other).firstContentId()).isEqualTo(5);
        assertThat(db.verify().problems()).isEmpty();
    }

    @Test
    void aRefusedChangeLeavesItsKeyFree() {
        RequestKey key = new RequestKey("uploads/1", 0, "ab".repeat(32));
        Change add = new Change.AddContents("A", List.of(draft(hash())));
        assertThatThrownBy(() -> db.apply(add, ANALYST, key)).isInstanceOf(ChangeRefusedException.class);
        apply(new Change.CreateBank("A"));
        assertThat(db.apply(add, ANALYST, key).firstContentId()).isEqualTo(1);
    }

    private Hash256 hash() {
        return new Hash256(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong());
    }

    /** Many rows go to PostgreSQL in another form than a few. */
    @ParameterizedTest
    @ValueSource(ints = {1, 40})
    void whatIsWrittenOfAContentComesBackAsItWas(int contents) {
        apply(new Change.CreateBank("A"));
        List<String> notes =
                List.of("a\tb", "\\N", "two\nlines\r\n", "\\", "\\t\\x00", "\u00c4\ud83d\ude00", "'\"", "\\.");
        List<ContentDraft> drafts = new ArrayList<>();
        for (int i = 0; i < contents; i++) {
            String note = notes.get(i % notes.size());
            drafts.add(new ContentDraft(
                    List.of(
                            new Signal(SignalType.PDQ, RandomSeed.hash(random).toHex(), i % 2 == 0 ? null : i),
                            new Signal(SignalType.MD5, String.format("%032x", i))),
                    List.of("l\\" + i % 3),
                    note,
                    i % 4 == 0 ? null : "s\t" + i % 5,
                    "{\"a\":\"b\\\\\\tc\"}"));
        }
        apply(new Change.AddContents("A", drafts));
        List<BankContent> stored = db.contents("A", 0, 100);
        assertThat(stored).hasSize(contents);
        for (int i = 0; i < contents; i++) {
            assertThat(stored.get(i).note()).isEqualTo(drafts.get(i).note());
            assertThat(stored.get(i).labels()).isEqualTo(drafts.get(i).labels());
            assertThat(stored.get(i).source()).isEqualTo(drafts.get(i).source());
            assertThat(stored.get(i).metadata()).isEqualTo(drafts.get(i).metadata());
            assertThat(stored.get(i).signals()).isEqualTo(drafts.get(i).signals());
        }
        assertThat(db.verify().problems()).isEmpty();
    }

    @Test
    void aTextIsFoundWhicheverChangeAProcessMakesFirst() {
        apply(new Change.CreateBank("A"));
        long first = add("A", new ContentDraft(draft(Hash256.ZERO).signals(), List.of(), "old", null, null));
        reopen();
        apply(new Change.UpdateContent("A", first, ContentFields.NONE.withNote("changed words")));
        long next = add("A", new ContentDraft(draft(Hash256.ZERO).signals(), List.of(), "added words", null, null));
        assertThat(withText("changed")).containsExactly(first);
        assertThat(withText("added")).containsExactly(next);
        assertThat(withText("words")).containsExactly(first, next);
        assertThat(withText("old")).isEmpty();
    }

    private List<Long> withText(String text) {
        ContentFilter filter = new ContentFilter(null, null, null, null, text, null, null, null, null, null);
        return db.contents("A", filter, Paging.after(0, 10)).rows().stream()
                .map(BankContent::id)
                .toList();
    }

    /** Where the database is. */
    Databases databases() {
        return Databases.SQLITE;
    }
}
