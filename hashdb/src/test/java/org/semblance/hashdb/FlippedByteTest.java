package org.semblance.hashdb;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.catalog.Treatment;
import org.semblance.hashdb.features.BankedPicture;
import org.semblance.hashdb.features.RandomFeatures;
import org.semblance.hashdb.follow.IndexKind;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;

/**
 * Flips one bit of the catalog's file, anywhere. Either opening refuses it, or {@code verify} names it, or no row has
 * changed: pages have unused bytes. {@code -Dsemblance.flips=} sets how often.
 */
class FlippedByteTest {
    private static final int FLIPS = Integer.getInteger("semblance.flips", 10);
    private static final Origin ANYONE = new Origin("test", "because");
    private static final List<String> TABLES =
            List.of("bank", "source", "content", "signal", "label", "content_label", "video", "picture", "journal");

    @TempDir
    private Path folder;

    @TempDir
    private Path aside;

    private final SplittableRandom random = RandomSeed.random();

    private final RandomFeatures source = new RandomFeatures(random, 100, 10);

    private void fill() {
        try (HashDb db = HashDb.open(folder)) {
            db.apply(new Change.CreateBank("A"), ANYONE);
            for (int i = 0; i < 20; i++) {
                List<ContentDraft> drafts = new ArrayList<>();
                for (int j = 0; j < 20; j++) {
                    Signal pdq =
                            new Signal(SignalType.PDQ, RandomSeed.hash(random).toHex(), random.nextInt(50, 101));
                    Signal sha = new Signal(
                            SignalType.SHA256, RandomSeed.hash(random).toHex());
                    KnownVideo video = j == 0 ? RandomSeed.video(random.nextInt(1, 100), random) : null;
                    List<BankedPicture> pictures = j == 1 ? source.content(2, 50) : List.of();
                    drafts.add(new ContentDraft(
                            List.of(pdq, sha),
                            List.of("label " + j),
                            "note " + i,
                            "list " + j,
                            null,
                            video,
                            pictures,
                            Treatment.PLAIN));
                }
                db.apply(new Change.AddContents("A", drafts), ANYONE);
                db.apply(new Change.WithdrawContent("A", 2 + 20L * i), ANYONE);
            }
        }
    }

    private void restore() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        try (Stream<Path> files = Files.list(aside)) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(file.getFileName()));
            }
        }
    }

    private List<String> rows() {
        List<String> rows = new ArrayList<>();
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("catalog.db"));
                Statement statement = connection.createStatement()) {
            for (String table : TABLES) {
                try (ResultSet row = statement.executeQuery("SELECT * FROM " + table + " ORDER BY 1, 2")) {
                    while (row.next()) {
                        StringBuilder text = new StringBuilder(table);
                        for (int column = 1; column <= row.getMetaData().getColumnCount(); column++) {
                            Object value = row.getObject(column);
                            text.append('|').append(value instanceof byte[] bytes ? Arrays.toString(bytes) : value);
                        }
                        rows.add(text.toString());
                    }
                }
            }
            return rows;
        } catch (SQLException e) {
            return List.of(String.valueOf(e.getMessage()));
        }
    }

    @Test
    void isRefusedOrNamedUnlessNoRowHasChanged() throws IOException {
        fill();
        List<String> sound = rows();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.copy(file, aside.resolve(file.getFileName()));
            }
        }
        byte[] good = Files.readAllBytes(folder.resolve("catalog.db"));
        int noticed = 0;
        // On until one is noticed: all of a few flips may hit unused bytes.
        for (int i = 0; i < FLIPS || (noticed == 0 && i < 20 * FLIPS); i++) {
            restore();
            byte[] bad = good.clone();
            int at = random.nextInt(bad.length);
            bad[at] ^= (byte) (1 << random.nextInt(8));
            Files.write(folder.resolve("catalog.db"), bad);
            if (random.nextBoolean()) {
                // Then all hashes and features are read at open.
                Files.delete(folder.resolve(IndexKind.HASHES.fileName()));
                Files.delete(folder.resolve(IndexKind.FEATURES.fileName()));
            }
            List<String> problems = openAndVerify();
            if (problems.isEmpty()) {
                assertThat(rows()).as("byte %s, %s", at, RandomSeed.replay()).isEqualTo(sound);
            } else {
                noticed++;
            }
        }
        assertThat(noticed).as(RandomSeed.replay()).isPositive();
    }

    private List<String> openAndVerify() {
        try (HashDb db = HashDb.open(folder)) {
            return db.verify().problems();
        } catch (DatabaseRefusedException e) {
            assertThat(e).hasMessageStartingWith(folder + ": ");
            return List.of(String.valueOf(e.getMessage()));
        }
    }
}
