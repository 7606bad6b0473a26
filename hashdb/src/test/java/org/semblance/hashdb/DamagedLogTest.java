package org.semblance.hashdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.hash.Hash256;

/**
 * The log of SQLite, in which the newest changes are, is damaged between a kill and the next start. SQLite itself would
 * drop what follows the damage and say nothing.
 */
class DamagedLogTest {
    private static final Origin ANYONE = new Origin("test", "");
    private static final int CHANGES = 12;

    /** Of SQLite's file format: a header, then frames of a header and a page each. */
    private static final int LOG_HEADER = 32;

    private static final int FRAME = 24 + 4096;

    /** As a kill leaves it: copied while the database was open, so that the log still holds every change. */
    @TempDir
    private static Path killed;

    private static final SplittableRandom RANDOM = RandomSeed.random();
    private static final List<Hash256> HASHES = new ArrayList<>();

    @TempDir
    private Path folder;

    @BeforeAll
    static void kill(@TempDir Path live) throws IOException {
        try (HashDb db = HashDb.open(live)) {
            db.apply(new Change.CreateBank("A"), ANYONE);
            for (int i = 1; i < CHANGES; i++) {
                ContentDraft draft = new ContentDraft(List.of(), RandomSeed.video(20, RANDOM));
                HASHES.add(Objects.requireNonNull(draft.video())
                        .frames()
                        .getFirst()
                        .hash());
                db.apply(new Change.AddContents("A", List.of(draft)), ANYONE);
            }
            for (String name : List.of("catalog.db", "catalog.db-wal", "catalog.head")) {
                Files.copy(live.resolve(name), killed.resolve(name));
            }
        }
    }

    @BeforeEach
    void restore() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        for (String name : List.of("catalog.db", "catalog.db-wal", "catalog.head")) {
            Files.copy(killed.resolve(name), folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private void flip(String file, int at) throws IOException {
        byte[] bytes = Files.readAllBytes(folder.resolve(file));
        bytes[at] ^= (byte) (1 << RANDOM.nextInt(8));
        Files.write(folder.resolve(file), bytes);
    }

    private void isWhole() {
        try (HashDb db = HashDb.open(folder)) {
            assertThat(db.seq()).isEqualTo(CHANGES);
            assertThat(db.lookup(HASHES))
                    .allSatisfy(matches -> assertThat(matches).isNotEmpty());
            assertThat(db.verify().problems()).isEmpty();
        }
    }

    @Test
    void nothingIsLostByTheKillItself() {
        isWhole();
        isWhole();
    }

    @Test
    void aFlippedByteOfTheLogIsNamedWithTheChangesItCost() throws IOException {
        int length = (int) Files.size(folder.resolve("catalog.db-wal"));
        assertThat(length % FRAME).isEqualTo(LOG_HEADER);
        for (int i = 0; i < 12; i++) {
            int at = i == 0 ? RANDOM.nextInt(LOG_HEADER) : LOG_HEADER + RANDOM.nextInt(length - LOG_HEADER);
            flip("catalog.db-wal", at);
            byte[] damaged = Files.readAllBytes(folder.resolve("catalog.db-wal"));
            assertThatThrownBy(() -> HashDb.open(folder).close())
                    .as("byte %s, %s", at, RandomSeed.replay())
                    .isInstanceOf(DatabaseRefusedException.class)
                    .hasMessageMatching("(?s).*: catalog\\.db ends with change \\d+, but changes up to 12 were"
                            + " acknowledged: changes \\d+ to 12 are lost, because catalog\\.db-wal is damaged or missing,"
                            + " or an older file was put in its place; restore a backup to a new folder, or delete"
                            + " catalog\\.head to go on with it as it is");
            assertThat(Files.readAllBytes(folder.resolve("catalog.db-wal"))).isEqualTo(damaged);
            restore();
        }
    }

    @Test
    void aMissingLogIsNamed() throws IOException {
        Files.delete(folder.resolve("catalog.db-wal"));
        assertThatThrownBy(() -> HashDb.open(folder).close())
                .isInstanceOf(DatabaseRefusedException.class)
                .hasMessageContaining("changes 1 to 12 are lost");
    }

    @Test
    void theLossCanBeAccepted() throws IOException {
        flip("catalog.db-wal", (int) Files.size(folder.resolve("catalog.db-wal")) - 1);
        assertThatThrownBy(() -> HashDb.open(folder).close()).hasMessageContaining("changes 12 to 12 are lost");
        Files.delete(folder.resolve("catalog.head"));
        try (HashDb db = HashDb.open(folder)) {
            assertThat(db.seq()).isEqualTo(CHANGES - 1);
            assertThat(db.verify().problems()).isEmpty();
            db.apply(new Change.CreateBank("B"), ANYONE);
        }
        isAtLeast(CHANGES);
    }

    private void isAtLeast(long seq) {
        try (HashDb db = HashDb.open(folder)) {
            assertThat(db.seq()).isEqualTo(seq);
        }
    }

    @Test
    void aDamagedHeadTellsNothingAndIsWrittenAnew() throws IOException {
        byte[] good = Files.readAllBytes(folder.resolve("catalog.head"));
        flip("catalog.head", RANDOM.nextInt(good.length));
        isWhole();
        assertThat(Files.readAllBytes(folder.resolve("catalog.head"))).isEqualTo(good);
        Files.write(folder.resolve("catalog.head"), new byte[0]);
        isWhole();
        Files.delete(folder.resolve("catalog.head"));
        isWhole();
        assertThat(Files.readAllBytes(folder.resolve("catalog.head"))).isEqualTo(good);
    }

    @Test
    void anotherCatalogInItsPlaceIsNamed(@TempDir Path other) throws IOException {
        try (HashDb db = HashDb.open(other)) {
            for (int i = 0; i < CHANGES; i++) {
                db.apply(new Change.CreateBank("B" + i), ANYONE);
            }
        }
        Files.delete(folder.resolve("catalog.db-wal"));
        Files.copy(other.resolve("catalog.db"), folder.resolve("catalog.db"), StandardCopyOption.REPLACE_EXISTING);
        assertThatThrownBy(() -> HashDb.open(folder).close())
                .isInstanceOf(DatabaseRefusedException.class)
                .hasMessageContaining("catalog.db is not the one that was here: its change 12 has the hash ");
    }
}
