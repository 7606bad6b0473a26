package org.semblance.server.work;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

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
