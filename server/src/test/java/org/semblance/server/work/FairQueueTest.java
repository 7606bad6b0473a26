package org.semblance.server.work;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs the queue by a clock of its own, on which tasks take what they are told to. */
class FairQueueTest {
    private static final long SEED = Long.getLong("semblance.seed", System.nanoTime());
    private static final int LIMIT = 40;
    private static final long MOST_COST = 1_000;

    private final Random random = new Random(SEED);

    private record Task(String owner, int number, long cost, long arrived) {}

    private record Run(FairQueue.Turn<Task> turn, long began, long ends) {}

    /** Workers that take tasks from the queue, one event after the other. */
    private static final class Shop {
        final FairQueue<Task> queue = new FairQueue<>(LIMIT);
        final Map<String, Long> served = new HashMap<>();
        final Map<String, Long> longestWait = new HashMap<>();
        final Map<String, ArrayDeque<Integer>> order = new HashMap<>();
        final Set<Task> accepted = new HashSet<>();
        final List<Task> ran = new ArrayList<>();
        final PriorityQueue<Run> running = new PriorityQueue<>(Comparator.comparingLong(Run::ends));
        final int workers;
        long now;
        int made;

        Shop(int workers) {
            this.workers = workers;
        }

        Task make(String owner, long cost) {
            return new Task(owner, made++, cost, now);
        }

        /** Offers a task, and has the workers take what they can. Returns the task that was refused, or null. */
        @Nullable
        Task offer(Task task) {
            int before = queue.size();
            Task refused = queue.add(task.owner, task);
            if (refused != task) {
                assertThat(accepted.add(task)).as("seed %d", SEED).isTrue();
                waiting(task.owner).addLast(task.number);
            }
            if (refused != null) {
                assertThat(before).as("full, seed %d", SEED).isEqualTo(LIMIT);
                if (refused != task) {
                    taken(refused);
                    assertThat(waiting(refused.owner).removeLast())
                            .as("the newest, seed %d", SEED)
                            .isEqualTo(refused.number);
                }
            }
            assertThat(queue.size()).as("seed %d", SEED).isLessThanOrEqualTo(LIMIT);
            begin();
            return refused;
        }

        /** The numbers of an owner's tasks, in the order in which they are due. */
        private ArrayDeque<Integer> waiting(String owner) {
            return order.computeIfAbsent(owner, unknown -> new ArrayDeque<>());
        }

        private void taken(Task task) {
            assertThat(accepted.remove(task)).as("once, seed %d", SEED).isTrue();
        }

        boolean withdraw(Task task) {
            boolean waited = queue.remove(task.owner, task);
            assertThat(waited).as("seed %d", SEED).isEqualTo(accepted.contains(task));
            if (waited) {
                taken(task);
                waiting(task.owner).remove(task.number);
            }
            return waited;
        }

        private void begin() {
            while (running.size() < workers) {
                FairQueue.Turn<Task> turn = queue.next();
                if (turn == null) {
                    return;
                }
                Task task = turn.task();
                taken(task);
                assertThat(waiting(task.owner).removeFirst())
                        .as("the order of arrival, seed %d", SEED)
                        .isEqualTo(task.number);
                longestWait.merge(task.owner, now - task.arrived, Math::max);
                running.add(new Run(turn, now, now + task.cost));
            }
        }

        /** Goes on to the end of the task that ends next, or to that time if it is sooner. */
        void goOn(long until) {
            Run next = running.peek();
            if (next == null || next.ends > until) {
                now = until;
                return;
            }
            running.remove();
            now = next.ends;
            Task task = next.turn.task();
            served.merge(task.owner, task.cost, Long::sum);
            ran.add(task);
            queue.ended(next.turn, task.cost);
            begin();
        }

        void finish() {
            while (!running.isEmpty()) {
                goOn(Long.MAX_VALUE);
            }
        }

        /** What an owner has had, with the parts of tasks that go on. */
        long had(String owner) {
            return served.getOrDefault(owner, 0L)
                    + running.stream()
                            .filter(run -> run.turn.task().owner.equals(owner))
                            .mapToLong(run -> now - run.began)
                            .sum();
        }
    }

