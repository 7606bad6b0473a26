package org.semblance.hashdb;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.ContentFields;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.file.SealedText;
import org.semblance.hashdb.follow.IndexKeeper;
import org.semblance.hashdb.hash.FrameSpan;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;
import org.slf4j.LoggerFactory;

/** The life of the view: kept over a clean stop, caught up, or built anew; in each case it equals the catalog. */
class ServingViewTest {
    private static final Origin ANYONE = new Origin("test", "");
    private static final Signal MD5 = new Signal(SignalType.MD5, "d35c785545392755e7e4164457657269");

    final Databases databases = databases();

    @TempDir
    private Path folder;

    private final SplittableRandom random = RandomSeed.random();
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final Hash256 hash = RandomSeed.hash(random);

    /** Of three pages, and so shown first that a query for {@link #hash} finds it as well. */
    private final KnownVideo video = startingWith(hash, RandomSeed.video(250, random));

    private static KnownVideo startingWith(Hash256 hash, KnownVideo video) {
        List<FrameSpan> frames = new ArrayList<>(video.frames());
        frames.set(0, new FrameSpan(hash, 80, 0, 10));
        return new KnownVideo(video.durationMs(), frames);
    }

    @BeforeEach
    void listen() {
        log.start();
        ((Logger) LoggerFactory.getLogger("org.semblance.hashdb")).addAppender(log);
    }

    @AfterEach
    void stopListening() {
        ((Logger) LoggerFactory.getLogger("org.semblance.hashdb")).detachAppender(log);
    }

    private HashDb openWithView() throws InterruptedException {
        HashDb db = databases.open(folder);
        db.awaitView();
        return db;
    }

    private static ContentDraft draft(Signal... signals) {
        return new ContentDraft(List.of(signals), List.of("label"), null, "list", null);
    }

    private void fill() throws InterruptedException {
        try (HashDb db = openWithView()) {
            db.apply(new Change.CreateBank("A"), ANYONE);
            db.apply(
                    new Change.AddContents("A", List.of(draft(pdq(hash), MD5), new ContentDraft(List.of(MD5), video))),
                    ANYONE);
        }
        assertThat(folder.resolve("view.clean")).exists();
    }

    private static Signal pdq(Hash256 hash) {
        return new Signal(SignalType.PDQ, hash.toHex());
    }

    /** Opens, compares, and returns the names of the files that served. */
    private List<String> openAndCompare(int contents) throws InterruptedException, IOException {
        try (HashDb db = openWithView()) {
            assertThat(folder.resolve("view.clean")).doesNotExist();
            assertThat(db.verify().problems()).as(RandomSeed.replay()).isEmpty();
            assertThat(db.lookup(hash)).hasSize(contents);
            assertThat(db.lookupDigest(MD5)).hasSize(contents);
            return maps();
        }
    }

