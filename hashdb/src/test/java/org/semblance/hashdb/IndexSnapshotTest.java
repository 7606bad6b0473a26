package org.semblance.hashdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.follow.IndexKeeper;
import org.semblance.hashdb.follow.IndexKind;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;
import org.slf4j.LoggerFactory;

/** The life of the index's snapshot: taken, caught up, or refused by name; in each case the index equals the catalog. */
class IndexSnapshotTest {
    private static final Origin ANYONE = new Origin("test", "");

    /** Saves whenever something has changed. */
    private static final IndexKeeper.Saving ALWAYS = new IndexKeeper.Saving(1, 1 << 30, Duration.ZERO, 2);

    final Databases databases = databases();

    @TempDir
    private Path folder;

    private final SplittableRandom random = RandomSeed.random();
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final TreeMap<Long, Hash256> banked = new TreeMap<>();

    @BeforeEach
    void listen() {
        log.start();
        logger().addAppender(log);
    }

    @AfterEach
    void stopListening() {
        logger().detachAppender(log);
    }

    private static Logger logger() {
        return (Logger) LoggerFactory.getLogger(IndexKeeper.class);
    }

    private Path snapshot() {
        return folder.resolve(IndexKind.HASHES.fileName());
    }

    /** What was logged of this test's folder; other tests run beside it. */
    private List<String> warnings() {
        synchronized (log) {
            return log.list.stream()
                    .map(ILoggingEvent::getFormattedMessage)
                    .filter(text -> text.contains(folder.toString()))
                    .toList();
        }
    }

