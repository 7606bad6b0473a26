package org.semblance.hashdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.catalog.Applied;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.BankContent;
import org.semblance.hashdb.catalog.BankFields;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ChangeRefusedException;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.ContentFields;
import org.semblance.hashdb.catalog.ContentRecord;
import org.semblance.hashdb.catalog.ContentStatus;
import org.semblance.hashdb.catalog.Given;
import org.semblance.hashdb.catalog.JournalPayload;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.catalog.Quarantine;
import org.semblance.hashdb.catalog.Treatment;
import org.semblance.hashdb.features.BankedPicture;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.features.RandomFeatures;
import org.semblance.hashdb.hash.FrameSpan;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;

/** Random changes against a model that keeps contents in a map and compares each hash with each query. */
class HashDbModelTest {
    final Databases databases = databases();

    private static final Origin ANYONE = new Origin("model", "");
    private static final Origin SECOND = new Origin("second/person", "");

    /** Waits for nobody's approval. */
    private static final Origin PROGRAM = Origin.ofProgram("program", "");

    @TempDir
    private Path folder;

    private final SplittableRandom random = RandomSeed.random();
    private final TestClock clock = new TestClock();
    private final TreeMap<String, Bank> banks = new TreeMap<>();
    private final TreeMap<Long, BankContent> contents = new TreeMap<>();
    private final TreeMap<Long, KnownVideo> videos = new TreeMap<>();
    private final List<Hash256> hashes = new ArrayList<>(List.of(Hash256.ZERO));
    private final TreeMap<Long, List<BankedPicture>> pictures = new TreeMap<>();
    private final RandomFeatures source = new RandomFeatures(random, 1000, 10);
    private final List<Asked> asked = new ArrayList<>();
    private final TreeMap<Long, BankContent> withdrawn = new TreeMap<>();

    /** The contents that are proposed by each change that waits. */
    private final TreeMap<Long, List<Long>> proposals = new TreeMap<>();

    private long nextBankId = 1;
    private State before = new State(Map.of(), Map.of(), Map.of(), Map.of());

    /** What the model holds. */
    private record State(
            Map<String, Bank> banks,
            Map<Long, BankContent> contents,
            Map<Long, BankContent> withdrawn,
            Map<Long, List<Long>> proposals) {}

    private State state() {
        return new State(Map.copyOf(banks), Map.copyOf(contents), Map.copyOf(withdrawn), Map.copyOf(proposals));
    }

    private void goBack() {
        banks.clear();
        banks.putAll(before.banks);
        contents.clear();
        contents.putAll(before.contents);
        withdrawn.clear();
        withdrawn.putAll(before.withdrawn);
        proposals.clear();
        proposals.putAll(before.proposals);
    }

    @Test
    void answersAsTheModelDoes() throws InterruptedException {
        HashDb db = databases.open(folder, clock);
        try {
            for (int step = 0; step < steps(); step++) {
                if (random.nextInt(100) == 0) {
                    db.close();
                    db = databases.open(folder, clock);
                    if (random.nextBoolean()) {
                        db.awaitView();
                    }
                }
                long seq = db.seq();
                State old = state();
                step(db);
                compare(db, step);
                if (db.seq() > seq) {
                    before = old;
                    remember(db);
                }
                if (random.nextInt(10) == 0) {
                    compareWithThen(db, asked.get(random.nextInt(asked.size())));
                }
            }
            for (Asked question : asked) {
                if (random.nextInt(4) == 0) {
                    compareWithThen(db, question);
                }
            }
            assertThat(db.verify().problems()).as(RandomSeed.replay()).isEmpty();
        } finally {
            db.close();
        }
    }

    /** A question that was asked when a change had just been made. */
    private record Asked(
            long seq,
            Hash256 query,
            String bank,
            List<Match> found,
            List<Match> foundInBank,
            @Nullable Features picture,
            List<String> pictures,
            List<Bank> banks) {}

    private void remember(HashDb db) {
        Hash256 query = RandomSeed.at(hashes.get(random.nextInt(hashes.size())), random.nextInt(40), random);
        String bank = banks.isEmpty() ? "NONE" : anyBank().name();
        List<BankedPicture> its = pictures.isEmpty()
                ? List.of()
                : pictures.ceilingEntry(random.nextLong(pictures.lastKey() + 1)).getValue();
        Features picture = its.isEmpty() ? null : its.getFirst().features();
        asked.add(new Asked(
                db.seq(),
                query,
                bank,
                db.lookup(query),
                db.lookup(List.of(query), Set.of(bank)).getFirst(),
                picture,
                found(db, picture),
                db.banks()));
    }

