package org.semblance.hashdb;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.catalog.BankFields;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.JournalEntry;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.follow.DatabaseEvents;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;

/** Many threads at once: what was acknowledged is seen by whoever asks after, and by everyone. */
class ConcurrencyTest {
    final Databases databases = databases();

    private static final Origin ANYONE = new Origin("thread", "");
    private static final int WRITERS = 6;
    private static final int READERS = 3;

    @TempDir
    private Path folder;

    private final SplittableRandom random = RandomSeed.random();
    private HashDb db;

    private record Banked(long id, Hash256 hash) {}

    @BeforeEach
    void open() {
        db = databases.open(folder);
        db.apply(new Change.CreateBank("A"), ANYONE);
    }

    @AfterEach
    void close() {
        db.close();
    }

    private Banked add(String bank, Hash256 hash) {
        Signal signal = new Signal(SignalType.PDQ, hash.toHex());
        return new Banked(
                db.apply(new Change.AddContents(bank, List.of(new ContentDraft(List.of(signal)))), ANYONE)
                        .firstContentId(),
                hash);
    }

    private boolean finds(Banked content) {
        return db.lookup(content.hash).stream()
                .anyMatch(match -> match.content().id() == content.id);
    }

    private static void runAll(List<Callable<Void>> tasks) throws Exception {
        try (ExecutorService threads =
                Executors.newThreadPerTaskExecutor(Thread.ofPlatform().factory())) {
            List<Future<Void>> futures = new ArrayList<>();
            tasks.forEach(task -> futures.add(threads.submit(task)));
            for (Future<Void> future : futures) {
                future.get();
            }
        }
    }

    @Test
    void missesNothingWhileManyWriteAndRead() throws Exception {
        ConcurrentHashMap<Long, Banked> there = new ConcurrentHashMap<>();
        AtomicInteger writing = new AtomicInteger(WRITERS);
        List<Callable<Void>> tasks = new ArrayList<>();
        for (int w = 0; w < WRITERS; w++) {
            SplittableRandom own = random.split();
            tasks.add(() -> {
                try {
                    write(own, there);
                } finally {
                    writing.decrementAndGet();
                }
                return null;
            });
        }
        for (int r = 0; r < READERS; r++) {
            tasks.add(() -> {
                while (writing.get() > 0) {
                    for (Banked content : there.values()) {
                        // Taken before it is withdrawn, if it is: only who is still in the map must be found.
                        boolean found = finds(content);
                        assertThat(found || !there.containsKey(content.id))
                                .as("content %s, %s", content.id, RandomSeed.replay())
                                .isTrue();
                    }
                }
                return null;
            });
        }
        runAll(tasks);
        for (Banked content : there.values()) {
            assertThat(finds(content)).as(RandomSeed.replay()).isTrue();
        }
        assertThat(db.size()).isEqualTo(there.size());
        assertThat(db.verify().problems()).isEmpty();
        assertThat(db.journal(0, Integer.MAX_VALUE))
                .extracting(JournalEntry::seq)
                .hasSize((int) db.seq());
    }

    private void write(SplittableRandom own, ConcurrentHashMap<Long, Banked> there) {
        for (int i = 0; i < changes(); i++) {
            Banked content = add("A", RandomSeed.hash(own));
            assertThat(finds(content)).as("just added, %s", RandomSeed.replay()).isTrue();
            if (own.nextInt(3) == 0) {
                db.apply(new Change.WithdrawContent("A", content.id), ANYONE);
                assertThat(finds(content))
                        .as("just withdrawn, %s", RandomSeed.replay())
                        .isFalse();
            } else {
                there.put(content.id, content);
            }
        }
    }

    @Test
    void findsAContentWhileItsBankIsRenamed() throws Exception {
        db.apply(new Change.CreateBank("NAME_0"), ANYONE);
        Banked content = add("NAME_0", RandomSeed.hash(random));
        AtomicReference<String> name = new AtomicReference<>("NAME_0");
        AtomicInteger renaming = new AtomicInteger(1);
        Callable<Void> rename = () -> {
            for (int i = 1; i <= changes(); i++) {
                db.apply(new Change.UpdateBank(name.get(), BankFields.NONE.withName("NAME_" + i)), ANYONE);
                name.set("NAME_" + i);
            }
            renaming.set(0);
            return null;
        };
        Callable<Void> read = () -> {
            while (renaming.get() > 0) {
                assertThat(finds(content)).as(RandomSeed.replay()).isTrue();
            }
            return null;
        };
        runAll(List.of(rename, read, read));
    }

    @Test
    void backsUpAndVerifiesWhileOthersWrite(@TempDir Path target) throws Exception {
        ConcurrentHashMap<Long, Banked> there = new ConcurrentHashMap<>();
        AtomicInteger writing = new AtomicInteger(2);
        List<Callable<Void>> tasks = new ArrayList<>();
        for (int w = 0; w < 2; w++) {
            SplittableRandom own = random.split();
            tasks.add(() -> {
                try {
                    write(own, there);
                } finally {
                    writing.decrementAndGet();
                }
                return null;
            });
        }
        AtomicInteger copies = new AtomicInteger();
        tasks.add(() -> {
            do {
                assertThat(db.verify().problems()).as(RandomSeed.replay()).isEmpty();
                db.backup(target.resolve("copy" + copies.getAndIncrement()));
            } while (writing.get() > 0);
            return null;
        });
        runAll(tasks);
        for (int i = 0; i < copies.get(); i++) {
            try (HashDb copy = HashDb.open(target.resolve("copy" + i))) {
                assertThat(copy.verify().problems()).as(RandomSeed.replay()).isEmpty();
            }
        }
    }

    /** How many changes each writer makes. */
    int changes() {
        return 120;
    }

    /** Also additions: most clients add one content at a time. */
    @Test
    void changesThatWaitAtTheSameTimeShareACommit() throws Exception {
        int clients = 20;
        List<Integer> groups = new CopyOnWriteArrayList<>();
        CountDownLatch committing = new CountDownLatch(1);
        CountDownLatch waiting = new CountDownLatch(1);
        DatabaseEvents events = new DatabaseEvents() {
            @Override
            public void committed(int changes, Duration took) {
                groups.add(changes);
                if (groups.size() == 1) {
                    committing.countDown();
                    try {
                        waiting.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                }
            }
        };
        try (HashDb own = HashDb.open(folder.resolve("own"), events)) {
            List<Thread> threads = new ArrayList<>();
            threads.add(Thread.ofPlatform().start(() -> own.apply(new Change.CreateBank("A"), ANYONE)));
            committing.await();
            for (int i = 0; i < clients; i++) {
                Signal signal =
                        new Signal(SignalType.PDQ, RandomSeed.hash(random).toHex());
                Change add = new Change.AddContents("A", List.of(new ContentDraft(List.of(signal))));
                threads.add(Thread.ofPlatform().start(() -> own.apply(add, ANYONE)));
                while (threads.getLast().getState() != Thread.State.WAITING) {
                    Thread.onSpinWait(); // for the lock of the writers
                }
            }
            waiting.countDown();
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(groups).containsExactly(1, clients);
            assertThat(own.size()).isEqualTo(clients);
            assertThat(own.verify().problems()).isEmpty();
        }
    }

    /** Where the database is. */
    Databases databases() {
        return Databases.SQLITE;
    }
}
