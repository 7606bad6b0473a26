package org.semblance.hashdb;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.ContentStatus;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.exchange.HashListWriter;
import org.semblance.hashdb.features.BankedPicture;
import org.semblance.hashdb.features.FeatureIndexState;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.features.RandomFeatures;
import org.semblance.hashdb.follow.IndexKeeper;
import org.semblance.hashdb.follow.IndexKind;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;

/** A content is found by the features of its pictures from the moment on in which it is acknowledged. */
class BankedFeaturesTest {
    final Databases databases = databases();

    private static final Origin ANALYST = new Origin("analyst", "");
    private static final Signal MD5 = new Signal(SignalType.MD5, "d35c785545392755e7e4164457657269");

    @TempDir
    private Path folder;

    private final SplittableRandom random = RandomSeed.random();
    private final RandomFeatures source = new RandomFeatures(random, 1000, 10);
    private HashDb db;

    @BeforeEach
    void open() {
        db = databases.open(folder);
        if (db.seq() == 0) {
            db.apply(new Change.CreateBank("A"), ANALYST);
            db.apply(new Change.CreateBank("B"), ANALYST);
        }
    }

    @AfterEach
    void close() {
        db.close();
    }

    private void reopen() {
        db.close();
        open();
    }

    private Path snapshot() {
        return folder.resolve(IndexKind.FEATURES.fileName());
    }

    private static ContentDraft draft(BankedPicture... pictures) {
        return new ContentDraft(List.of(MD5)).withPictures(List.of(pictures));
    }

    private long add(String bank, BankedPicture... pictures) {
        return db.apply(new Change.AddContents(bank, List.of(draft(pictures))), ANALYST)
                .firstContentId();
    }

    private List<Long> found(Features query, String... banks) {
        return db.lookupFeatures(query, Set.of(banks), 0, 40, 100).stream()
                .map(match -> match.content().id())
                .toList();
    }

    @Test
    void isFoundWhenItsAdditionIsAcknowledgedAndAfterEachRestart() throws Exception {
        BankedPicture first = new BankedPicture(0, source.picture(50));
        BankedPicture second = new BankedPicture(1500, source.picture(50));
        long id = add("A", first, second);
        for (int restart = 0; restart < 3; restart++) {
            List<PictureMatch> matches = db.lookupFeatures(second.features(), Set.of(), 34, 40, 10);
            assertThat(matches).as(RandomSeed.replay()).singleElement().satisfies(match -> {
                assertThat(match.bank().name()).isEqualTo("A");
                assertThat(match.content().id()).isEqualTo(id);
                assertThat(match.votes().ms()).isEqualTo(1500);
                assertThat(match.votes().banked()).isEqualTo(second.features());
                assertThat(match.votes().mirrored()).isFalse();
            });
            assertThat(found(first.features())).containsExactly(id);
            VerifyReport report = db.verify();
            assertThat(report.problems()).isEmpty();
            assertThat(report.pictures()).isEqualTo(2);
            assertThat(db.state().features().contents()).isEqualTo(1);
            reopen();
            if (restart == 1) {
                // Then the index is built from the catalog.
                db.close();
                Files.delete(snapshot());
                open();
            }
        }
    }

    @Test
    void isFoundOnceInAnEarlierListWhateverWasDoneSince() {
        Features picture = source.picture(50);
        long id = add("A", new BankedPicture(0, picture));
        BankedList then = db.asOf(db.seq());
        int[] once = then.documentFrequency(picture, 0, 0);
        Change withdraw = new Change.WithdrawContent("A", id);
        for (Change since : List.of(withdraw, new Change.Undo(db.seq() + 1), withdraw)) {
            db.apply(since, ANALYST);
            assertThat(then.lookupFeatures(picture, Set.of(), 0, 40, 100))
                    .as("after %s", since)
                    .singleElement()
                    .extracting(match -> match.content().id())
                    .isEqualTo(id);
            assertThat(then.documentFrequency(picture, 0, 0))
                    .as("after %s", since)
                    .isEqualTo(once);
        }
    }

