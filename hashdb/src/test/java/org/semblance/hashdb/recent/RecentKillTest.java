package org.semblance.hashdb.recent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.ChildJvm;
import org.semblance.hashdb.RandomSeed;

/** What a ring has kept is there after its process is killed, at any moment; {@code -Dsemblance.kills=} sets how often. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RecentKillTest {
    private static final int KILLS = Integer.getInteger("semblance.kills", 2);
    private static final int AT_LEAST_BYTES = 100;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path outputs;

    private final SplittableRandom random = RandomSeed.random();

    @Test
    void losesNothingThatWasKept() throws Exception {
        long first = 1;
        for (int kill = 0; kill < KILLS; kill++) {
            long kept = keptByAKilledRing(first);
            try (RecentUploads uploads = RecentUploads.open(folder, KilledRing.LIMITS, InstantSource.system())) {
                uploads.awaitLoaded();
                long newest = kept;
                while (isThere(uploads, newest + 1)) {
                    newest++; // Kept, and not told any more.
                }
                assertThat(uploads.state().hashes()).isEqualTo(Math.min(newest, KilledRing.LIMITS.hashes()));
                for (long number = Math.max(1, newest - KilledRing.LIMITS.hashes() + 1); number <= newest; number++) {
                    assertThat(isThere(uploads, number))
                            .as("upload %s of %s after kill %s, %s", number, newest, kill, RandomSeed.replay())
                            .isTrue();
                }
                first = newest + 1;
            }
        }
    }

    private static boolean isThere(RecentUploads uploads, long number) {
        List<NearUploads.Near> found = uploads.near(List.of(KilledRing.hash(number)), 0, key -> true, 10, () -> false)
                .uploads();
        assertThat(found).hasSizeLessThanOrEqualTo(1);
        found.forEach(near -> {
            assertThat(near.upload().reference()).isEqualTo(Long.toString(number));
            assertThat(near.upload().key()).isEqualTo("key");
        });
        return !found.isEmpty();
    }

    private long keptByAKilledRing(long first) throws IOException, InterruptedException {
        List<String> command = ChildJvm.command(outputs, KilledRing.class, folder.toString(), Long.toString(first));
        Path output = outputs.resolve("output");
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .redirectOutput(output.toFile())
                .start();
        try {
            while (process.isAlive() && Files.size(output) < AT_LEAST_BYTES) {
                LockSupport.parkNanos(1_000_000);
            }
            LockSupport.parkNanos(random.nextLong(50_000_000));
            assertThat(process.isAlive()).as("it works until it is killed").isTrue();
        } finally {
            process.destroyForcibly().waitFor();
        }
        String lines = Files.readString(output);
        List<String> whole = lines.substring(0, lines.lastIndexOf('\n')).lines().toList();
        return Long.parseLong(whole.getLast());
    }
}
