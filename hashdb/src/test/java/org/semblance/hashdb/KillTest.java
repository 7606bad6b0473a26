package org.semblance.hashdb;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.follow.IndexKind;
import org.semblance.hashdb.hash.Hash256;

/**
 * Kills a process that writes, at random moments, and demands everything it had acknowledged. {@code -Dsemblance.kills=}
 * sets how often; the same folder is used throughout.
 */
class KillTest {
    private static final int KILLS = Integer.getInteger("semblance.kills", 2);
    private static final int FLIPS = Integer.getInteger("semblance.flips", 10);
    private static final long LONGEST_WAIT_NS = 300_000_000;
    private static final long LONGEST_START_NS = 2_000_000_000;

    @TempDir
    private Path folder;

    @TempDir
    private Path outputs;

    private final SplittableRandom random = RandomSeed.random();
    private final Map<Long, Hash256> added = new TreeMap<>();
    private final Map<Long, KnownVideo> videos = new TreeMap<>();
    private final Map<Long, Features> pictures = new TreeMap<>();
    private final Set<Long> withdrawn = new HashSet<>();
    private final Set<Long> beingWithdrawn = new HashSet<>();

    @Test
    void losesNothingThatWasAcknowledged() throws Exception {
        HashDb.open(folder).close();
        for (int kill = 0; kill < KILLS; kill++) {
            boolean atWork = random.nextInt(4) > 0;
            int before = added.size();
            acknowledge(outputOfAKilledWriter(random.nextLong(), atWork));
            if (atWork) {
                assertThat(added.size()).as("adds before kill %s", kill).isGreaterThan(before);
            }
            if (random.nextInt(8) == 0) {
                // Then the index is built from the catalog.
                Files.deleteIfExists(folder.resolve(IndexKind.HASHES.fileName()));
            }
            if (random.nextInt(8) == 0) {
                Files.deleteIfExists(folder.resolve(IndexKind.FEATURES.fileName()));
            }
            try (HashDb db = HashDb.open(folder)) {
                assertThat(db.verify().problems())
                        .as("kill %s, %s", kill, RandomSeed.replay())
                        .isEmpty();
                compare(db);
            }
        }
    }

    /** Whether it is refused, named by {@code verify}, or harmless depends on what was copied to the database already. */
    @Test
    void noticesAFlippedByteOfTheLogOrHasEverything(@TempDir Path aside) throws Exception {
        HashDb.open(folder).close();
        acknowledge(outputOfAKilledWriter(random.nextLong(), true));
        copy(folder, aside);
        byte[] log = Files.readAllBytes(folder.resolve("catalog.db-wal"));
        assertThat(log).isNotEmpty();
        for (int i = 0; i < FLIPS; i++) {
            copy(aside, folder);
            byte[] bad = log.clone();
            int at = random.nextInt(random.nextBoolean() ? bad.length : Math.min(bad.length, 10_000));
            bad[at] ^= (byte) (1 << random.nextInt(8));
            Files.write(folder.resolve("catalog.db-wal"), bad);
            try (HashDb db = HashDb.open(folder)) {
                if (db.verify().problems().isEmpty()) {
                    compare(db);
                }
            } catch (DatabaseRefusedException e) {
                assertThat(e).as("byte %s, %s", at, RandomSeed.replay()).hasMessageContaining(": catalog.db");
            }
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.list(to)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
    }

    private void compare(HashDb db) {
        List<Long> ids = new ArrayList<>(added.keySet());
        List<List<Match>> matches = db.lookup(List.copyOf(added.values()));
        for (int i = 0; i < ids.size(); i++) {
            long id = ids.get(i);
            boolean found =
                    matches.get(i).stream().anyMatch(match -> match.content().id() == id);
            if (withdrawn.contains(id) && found || !beingWithdrawn.contains(id) && !found) {
                throw new AssertionError(
                        "content " + id + (found ? " was withdrawn" : " is lost") + ", " + RandomSeed.replay());
            }
        }
        videos.forEach((id, video) -> {
            if (!beingWithdrawn.contains(id)) {
                assertThat(db.video(id))
                        .as("content %s, %s", id, RandomSeed.replay())
                        .contains(video);
            }
        });
        compareFeatures(db);
    }

    private void compareFeatures(HashDb db) {
        pictures.forEach((id, picture) -> {
            boolean found = db.lookupFeatures(picture, Set.of(), 0, picture.count(), 100).stream()
                    .anyMatch(match -> match.content().id() == id);
            if (withdrawn.contains(id) && found || !beingWithdrawn.contains(id) && !found) {
                throw new AssertionError("features of content " + id + (found ? " were withdrawn" : " are lost") + ", "
                        + RandomSeed.replay());
            }
        });
    }

    /** Lines of {@link KilledWriter}; the last one may be cut. */
    private void acknowledge(String output) {
        for (String line :
                output.substring(0, output.lastIndexOf('\n') + 1).lines().toList()) {
            String[] words = line.split(" ");
            long id = Long.parseLong(words[1]);
            switch (words[0]) {
                case "added" -> added.put(id, Hash256.parse(words[2]));
                case "video" ->
                    videos.put(
                            id,
                            KnownVideo.ofBytes(
                                    Integer.parseInt(words[2]), HexFormat.of().parseHex(words[3])));
                case "features" ->
                    pictures.put(id, Features.ofBytes(HexFormat.of().parseHex(words[2])));
                case "withdrawing" -> beingWithdrawn.add(id);
                case "withdrawn" -> withdrawn.add(id);
                default -> throw new AssertionError(line);
            }
        }
    }

    private String outputOfAKilledWriter(long seed, boolean atWork) throws IOException, InterruptedException {
        List<String> command = ChildJvm.command(outputs, KilledWriter.class, folder.toString(), Long.toString(seed));
        Path output = outputs.resolve("output");
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .redirectOutput(output.toFile())
                .start();
        try {
            // The first bytes show that it is at work; then any moment will do. Or it is killed while it starts.
            while (atWork && process.isAlive() && Files.size(output) == 0) {
                LockSupport.parkNanos(1_000_000);
            }
            LockSupport.parkNanos(random.nextLong(atWork ? LONGEST_WAIT_NS : LONGEST_START_NS));
            assertThat(process.isAlive()).as("it writes until it is killed").isTrue();
        } finally {
            process.destroyForcibly().waitFor();
        }
        return Files.readString(output);
    }
}
