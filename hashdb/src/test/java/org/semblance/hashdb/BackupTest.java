package org.semblance.hashdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.backup.Backup;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.HashAndQuality;
import org.semblance.hashdb.hash.Signal;

/** What was acknowledged before a backup began is in it, and a restore gives a database back. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BackupTest {
    private static final Origin ORIGIN = new Origin("test", "");
    private static final Instant NOW = Instant.parse("2027-01-31T12:00:00Z");
    private static final List<String> OTHERS = List.of("keys.json", "none.json");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    private Path data() {
        return folder.resolve("data");
    }

    private static long add(HashDb db, Hash256 hash) {
        return db.apply(
                        new Change.AddContents(
                                "A", List.of(new ContentDraft(List.of(Signal.pdq(new HashAndQuality(hash, 100)))))),
                        ORIGIN)
                .seq();
    }

    private static Hash256 hash(SplittableRandom random) {
        return new Hash256(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong());
    }

    @Test
    void holdsEachChangeThatWasAcknowledgedBeforeWhileMoreAreMade() throws Exception {
        SplittableRandom random = RandomSeed.random();
        Files.createDirectories(data());
        try (HashDb db = HashDb.open(data())) {
            Files.writeString(data().resolve("keys.json"), "keys");
            db.apply(new Change.CreateBank("A"), ORIGIN);
            Hash256 first = hash(random);
            add(db, first);
            AtomicLong acknowledged = new AtomicLong();
            Thread writer = Thread.ofPlatform().start(() -> {
                while (!Thread.currentThread().isInterrupted()) {
                    acknowledged.set(add(db, hash(random)));
                }
            });
            for (int i = 0; i < 5; i++) {
                long before = acknowledged.get();
                Path target = folder.resolve("backup" + i);
                Backup.Made made = Backup.write(data(), target, OTHERS, NOW);
                assertThat(made.seq()).as(RandomSeed.replay()).isGreaterThanOrEqualTo(before);
                assertThat(made.leftOut()).isEmpty();
                assertThat(made.files()).extracting(Backup.Entry::name).containsExactly("keys.json", "catalog.db");
                assertThat(Backup.check(target)).isEqualTo(made);
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(target)))
                        .isEqualTo("rwx------");
                for (String name : List.of("keys.json", "catalog.db", "backup.json")) {
                    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(target.resolve(name))))
                            .isEqualTo("rw-------");
                }

                Path restored = folder.resolve("restored" + i);
                assertThat(Backup.restore(target, restored, false, NOW)).isEmpty();
                assertThat(restored.resolve("keys.json")).hasContent("keys");
                try (HashDb again = HashDb.open(restored)) {
                    assertThat(again.seq()).isEqualTo(made.seq());
                    assertThat(again.lookup(first)).hasSize(1);
                    assertThat(again.verify().problems()).isEmpty();
                }
            }
            writer.interrupt();
            writer.join();
        }
        // And of a database that no process has.
        assertThat(Backup.write(data(), folder.resolve("last"), OTHERS, NOW).seq())
                .isPositive();
    }

    @Test
    void overwritesNothing() throws IOException {
        try (HashDb db = HashDb.open(data())) {
            db.apply(new Change.CreateBank("A"), ORIGIN);
        }
        Path target = folder.resolve("backup");
        Backup.write(data(), target, OTHERS, NOW);
        assertThatThrownBy(() -> Backup.write(data(), target, OTHERS, NOW))
                .hasMessageContaining("holds backup.json (expected: a new or an empty folder for the backup)");
        assertThatThrownBy(() -> Backup.write(folder.resolve("nothing"), folder.resolve("x"), OTHERS, NOW))
                .hasMessageContaining("has no catalog.db");
        assertThatThrownBy(() -> Backup.restore(target, data(), false, NOW)).hasMessageContaining("holds catalog.db");

        try (HashDb db = HashDb.open(data())) {
            db.apply(new Change.CreateBank("B"), ORIGIN);
            assertThatThrownBy(() -> Backup.restore(target, data(), true, NOW))
                    .isInstanceOf(DatabaseInUseException.class);
        }
        Path aside = Backup.restore(target, data(), true, NOW).orElseThrow();
        assertThat(aside).isEqualTo(data().resolve(".before-restore-20270131-120000"));
        try (HashDb db = HashDb.open(data())) {
            assertThat(db.bank("A")).isPresent();
            assertThat(db.bank("B")).isEmpty();
        }
        assertThat(Backup.write(aside, folder.resolve("old"), OTHERS, NOW).seq())
                .isEqualTo(2);
    }

    @Test
    void refusesWhatIsNoWholeBackup() throws IOException {
        try (HashDb db = HashDb.open(data())) {
            db.apply(new Change.CreateBank("A"), ORIGIN);
        }
        Path target = folder.resolve("backup");
        Backup.write(data(), target, OTHERS, NOW);
        Path catalog = target.resolve("catalog.db");
        byte[] bytes = Files.readAllBytes(catalog);
        bytes[bytes.length / 2] ^= 1;
        Files.write(catalog, bytes);
        Path into = folder.resolve("into");
        assertThatThrownBy(() -> Backup.restore(target, into, false, NOW))
                .hasMessageContaining("catalog.db is not as it was written");
        Files.delete(target.resolve("backup.json"));
        assertThatThrownBy(() -> Backup.restore(target, into, false, NOW)).hasMessageContaining("has no backup.json");
        Files.writeString(
                target.resolve("backup.json"),
                "{\"format\":1,\"at\":\"2027-01-31T12:00:00Z\",\"seq\":1,\"files\":[{\"name\":\"../catalog.db\"}]}");
        assertThatThrownBy(() -> Backup.restore(target, into, false, NOW))
                .hasMessageContaining("'../catalog.db' (expected: the name of a file)");
        assertThat(into).doesNotExist();
    }
}