    private long cost(long most) {
        return 1 + (long) (random.nextDouble() * random.nextDouble() * most);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void ownersThatAlwaysHaveWorkHaveEqualShares(int workers) {
        Shop shop = new Shop(workers);
        List<String> owners = List.of("light", "medium", "heavy", "wild");
        List<Long> costs = List.of(10L, 100L, MOST_COST, MOST_COST);
        Map<String, Long> before = new HashMap<>();
        long since = 0;
        for (int round = 0; round < 20_000; round++) {
            for (int i = 0; i < owners.size(); i++) {
                String owner = owners.get(i);
                long cost = owner.equals("wild") ? cost(costs.get(i)) : costs.get(i);
                while (shop.queue.size() < LIMIT && shop.waiting(owner).size() < 8) {
                    shop.offer(shop.make(owner, cost));
                }
            }
            shop.goOn(Long.MAX_VALUE);
            if (random.nextInt(500) == 0) { // Any interval: from one random moment to the next.
                long share = (shop.now - since) * workers / owners.size();
                long slack = 2 * (workers + 1) * MOST_COST;
                for (String owner : owners) {
                    assertThat(shop.had(owner) - before.getOrDefault(owner, 0L))
                            .as("%s from %d to %d, seed %d", owner, since, shop.now, SEED)
                            .isBetween(share - slack, share + slack);
                    before.put(owner, shop.had(owner));
                }
                since = shop.now;
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void anOwnerThatWantsLittleWaitsForNoMoreThanTheTasksThatRun(int workers) {
        Shop shop = new Shop(workers);
        long next = 0;
        for (int photo = 0; photo < 2_000; photo++) {
            do {
                while (shop.queue.size() < LIMIT) {
                    shop.offer(shop.make("heavy", cost(MOST_COST)));
                }
                shop.goOn(next);
            } while (shop.now < next);
            // At most two fifths of one worker, beside an owner that would take all.
            Task refused = shop.offer(shop.make("light", cost(20)));
            assertThat(refused == null ? "heavy" : refused.owner)
                    .as("seed %d", SEED)
                    .isEqualTo("heavy");
            next = shop.now + 50 + random.nextInt(50);
        }
        shop.finish();
        assertThat(shop.longestWait.get("light")).as("seed %d", SEED).isLessThanOrEqualTo(MOST_COST + 2 * 20);
    }

    @Test
    void loseNothingAndRunNothingTwiceWhateverComes() {
        Shop shop = new Shop(3);
        List<Task> all = new ArrayList<>();
        Set<Task> refused = new HashSet<>();
        Set<Task> withdrawn = new HashSet<>();
        for (int step = 0; step < 50_000; step++) {
            int what = random.nextInt(10);
            if (what < 6) {
                Task task = shop.make("owner " + (int) (30 * random.nextDouble() * random.nextDouble()), cost(100));
                all.add(task);
                Task gone = shop.offer(task);
                if (gone != null) {
                    assertThat(refused.add(gone)).as("seed %d", SEED).isTrue();
                }
            } else if (what < 7 && !all.isEmpty()) {
                Task task = all.get(Math.max(0, all.size() - 1 - random.nextInt(60)) % all.size());
                if (shop.withdraw(task)) {
                    withdrawn.add(task);
                }
            } else {
                shop.goOn(shop.now + random.nextInt(60));
            }
        }
        shop.finish();
        Set<Task> ends = new HashSet<>(shop.ran);
        assertThat(shop.ran).as("seed %d", SEED).hasSameSizeAs(ends);
        ends.addAll(refused);
        ends.addAll(withdrawn);
        assertThat(ends).as("seed %d", SEED).hasSize(all.size());
        assertThat(shop.ran.size() + refused.size() + withdrawn.size()).isEqualTo(all.size());
        assertThat(refused).hasSizeGreaterThan(100);
        assertThat(withdrawn).hasSizeGreaterThan(100);
        assertThat(shop.queue.size()).isZero();
        assertThat(shop.queue.owners()).isZero();
    }

    @Test
    void noTaskIsRefusedOfAnOwnerThatHasNoMoreThanItsShareOfThePlaces() {
        Shop shop = new Shop(0);
        List<String> owners = List.of("a", "b", "c", "d");
        for (int step = 0; step < 5_000; step++) {
            String owner = owners.get(random.nextInt(owners.size()));
            Map<String, Long> places = new HashMap<>();
            shop.accepted.forEach(task -> places.merge(task.owner, 1L, Long::sum));
            Task refused = shop.offer(shop.make(owner, 1));
            if (refused != null) {
                places.merge(owner, 1L, Long::sum);
                assertThat(places.get(refused.owner))
                        .as("the most, seed %d", SEED)
                        .isEqualTo(places.values().stream()
                                .mapToLong(Long::longValue)
                                .max()
                                .orElseThrow())
                        .isGreaterThan(LIMIT / owners.size());
            }
            if (random.nextInt(3) == 0 && shop.queue.size() > 0) {
                Task task = shop.accepted.iterator().next();
                shop.withdraw(task);
            }
        }
    }

    @Test
    void anOwnerAloneHasAllPlaces() {
        Shop shop = new Shop(0);
        for (int i = 0; i < LIMIT; i++) {
            assertThat(shop.offer(shop.make("alone", 1))).isNull();
        }
        Task more = shop.make("alone", 1);
        assertThat(shop.offer(more)).isSameAs(more);
    }

    @Test
    void anOwnerThatComesBackHasNoClaimOnThePast() {
        FairQueue<String> queue = new FairQueue<>(LIMIT);
        queue.add("idle", "idle");
        queue.ended(Objects.requireNonNull(queue.next()), 10);
        for (int i = 0; i < 10; i++) {
            queue.add("busy", "busy");
        }
        for (int i = 0; i < 5; i++) {
            queue.ended(Objects.requireNonNull(queue.next()), 10);
        }
        for (int i = 0; i < 5; i++) {
            queue.add("idle", "idle");
        }
        List<String> order = new ArrayList<>();
        for (FairQueue.Turn<String> turn = queue.next(); turn != null; turn = queue.next()) {
            order.add(turn.task());
            queue.ended(turn, 10);
        }
        assertThat(order.subList(0, 6)).containsExactlyInAnyOrder("idle", "idle", "idle", "busy", "busy", "busy");
    }

    @Test
    void oneSortCanBeTakenAlone() {
        FairQueue<String> queue = new FairQueue<>(LIMIT);
        queue.add("a", "heavy 1");
        queue.add("a", "light 1");
        queue.add("b", "light 2");
        assertThat(Objects.requireNonNull(queue.next(task -> task.startsWith("light")))
                        .task())
                .isEqualTo("light 1");
        assertThat(Objects.requireNonNull(queue.next(task -> task.startsWith("light")))
                        .task())
                .isEqualTo("light 2");
        assertThat(queue.next(task -> task.startsWith("light"))).isNull();
        assertThat(queue.size()).isEqualTo(1);
    }

    @Test
    void whatWasNotWorthRunningCostsNothing() {
        FairQueue<String> queue = new FairQueue<>(LIMIT);
        queue.add("a", "a");
        queue.ended(Objects.requireNonNull(queue.next()), 1_000);
        queue.add("a", "late");
        queue.add("a", "a");
        FairQueue.Turn<String> late = Objects.requireNonNull(queue.next());
        queue.add("b", "b");
        queue.unused(late);
        assertThat(Objects.requireNonNull(queue.next()).task()).isEqualTo("a");
    }

    @Test
    void namesWithoutEndTakeNoMemoryWithoutEnd() {
        FairQueue<Integer> queue = new FairQueue<>(LIMIT);
        for (int i = 0; i < 10_000; i++) {
            queue.add("owner " + i, i);
            queue.add("owner " + i, i);
            queue.ended(Objects.requireNonNull(queue.next()), 1 + random.nextInt(1_000));
            assertThat(queue.owners()).isLessThanOrEqualTo(3 * LIMIT + 1);
        }
    }
}
