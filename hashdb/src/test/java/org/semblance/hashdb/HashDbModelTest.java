package org.semblance.hashdb;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;
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
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.ContentFields;
import org.semblance.hashdb.catalog.ContentRecord;
import org.semblance.hashdb.catalog.ContentStatus;
import org.semblance.hashdb.catalog.Given;
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
    private static final Origin ANYONE = new Origin("model", "");
    private static final int STEPS = 1_000;

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
    private long nextBankId = 1;

    @Test
    void answersAsTheModelDoes() throws InterruptedException {
        HashDb db = HashDb.open(folder, clock);
        try {
            for (int step = 0; step < STEPS; step++) {
                if (random.nextInt(100) == 0) {
                    db.close();
                    db = HashDb.open(folder, clock);
                    if (random.nextBoolean()) {
                        db.awaitView();
                    }
                }
                long before = db.seq();
                step(db);
                compare(db, step);
                if (db.seq() > before) {
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
        } else if (kind < 75) {
            withdraw(db, anyContent());
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
        db.apply(new Change.CreateBank(name, kind, ratio, name + "!", threshold), ANYONE);
        banks.put(name, new Bank(nextBankId++, name, kind, ratio, name + "!", threshold));
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
                ANYONE);
        banks.remove(bank.name());
        Bank updated = new Bank(
                bank.id(),
                newName == null ? bank.name() : newName,
                bank.kind(),
                bank.enabledRatio(),
                bank.description(),
                threshold == null ? bank.distanceThreshold() : threshold);
        banks.put(updated.name(), updated);
        contents.replaceAll((id, content) -> content.bank().equals(bank.name())
                ? with(content, updated.name(), content.status(), content.disabledUntil(), content.note())
                : content);
    }

    private void deleteBank(HashDb db, Bank bank) {
        long its = contents.values().stream()
                .filter(c -> c.bank().equals(bank.name()))
                .count();
        Applied applied = db.apply(new Change.DeleteBank(bank.name()), ANYONE);
        assertThat(applied.contents()).as(RandomSeed.replay()).isEqualTo((int) its);
        banks.remove(bank.name());
        contents.values().removeIf(content -> content.bank().equals(bank.name()));
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
        long id = applied.firstContentId();
        for (ContentDraft draft : drafts) {
            assertThat(contents).as("ids used again, %s", RandomSeed.replay()).doesNotContainKey(id);
            contents.put(
                    id,
                    new BankContent(
                            id,
                            bank.name(),
                            ContentStatus.ENABLED,
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
        db.apply(new Change.WithdrawContent(content.bank(), content.id()), ANYONE);
        contents.remove(content.id());
    }

    private void updateContent(HashDb db, BankContent content) {
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
        Origin second = new Origin("second/person", "");
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
}
