package org.semblance.hashdb.matchlog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.ChildJvm;
import org.semblance.hashdb.RandomSeed;

/**
 * Kills a process that offers verdicts, at random moments: the log then has each of them once but for the last ones, and says how
 * many those were. {@code -Dsemblance.kills=} sets how often.
 */
class MatchLogKillTest {
    private static final int KILLS = Integer.getInteger("semblance.kills", 3);
    private static final long LONGEST_WAIT_NS = 600_000_000;

    @TempDir
    private Path folder;

    @TempDir
    private Path outputs;

    private final SplittableRandom random = RandomSeed.random();

    @Test
    void losesTheLastMomentAloneAndSaysSo() throws Exception {
        long next = 0;
        long lost = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            long last = lastOfferedByAKilledLogger(next);
            long offered = last - next + 1;
            try (MatchLog log = LogFixture.open(folder, InstantSource.system())) {
                List<Long> stored = new ArrayList<>();
                long after = 0;
                for (LogPage page = log.page(LogFilter.of(null), false, 0, 10_000);
                        ;
                        page = log.page(LogFilter.of(null), false, after, 10_000)) {
                    page.rows()
                            .forEach(row ->
                                    stored.add(Long.parseLong(row.verdict().reference())));
                    if (page.next() == null) {
                        break;
                    }
                    after = page.next();
                }
                long from = next;
                List<Long> ofThis = stored.stream().filter(n -> n >= from).toList();
                // Without a gap: what is stored is what was offered first.
                for (int i = 0; i < ofThis.size(); i++) {
                    assertThat(ofThis.get(i)).as(RandomSeed.replay()).isEqualTo(from + i);
                }
                long told = log.state().lost();
                lost += told;
                // The last one may have been offered without being said.
                assertThat(ofThis.size() + told)
                        .as("stored and lost, kill %s, %s", kill, RandomSeed.replay())
                        .isBetween(offered, offered + 1);
                next = last + 2;
                assertThat(log
                                .stats(new Stats.Query(
                                        Stats.By.MISSING,
                                        Stats.Step.PERIOD,
                                        Stats.hourOf(InstantSource.system().instant())
                                                .minusSeconds(3_600),
                                        Stats.hourAfter(InstantSource.system().instant()),
                                        null,
                                        null,
                                        null,
                                        10))
                                .stream()
                                .mapToLong(figure -> figure.counts().getOrDefault("rows", 0L))
                                .sum())
                        .isEqualTo(lost);
            }
        }
    }

    /** The last number that is said to be offered. */
    private long lastOfferedByAKilledLogger(long first) throws IOException, InterruptedException {
        List<String> command = ChildJvm.command(outputs, KilledLogger.class, folder.toString(), Long.toString(first));
        Path output = outputs.resolve("output");
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .redirectOutput(output.toFile())
                .start();
        try {
            while (process.isAlive() && Files.size(output) == 0) {
                LockSupport.parkNanos(1_000_000);
            }
            LockSupport.parkNanos(random.nextLong(LONGEST_WAIT_NS));
            assertThat(process.isAlive()).as("it offers until it is killed").isTrue();
        } finally {
            process.destroyForcibly().waitFor();
        }
        String text = Files.readString(output);
        int end = text.lastIndexOf('\n'); // The last line may be cut.
        return Long.parseLong(text.substring(text.lastIndexOf('\n', end - 1) + 1, end));
    }
}
