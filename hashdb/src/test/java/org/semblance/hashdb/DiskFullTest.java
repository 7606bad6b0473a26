package org.semblance.hashdb;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.catalog.StorageFailedException;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;

/** A process that may write no file larger than some megabytes adds contents until the system refuses. */
class DiskFullTest {
    private static final Origin ORIGIN = new Origin("writer", "");
    private static final int FILE_LIMIT_KB = 4_096;

    @TempDir
    private Path folder;

    @Test
    @EnabledOnOs(OS.LINUX)
    void refusesTheChangeAndGoesOn(@TempDir Path other) throws IOException, InterruptedException {
        Path result = other.resolve("result");
        List<String> command = new ArrayList<>(List.of(
                "bash",
                "-c",
                "ulimit -f " + FILE_LIMIT_KB + "; exec \"$@\"",
                "bash",
                Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(argument -> argument.startsWith("--"))
                .forEach(command::add);
        command.addAll(List.of(
                "-cp",
                System.getProperty("java.class.path"),
                FillingWriter.class.getName(),
                folder.toString(),
                result.toString()));
        Process process = new ProcessBuilder(command).inheritIO().start();
        assertThat(process.waitFor()).isZero();
        List<String> lines = Files.readAllLines(result);
        assertThat(lines.get(0)).startsWith(folder.resolve("catalog.db") + ": ");
        long acknowledged = Long.parseLong(lines.get(1));
        assertThat(acknowledged).isPositive();
        try (HashDb db = HashDb.open(folder)) {
            assertThat(db.verify().problems()).isEmpty();
            assertThat(db.size()).isEqualTo(acknowledged);
        }
    }

    /** Writes down why a change failed and how many hashes are there after smaller ones went through. */
    static final class FillingWriter {
        private FillingWriter() {}

        public static void main(String[] args) throws IOException {
            SplittableRandom random = new SplittableRandom(1);
            String failure = "";
            long hashes = 0;
            try (HashDb db = HashDb.open(Path.of(args[0]))) {
                db.apply(new Change.CreateBank("A"), ORIGIN);
                while (failure.isEmpty()) {
                    List<ContentDraft> drafts = new ArrayList<>();
                    for (int i = 0; i < 20_000; i++) {
                        drafts.add(draft(RandomSeed.hash(random)));
                    }
                    try {
                        hashes += db.apply(new Change.AddContents("A", drafts), ORIGIN)
                                .contents();
                    } catch (StorageFailedException e) {
                        failure = String.valueOf(e.getMessage());
                    }
                }
                Hash256 hash = RandomSeed.hash(random);
                long id = db.apply(new Change.AddContents("A", Collections.singletonList(draft(hash))), ORIGIN)
                        .firstContentId();
                hashes++;
                if (db.lookup(hash).getFirst().content().id() != id
                        || db.size() != hashes
                        || !db.verify().clean()) {
                    throw new AssertionError("not usable after a failure");
                }
            }
            Files.write(Path.of(args[1]), List.of(failure, Long.toString(hashes)));
        }

        private static ContentDraft draft(Hash256 hash) {
            return new ContentDraft(List.of(new Signal(SignalType.PDQ, hash.toHex())));
        }
    }
}
