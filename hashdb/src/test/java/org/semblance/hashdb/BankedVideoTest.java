package org.semblance.hashdb;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.catalog.BankContent;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.ContentFields;
import org.semblance.hashdb.catalog.ContentStatus;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.catalog.VideoSummary;
import org.semblance.hashdb.follow.IndexKind;
import org.semblance.hashdb.hash.FrameSpan;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;

/** A video is found by each of its frames as an image is by its hash, and its frames come back as they were banked. */
class BankedVideoTest {
    final Databases databases = databases();

    private static final Origin ANALYST = new Origin("analyst", "");
    private static final Signal MD5 = new Signal(SignalType.MD5, "d35c785545392755e7e4164457657269");

    @TempDir
    private Path folder;

    private final SplittableRandom random = RandomSeed.random();
    private final KnownVideo video = RandomSeed.video(230, random);
    private HashDb db;

    @BeforeEach
    void open() {
        db = databases.open(folder);
        if (db.seq() == 0) {
            db.apply(new Change.CreateBank("A"), ANALYST);
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

    private long add(ContentDraft draft) {
        return db.apply(new Change.AddContents("A", List.of(draft)), ANALYST).firstContentId();
    }

    private static Set<Hash256> hashes(KnownVideo video) {
        Set<Hash256> hashes = new HashSet<>();
        video.frames().forEach(frame -> hashes.add(frame.hash()));
        return hashes;
    }

    private void isFoundByEachFrame(long id) {
        List<Hash256> queries = new ArrayList<>();
        hashes(video).forEach(hash -> queries.add(RandomSeed.at(hash, random.nextInt(32), random)));
        for (List<Match> matches : db.lookup(queries)) {
            assertThat(matches).as(RandomSeed.replay()).hasSize(1);
            assertThat(matches.getFirst().content().id()).isEqualTo(id);
            assertThat(matches.getFirst().content().videoMs()).isEqualTo(video.durationMs());
            assertThat(matches.getFirst().content().pictures())
                    .isEqualTo(video.frames().size());
        }
        assertThat(db.size()).isEqualTo(hashes(video).size());
        assertThat(db.video(id)).contains(video);
        assertThat(db.lookupDigest(MD5)).hasSize(1);
    }

    @Test
    void isFoundByEachOfItsFrames() throws Exception {
        long id = add(new ContentDraft(List.of(MD5), video));
        isFoundByEachFrame(id);
        db.awaitView();
        isFoundByEachFrame(id);
        reopen();
        isFoundByEachFrame(id);
        db.awaitView();
        isFoundByEachFrame(id);
        db.close();
        Files.delete(folder.resolve(IndexKind.HASHES.fileName()));
        open();
        isFoundByEachFrame(id);
        assertThat(db.verify().problems()).isEmpty();
    }

    @Test
    void isListedWithItsSummary() {
        long id = add(new ContentDraft(List.of(MD5), video));
        BankContent content = db.contents("A", 0, 10).getFirst();
        assertThat(content.video())
                .isEqualTo(new VideoSummary(video.durationMs(), video.frames().size()));
        assertThat(content.signals()).containsExactly(MD5);
        assertThat(db.content("A", id)).contains(content);
    }

    @Test
    void storesAHashOnceHoweverOftenTheContentHasIt() {
        Hash256 hash = RandomSeed.hash(random);
        Hash256 other = RandomSeed.hash(random);
        FrameSpan first = new FrameSpan(hash, 90, 0, 10);
        FrameSpan again = new FrameSpan(hash, 91, 500, 510);
        KnownVideo repeats = new KnownVideo(600, List.of(first, again, new FrameSpan(other, 0, 20, 30)));
        long id = add(new ContentDraft(List.of(new Signal(SignalType.PDQ, hash.toHex())), repeats));
        assertThat(db.size()).isEqualTo(2);
        assertThat(db.video(id).orElseThrow().frames())
                .as("by the time they come")
                .containsExactly(first, new FrameSpan(other, 0, 20, 30), again);
        assertThat(db.verify().hashes()).isEqualTo(2);
        assertThat(db.verify().problems()).isEmpty();
        db.apply(new Change.WithdrawContent("A", id), ANALYST);
        assertThat(db.size()).isZero();
    }

    @Test
    void isThereWhileDisabledAndGoneWhenWithdrawn() throws Exception {
        db.awaitView();
        Hash256 hash = video.frames().getFirst().hash();
        long id = add(new ContentDraft(List.of(), video));
        db.apply(
                new Change.UpdateContent(
                        "A", id, ContentStatus.DISABLED, null, null, ContentFields.NONE.withLabels(List.of("x"))),
                ANALYST);
        assertThat(db.lookup(hash)).isEmpty();
        assertThat(db.video(id)).contains(video);
        db.apply(new Change.UpdateContent("A", id, ContentStatus.ENABLED, null), ANALYST);
        assertThat(db.lookup(hash)).hasSize(1);
        assertThat(db.verify().problems()).isEmpty();
        db.apply(new Change.WithdrawContent("A", id), ANALYST);
        assertThat(db.lookup(hash)).isEmpty();
        assertThat(db.video(id)).isEmpty();
        assertThat(db.video(id + 1)).isEmpty();
        assertThat(db.size()).isZero();
        assertThat(db.verify().problems()).isEmpty();
    }

    @Test
    void goesWithItsBankAndIntoBackups(@TempDir Path target) throws Exception {
        db.awaitView();
        long id = add(new ContentDraft(List.of(), video));
        db.backup(target.resolve("copy"));
        db.apply(new Change.DeleteBank("A"), ANALYST);
        assertThat(db.size()).isZero();
        assertThat(db.video(id)).isEmpty();
        assertThat(db.verify().problems()).isEmpty();
        try (HashDb copy = HashDb.open(target.resolve("copy"))) {
            assertThat(copy.video(id)).contains(video);
            assertThat(copy.lookup(video.frames().getFirst().hash())).hasSize(1);
            assertThat(copy.verify().problems()).isEmpty();
        }
    }

    @Test
    void keepsAsManyFramesAsAreAllowed() throws Exception {
        db.awaitView();
        FrameSpan frame = new FrameSpan(Hash256.ZERO, 50, 0, KnownVideo.MAX_DURATION_MS);
        KnownVideo longest =
                new KnownVideo(KnownVideo.MAX_DURATION_MS, Collections.nCopies(KnownVideo.MAX_FRAMES, frame));
        long id = add(new ContentDraft(List.of(), longest));
        assertThat(db.video(id).equals(Optional.of(longest))).isTrue();
        assertThat(db.size()).isOne();
    }

    /** Frames that many videos share are found by many frames of an upload. */
    @Test
    void answersABatchThatHitsManyContentsAsEachOfItsQueries() {
        Hash256 generic = RandomSeed.hash(random);
        List<ContentDraft> drafts = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            List<FrameSpan> frames = new ArrayList<>();
            frames.add(new FrameSpan(generic, 80, 0, 0));
            frames.add(new FrameSpan(RandomSeed.at(generic, random.nextInt(9), random), 80, 0, 0));
            drafts.add(new ContentDraft(List.of(), new KnownVideo(1, frames)));
        }
        db.apply(new Change.AddContents("A", drafts), ANALYST);
        List<Hash256> queries = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            queries.add(RandomSeed.at(generic, random.nextInt(31), random));
        }
        List<List<Match>> answers = db.lookup(queries);
        for (int i = 0; i < queries.size(); i++) {
            Hash256 query = queries.get(i);
            List<Integer> expected = new ArrayList<>();
            for (ContentDraft draft : drafts) {
                expected.add(Objects.requireNonNull(draft.video()).frames().stream()
                        .mapToInt(frame -> frame.hash().distance(query))
                        .min()
                        .orElseThrow());
            }
            expected.removeIf(distance -> distance > 31);
            expected.sort(null);
            assertThat(answers.get(i))
                    .extracting(Match::distance)
                    .as(RandomSeed.replay())
                    .isEqualTo(expected);
            assertThat(answers.get(i)).isEqualTo(db.lookup(query));
            assertThat(answers.get(i)).doesNotHaveDuplicates();
        }
    }