    private static List<String> found(BankedList list, @Nullable Features picture) {
        return picture == null || picture.count() == 0
                ? List.of()
                : list.lookupFeatures(picture, Set.of(), 0, 1, 1000).stream()
                        .map(match -> match.bank() + " " + match.content() + " "
                                + match.votes().ms() + " " + match.votes().votes())
                        .toList();
    }

    private static void compareWithThen(HashDb db, Asked question) {
        BankedList then = db.asOf(question.seq);
        assertThat(then.banks()).as(RandomSeed.replay()).isEqualTo(question.banks);
        assertThat(then.lookup(List.of(question.query), Set.of()).getFirst())
                .as("as of %s, %s", question.seq, RandomSeed.replay())
                .isEqualTo(question.found);
        assertThat(then.lookup(List.of(question.query), Set.of(question.bank)).getFirst())
                .as("as of %s, %s", question.seq, RandomSeed.replay())
                .isEqualTo(question.foundInBank);
        assertThat(found(then, question.picture))
                .as("as of %s, %s", question.seq, RandomSeed.replay())
                .isEqualTo(question.pictures);
    }

    private void step(HashDb db) {
        int kind = random.nextInt(100);
        if (banks.isEmpty() || kind < 3) {
            createBank(db);
        } else if (kind < 4) {
            deleteBank(db, anyBank());
        } else if (kind < 10) {
            updateBank(db, anyBank());
        } else if (contents.isEmpty() || kind < 60) {
            addContents(db, anyBank());
        } else if (kind < 70) {
            withdraw(db, anyContent());
        } else if (kind < 74) {
            restore(db);
        } else if (kind < 80) {
            undo(db);
        } else if (kind < 84) {
            decide(db);
        } else if (kind < 95) {
            updateContent(db, anyContent());
        } else {
            clock.advance(Duration.ofSeconds(random.nextInt(100)));
        }
    }

    private Bank anyBank() {
        return List.copyOf(banks.values()).get(random.nextInt(banks.size()));
    }

    private BankContent anyContent() {
        return Objects.requireNonNull(contents.ceilingEntry(random.nextLong(contents.lastKey() + 1)))
                .getValue();
    }

    private @Nullable Integer anyThreshold() {
        return random.nextInt(3) == 0 ? null : Integer.valueOf(random.nextInt(60));
    }

    private String freeName() {
        String name;
        do {
            name = "B" + random.nextInt(1000);
        } while (banks.containsKey(name));
        return name;
    }

    private void createBank(HashDb db) {
        BankKind kind = random.nextBoolean() ? BankKind.MATCH : BankKind.ALLOW;
        String name = freeName();
        double ratio = random.nextDouble();
        Integer threshold = anyThreshold();
        boolean needsApproval = random.nextInt(3) == 0;
        db.apply(
                new Change.CreateBank(
                        kind,
                        new BankFields(
                                name, ratio, name + "!", new Given<>(threshold), null, null, null, needsApproval)),
                ANYONE);
        banks.put(
                name,
                new Bank(nextBankId++, name, kind, ratio, name + "!", threshold, true, null, null, needsApproval));
    }

    private void updateBank(HashDb db, Bank bank) {
        String newName = random.nextBoolean() ? freeName() : null;
        Integer threshold = anyThreshold();
        db.apply(
                new Change.UpdateBank(
                        bank.name(),
                        new BankFields(
                                newName,
                                null,
                                null,
                                threshold == null ? null : new Given<>(threshold),
                                null,
                                null,
                                null)),
                PROGRAM);
        banks.remove(bank.name());
        Bank updated = new Bank(
                bank.id(),
                newName == null ? bank.name() : newName,
                bank.kind(),
                bank.enabledRatio(),
                bank.description(),
                threshold == null ? bank.distanceThreshold() : threshold,
                true,
                null,
                null,
                bank.needsApproval());
        banks.put(updated.name(), updated);
        withdrawn.replaceAll((id, content) -> content.bank().equals(bank.name())
                ? with(content, updated.name(), content.status(), content.disabledUntil(), content.note())
                : content);
        contents.replaceAll((id, content) -> content.bank().equals(bank.name())
                ? with(content, updated.name(), content.status(), content.disabledUntil(), content.note())
                : content);
    }

