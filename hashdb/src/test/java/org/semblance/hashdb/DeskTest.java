package org.semblance.hashdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.catalog.Applied;
import org.semblance.hashdb.catalog.BankContent;
import org.semblance.hashdb.catalog.BankCounts;
import org.semblance.hashdb.catalog.BankFields;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ChangeRefusedException;
import org.semblance.hashdb.catalog.ChangeRefusedException.Reason;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.ContentFields;
import org.semblance.hashdb.catalog.ContentFilter;
import org.semblance.hashdb.catalog.ContentStatus;
import org.semblance.hashdb.catalog.Given;
import org.semblance.hashdb.catalog.JournalFilter;
import org.semblance.hashdb.catalog.JournalRow;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.catalog.Page;
import org.semblance.hashdb.catalog.Paging;
import org.semblance.hashdb.catalog.Proposal;
import org.semblance.hashdb.catalog.ProposalState;
import org.semblance.hashdb.catalog.Quarantine;
import org.semblance.hashdb.catalog.Treatment;
import org.semblance.hashdb.hash.FrameSpan;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;

/** What people ask who look after a list: search, history, undoing, and a second person. */
class DeskTest {
    final Databases databases = databases();

    private static final Origin ANN = new Origin("ann", "");
    private static final Origin BOB = new Origin("bob/Bob", "");

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
        assertThat(db.verify().problems()).as(RandomSeed.replay()).isEmpty();
        db.close();
    }

    private Applied apply(Change change) {
        return db.apply(change, ANN);
    }

    private Hash256 add(String bank) {
        Hash256 hash = RandomSeed.hash(random);
        apply(new Change.AddContents(bank, List.of(draft(hash))));
        return hash;
    }

    private static ContentDraft draft(Hash256 hash) {
        return new ContentDraft(List.of(new Signal(SignalType.PDQ, hash.toHex())));
    }

    private void refused(Change change, Origin origin, Reason reason, String message) {
        long before = db.seq();
        ChangeRefusedException e = catchThrowableOfType(ChangeRefusedException.class, () -> db.apply(change, origin));
        assertThat(e).as("refusal of %s", change).isNotNull().hasMessageContaining(message);
        assertThat(e.reason()).isEqualTo(reason);
        assertThat(db.seq()).isEqualTo(before);
    }

    @Test
    void undoesABulkButForWhatWasWithdrawnBefore() {
        apply(new Change.CreateBank("A"));
        List<Hash256> hashes = new ArrayList<>();
        List<ContentDraft> drafts = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            hashes.add(RandomSeed.hash(random));
            drafts.add(draft(hashes.getLast()));
        }
        Applied added = apply(new Change.AddContents("A", drafts));
        apply(new Change.WithdrawContent("A", added.firstContentId()));
        apply(new Change.UpdateContent("A", added.firstContentId() + 1, ContentStatus.DISABLED, null));

        Applied undone = apply(new Change.Undo(added.seq()));

        assertThat(undone.contents()).isEqualTo(19);
        assertThat(hashes).allMatch(hash -> db.lookup(hash).isEmpty());
        refused(new Change.Undo(added.seq()), ANN, Reason.CONFLICT, "was undone by change " + undone.seq());

        // Undoing that brings back what it withdrew, each as it was.
        assertThat(apply(new Change.Undo(undone.seq())).contents()).isEqualTo(19);
        assertThat(db.lookup(hashes.get(0))).isEmpty();
        assertThat(db.lookup(hashes.get(1))).isEmpty();
        assertThat(hashes.subList(2, 20)).allMatch(hash -> db.lookup(hash).size() == 1);
        assertThat(db.content("A", added.firstContentId() + 1).orElseThrow().status())
                .isEqualTo(ContentStatus.DISABLED);
    }

    @Test
    void undoesADeletionOfABank() {
        apply(new Change.CreateBank("A"));
        Hash256 kept = add("A");
        Hash256 gone = add("A");
        apply(new Change.WithdrawContent("A", 2));
        apply(new Change.CreateBank("B"));
        Hash256 other = add("B");
        Applied deleted = apply(new Change.DeleteBank("A"));
        apply(new Change.CreateBank("A"));
        refused(new Change.Undo(deleted.seq()), ANN, Reason.CONFLICT, "bank 'A' already exists");
        apply(new Change.Undo(db.seq()));

        assertThat(apply(new Change.Undo(deleted.seq())).contents()).isEqualTo(1);

        assertThat(db.lookup(kept)).hasSize(1);
        assertThat(db.lookup(gone)).isEmpty();
        assertThat(db.lookup(other)).hasSize(1);
    }

    @Test
    void undoesNothingThatWasChangedAgain() {
        apply(new Change.CreateBank("A"));
        add("A");
        Applied first = apply(new Change.UpdateContent("A", 1, ContentFields.NONE.withNote("one")));
        Applied second = apply(new Change.UpdateContent("A", 1, ContentFields.NONE.withNote("two")));
        refused(new Change.Undo(first.seq()), ANN, Reason.CONFLICT, "which was changed again since");
        apply(new Change.Undo(second.seq()));
        apply(new Change.Undo(first.seq()));
        assertThat(db.content("A", 1).orElseThrow().note()).isNull();

        Applied bank = apply(new Change.UpdateBank("A", BankFields.NONE.withDistanceThreshold(10)));
        apply(new Change.UpdateBank("A", BankFields.NONE.withDistanceThreshold(11)));
        refused(new Change.Undo(bank.seq()), ANN, Reason.CONFLICT, "which was changed again since");
        refused(new Change.Undo(1), ANN, Reason.CONFLICT, "which has contents now");
        refused(new Change.Undo(999), ANN, Reason.NOT_FOUND, "change 999 not found");

        Applied withdrawn = apply(new Change.WithdrawContent("A", 1));
        apply(new Change.UpdateContent("A", 1, ContentStatus.ENABLED, null));
        refused(new Change.Undo(withdrawn.seq()), ANN, Reason.CONFLICT, "which was restored since");
    }

    private void needApproval(String bank) {
        apply(new Change.CreateBank(
                BankKind.MATCH, new BankFields(bank, 1.0, "", new Given<>(null), null, null, null, true)));
    }

    @Test
    void aSecondPersonMakesProposedChanges() {
        needApproval("A");
        Hash256 hash = add("A");
        long added = db.seq();
        assertThat(db.lookup(hash)).isEmpty();
        refused(new Change.Decide(added, true), ANN, Reason.FORBIDDEN, "by ann");
        refused(new Change.Decide(added, true), new Origin("ann/Another", ""), Reason.FORBIDDEN, "by ann");
        refused(new Change.Decide(999, true), BOB, Reason.NOT_FOUND, "proposal 999 not found");
        db.apply(new Change.Decide(added, true), BOB);
        assertThat(db.lookup(hash)).hasSize(1);
        assertThat(db.content("A", 1).orElseThrow().treatment().confirmedBy()).isEqualTo("bob/Bob");
        refused(new Change.Decide(added, true), BOB, Reason.CONFLICT, "was decided");

        Applied note = apply(new Change.UpdateContent("A", 1, ContentFields.NONE.withNote("seen")));
        assertThat(note.proposed()).isTrue();
        assertThat(db.content("A", 1).orElseThrow().note()).isNull();
        db.apply(new Change.Decide(note.seq(), true), BOB);
        assertThat(db.content("A", 1).orElseThrow().note()).isEqualTo("seen");

        Applied withdrawal = apply(new Change.WithdrawContent("A", 1));
        assertThat(withdrawal.proposed()).isTrue();
        apply(new Change.Decide(withdrawal.seq(), false));
        assertThat(db.lookup(hash)).hasSize(1);

        Applied renamed = apply(new Change.UpdateBank("A", BankFields.NONE.withName("B")));
        Applied deletion = apply(new Change.DeleteBank("A"));
        Applied undoing = apply(new Change.Undo(1));
        db.apply(new Change.Decide(renamed.seq(), true), BOB);
        refused(new Change.Decide(undoing.seq(), true), BOB, Reason.CONFLICT, "which has contents now");
        assertThat(proposals(ProposalState.OPEN)).containsExactly(deletion.seq(), undoing.seq());
        db.apply(new Change.Decide(deletion.seq(), true), BOB);
        assertThat(db.banks()).isEmpty();
        assertThat(db.lookup(hash)).isEmpty();
        assertThat(proposals(ProposalState.OPEN)).isEmpty();
    }

    private List<Long> proposals(ProposalState state) {
        return db.proposals(Set.of(), state, Paging.after(0, 100)).rows().stream()
                .map(proposal -> proposal.entry().seq())
                .toList();
    }

    @Test
    void listsProposalsOfSomeBanks() {
        needApproval("A");
        needApproval("B");
        add("A");
        add("B");
        long last = db.seq();
        db.apply(new Change.Decide(last, false), BOB);
        assertThat(db.proposals(Set.of("A"), null, new Paging(null, true, 10)).rows())
                .extracting(Proposal::bank)
                .containsExactly("A");
        Proposal rejected = db.proposals(Set.of("B"), ProposalState.REJECTED, new Paging(null, true, 10))
                .rows()
                .getFirst();
        assertThat(rejected.decision()).isNotNull();
        assertThat(db.anyContent("B", 2).orElseThrow().status()).isEqualTo(ContentStatus.WITHDRAWN);
    }

    @Test
    void whatAProgramDecidesWaitsForNobody() {
        needApproval("A");
        Hash256 hash = RandomSeed.hash(random);
        Origin program = Origin.ofProgram("exchange", "");
        assertThat(db.apply(new Change.AddContents("A", List.of(draft(hash))), program)
                        .proposed())
                .isFalse();
        assertThat(db.lookup(hash)).hasSize(1);
    }

    /** Random contents, and each property of a filter against a walk over all of them. */
    @Test
    void findsWhatAWalkFinds() {
        apply(new Change.CreateBank("A"));
        apply(new Change.CreateBank("B"));
        for (int i = 0; i < 200; i++) {
            addAny(i);
            clock.advance(Duration.ofSeconds(random.nextInt(3)));
        }
        for (int i = 0; i < 40; i++) {
            long id = random.nextLong(1, 201);
            if (db.content("A", id).isPresent()) {
                apply(
                        random.nextBoolean()
                                ? new Change.WithdrawContent("A", id)
                                : new Change.UpdateContent(
                                        "A",
                                        id,
                                        ContentStatus.DISABLED,
                                        null,
                                        null,
                                        ContentFields.NONE.withNote("renamed Übung")));
            }
        }
        List<BankContent> all = new ArrayList<>();
        for (long id = 1; id <= 200; id++) {
            db.anyContent("A", id).ifPresent(all::add);
        }
        BankContent some = all.get(random.nextInt(all.size()));
        for (int round = 0; round < 300; round++) {
            String text = any(null, "case 1", "ÜBUNG", "note", "secret\"x", "none");
            String label = any(null, null, "x", "y");
            String source = any(null, null, "list", "file");
            String actor = any(null, null, "ann", "bob", "bob/Bob", "nobody");
            String hash = any(null, null, null, some.signals().getFirst().value());
            ContentStatus status = any(null, ContentStatus.ENABLED, ContentStatus.DISABLED, ContentStatus.WITHDRAWN);
            Boolean exactOnly = any(null, null, true, false);
            Boolean quarantined = any(null, null, true, false);
            ContentFilter filter =
                    new ContentFilter(label, status, null, null, text, source, actor, hash, exactOnly, quarantined);
            Predicate<BankContent> passes = content -> (text == null
                            || text(content).contains(text.toLowerCase(Locale.ROOT)))
                    && (label == null || content.labels().contains(label))
                    && (source == null || source.equals(content.source()))
                    && (actor == null || JournalFilter.isBy(content.addedBy(), actor))
                    && (hash == null
                            || (content.signals().stream()
                                            .anyMatch(signal -> signal.value().equals(hash))
                                    && (content.status() != ContentStatus.WITHDRAWN || isExactOnly(content))))
                    && (status == null ? content.status() != ContentStatus.WITHDRAWN : content.status() == status)
                    && (exactOnly == null || isExactOnly(content) == exactOnly)
                    && (quarantined == null || content.treatment().isQuarantined() == quarantined);
            boolean newestFirst = random.nextBoolean();
            List<BankContent> expected = all.stream().filter(passes).toList();
            assertThat(pages(filter, newestFirst))
                    .as("%s, %s", filter, RandomSeed.replay())
                    .isEqualTo(newestFirst ? expected.reversed() : expected);
        }
        assertThat(db.counts("A")).contains(counted(all));
        assertThat(db.counts("NONE")).isEmpty();
    }

    private static BankCounts counted(List<BankContent> all) {
        List<BankContent> there = all.stream()
                .filter(content -> content.status() != ContentStatus.WITHDRAWN)
                .toList();
        return new BankCounts(
                all.stream()
                        .filter(content -> content.status() == ContentStatus.ENABLED)
                        .count(),
                all.stream()
                        .filter(content -> content.status() == ContentStatus.DISABLED)
                        .count(),
                0,
                all.size() - there.size(),
                there.stream()
                        .filter(content -> content.treatment().isQuarantined())
                        .count(),
                there.stream().filter(content -> content.video() != null).count(),
                there.stream().filter(DeskTest::isExactOnly).count());
    }

    private static boolean isExactOnly(BankContent content) {
        return content.video() == null
                && content.signals().stream().allMatch(signal -> signal.type().isDigest());
    }

    private static String text(BankContent content) {
        return (content.note() + "\n" + content.metadata()).toLowerCase(Locale.ROOT);
    }

    @SafeVarargs
    private <T> @Nullable T any(@Nullable T... values) {
        return values[random.nextInt(values.length)];
    }

    private void addAny(int number) {
        boolean exactOnly = random.nextInt(4) == 0;
        boolean video = !exactOnly && random.nextInt(4) == 0;
        Signal signal = exactOnly
                ? new Signal(SignalType.MD5, RandomSeed.hash(random).toHex().substring(0, 32))
                : new Signal(SignalType.PDQ, RandomSeed.hash(random).toHex());
        ContentDraft draft = new ContentDraft(
                        List.of(signal),
                        random.nextBoolean() ? List.of("x") : List.of("x", "y"),
                        any(null, "case " + number, "Übung macht", "note secret\"x"),
                        any(null, "list", "file"),
                        any(null, "{\"case\":\"case " + number + "\"}"),
                        video ? new KnownVideo(100, List.of(new FrameSpan(RandomSeed.hash(random), 100, 0, 50))) : null)
                .withTreatment(
                        random.nextInt(5) == 0
                                ? new Treatment(null, null, new Quarantine("held", false), null)
                                : Treatment.PLAIN);
        db.apply(
                new Change.AddContents(random.nextInt(10) == 0 ? "B" : "A", List.of(draft)),
                random.nextBoolean() ? ANN : BOB);
    }

    private List<BankContent> pages(ContentFilter filter, boolean newestFirst) {
        List<BankContent> found = new ArrayList<>();
        Page<BankContent> page = db.contents("A", filter, new Paging(null, newestFirst, 7));
        found.addAll(page.rows());
        while (page.next() != null) {
            page = db.contents("A", filter, new Paging(page.next(), newestFirst, 7));
            found.addAll(page.rows());
        }
        return found;
    }

    @Test
    void listsTheJournalOfOneContentAndOfSomeBanks() {
        apply(new Change.CreateBank("A"));
        apply(new Change.CreateBank("B"));
        Applied bulk = apply(
                new Change.AddContents("A", List.of(draft(RandomSeed.hash(random)), draft(RandomSeed.hash(random)))));
        add("B");
        long id = bulk.firstContentId() + 1;
        Applied noted = db.apply(new Change.UpdateContent("A", id, ContentFields.NONE.withNote("x")), BOB);
        Applied undone = apply(new Change.Undo(noted.seq()));
        Applied withdrawn = apply(new Change.Undo(bulk.seq()));
        Applied deleted = apply(new Change.DeleteBank("A"));

        JournalFilter ofContent = new JournalFilter(Set.of("A"), null, id, null, null, null, null);
        Page<JournalRow> page = db.journal(ofContent, new Paging(null, true, 100));
        assertThat(page.rows())
                .extracting(row -> row.entry().seq())
                .containsExactly(deleted.seq(), withdrawn.seq(), undone.seq(), noted.seq(), bulk.seq());
        assertThat(page.rows())
                .extracting(JournalRow::undoneBy)
                .containsExactly(null, null, null, undone.seq(), withdrawn.seq());
        assertThat(page.next()).isNull();
        assertThat(db.journal(new JournalFilter(Set.of("B"), null, id, null, null, null, null), Paging.after(0, 9))
                        .rows())
                .isEmpty();
        assertThat(seqs(new JournalFilter(Set.of("B"), null, null, null, null, null, null)))
                .containsExactly(2L, 4L);
        assertThat(seqs(new JournalFilter(Set.of("A", "B"), "bob", null, null, null, null, null)))
                .containsExactly(noted.seq());
        assertThat(seqs(new JournalFilter(Set.of(), null, null, "create_bank", null, null, null)))
                .containsExactly(1L, 2L);
        assertThat(seqs(new JournalFilter(Set.of("NONE"), null, null, null, null, null, null)))
                .isEmpty();
    }

    private List<Long> seqs(JournalFilter filter) {
        List<Long> seqs = new ArrayList<>();
        Page<JournalRow> page = db.journal(filter, Paging.after(0, 1));
        page.rows().forEach(row -> seqs.add(row.entry().seq()));
        while (page.next() != null) {
            page = db.journal(filter, Paging.after(page.next(), 1));
            page.rows().forEach(row -> seqs.add(row.entry().seq()));
        }
        return seqs;
    }

    /** Where the database is. */
    Databases databases() {
        return Databases.SQLITE;
    }
}