    private void add(HashDb db, int count) {
        List<ContentDraft> drafts = new ArrayList<>();
        List<Hash256> hashes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            hashes.add(RandomSeed.hash(random));
            drafts.add(new ContentDraft(
                    List.of(new Signal(SignalType.PDQ, hashes.getLast().toHex()))));
        }
        long first = db.apply(new Change.AddContents("A", drafts), ANYONE).firstContentId();
        for (int i = 0; i < count; i++) {
            banked.put(first + i, hashes.get(i));
        }
    }

    private void withdrawAny(HashDb db) {
        long id = new ArrayList<>(banked.keySet()).get(random.nextInt(banked.size()));
        Hash256 hash = Objects.requireNonNull(banked.remove(id));
        db.apply(new Change.WithdrawContent("A", id), ANYONE);
        assertThat(db.lookup(hash)).as(RandomSeed.replay()).isEmpty();
    }

    private void fill() {
        try (HashDb db = databases.open(folder)) {
            db.apply(new Change.CreateBank("A"), ANYONE);
            add(db, 500);
        }
        assertThat(snapshot()).exists();
    }

    private void openAndCompare() {
        try (HashDb db = databases.open(folder)) {
            compare(db);
        }
    }

    private void compare(HashDb db) {
        assertThat(db.size()).isEqualTo(banked.size());
        banked.forEach((id, hash) -> assertThat(db.lookup(hash))
                .as("content %s, %s", id, RandomSeed.replay())
                .singleElement()
                .satisfies(match -> assertThat(match.content().id()).isEqualTo(id)));
        assertThat(db.verify().problems()).as(RandomSeed.replay()).isEmpty();
    }

    @Test
    void isTakenAfterACleanStop() throws IOException {
        fill();
        byte[] saved = Files.readAllBytes(snapshot());
        openAndCompare();
        assertThat(Files.readAllBytes(snapshot())).isEqualTo(saved);
        assertThat(warnings()).isEmpty();
    }

    @Test
    void catchesUpWithWhatCameAfterIt(@TempDir Path aside) throws IOException {
        fill();
        Files.copy(snapshot(), aside.resolve("old"));
        try (HashDb db = databases.open(folder)) {
            add(db, 100);
            withdrawAny(db);
            withdrawAny(db);
            db.apply(new Change.CreateBank("B"), ANYONE);
            ContentDraft gone = new ContentDraft(
                    List.of(new Signal(SignalType.PDQ, RandomSeed.hash(random).toHex())));
            db.apply(new Change.AddContents("B", List.of(gone)), ANYONE);
            db.apply(new Change.DeleteBank("B"), ANYONE);
        }
        Files.copy(aside.resolve("old"), snapshot(), StandardCopyOption.REPLACE_EXISTING);
        openAndCompare();
        assertThat(warnings()).isEmpty();
    }

    @Test
    void isNamedAndNotTakenWhenAByteIsFlipped() throws IOException {
        fill();
        byte[] good = Files.readAllBytes(snapshot());
        for (int i = 0; i < 20; i++) {
            byte[] bad = good.clone();
            int at = random.nextInt(bad.length);
            bad[at] ^= (byte) (1 << random.nextInt(8));
            Files.write(snapshot(), bad);
            openAndCompare();
            assertThat(warnings())
                    .as("byte %s, %s", at, RandomSeed.replay())
                    .hasSize(i + 1)
                    .last()
                    .asString()
                    .startsWith(snapshot() + ": ")
                    .endsWith("; the index is built from the catalog");
            assertThat(Files.readAllBytes(snapshot())).as("saved anew").isNotEqualTo(bad);
        }
    }

    @Test
    void isNotTakenWhenItIsOfAnotherCatalog(@TempDir Path other) throws IOException {
        fill();
        banked.clear();
        try (HashDb db = databases.open(other)) {
            db.apply(new Change.CreateBank("A"), ANYONE);
            add(db, 3);
        }
        databases.copy(other, folder);
        openAndCompare();
        assertThat(warnings())
                .containsExactly(snapshot() + ": belongs to another catalog; the index is built from this one");
    }

    @Test
    void isNotTakenWhenItIsAheadOfTheCatalog(@TempDir Path older) throws IOException {
        fill();
        databases.copy(folder, older);
        Map<Long, Hash256> before = new TreeMap<>(banked);
        try (HashDb db = databases.open(folder)) {
            add(db, 1);
        }
        databases.copy(older, folder);
        banked.clear();
        banked.putAll(before);
        openAndCompare();
        assertThat(warnings())
                .containsExactly(snapshot() + ": holds change 3, the catalog goes to 2 only; the index is built from"
                        + " the catalog");
    }

    @Test
    void refusesACatalogWhoseJournalCannotBeReplayed(@TempDir Path aside) throws Exception {
        fill();
        Files.copy(snapshot(), aside.resolve("old"));
        try (HashDb db = databases.open(folder)) {
            for (int i = 0; i < 5; i++) {
                add(db, 1);
            }
        }
        Files.copy(aside.resolve("old"), snapshot(), StandardCopyOption.REPLACE_EXISTING);
        for (String payload : databases.unreadable()) {
            try (Connection connection = databases.connect(folder);
                    Statement statement = connection.createStatement()) {
                statement.execute("UPDATE journal SET payload = '" + payload + "' WHERE seq = 4");
            }
            assertThatThrownBy(() -> databases.open(folder).close())
                    .isInstanceOf(DatabaseRefusedException.class)
                    .hasMessageContaining("journal row 4: its payload cannot be read");
        }
    }

    @Test
    void leavesNothingHalfWritten() throws IOException {
        fill();
        Path half = folder.resolve(IndexKind.HASHES.fileName() + ".part");
        Files.write(half, new byte[100]);
        openAndCompare();
        assertThat(half).doesNotExist();
        Files.delete(snapshot());
        Files.createDirectory(half);
        Files.createFile(half.resolve("in the way"));
        openAndCompare();
        assertThat(warnings())
                .hasSize(2)
                .first()
                .asString()
                .contains("cannot be read: ")
                .endsWith("; the index is built from the catalog");
        assertThat(snapshot()).doesNotExist();
    }

    @Test
    void isSavedWhileOthersChangeAndLookUp() throws Exception {
        AtomicBoolean done = new AtomicBoolean();
        AtomicLong misses = new AtomicLong();
        Hash256 known = RandomSeed.hash(random);
        try (HashDb db = databases.open(folder, InstantSource.system(), ALWAYS)) {
            db.apply(new Change.CreateBank("A"), ANYONE);
            db.apply(new Change.CreateBank("KEPT"), ANYONE);
            add(db, 20_000);
            ContentDraft draft = new ContentDraft(List.of(new Signal(SignalType.PDQ, known.toHex())));
            db.apply(new Change.AddContents("KEPT", List.of(draft)), ANYONE);
            Thread reader = Thread.ofPlatform().start(() -> {
                while (!done.get()) {
                    if (db.lookup(known).size() != 1) {
                        misses.incrementAndGet();
                    }
                }
            });
            for (int i = 0; i < 150; i++) {
                add(db, 1 + random.nextInt(3));
                Hash256 newest = banked.lastEntry().getValue();
                assertThat(db.lookup(newest)).as(RandomSeed.replay()).hasSize(1);
                if (i % 3 == 0) {
                    withdrawAny(db);
                }
            }
            done.set(true);
            reader.join();
            assertThat(misses).hasValue(0);
            assertThat(db.verify().problems()).as(RandomSeed.replay()).isEmpty();
            db.awaitIndex();
            assertThat(db.size()).isEqualTo(banked.size() + 1);
        }
        try (HashDb db = databases.open(folder)) {
            assertThat(db.size()).isEqualTo(banked.size() + 1);
            assertThat(db.verify().problems()).as(RandomSeed.replay()).isEmpty();
        }
        assertThat(warnings()).isEmpty();
    }

    Databases databases() {
        return Databases.SQLITE;
    }
}
