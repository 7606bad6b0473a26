package org.semblance.engine.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.semblance.engine.worker.Lanes.LIMITS;
import static org.semblance.engine.worker.Lanes.LONG;
import static org.semblance.engine.worker.Lanes.ask;
import static org.semblance.engine.worker.Lanes.await;
import static org.semblance.engine.worker.Lanes.ended;
import static org.semblance.engine.worker.Lanes.hook;
import static org.semblance.engine.worker.Lanes.isComplete;
import static org.semblance.engine.worker.Lanes.settings;
import static org.semblance.engine.worker.Reports.withoutTimes;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.engine.ContentHasher;
import org.semblance.engine.Digests;
import org.semblance.engine.HashReport;
import org.semblance.engine.HashRequest;
import org.semblance.engine.HashRequest.Variants;
import org.semblance.engine.InProcessHasher;
import org.semblance.engine.NoDecoderException;
import org.semblance.engine.RandomSeed;
import org.semblance.engine.features.Profile;
import org.semblance.engine.judge.Verdict;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DeadlinePassedException;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.FrameSampling;
import org.semblance.engine.media.MediaSource;
import org.semblance.engine.media.Picture;
import org.semblance.engine.media.internal.Encoders;
import org.semblance.engine.media.internal.Footage;
import org.semblance.engine.worker.linux.SystemCalls;