    private void deleteBank(HashDb db, Bank bank) {
        long its = contents.values().stream()
                .filter(c -> c.bank().equals(bank.name()))
                .count();
        Applied applied = db.apply(new Change.DeleteBank(bank.name()), PROGRAM);
        assertThat(applied.contents()).as(RandomSeed.replay()).isEqualTo((int) its);
        banks.remove(bank.name());
        contents.values().removeIf(content -> content.bank().equals(bank.name()));
        withdrawn.values().removeIf(content -> content.bank().equals(bank.name()));
        // What waits for a bank that is gone waits in vain, until the bank is there again.
    }

    private void addContents(HashDb db, Bank bank) {
        List<ContentDraft> drafts = new ArrayList<>();
        for (int i = random.nextInt(4); i >= 0; i--) {
            KnownVideo video = random.nextInt(4) == 0 ? anyVideo() : null;
            List<Signal> signals = IntStream.range(video == null ? 0 : 1, random.nextInt(1, 4))
                    .mapToObj(signal -> new Signal(SignalType.PDQ, anyHash().toHex()))
                    .distinct()
                    .toList();
            List<BankedPicture> its = random.nextInt(3) == 0 ? source.content(2, 30) : List.of();
            drafts.add(new ContentDraft(signals, List.of("a", "b"), "n" + i, "s", null, video, its, anyTreatment()));
        }
        Applied applied = db.apply(new Change.AddContents(bank.name(), drafts), ANYONE);
        assertThat(applied.contents()).isEqualTo(drafts.size());
        assertThat(applied.proposed()).isEqualTo(bank.needsApproval());
        long id = applied.firstContentId();
        if (applied.proposed()) {
            proposals.put(
                    applied.seq(),
                    LongStream.range(id, id + drafts.size()).boxed().toList());
        }
        for (ContentDraft draft : drafts) {
            assertThat(contents).as("ids used again, %s", RandomSeed.replay()).doesNotContainKey(id);
            contents.put(
                    id,
                    new BankContent(
                            id,
                            bank.name(),
                            bank.needsApproval() ? ContentStatus.PROPOSED : ContentStatus.ENABLED,
                            null,
                            draft.signals(),
                            draft.labels(),
                            draft.note(),
                            draft.source(),
                            null,
                            clock.instant(),
                            draft.video() == null ? null : draft.video().summary(),
                            draft.treatment(),
                            ANYONE.actor()));
            if (draft.video() != null) {
                videos.put(id, draft.video());
            }
            if (!draft.pictures().isEmpty()) {
                pictures.put(id, draft.pictures());
            }
            id++;
        }
    }

    private Treatment anyTreatment() {
        return random.nextInt(3) > 0
                ? Treatment.PLAIN
                : new Treatment(
                        random.nextBoolean() ? null : random.nextInt(60),
                        random.nextBoolean() ? null : "remove",
                        random.nextBoolean() ? null : new Quarantine("flood", random.nextBoolean()),
                        null);
    }

    /** Some of its hashes come again in it, and some are those of other contents. */
    private KnownVideo anyVideo() {
        List<FrameSpan> frames = new ArrayList<>();
        int count = random.nextInt(4) == 0 ? random.nextInt(1, 250) : random.nextInt(1, 5);
        for (int i = 0; i < count; i++) {
            Hash256 hash = i < 3 ? anyHash() : frames.get(random.nextInt(3)).hash();
            frames.add(new FrameSpan(hash, random.nextInt(101), i, i + random.nextInt(9)));
        }
        return new KnownVideo(300, frames);
    }

    /** The hashes by which a content is found, each once. */
    private List<Hash256> hashesOf(BankContent content) {
        Stream<Hash256> signals = content.signals().stream().map(Signal::hash);
        KnownVideo video = videos.get(content.id());
        return (video == null
                        ? signals
                        : Stream.concat(signals, video.frames().stream().map(FrameSpan::hash)))
                .distinct()
                .toList();
    }