    @Test
    void isNotFoundOnceItIsWithdrawnOrItsBankDeleted() {
        Features picture = source.picture(50);
        long one = add("A", new BankedPicture(0, picture));
        long other = add("B", new BankedPicture(0, picture));
        long third = add("B", new BankedPicture(0, picture));
        assertThat(found(picture)).containsExactly(one, other, third);
        db.apply(new Change.WithdrawContent("B", other), ANALYST);
        assertThat(found(picture)).containsExactly(one, third);
        db.apply(new Change.DeleteBank("B"), ANALYST);
        assertThat(found(picture)).containsExactly(one);
        assertThat(db.state().features().features()).isEqualTo(50);
        reopen();
        assertThat(found(picture)).containsExactly(one);
        assertThat(db.verify().problems()).isEmpty();
    }

    @Test
    void aDisabledContentTakesNoOthersPlace() {
        Features picture = source.picture(50);
        List<Long> ids = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            ids.add(add("A", new BankedPicture(0, picture)));
        }
        for (long id : ids.subList(0, 4)) {
            db.apply(new Change.UpdateContent("A", id, ContentStatus.DISABLED, null), ANALYST);
        }
        assertThat(db.lookupFeatures(picture, Set.of(), 0, 40, 2))
                .extracting(match -> match.content().id())
                .containsExactlyElementsOf(ids.subList(4, 6));
        db.apply(new Change.UpdateContent("A", ids.get(1), ContentStatus.ENABLED, null), ANALYST);
        assertThat(db.lookupFeatures(picture, Set.of(), 0, 40, 2))
                .extracting(match -> match.content().id())
                .containsExactly(ids.get(1), ids.get(4));
    }

    @Test
    void isFoundInTheBanksThatAreAskedAlone() throws InterruptedException {
        Features picture = source.picture(50);
        long one = add("A", new BankedPicture(0, picture));
        long other = add("B", new BankedPicture(0, picture));
        for (int restart = 0; restart < 2; restart++) {
            assertThat(found(picture, "B")).containsExactly(other);
            assertThat(found(picture, "A", "B", "NONE")).containsExactly(one, other);
            assertThat(found(picture, "NONE")).isEmpty();
            assertThat(db.lookupFeatures(picture, Set.of("B"), 0, 40, 1)).hasSize(1);
            reopen();
            db.awaitContentBanks();
        }
        // The same picture in another bank makes no template of it.
        assertThat(db.documentFrequency(picture, 34, one)).hasSize(50).containsOnly(0);
    }

    @Test
    void aDamagedForeignOrOldSnapshotIsNotTaken(@TempDir Path aside) throws IOException {
        Features picture = source.picture(50);
        long id = add("A", new BankedPicture(0, picture));
        db.close();
        Path old = aside.resolve("old");
        Files.copy(snapshot(), old);
        for (int i = 0; i < 5; i++) {
            try (RandomAccessFile file = new RandomAccessFile(snapshot().toFile(), "rw")) {
                long at = random.nextLong(file.length());
                file.seek(at);
                int before = file.read();
                file.seek(at);
                file.write(before ^ 1 << random.nextInt(8));
            }
            open();
            assertThat(found(picture)).as(RandomSeed.replay()).containsExactly(id);
            assertThat(db.verify().problems()).as(RandomSeed.replay()).isEmpty();
            db.close();
        }
        open();
        db.apply(new Change.WithdrawContent("A", id), ANALYST);
        long next = add("B", new BankedPicture(0, picture));
        db.close();
        Files.delete(snapshot());
        Files.copy(old, snapshot());
        open();
        assertThat(found(picture)).containsExactly(next);
        db.close();
        try (HashDb other = databases.open(aside.resolve("other"))) {
            other.apply(new Change.CreateBank("A"), ANALYST);
            other.apply(new Change.AddContents("A", List.of(draft(new BankedPicture(0, source.picture(50))))), ANALYST);
        }
        Files.delete(snapshot());
        Files.copy(aside.resolve("other").resolve(IndexKind.FEATURES.fileName()), snapshot());
        open();
        assertThat(found(picture)).containsExactly(next);
        assertThat(db.verify().problems()).isEmpty();
    }

    @Test
    void aBulkAndWhatComesWhileTheIndexIsSavedAreThere(@TempDir Path busy) throws InterruptedException {
        List<BankedPicture> pictures = new ArrayList<>();
        IndexKeeper.Saving always = new IndexKeeper.Saving(1, 1 << 30, Duration.ZERO, 2);
        long withdrawn = 0;
        try (HashDb saving = databases.open(busy, InstantSource.system(), always)) {
            saving.apply(new Change.CreateBank("A"), ANALYST);
            for (int i = 0; i < 60; i++) {
                List<ContentDraft> drafts = new ArrayList<>();
                for (int j = random.nextInt(1, 4); j > 0; j--) {
                    pictures.add(new BankedPicture(0, source.picture(40)));
                    drafts.add(draft(pictures.getLast()));
                }
                long first = saving.apply(new Change.AddContents("A", drafts), ANALYST)
                        .firstContentId();
                if (i % 10 == 5) {
                    saving.apply(new Change.WithdrawContent("A", first), ANALYST);
                    withdrawn++;
                }
            }
            saving.awaitIndex();
            // What came while the last save was under way is saved with the next change.
            for (int i = 0; i < 100 && saving.state().featuresUnsaved() > 0; i++) {
                saving.apply(new Change.CreateBank("NEXT_" + i), ANALYST);
                saving.awaitIndex();
            }
            assertThat(saving.state().featuresUnsaved()).isZero();
            assertThat(saving.state().featuresSnapshotBytes()).isPositive();
        }
        try (HashDb saved = databases.open(busy)) {
            assertThat(saved.state().features().contents()).isEqualTo(pictures.size() - withdrawn);
            assertThat(saved.verify().problems()).as(RandomSeed.replay()).isEmpty();
        }
    }

    @Test
    void aDatabaseWithoutFeaturesHasNoFileAndNoMemoryForThem() {
        add("A");
        reopen();
        assertThat(db.state().features()).isEqualTo(FeatureIndexState.EMPTY);
        assertThat(snapshot()).doesNotExist();
        assertThat(db.lookupFeatures(source.picture(50), Set.of(), 34, 1, 10)).isEmpty();
        assertThat(db.verify().pictures()).isZero();
    }

    @Test
    void featuresLeaveTheDatabaseByABackupAlone(@TempDir Path copy) throws IOException {
        Features picture = source.picture(50);
        long id = add("A", new BankedPicture(0, picture));
        long plain = add("A");
        StringWriter out = new StringWriter();
        try (HashListWriter list = new HashListWriter(out, BankKind.MATCH, content -> Optional.empty())) {
            list.write(db.content("A", id).orElseThrow());
            list.write(db.content("A", plain).orElseThrow());
        }
        List<String> lines = out.toString().lines().toList();
        assertThat(lines.get(1)).isEqualTo(lines.get(2));
        String payload = db.journal(2, 1).getFirst().payload();
        assertThat(payload.replaceAll("[0-9a-f]{64}", ""))
                .isEqualTo("{\"bank\":\"A\",\"bank_id\":1,\"contents\":1,\"first_id\":1,\"sha256\":\"\"}");
        db.backup(copy);
        try (HashDb restored = HashDb.open(copy)) {
            assertThat(restored.lookupFeatures(picture, Set.of(), 0, 40, 10)).hasSize(1);
        }
    }

    /** Where the database is. */
    Databases databases() {
        return Databases.SQLITE;
    }
}