    private List<String> maps() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.matches("view\\.\\d+\\.(records|digests|frames)"))
                    .sorted()
                    .toList();
        }
    }

    /** What was logged of this test's folder; other tests run beside it. */
    private List<String> warnings() {
        synchronized (log) {
            return log.list.stream()
                    .filter(event -> !event.getLoggerName().equals(IndexKeeper.class.getName()))
                    .map(ILoggingEvent::getFormattedMessage)
                    .filter(text -> text.contains(folder.toString()))
                    .toList();
        }
    }

    private void flip(Path file, long at) throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.seek(at);
            int before = bytes.read();
            bytes.seek(at);
            bytes.write(before ^ 1 << random.nextInt(8));
        }
    }

    @Test
    void isKeptOverACleanStop() throws Exception {
        fill();
        assertThat(openAndCompare(2)).containsExactly("view.1.digests", "view.1.frames", "view.1.records");
        assertThat(openAndCompare(2)).containsExactly("view.1.digests", "view.1.frames", "view.1.records");
        assertThat(warnings()).isEmpty();
    }

    @Test
    void isBuiltAnewWithoutTheMarkOfACleanStop() throws Exception {
        fill();
        Files.delete(folder.resolve("view.clean"));
        Files.write(folder.resolve("view.1.records"), new byte[100]);
        assertThat(openAndCompare(2)).hasSize(3);
        assertThat(warnings()).isEmpty();
    }

    @Test
    void isBuiltAnewWhenAByteOfItsMapsIsFlipped() throws Exception {
        for (String kind : List.of("records", "digests", "frames")) {
            if (maps().isEmpty()) {
                fill();
            }
            Path map = folder.resolve(maps().stream()
                    .filter(name -> name.endsWith(kind))
                    .findFirst()
                    .orElseThrow());
            flip(map, random.nextLong(Files.size(map)));
            openAndCompare(2);
            assertThat(warnings())
                    .as(RandomSeed.replay())
                    .contains(folder + ": " + map.getFileName() + " is damaged; the view is built anew");
        }
    }

    @Test
    void isBuiltAnewWhenAMapIsMissing() throws Exception {
        fill();
        Files.delete(folder.resolve("view.1.digests"));
        openAndCompare(2);
        assertThat(warnings()).containsExactly(folder + ": view.1.digests is missing; the view is built anew");
    }

    @Test
    void isBuiltAnewWhenItsMarkIsDamagedForeignOrOfAnotherRelease() throws Exception {
        fill();
        Path mark = folder.resolve("view.clean");
        String good = Files.readString(mark);
        Files.writeString(mark, good.replace("seq 2", "seq 3"));
        openAndCompare(2);
        Files.writeString(mark, "something else");
        openAndCompare(2);
        Files.writeString(mark, "");
        openAndCompare(2);
        String body = good.substring("semblance-view 3".length(), good.length() - 9);
        Files.writeString(mark, new SealedText("", "semblance-view", 2).seal(body));
        openAndCompare(2);
        assertThat(warnings())
                .containsExactly(
                        mark + ": the mark of a view is damaged; the view is built anew",
                        mark + ": not the mark of a view; the view is built anew",
                        mark + ": not the mark of a view; the view is built anew",
                        mark + ": the mark of a view of version 2 (expected: 3; written by an older release); the view"
                                + " is built anew");
    }

    @Test
    void isBuiltAnewOverAnotherCatalog(@TempDir Path other) throws Exception {
        fill();
        try (HashDb db = databases.open(other)) {
            db.apply(new Change.CreateBank("B"), ANYONE);
            db.apply(new Change.AddContents("B", List.of(draft(pdq(hash), MD5))), ANYONE);
        }
        databases.copy(other, folder);
        openAndCompare(1);
        assertThat(warnings()).containsExactly(folder + ": the view belongs to another catalog; it is built anew");
    }

    @Test
    void catchesUpWithChangesItDidNotSee(@TempDir Path aside) throws Exception {
        fill();
        List<String> files = new ArrayList<>(maps());
        files.add("view.clean");
        for (String file : files) {
            Files.copy(folder.resolve(file), aside.resolve(file));
        }
        try (HashDb db = openWithView()) {
            db.apply(new Change.AddContents("A", List.of(draft(pdq(hash), MD5))), ANYONE);
            db.apply(new Change.WithdrawContent("A", 1), ANYONE);
            db.apply(
                    new Change.UpdateContent(
                            "A", 2, ContentFields.NONE.withLabels(List.of("x")).withNote("n")),
                    ANYONE);
            db.apply(new Change.CreateBank("B"), ANYONE);
            db.apply(new Change.AddContents("B", List.of(draft(pdq(hash), MD5))), ANYONE);
            db.apply(new Change.DeleteBank("B"), ANYONE);
        }
        for (String file : files) {
            Files.copy(aside.resolve(file), folder.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
        assertThat(openAndCompare(2)).containsExactly("view.1.digests", "view.1.frames", "view.1.records");
        assertThat(warnings()).isEmpty();
    }

    @Test
    void isReplacedByALargerOneWhenItIsOutgrown() throws Exception {
        int bulk = 12_000;
        try (HashDb db = openWithView()) {
            db.apply(new Change.CreateBank("A"), ANYONE);
            for (int i = 0; i < 6; i++) {
                List<ContentDraft> drafts = new ArrayList<>(bulk);
                for (int j = 0; j < bulk; j++) {
                    drafts.add(new ContentDraft(List.of(pdq(RandomSeed.hash(random)))));
                }
                db.apply(new Change.AddContents("A", drafts), ANYONE);
            }
            db.apply(new Change.AddContents("A", List.of(draft(pdq(hash), MD5))), ANYONE);
            db.awaitView();
            assertThat(maps()).containsExactly("view.2.digests", "view.2.frames", "view.2.records");
            assertThat(db.lookup(hash)).hasSize(1);
            assertThat(db.verify().problems()).isEmpty();
        }
        openAndCompare(1);
        assertThat(warnings()).isEmpty();
    }

    @Test
    void isComparedWithTheCatalog() throws Exception {
        fill();
        try (HashDb db = openWithView();
                Connection connection = databases.connect(folder);
                Statement statement = connection.createStatement()) {
            change(statement, "UPDATE content SET note = 'forged' WHERE id = 1");
            change(statement, "UPDATE content SET status = 2 WHERE id = 2");
            change(statement, "UPDATE signal SET value = zeroblob(16) WHERE content_id = 1 AND type = 1");
            assertThat(db.verify().problems())
                    .contains(
                            "content 1: the view differs from the catalog",
                            "content 2: the view differs from the catalog",
                            "view: 2 contents (catalog: 1)",
                            "view: 3 pages of frames (catalog: 0)",
                            "md5 00000000000000000000000000000000: the view differs from the catalog");
        }
    }

    @Test
    void isComparedWithTheFramesOfTheCatalog() throws Exception {
        fill();
        try (HashDb db = openWithView();
                Connection connection = databases.connect(folder);
                Statement statement = connection.createStatement()) {
            change(statement, "UPDATE video SET frames = zeroblob(41) WHERE content_id = 2");
            assertThat(db.verify().problems()).contains("content 2: the view differs from the catalog");
            change(statement, "DELETE FROM video WHERE content_id = 2");
            assertThat(db.verify().problems())
                    .contains("content 2: the view differs from the catalog", "view: 3 pages of frames (catalog: 0)");
        }
    }

    @Test
    void givesVideosWithoutTheCatalog() throws Exception {
        fill();
        try (HashDb db = openWithView()) {
            // What the catalog says now is known to be wrong, so the view must have answered.
            try (Connection connection = databases.connect(folder);
                    Statement statement = connection.createStatement()) {
                change(statement, "DELETE FROM video");
            }
            assertThat(db.video(2)).contains(video);
            assertThat(db.video(1)).isEmpty();
            db.apply(new Change.WithdrawContent("A", 2), ANYONE);
            assertThat(db.video(2)).isEmpty();
        }
    }

    @Test
    void isReplacedByALargerOneWhenItsFramesOutgrowIt() throws Exception {
        List<KnownVideo> videos = new ArrayList<>();
        try (HashDb db = openWithView()) {
            db.apply(new Change.CreateBank("A"), ANYONE);
            for (int i = 0; i < 8; i++) {
                videos.add(manyFrames(30_000, i));
                ContentDraft draft = new ContentDraft(List.of(), videos.getLast());
                db.apply(new Change.AddContents("A", List.of(draft)), ANYONE);
            }
            db.awaitView();
            assertThat(maps()).containsExactly("view.2.digests", "view.2.frames", "view.2.records");
            for (int i = 0; i < videos.size(); i++) {
                assertThat(db.video(1 + i).equals(Optional.of(videos.get(i)))).isTrue();
            }
            assertThat(db.verify().problems()).isEmpty();
        }
    }

    @Test
    void isBuiltAnewWhenItCannotHoldTheFramesOfOneChange() throws Exception {
        KnownVideo longest = manyFrames(KnownVideo.MAX_FRAMES, 0);
        try (HashDb db = openWithView()) {
            db.apply(new Change.CreateBank("A"), ANYONE);
            db.apply(new Change.AddContents("A", Collections.nCopies(5, new ContentDraft(List.of(), longest))), ANYONE);
            db.awaitView();
            assertThat(warnings())
                    .containsExactly(folder + ": the view failed; the catalog answers until another is built");
            assertThat(maps()).containsExactly("view.1.digests", "view.1.frames", "view.1.records");
            assertThat(db.video(5).equals(Optional.of(longest))).isTrue();
            assertThat(db.verify().problems()).isEmpty();
        }
    }

    /** Frames whose hashes are few, so that the index has little to do. */
    private static KnownVideo manyFrames(int frames, int number) {
        List<FrameSpan> spans = new ArrayList<>(frames);
        for (int i = 0; i < frames; i++) {
            spans.add(new FrameSpan(new Hash256(number, 0, 0, i % 100), i % 101, i, i + 1));
        }
        return new KnownVideo(frames, spans);
    }

    private void change(Statement statement, String sql) throws SQLException {
        assertThat(statement.executeUpdate(databases.sql(sql))).as(sql).isOne();
    }

    @Test
    void isLeftAloneByADatabaseThatClosesAtOnce() throws Exception {
        fill();
        for (int i = 0; i < 20; i++) {
            databases.open(folder).close();
        }
        openAndCompare(2);
        assertThat(warnings()).isEmpty();
    }

    Databases databases() {
        return Databases.SQLITE;
    }
}
