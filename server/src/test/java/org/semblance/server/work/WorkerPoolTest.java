package org.semblance.server.work;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@Timeout(20)
class WorkerPoolTest {
    private final AtomicInteger opened = new AtomicInteger();
    private final AtomicInteger closed = new AtomicInteger();

    private final class Tool implements AutoCloseable {
        final int number = opened.incrementAndGet();

        @Override
        public void close() {
            closed.incrementAndGet();
        }
    }

    private record Told(long deadlineNanos, Runnable work, Runnable late) implements WorkerPool.Task<Tool> {
        @Override
        public void run(Tool tool) {
            work.run();
        }

        @Override
        public void expire() {
            late.run();
        }
    }

    private static long later() {
        return System.nanoTime() + TimeUnit.HOURS.toNanos(1);
    }

    private static WorkerPool.Task<Tool> task(Runnable run) {
        return new Told(later(), run, () -> {
            throw new AssertionError("expired");
        });
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private record Owned(String owner, boolean isHeavy, Runnable work, Runnable refused)
            implements WorkerPool.Task<Tool> {
        Owned(String owner, Runnable work) {
            this(owner, false, work, () -> {
                throw new AssertionError("refused");
            });
        }

        @Override
        public long deadlineNanos() {
            return later();
        }

        @Override
        public void run(Tool tool) {
            work.run();
        }

        @Override
        public void expire() {
            throw new AssertionError("expired");
        }

        @Override
        public void refuse() {
            refused.run();
        }
    }

    private static Owned heavy(Runnable work) {
        return new Owned("heavy", true, work, () -> {});
    }

    /** Keeps a thread of a pool busy until it is told to go on. */
    private static final class Block {
        final CountDownLatch begun = new CountDownLatch(1);
        final CountDownLatch go = new CountDownLatch(1);

        void run() {
            begun.countDown();
            await(go);
        }
    }

    @Test
    void ownersTakeTurns() {
        ConcurrentLinkedQueue<String> order = new ConcurrentLinkedQueue<>();
        Block block = new Block();
        try (WorkerPool<Tool> pool = new WorkerPool<>(1, 8, Tool::new)) {
            pool.offer(new Owned("greedy", block::run));
            await(block.begun);
            for (int i = 0; i < 4; i++) {
                assertThat(pool.offer(new Owned("greedy", () -> order.add("greedy"))))
                        .isTrue();
            }
            assertThat(pool.offer(new Owned("modest", () -> order.add("modest"))))
                    .isTrue();
            block.go.countDown();
        }
        assertThat(order).containsExactly("modest", "greedy", "greedy", "greedy", "greedy");
    }

    @Test
    void anOwnerThatFillsTheQueueGivesAPlaceBack() {
        Block block = new Block();
        List<Integer> refused = new ArrayList<>();
        AtomicInteger ran = new AtomicInteger();
        try (WorkerPool<Tool> pool = new WorkerPool<>(1, 4, Tool::new)) {
            pool.offer(new Owned("greedy", block::run));
            await(block.begun);
            for (int i = 0; i < 4; i++) {
                int number = i;
                assertThat(pool.offer(new Owned("greedy", false, ran::incrementAndGet, () -> refused.add(number))))
                        .isTrue();
            }
            assertThat(pool.offer(new Owned("greedy", ran::incrementAndGet))).isFalse();
            assertThat(pool.offer(new Owned("modest", ran::incrementAndGet))).isTrue();
            block.go.countDown();
        }
        assertThat(refused).containsExactly(3);
        assertThat(ran).hasValue(4);
    }

    @Test
    void heavyTasksLeaveAThreadForOthers() {
        Block first = new Block();
        Block second = new Block();
        CountDownLatch light = new CountDownLatch(1);
        try (WorkerPool<Tool> pool = new WorkerPool<>(2, 8, Tool::new)) {
            pool.offer(heavy(first::run));
            await(first.begun);
            pool.offer(heavy(second::run));
            pool.offer(new Owned("light", light::countDown));
            await(light);
            assertThat(pool.queued()).isEqualTo(1);
            first.go.countDown();
            await(second.begun);
            second.go.countDown();
        }
    }

    @Test
    void aLoneThreadDoesHeavyTasksAsWell() {
        AtomicInteger ran = new AtomicInteger();
        try (WorkerPool<Tool> pool = new WorkerPool<>(1, 8, Tool::new)) {
            pool.offer(heavy(ran::incrementAndGet));
        }
        assertThat(ran).hasValue(1);
    }

    @Test
    void threadsOfAnotherPoolHelpWithHeavyTasksBeyondThose() {
        Block own = new Block();
        Block helped = new Block();
        AtomicInteger ran = new AtomicInteger();
        WorkerPool<Tool> pool = new WorkerPool<>(2, 8, Tool::new);
        ThreadFactory threads = Thread.ofPlatform().name("helper").daemon().factory();
        WorkerPool<Tool> helper = new WorkerPool<>(1, 8, Tool::new, threads, pool);
        pool.offer(heavy(own::run));
        await(own.begun);
        pool.offer(heavy(() -> {
            assertThat(Thread.currentThread().getName()).isEqualTo("helper");
            helped.run();
        }));
        await(helped.begun);
        pool.offer(heavy(ran::incrementAndGet));
        helper.offer(new Owned("", ran::incrementAndGet));
        assertThat(pool.queued()).isEqualTo(1);
        assertThat(helper.queued()).isEqualTo(1);
        own.go.countDown();
        helped.go.countDown();
        pool.close();
        helper.close();
        assertThat(ran).hasValue(2);
    }

    @Test
    void aTaskHasItsShareOfTheTimeWhileOthersWait() {
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        try (WorkerPool<Tool> pool = new WorkerPool<>(1, 8, Tool::new)) {
            pool.offer(new Owned("a", () -> {
                busy.countDown();
                await(go);
            }));
            await(busy);
            long now = System.nanoTime();
            long minute = TimeUnit.MINUTES.toNanos(1);
            // It began 40 s ago and has 20 s left.
            long began = now - minute * 2 / 3;
            assertThat(pool.wantsBack(began, began + minute)).as("nobody waits").isFalse();
            pool.offer(new Owned("b", () -> {}));
            assertThat(pool.wantsBack(began, began + minute))
                    .as("half of the time is for b")
                    .isTrue();
            assertThat(pool.wantsBack(now - minute / 3, now + minute * 2 / 3))
                    .as("less than half")
                    .isFalse();
            go.countDown();
        }
    }

    @Test
    void refusesWhatDoesNotFitTheQueueAndTakesItAgainOnceThereIsRoom() throws InterruptedException {
        WorkerPool<Tool> pool = new WorkerPool<>(2, 3, Tool::new);
        CountDownLatch busy = new CountDownLatch(2);
        CountDownLatch go = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(5);
        for (int i = 0; i < 2; i++) {
            assertThat(pool.offer(task(() -> {
                        busy.countDown();
                        await(go);
                        done.countDown();
                    })))
                    .isTrue();
        }
        busy.await();
        for (int i = 0; i < 3; i++) {
            assertThat(pool.offer(task(done::countDown))).isTrue();
        }
        assertThat(pool.queued()).isEqualTo(3);
        assertThat(pool.offer(task(done::countDown))).isFalse();

        go.countDown();
        done.await();

        CountDownLatch again = new CountDownLatch(1);
        assertThat(pool.offer(task(again::countDown))).isTrue();
        again.await();
        pool.close();
    }

    @Test
    void expiresWhatWaitedPastItsDeadlineAndDoesNotRunIt() throws InterruptedException {
        WorkerPool<Tool> pool = new WorkerPool<>(1, 2, Tool::new);
        CountDownLatch expired = new CountDownLatch(1);
        AtomicInteger ran = new AtomicInteger();
        pool.offer(new Told(System.nanoTime() - 1, ran::incrementAndGet, expired::countDown));
        expired.await();
        pool.close();
        assertThat(ran).hasValue(0);
    }

    @Test
    void givesBackATaskThatHasNotBegunAndItsPlaceToAnother() throws InterruptedException {
        WorkerPool<Tool> pool = new WorkerPool<>(1, 1, Tool::new);
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        WorkerPool.Task<Tool> running = task(() -> {
            busy.countDown();
            await(go);
        });
        WorkerPool.Task<Tool> waiting = task(() -> {
            throw new AssertionError("withdrawn");
        });
        AtomicInteger ran = new AtomicInteger();
        pool.offer(running);
        busy.await();
        pool.offer(waiting);
        assertThat(pool.withdraw(running)).isFalse();
        assertThat(pool.withdraw(waiting)).isTrue();
        assertThat(pool.withdraw(waiting)).isFalse();
        assertThat(pool.offer(task(ran::incrementAndGet))).isTrue();
        go.countDown();
        pool.close();
        assertThat(ran).hasValue(1);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void runsOnThreadsThatGiveWayIfToldTo() throws Exception {
        Path status = Path.of("/proc/thread-self/stat");
        CompletableFuture<String> background = new CompletableFuture<>();
        WorkerPool<Tool> pool = new WorkerPool<>(1, 1, Tool::new, new BackgroundThreads("test"));
        pool.offer(task(() -> background.complete(read(status))));
        assertThat(background.get()).contains("(test-0)");
        assertThat(nice(background.get())).isEqualTo(BackgroundThreads.NICE);
        assertThat(nice(Files.readString(status))).isLessThan(BackgroundThreads.NICE);
        pool.close();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The 19th field of {@code proc_pid_stat(5)}, of which the second is in brackets. */
    private static int nice(String stat) {
        return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[16]);
    }

    @Test
    void keepsTheOrderOfArrival() {
        WorkerPool<Tool> pool = new WorkerPool<>(1, 100, Tool::new);
        ConcurrentLinkedQueue<Integer> order = new ConcurrentLinkedQueue<>();
        for (int i = 0; i < 100; i++) {
            int number = i;
            assertThat(pool.offer(task(() -> order.add(number)))).isTrue();
        }
        pool.close();
        assertThat(List.copyOf(order)).isSorted().hasSize(100);
    }

    @Test
    void doesAllThatItAcceptedBeforeItCloses() {
        WorkerPool<Tool> pool = new WorkerPool<>(2, 50, Tool::new);
        AtomicInteger ran = new AtomicInteger();
        for (int i = 0; i < 50; i++) {
            pool.offer(task(ran::incrementAndGet));
        }
        assertThat(pool.close(Duration.ofSeconds(10))).isTrue();
        assertThat(ran).hasValue(50);
        assertThat(pool.offer(task(ran::incrementAndGet))).isFalse();
        assertThat(closed).hasValue(2);
    }

    @Test
    void saysSoIfATaskOutlastsTheClose() {
        WorkerPool<Tool> pool = new WorkerPool<>(1, 1, Tool::new);
        CountDownLatch go = new CountDownLatch(1);
        pool.offer(task(() -> await(go)));
        assertThat(pool.close(Duration.ofMillis(20))).isFalse();
        go.countDown();
        assertThat(pool.close(Duration.ofSeconds(10))).isTrue();
    }

    @Test
    void survivesATaskThatThrows() throws InterruptedException {
        WorkerPool<Tool> pool = new WorkerPool<>(1, 4, Tool::new);
        CountDownLatch after = new CountDownLatch(1);
        pool.offer(task(() -> {
            throw new IllegalStateException("thrown on purpose by a test");
        }));
        pool.offer(task(after::countDown));
        after.await();
        pool.close();
    }

    @Test
    void givesEachThreadAToolOfItsOwn() {
        WorkerPool<Tool> pool = new WorkerPool<>(2, 1_000, Tool::new);
        ConcurrentHashMap<Thread, Set<Integer>> seen = new ConcurrentHashMap<>();
        for (int i = 0; i < 500; i++) {
            pool.offer(new WorkerPool.Task<>() {
                @Override
                public long deadlineNanos() {
                    return later();
                }

                @Override
                public void run(Tool tool) {
                    seen.computeIfAbsent(Thread.currentThread(), t -> ConcurrentHashMap.newKeySet())
                            .add(tool.number);
                }

                @Override
                public void expire() {}
            });
        }
        pool.close();
        assertThat(seen.values()).allSatisfy(tools -> assertThat(tools).hasSize(1));
        assertThat(seen.values().stream().flatMap(Set::stream).distinct().count())
                .isEqualTo(seen.size());
    }
}
