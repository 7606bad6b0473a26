package org.semblance.engine.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.semblance.engine.worker.Lanes.LONG;
import static org.semblance.engine.worker.Lanes.await;
import static org.semblance.engine.worker.Lanes.ended;
import static org.semblance.engine.worker.Lanes.hook;
import static org.semblance.engine.worker.Lanes.isComplete;
import static org.semblance.engine.worker.Lanes.kill;
import static org.semblance.engine.worker.Lanes.settings;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.semblance.engine.Digests;
import org.semblance.engine.HashReport;
import org.semblance.engine.HashRequest;
import org.semblance.engine.NoDecoderException;
import org.semblance.engine.judge.Verdict;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.MediaSource;
import org.slf4j.LoggerFactory;

/** What each kind of death of a worker process costs, and who takes its place. */
@EnabledOnOs(OS.LINUX)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LostWorkersTest {
    private final Logger logger = (Logger) LoggerFactory.getLogger(DecodeWorkers.class);
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

    @BeforeEach
    void listen() {
        log.start();
        logger.setLevel(Level.INFO);
        logger.addAppender(log);
    }

    @AfterEach
    void stopListening() {
        logger.detachAppender(log);
        logger.setLevel(null);
    }

    private List<String> lines(String word) {
        synchronized (log) {
            return List.copyOf(log.list).stream()
                    .map(ILoggingEvent::getFormattedMessage)
                    .filter(line -> line.contains(word))
                    .toList();
        }
    }

    private static DecodeWorkers complete(WorkerSettings settings) {
        DecodeWorkers workers = new DecodeWorkers(settings);
        workers.start(settings.workers());
        await("all are there, and the spare", () -> isComplete(workers, settings.workers()));
        return workers;
    }

    /** Processes of this one that are to be workers of it, and are not yet. */
    private static Set<Long> starting(DecodeWorkers workers) {
        Set<Long> all = ProcessHandle.current()
                .children()
                .filter(child -> child.info().commandLine().orElse("").contains("Worker"))
                .map(ProcessHandle::pid)
                .collect(Collectors.toCollection(HashSet::new));
        all.removeAll(workers.pids());
        return all;
    }

    @Test
    void aContentWhoseWorkerIsKilledIsDecodedByAnother() {
        try (DecodeWorkers own = complete(settings(1, true, Long.MAX_VALUE))) {
            CompletableFuture<String> answer = CompletableFuture.supplyAsync(() -> hook(own, "wait 1000"));
            await("one is at work", () -> own.counts().busy() == 1);
            kill("KILL", own.pids().getFirst());
            assertThat(answer).succeedsWithin(LONG).isEqualTo("waited");
            assertThat(own.counts().retries()).isEqualTo(1);
            assertThat(ended(own, Ending.KILLED)).isEqualTo(1);
            assertThat(ended(own, Ending.CRASH)).isZero();
            await("the spare is back", () -> isComplete(own, 1));
        }
    }

    /** Twice is no accident: memory may have run out. It is not said that the file is damaged, which nobody knows. */
    @Test
    void aContentWhoseWorkersAreKilledTwiceIsNotCalledCorrupt() {
        try (DecodeWorkers own = complete(settings(2, false, Long.MAX_VALUE))) {
            assertThatThrownBy(() -> hook(own, "kill KILL"))
                    .isInstanceOfSatisfying(
                            NoDecoderException.class,
                            e -> assertThat(e.told()).isEqualTo("its decoders were ended from outside"));
            assertThat(ended(own, Ending.KILLED)).isEqualTo(2);
            assertThat(own.counts().retries()).isEqualTo(1);
            assertThat(hook(own, "wait 0")).isEqualTo("waited");
        }
    }

    /** The machine's own crash handler ends some with a status of its own. */
    @ParameterizedTest
    @ValueSource(strings = {"kill SEGV", "kill ABRT", "kill SYS", "exit 0"})
    void aFileThatEndsAWorkerIsTriedOnceAndNamed(String order) {
        try (DecodeWorkers own = complete(settings(1, false, Long.MAX_VALUE))) {
            ByteBuffer file = HookedWorker.order(order);
            Digests digests = Digests.of(file);
            HashReport report = own.hasher(DecodePath.FAST)
                    .hash(new HashRequest(
                            MediaSource.of(file),
                            digests.signals(),
                            HashRequest.ONCE_A_SECOND,
                            HashRequest.Variants.NONE,
                            null,
                            Deadline.after(LONG),
                            Deadline.after(LONG),
                            System.nanoTime()));
            assertThat(report.failure()).isEqualTo(Verdict.CORRUPT);
            assertThat(report.reason()).isEqualTo("unknown: the decoder ended while it worked on this");
            assertThat(own.counts().retries()).isZero();
            assertThat(ended(own, Ending.CRASH)).isEqualTo(1);
            await("it is told", () -> !lines("has ended").isEmpty());
            assertThat(lines(digests.sha256())).hasSize(1).first().asString().contains("has ended: crash, status ");
            assertThat(hook(own, "wait 0")).isEqualTo("waited");
        }
    }

    /** Whoever asks next does not wait for another to start. */
    @Test
    void theSpareTakesThePlaceOfAnIdleWorkerThatIsKilled() throws IOException {
        Path bar = BarredWorker.bar(ProcessHandle.current().pid());
        try (DecodeWorkers own = complete(settings(1, true, Long.MAX_VALUE, BarredWorker.class))) {
            Files.createFile(bar);
            kill("KILL", own.pids().getFirst());
            assertThat(hook(own, "wait 0")).isEqualTo("waited");
            assertThat(own.counts().started()).isEqualTo(2);
        } finally {
            Files.deleteIfExists(bar);
        }
    }

    @Test
    void aSpareThatCannotStartIsToldOnceAndTheOthersGoOn() throws IOException {
        Path bar = BarredWorker.bar(ProcessHandle.current().pid());
        try (DecodeWorkers own = complete(settings(2, true, Long.MAX_VALUE, BarredWorker.class))) {
            Files.createFile(bar);
            kill("KILL", own.pids().getLast());
            await("it was tried", () -> ended(own, Ending.START) >= 4);
            for (int i = 0; i < 20; i++) {
                assertThat(hook(own, "wait 0")).isEqualTo("waited");
            }
            assertThat(lines("could not start")).hasSize(1).first().asString().contains("2 go on");
            // What kept the spare from starting keeps all, and whoever asks need not wait for them.
            own.pids().forEach(pid -> kill("KILL", pid));
            assertThatThrownBy(() -> hook(own, "wait 0"))
                    .isInstanceOf(NoDecoderException.class)
                    .hasMessageContaining("no decoder is running: it ended with status 7");
            Files.delete(bar);
            await("they are back", () -> isComplete(own, 2));
            assertThat(lines("start again")).hasSize(1);
        } finally {
            Files.deleteIfExists(bar);
        }
    }

    /** Also on a machine of one core, where a start takes long, and one after the other longer. */
    @Test
    void allThatAreKilledAtOnceAreReplacedSideBySide() {
        try (DecodeWorkers own = complete(settings(2, true, Long.MAX_VALUE))) {
            Set<Long> before = Set.copyOf(own.pids());
            before.forEach(pid -> kill("KILL", pid));
            CompletableFuture<String> answer = CompletableFuture.supplyAsync(() -> hook(own, "wait 0"));
            await("those that serve start", () -> {
                Set<Long> starting = starting(own);
                starting.removeAll(before);
                return starting.size() >= 2;
            });
            assertThat(answer).succeedsWithin(LONG).isEqualTo("waited");
            await("they are back", () -> isComplete(own, 2));
            assertThat(own.counts().started()).isEqualTo(6);
        }
    }

    @Test
    void workersThatAreKilledWhileTheyStartAreStartedAgainAndWaitedFor() {
        try (DecodeWorkers own = new DecodeWorkers(settings(1, true, Long.MAX_VALUE))) {
            CompletableFuture<String> answer = CompletableFuture.supplyAsync(() -> hook(own, "wait 0"));
            for (int kills = 1; kills <= 4; kills++) {
                await("one starts", () -> !starting(own).isEmpty());
                long expected = kills;
                starting(own).forEach(pid -> kill("KILL", pid));
                await("it is noticed", () -> ended(own, Ending.START) >= expected);
            }
            assertThat(answer).succeedsWithin(LONG).isEqualTo("waited");
            assertThat(lines("could not start")).isEmpty();
        }
    }

    /** The process that hangs is still one at work: no more contents are decoded at a time than there are to be workers. */
    @Test
    void theSpareIsFreshAndNoWorkerMore() {
        try (DecodeWorkers own = complete(settings(1, true, Long.MAX_VALUE))) {
            long spare = own.pids().getLast();
            CompletableFuture<String> first = CompletableFuture.supplyAsync(() -> hook(own, "wait 500"));
            await("one is at work", () -> own.counts().busy() == 1);
            CompletableFuture<String> second = CompletableFuture.supplyAsync(() -> hook(own, "wait 0"));
            assertThat(first).succeedsWithin(LONG).isEqualTo("waited");
            assertThat(second).succeedsWithin(LONG).isEqualTo("waited");
            assertThat(own.pids()).last().isEqualTo(spare);
            assertThat(own.counts().started()).isEqualTo(2);
        }
    }

    /** A worker of which none begins while a certain file is there. */
    static final class BarredWorker {
        private BarredWorker() {}

        static Path bar(long server) {
            return Path.of(System.getProperty("java.io.tmpdir"), "semblance-barred-" + server);
        }

        public static void main(String[] arguments) throws IOException {
            long server = ProcessHandle.current().parent().orElseThrow().pid();
            if (Files.exists(bar(server))) {
                Runtime.getRuntime().halt(7);
            }
            HookedWorker.main(arguments);
        }
    }
}