    /** Which is brought to this schema as it is opened; the digests of its journal hold as they are. */
    @Test
    void isBankedInADatabaseOfAnOlderRelease(@TempDir Path older) throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + older.resolve("catalog.db"));
                Statement statement = connection.createStatement()) {
            statement.executeUpdate(text("catalog-of-schema-2.sql"));
        }
        long id;
        try (HashDb old = HashDb.open(older)) {
            assertThat(old.seq()).isEqualTo(6);
            assertThat(old.verify().problems()).isEmpty();
            assertThat(old.lookup(Hash256.parse("fedcba9876543210".repeat(4)))).hasSize(1);
            assertThat(old.video(1)).isEmpty();
            id = old.apply(new Change.AddContents("B", List.of(new ContentDraft(List.of(), video))), ANALYST)
                    .firstContentId();
            assertThat(old.verify().problems()).isEmpty();
        }
        try (HashDb old = HashDb.open(older)) {
            assertThat(old.video(id)).contains(video);
            assertThat(old.verify().problems()).isEmpty();
        }
    }

    private static String text(String resource) throws IOException {
        try (InputStream in = Objects.requireNonNull(BankedVideoTest.class.getResourceAsStream(resource))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** Where the database is. */
    Databases databases() {
        return Databases.SQLITE;
    }
}