    /** Often one near or equal to one that is there. */
    private Hash256 anyHash() {
        Hash256 hash = random.nextInt(3) == 0
                ? RandomSeed.hash(random)
                : RandomSeed.at(hashes.get(random.nextInt(hashes.size())), random.nextInt(40), random);
        hashes.add(hash);
        return hash;
    }

    private void withdraw(HashDb db, BankContent content) {
        db.apply(new Change.WithdrawContent(content.bank(), content.id()), PROGRAM);
        contents.remove(content.id());
        withdrawn.put(content.id(), content);
    }

    private void restore(HashDb db) {
        if (withdrawn.isEmpty()) {
            return;
        }
        long id = Objects.requireNonNull(withdrawn.ceilingKey(random.nextLong(withdrawn.lastKey() + 1)));
        BankContent content = Objects.requireNonNull(withdrawn.remove(id));
        ContentStatus status = random.nextBoolean() ? ContentStatus.ENABLED : ContentStatus.DISABLED;
        db.apply(new Change.UpdateContent(content.bank(), id, status, null), PROGRAM);
        contents.put(id, with(content, content.bank(), status, null, content.note()));
    }

    /** The newest change: then all is as it was before. */
    private void undo(HashDb db) {
        if (db.seq() == 0) {
            return;
        }
        JournalPayload newest = db.journal(db.seq() - 1, 1).getFirst().change();
        Change.Undo undo = new Change.Undo(db.seq());
        if (newest instanceof JournalPayload.ProposalDecided) {
            assertThatThrownBy(() -> db.apply(undo, PROGRAM)).isInstanceOf(ChangeRefusedException.class);
            return;
        }
        db.apply(undo, PROGRAM);
        assertThatThrownBy(() -> db.apply(undo, PROGRAM))
                .isInstanceOf(ChangeRefusedException.class)
                .hasMessageContaining("was undone by change " + db.seq());
        goBack();
    }

    private void decide(HashDb db) {
        if (proposals.isEmpty()) {
            return;
        }
        long proposal = Objects.requireNonNull(proposals.ceilingKey(random.nextLong(proposals.lastKey() + 1)));
        boolean approve = random.nextInt(3) > 0;
        Change.Decide decide = new Change.Decide(proposal, approve);
        List<Long> ids = Objects.requireNonNull(proposals.get(proposal));
        long bankId = db.journal(proposal - 1, 1).getFirst().change().bankId();
        if (banks.values().stream().noneMatch(bank -> bank.id() == bankId)) {
            assertThatThrownBy(() -> db.apply(decide, SECOND)).isInstanceOf(ChangeRefusedException.class);
            return;
        }
        if (approve) {
            assertThatThrownBy(() -> db.apply(decide, new Origin("model/again", "")))
                    .isInstanceOf(ChangeRefusedException.class);
        }
        db.apply(decide, SECOND);
        proposals.remove(proposal);
        for (long id : ids) {
            BankContent content = contents.get(id);
            if (content == null || content.status() != ContentStatus.PROPOSED) {
                continue;
            }
            if (approve) {
                contents.put(
                        id,
                        ContentFields.NONE
                                .withConfirmedBy(SECOND.actor())
                                .appliedTo(with(content, content.bank(), ContentStatus.ENABLED, null, content.note())));
            } else {
                contents.remove(id);
                withdrawn.put(id, content);
            }
        }
    }

    private void updateContent(HashDb db, BankContent content) {
        if (content.status() == ContentStatus.PROPOSED) {
            assertThatThrownBy(() -> db.apply(
                            new Change.UpdateContent(content.bank(), content.id(), ContentStatus.ENABLED, null),
                            PROGRAM))
                    .isInstanceOf(ChangeRefusedException.class);
            return;
        }
        ContentStatus status = random.nextBoolean() ? ContentStatus.ENABLED : ContentStatus.DISABLED;
        Instant until = status == ContentStatus.DISABLED && random.nextBoolean()
                ? clock.instant().plusSeconds(random.nextInt(1000))
                : null;
        String note = "note " + random.nextInt();
        ContentFields fields = ContentFields.NONE.withNote(note);
        if (random.nextBoolean()) {
            fields = fields.or(ContentFields.of(anyTreatment()));
        }
        boolean confirms = random.nextInt(4) == 0;
        Origin second = Origin.ofProgram(SECOND.actor(), "");
        db.apply(
                new Change.UpdateContent(
                        content.bank(), content.id(), status, until, confirms ? Boolean.TRUE : null, fields),
                second);
        ContentFields made = confirms
                ? fields.withConfirmedBy(second.actor())
                : fields.withConfirmedBy(content.treatment().confirmedBy());
        contents.put(content.id(), made.appliedTo(with(content, content.bank(), status, until, note)));
    }