/** Real worker processes, some of which are killed, or do what a decoder that was taken over might do. */
@EnabledOnOs(OS.LINUX)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DecodeWorkersTest {
    private static final Picture PHOTO = Picture.photo(11, 160, 120);

    @TempDir
    private Path folder;

    private DecodeWorkers workers;
    private ContentHasher fast;

    @BeforeAll
    void start() {
        workers = new DecodeWorkers(settings(2, true, Long.MAX_VALUE));
        workers.start(2);
        fast = workers.hasher(DecodePath.FAST);
    }

    @AfterAll
    void stop() {
        workers.close();
    }

    @Test
    void saysWhatTheSameHasherSaysInProcess() throws Exception {
        long crashes = ended(workers, Ending.CRASH);
        List<byte[]> stills = withCutOff(stills());
        List<byte[]> moving = withCutOff(moving());
        stills.add("plain text".getBytes(StandardCharsets.US_ASCII));
        stills.add(new byte[0]);
        // Larger than the shared memory.
        stills.add(Encoders.encode(Picture.photo(13, 2_000, 1_500), ".bmp"));
        List<FrameSampling> samplings =
                List.of(HashRequest.ONCE_A_SECOND, new FrameSampling.EveryFrame(), FrameSampling.KeyFrames.DEFAULT);
        for (DecodePath path : DecodePath.values()) {
            try (ContentHasher here = new InProcessHasher(LIMITS, path)) {
                ContentHasher there = workers.hasher(path);
                for (int i = 0; i < stills.size(); i++) {
                    // Which means nothing to a still; so each has one of them.
                    assertSame(
                            "still " + i + ", " + path,
                            here,
                            there,
                            stills.get(i),
                            samplings.get(i % samplings.size()));
                }
                for (int i = 0; i < moving.size(); i++) {
                    for (FrameSampling sampling : samplings) {
                        assertSame("moving " + i + ", " + path, here, there, moving.get(i), sampling);
                    }
                }
            }
        }
        assertThat(ended(workers, Ending.CRASH)).isEqualTo(crashes);
    }

    private static List<byte[]> stills() throws IOException {
        List<byte[]> files = new ArrayList<>();
        for (String suffix : List.of(".jpg", ".png", ".gif", ".bmp", ".tiff", ".webp")) {
            files.add(Encoders.encode(PHOTO, suffix));
            if (!suffix.equals(".gif")) { // Of which OpenCV has no encoder for grey.
                files.add(Encoders.encode(PHOTO.grey(), suffix));
            }
        }
        files.add(Encoders.progressiveJpeg(PHOTO, 60));
        for (String name : List.of("tiled.heic", "alpha.avif")) {
            try (var in = DecodeWorkersTest.class.getResourceAsStream("/org/semblance/engine/media/" + name)) {
                assertThat(in).as(name).isNotNull();
                files.add(in.readAllBytes());
            }
        }
        return files;
    }

    /** Animated images and videos. */
    private List<byte[]> moving() throws IOException {
        List<byte[]> files = new ArrayList<>();
        List<Picture> frames = List.of(PHOTO, Picture.photo(12, 160, 120));
        for (String suffix : List.of(".png", ".gif", ".webp")) {
            files.add(Encoders.animation(frames, suffix));
        }
        Path clip = folder.resolve("clip.mp4");
        new Footage(3, 160, 90).write(clip, Footage.Encoding.MP4.withAudio(), 25, 0, 60);
        files.add(Files.readAllBytes(clip));
        for (String container : List.of("matroska", "mpegts", "avi", "flv")) {
            Path other = folder.resolve("clip." + container);
            new Footage(4, 160, 90)
                    .write(other, new Footage.Encoding(container, codec(container), 30, 0, false), 25, 0, 40);
            files.add(Files.readAllBytes(other));
        }
        return files;
    }

    /** All of them, and each once more without its last third. */
    private static List<byte[]> withCutOff(List<byte[]> files) {
        List<byte[]> both = new ArrayList<>(files);
        files.forEach(file -> both.add(Arrays.copyOf(file, file.length * 2 / 3)));
        return both;
    }

    private void assertSame(String what, ContentHasher here, ContentHasher there, byte[] file, FrameSampling sampling)
            throws IOException {
        HashRequest request = request(MediaSource.of(ByteBuffer.wrap(file)), file, sampling);
        Path spilled = Files.write(folder.resolve("spilled"), file);
        HashRequest inFile = request(MediaSource.of(spilled), file, sampling);
        HashReport expected = withoutTimes(here.hash(request));
        assertThat(withoutTimes(there.hash(request)))
                .as("%s, %s", what, sampling)
                .isEqualTo(expected);
        assertThat(withoutTimes(there.hash(inFile)))
                .as("%s on disk, %s", what, sampling)
                .isEqualTo(expected);
    }

    private static String codec(String container) {
        return container.equals("flv") ? "flv" : "mpeg4";
    }

    private static HashRequest request(MediaSource source, byte[] file, FrameSampling sampling) {
        Variants variants = file.length % 2 == 0 ? Variants.DIHEDRAL : Variants.FOR_LOOKUP;
        return new HashRequest(
                source,
                Digests.of(ByteBuffer.wrap(file)).signals(),
                sampling,
                variants,
                Profile.UPLOADED,
                Deadline.after(LONG),
                Deadline.after(LONG),
                System.nanoTime());
    }

    @Test
    void refusesFilesAndSocketsToATakenOverWorker() throws Exception {
        Path secret = Files.writeString(folder.resolve("secret"), "abc");
        Path target = folder.resolve("written");
        try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            String connect = "connect " + server.getLocalPort();
            assertThat(hook(fast, "read " + secret)).startsWith("refused: ").doesNotContain("read 3");
            assertThat(hook(fast, "write " + target)).startsWith("refused: ");
            assertThat(target).doesNotExist();
            assertThat(hook(fast, connect)).startsWith("refused: ");
            // Otherwise it would prove nothing.
            try (DecodeWorkers free = new DecodeWorkers(settings(1, false, Long.MAX_VALUE))) {
                ContentHasher hasher = free.hasher(DecodePath.FAST);
                assertThat(hook(hasher, "read " + secret)).isEqualTo("read 3");
                assertThat(hook(hasher, "write " + target)).isEqualTo("wrote " + target);
                assertThat(hook(hasher, connect)).isEqualTo("connected true");
                assertThat(free.counts().sandboxed()).isZero();
            }
        }
        await("all are held", () -> workers.counts().sandboxed() == 3);
    }

    @Test
    void killsAWorkerThatWantsToBeAnotherProgram() {
        SystemCalls calls = Objects.requireNonNull(SystemCalls.ofThisMachine());
        long before = ended(workers, Ending.CRASH);
        assertThat(hook(fast, "execute " + calls.number("execve"))).startsWith("CORRUPT: ");
        assertThat(hook(fast, "fork " + calls.number("clone"))).startsWith("CORRUPT: ");
        assertThat(ended(workers, Ending.CRASH)).isEqualTo(before + 2);
        await("they are replaced", () -> isComplete(workers, 2));
    }

    /** It goes on without, and gets faster as it did. */
    @Test
    void startsNoThreadInAWorkerAndTheWorkerLives() {
        assertThat(hook(fast, "thread")).startsWith("refused: unable to create native thread");
        try (DecodeWorkers free = new DecodeWorkers(settings(1, false, Long.MAX_VALUE))) {
            assertThat(hook(free.hasher(DecodePath.FAST), "thread")).isEqualTo("started");
        }
        long before = ended(workers, Ending.CRASH);
        byte[] png = Encoders.encode(PHOTO, ".png");
        for (int i = 0; i < 300; i++) {
            assertThat(ask(fast, ByteBuffer.wrap(png)).signals()).isNotEmpty();
        }
        assertThat(hook(fast, "thread")).startsWith("refused: ");
        assertThat(ended(workers, Ending.CRASH)).isEqualTo(before);
    }

    /** Of all threads, those of the virtual machine included; this process may be root's. */
    @Test
    void noThreadOfAWorkerHasACapability() throws IOException {
        ask(fast, ByteBuffer.wrap(Encoders.encode(PHOTO, ".png")));
        int threads = 0;
        for (ProcessHandle worker : ProcessHandle.current().children().toList()) {
            if (!worker.info().commandLine().orElse("").contains(HookedWorker.class.getName())) {
                continue;
            }
            try (Stream<Path> tasks = Files.list(Path.of("/proc", Long.toString(worker.pid()), "task"))) {
                for (Path task : tasks.toList()) {
                    assertThat(Files.readAllLines(task.resolve("status")))
                            .filteredOn(line -> line.matches("Cap(Prm|Eff|Amb):.*"))
                            .hasSize(3)
                            .allMatch(line -> line.endsWith("\t0000000000000000"));
                    threads++;
                }
            }
        }
        assertThat(threads).isGreaterThan(5);
    }

    @Test
    void boundsTheMemoryOfAWorker() {
        long mostMb = settings(1, true, 1).memoryBytes() >> 20;
        assertThat(mostMb).isLessThan(4_000);
        long got = Long.parseLong(hook(fast, "grow 100000").replaceAll("\\D", ""));
        assertThat(got).isGreaterThan(mostMb / 2).isLessThan(mostMb);
        // What has no memory left may end; the next content finds another.
        assertThat(ask(fast, ByteBuffer.wrap(Encoders.encode(PHOTO, ".png"))).signals())
                .isNotEmpty();
        HashReport report = ask(fast, HookedWorker.order("heap"));
        assertThat(report.failure()).isEqualTo(Verdict.TOO_LARGE);
        assertThat(report.reason()).isEqualTo("unknown: it needs more memory than a decoder has");
        await("all are there", () -> isComplete(workers, 2));
    }

    @Test
    void answersACrashAsCorruptAndABugAsABug() {
        assertThat(hook(fast, "crash")).isEqualTo("CORRUPT: unknown: the decoder ended while it worked on this");
        assertThat(hook(fast, "exit 0")).startsWith("CORRUPT: ");
        assertThatThrownBy(() -> hook(fast, "bug"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("as asked for");
        await("all are there", () -> isComplete(workers, 2));
    }

    /** A hang is a timeout for its own content; it is killed, and those beside it go on. */
    @Test
    void killsAWorkerThatHangs() {
        await("all are there", () -> isComplete(workers, 2));
        long before = ended(workers, Ending.HANG);
        Deadline deadline = Deadline.after(Duration.ofMillis(50));
        assertThatThrownBy(() -> fast.hash(HookedWorker.order("hang"), deadline))
                .isInstanceOf(DeadlinePassedException.class);
        assertThat(ask(fast, ByteBuffer.wrap(Encoders.encode(PHOTO, ".png"))).failure())
                .isNull();
        await("it is killed", () -> ended(workers, Ending.HANG) == before + 1);
        await("it is replaced", () -> isComplete(workers, 2));
    }

    /** What ends a little too late is no hang. */
    @Test
    void leavesAWorkerAloneThatIsLate() {
        await("all are there", () -> isComplete(workers, 2));
        long started = workers.counts().started();
        AtomicInteger asked = new AtomicInteger();
        Deadline given = Deadline.after(LONG, () -> asked.incrementAndGet() > 3);
        assertThatThrownBy(() -> fast.hash(HookedWorker.order("wait 1500"), given))
                .isInstanceOf(DeadlinePassedException.class);
        assertThat(workers.counts().busy()).isPositive();
        await("it comes back", () -> isComplete(workers, 2));
        assertThat(workers.counts().started()).isEqualTo(started);
    }

    @Test
    void givesUpWhoWaitsForAWorkerAtItsOwnDeadline() throws Exception {
        await("all are there", () -> isComplete(workers, 2));
        CountDownLatch asked = new CountDownLatch(2);
        List<Thread> busy = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            busy.add(Thread.ofVirtual().start(() -> {
                asked.countDown();
                hook(fast, "wait 500");
            }));
        }
        asked.await();
        await("both are busy", () -> workers.counts().idle() == 0);
        Deadline deadline = Deadline.after(Duration.ofMillis(20));
        assertThatThrownBy(() -> fast.hash(HookedWorker.order("wait 0"), deadline))
                .isInstanceOf(DeadlinePassedException.class)
                .hasMessageContaining("a decoder was free");
        for (Thread thread : busy) {
            thread.join();
        }
    }

    /** Workers are killed at random moments, from outside, while four threads have contents hashed. */
    @Test
    void losesNoMoreThanTheContentsThatAreInAWorkerThatCrashes() throws Exception {
        byte[] png = Encoders.encode(PHOTO, ".png");
        HashReport expected = withoutTimes(ask(fast, ByteBuffer.wrap(png)));
        long crashesBefore = ended(workers, Ending.CRASH);
        long killedBefore = ended(workers, Ending.KILLED);
        long idleBefore = ended(workers, Ending.IDLE);
        AtomicInteger left = new AtomicInteger(600);
        AtomicInteger corrupt = new AtomicInteger();
        ConcurrentLinkedQueue<Object> others = new ConcurrentLinkedQueue<>();
        List<Thread> clients = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            clients.add(Thread.ofPlatform().start(() -> {
                while (left.getAndDecrement() > 0) {
                    try {
                        HashReport report = withoutTimes(ask(fast, ByteBuffer.wrap(png)));
                        if (report.failure() == Verdict.CORRUPT) {
                            corrupt.incrementAndGet();
                        } else if (!report.equals(expected)) {
                            others.add(report);
                        }
                    } catch (RuntimeException e) {
                        others.add(e);
                    }
                }
            }));
        }
        Random random = RandomSeed.random();
        int kills = 0;
        while (left.get() > 150) {
            int at = left.get();
            await("some are done", () -> left.get() < at - 150);
            List<Long> pids = workers.pids();
            if (!pids.isEmpty()) {
                Lanes.kill(random.nextBoolean() ? "KILL" : "SEGV", pids.get(random.nextInt(pids.size())));
                kills++;
            }
        }
        for (Thread client : clients) {
            client.join();
        }
        assertThat(others).as(RandomSeed.replay()).isEmpty();
        await("all are there", () -> isComplete(workers, 2));
        long crashes = ended(workers, Ending.CRASH) - crashesBefore;
        long killed = ended(workers, Ending.KILLED) - killedBefore;
        long idle = ended(workers, Ending.IDLE) - idleBefore;
        assertThat(kills).isPositive();
        // The same one may have been hit twice.
        assertThat(crashes + killed + idle).isPositive().isLessThanOrEqualTo(kills);
        assertThat(corrupt.get()).isEqualTo((int) crashes);
    }

    @Test
    void replacesAWorkerThatHasDoneEnough() {
        try (DecodeWorkers few = new DecodeWorkers(settings(1, true, 5))) {
            ContentHasher hasher = few.hasher(DecodePath.FAST);
            for (int i = 0; i < 12; i++) {
                assertThat(hook(hasher, "wait 0")).isEqualTo("waited");
            }
            await("it is replaced", () -> few.counts().started() >= 2 && ended(few, Ending.WORN_OUT) >= 1);
            await("there is one", () -> isComplete(few, 1));
            assertThat(few.counts().ended()).containsEntry(Ending.CRASH, 0L).containsEntry(Ending.IDLE, 0L);
        }
    }

    @Test
    void saysWhyNoneCanBegin() {
        try (DecodeWorkers none = new DecodeWorkers(settings(1, true, 5, DecodeWorkersTest.class))) {
            assertThatThrownBy(() -> hook(none.hasher(DecodePath.FAST), "wait 0"))
                    .isInstanceOf(NoDecoderException.class)
                    .hasMessageContaining("ended with status 1")
                    .hasMessageContaining("main");
            await("it is tried again", () -> ended(none, Ending.START) >= 2);
        }
    }

    @Test
    void endsThemWhenItIsClosed() {
        DecodeWorkers own = new DecodeWorkers(settings(2, true, 1_000));
        own.start(2);
        await("they are there", () -> isComplete(own, 2));
        List<Long> started = own.pids();
        assertThat(started).hasSize(3);
        CompletableFuture<String> answer =
                CompletableFuture.supplyAsync(() -> hook(own.hasher(DecodePath.FAST), "hang"));
        await("one hangs", () -> own.counts().busy() == 1);
        own.close();
        assertThat(answer.handle((text, failure) -> failure == null ? text : failure.getMessage()))
                .succeedsWithin(LONG)
                .asString()
                .contains("the server stops");
        await("they are gone", () -> started.stream().noneMatch(DecodeWorkersTest::isAlive));
        assertThatThrownBy(() -> hook(own.hasher(DecodePath.FAST), "wait 0")).isInstanceOf(NoDecoderException.class);
    }

    private static boolean isAlive(long pid) {
        return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isPresent();
    }

    /** A server that is killed cannot tell them. */
    @Test
    void endWithTheirServer() throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx64m", "-XX:+UseSerialGC"));
        command.addAll(List.of(
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                KilledOwner.class.getName()));
        Process owner = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            int ready = owner.getInputStream().read();
            assertThat(ready).isEqualTo('.');
            Set<Long> children = owner.children().map(ProcessHandle::pid).collect(Collectors.toSet());
            assertThat(children).hasSizeBetween(1, 2); // The spare may have begun to start.
            owner.destroyForcibly().waitFor();
            await("it is gone, though it hangs", () -> children.stream().noneMatch(DecodeWorkersTest::isAlive));
        } finally {
            owner.destroyForcibly();
        }
    }

    /** Has one worker, which hangs. */
    static final class KilledOwner {
        private KilledOwner() {}

        public static void main(String[] arguments) {
            DecodeWorkers own = new DecodeWorkers(settings(1, true, 1_000));
            Thread.ofPlatform().start(() -> hook(own.hasher(DecodePath.FAST), "hang"));
            await("it hangs", () -> own.counts().busy() == 1);
            System.out.print('.');
            System.out.flush();
        }
    }
}