    private static BankContent with(
            BankContent content, String bank, ContentStatus status, @Nullable Instant until, @Nullable String note) {
        return new BankContent(
                content.id(),
                bank,
                status,
                until,
                content.signals(),
                content.labels(),
                note,
                content.source(),
                content.metadata(),
                content.createdAt(),
                content.video(),
                content.treatment(),
                content.addedBy());
    }

    private ContentRecord record(Bank bank, BankContent content) {
        return new ContentRecord(
                content.id(),
                bank.id(),
                content.status(),
                content.disabledUntil(),
                content.labels(),
                content.note(),
                content.source(),
                content.metadata(),
                content.createdAt(),
                content.video() == null ? 0 : content.video().durationMs(),
                content.video() == null ? 0 : content.video().pictures(),
                false,
                content.treatment());
    }

    private void compare(HashDb db, int step) {
        Hash256 query = RandomSeed.at(hashes.get(random.nextInt(hashes.size())), random.nextInt(40), random);
        List<Match> expected = new ArrayList<>();
        for (BankContent content : contents.values()) {
            Bank bank = Objects.requireNonNull(banks.get(content.bank()));
            Integer own = content.treatment().distanceThreshold();
            Integer common = own == null ? bank.distanceThreshold() : own;
            int threshold = common == null ? 31 : common;
            int distance = hashesOf(content).stream()
                    .mapToInt(hash -> hash.distance(query))
                    .min()
                    .orElseThrow();
            if (distance <= threshold && content.enabledAt(clock.instant())) {
                expected.add(new Match(bank, record(bank, content), SignalType.PDQ, distance, threshold));
            }
        }
        expected.sort(Comparator.comparingInt(Match::distance)
                .thenComparingLong(match -> match.content().id()));
        assertThat(db.lookup(query))
                .as("step %s, %s", step, RandomSeed.replay())
                .isEqualTo(expected);
        assertThat(db.banks()).as(RandomSeed.replay()).isEqualTo(List.copyOf(banks.values()));
        assertThat(db.size())
                .as("step %s, %s", step, RandomSeed.replay())
                .isEqualTo(contents.values().stream()
                        .mapToLong(c -> hashesOf(c).size())
                        .sum());
        compareFeatures(db, step);
        if (!contents.isEmpty()) {
            long id = random.nextLong(contents.lastKey() + 2);
            BankContent content = contents.get(id);
            assertThat(db.video(id))
                    .as("step %s, %s", step, RandomSeed.replay())
                    .isEqualTo(content == null ? Optional.empty() : Optional.ofNullable(videos.get(id)));
            if (content != null) {
                assertThat(db.content(content.bank(), id))
                        .as(RandomSeed.replay())
                        .contains(content);
            }
        }
    }

    private void compareFeatures(HashDb db, int step) {
        if (pictures.isEmpty()) {
            return;
        }
        long id =
                Objects.requireNonNull(pictures.floorKey(random.nextLong(pictures.firstKey(), pictures.lastKey() + 1)));
        BankContent content = contents.get(id);
        List<BankedPicture> its = Objects.requireNonNull(pictures.get(id));
        BankedPicture picture = its.get(random.nextInt(its.size()));
        if (picture.features().count() > 0) {
            String bank = content == null || random.nextBoolean() ? "" : content.bank();
            List<PictureMatch> found =
                    db.lookupFeatures(picture.features(), bank.isEmpty() ? Set.of() : Set.of(bank), 0, 1, 1000);
            assertThat(found.stream()
                            .anyMatch(match -> match.content().id() == id
                                    && match.votes().ms() == picture.ms()
                                    && match.votes().votes()
                                            >= picture.features().count()))
                    .as("step %s, %s", step, RandomSeed.replay())
                    .isEqualTo(content != null && content.enabledAt(clock.instant()));
        }
    }

    int steps() {
        return 1_000;
    }

    /** Where the database is. */
    Databases databases() {
        return Databases.SQLITE;
    }
}
