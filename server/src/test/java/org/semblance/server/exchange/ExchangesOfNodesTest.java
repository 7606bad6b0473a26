package org.semblance.server.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.SharedCatalog;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.catalog.postgres.PostgresAddress;
import org.semblance.hashdb.catalog.postgres.SharedDocuments;
import org.semblance.hashdb.document.Lease;
import org.semblance.hashdb.exchange.Exchange;
import org.semblance.hashdb.exchange.ExchangeApi;
import org.semblance.hashdb.exchange.ExchangeRegistry;
import org.semblance.hashdb.follow.DatabaseEvents;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;
import org.semblance.server.fixture.TestPostgres;
import org.semblance.server.fixture.TestTransport;
import org.semblance.server.record.BankingGuard;

/**
 * Three nodes that have one exchange, with a partner that counts how often it is asked. Time is the test's: that of the nodes and
 * that of the leases in the database.
 */
@Timeout(180)
class ExchangesOfNodesTest {
    private static final long SEED = Long.getLong("semblance.seed", System.nanoTime());
    private static final String BANK = "PARTNER";
    private static final int NODES = 3;
    private static final int LOSSES = 100;
    private static final Duration LEASE = Duration.ofMinutes(5);
    private static final Duration POLL = Duration.ofMillis(2);

    private final SplittableRandom random = new SplittableRandom(SEED);
    private final AtomicLong now = new AtomicLong(random.nextLong());
    private final ReadWriteLock time = new ReentrantReadWriteLock();
    private final FakePartner partner = new FakePartner();
    private final List<Node> nodes = new ArrayList<>();

    @TempDir
    private Path folder;

    private TestPostgres postgres;
    private String database;

    /** What the partner lists at a time. */
    private record Listed(String version, List<String> hashes) {}

    /** A fetch that stands still in the middle of the list, until it may go on. */
    private record Standstill(CountDownLatch reached, CountDownLatch over) {
        Standstill() {
            this(new CountDownLatch(1), new CountDownLatch(1));
        }
    }

    private static final class FakePartner {
        private final AtomicReference<Listed> listed = new AtomicReference<>();
        private final AtomicReference<@Nullable Standstill> standstill = new AtomicReference<>();

        /** The nodes that fetched, in turn. */
        private final List<Integer> fetches = Collections.synchronizedList(new ArrayList<>());

        /** How often a node asked without having the lease. */
        private final AtomicInteger withoutLease = new AtomicInteger();

        Partner of(Node node) {
            return new Partner() {
                @Override
                public String version() {
                    ask();
                    return listed.get().version();
                }

                @Override
                public void list(BankKind kind, Entries entries) throws FetchFailedException {
                    ask();
                    fetches.add(node.number);
                    List<String> hashes = listed.get().hashes();
                    for (int i = 0; i < hashes.size(); i++) {
                        Standstill here = i == hashes.size() / 2 ? standstill.getAndSet(null) : null;
                        if (here != null) {
                            here.reached.countDown();
                            await(here.over);
                        }
                        entries.entry(new ContentDraft(List.of(new Signal(SignalType.PDQ, hashes.get(i)))));
                    }
                }

                private void ask() {
                    if (!node.lease.isHeld()) {
                        withoutLease.incrementAndGet();
                    }
                }
            };
        }

        private static void await(CountDownLatch latch) {
            try {
                latch.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private final class Node implements AutoCloseable {
        final int number;
        final HashDb db;
        final SharedDocuments documents;
        final ExchangeRegistry registry;
        final Lease lease;
        final AtomicInteger polls = new AtomicInteger();
        final Exchanges exchanges;

        Node(int number) {
            this.number = number;
            PostgresAddress address = PostgresAddress.parse(postgres.address(database));
            db = HashDb.open(
                    folder.resolve(Integer.toString(number)), new SharedCatalog(address, null), DatabaseEvents.NONE);
            documents = new SharedDocuments(address, null, now::get);
            registry = ExchangeRegistry.open(documents);
            lease = documents.lease("the exchange", LEASE);
            exchanges = new Exchanges(
                    db,
                    registry,
                    exchange -> partner.of(this),
                    POLL,
                    BankingGuard.standard(db),
                    name -> new CountedLease(lease, time.readLock(), polls));
        }

        @Override
        public void close() {
            exchanges.close();
            documents.close();
            db.close();
        }
    }

    /** A lease that counts how often it was asked for, and is not asked for while time passes. */
    private record CountedLease(Lease lease, Lock time, AtomicInteger taken) implements Lease {
        @Override
        public boolean take() throws IOException {
            time.lock();
            try {
                return lease.take();
            } finally {
                time.unlock();
                taken.incrementAndGet();
            }
        }

        @Override
        public boolean isHeld() {
            return lease.isHeld();
        }

        @Override
        public void leave() {
            lease.leave();
        }
    }

    @BeforeEach
    void open() {
        postgres = TestPostgres.own();
        database = postgres.createDatabase();
        list("0", hashes(10));
        for (int i = 0; i < NODES; i++) {
            nodes.add(new Node(i));
        }
        nodes.getFirst().exchanges.create(BANK, ExchangeApi.SAMPLE, Map.of(), true, Origin.ofProgram("test", "test"));
        TestTransport.until(() -> "0".equals(fetched()));
    }

    @AfterEach
    void close() {
        nodes.forEach(Node::close);
        postgres.close();
    }

    private List<String> hashes(int count) {
        List<String> hashes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            hashes.add("%016x%016x%016x%016x"
                    .formatted(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong()));
        }
        return hashes;
    }

    private void list(String version, List<String> hashes) {
        partner.listed.set(new Listed(version, List.copyOf(hashes)));
    }

    /** Some entries go, some come. */
    private List<String> changed(List<String> hashes) {
        List<String> changed = new ArrayList<>(hashes);
        changed.removeIf(hash -> random.nextInt(4) == 0);
        changed.addAll(hashes(random.nextInt(1, 6)));
        return changed;
    }

    private @Nullable String fetched() {
        return nodes.getFirst()
                .registry
                .exchange(BANK)
                .map(Exchange::progress)
                .map(Exchange.Progress::version)
                .orElse(null);
    }

    private List<String> banked(Node node) {
        return node.db.contents(BANK, 0, 1_000).stream()
                .map(content -> content.signals().getFirst().value())
                .toList();
    }

    private void pass(Duration passed) throws SQLException {
        time.writeLock().lock();
        try (Connection connection = postgres.connect(database);
                PreparedStatement pass =
                        connection.prepareStatement("UPDATE lease SET until = until - ? * interval '1 s'")) {
            pass.setLong(1, passed.toSeconds());
            pass.executeUpdate();
            now.addAndGet(passed.toNanos());
        } finally {
            time.writeLock().unlock();
        }
    }

    /** Waits until each node, but for one, has looked once whether it may fetch. */
    private void awaitPolls(@Nullable Integer except) {
        for (Node node : nodes) {
            if (except == null || node.number != except) {
                int before = node.polls.get();
                TestTransport.until(() -> node.polls.get() > before + 1);
            }
        }
    }

    @Test
    void eachListIsFetchedByExactlyOneNodeThroughAHundredLossesOfTheLease() throws Exception {
        int losses = 0;
        for (int list = 1; losses < LOSSES; list++) {
            String version = Integer.toString(list);
            String replay = "list " + list + ", replay with -Dsemblance.seed=" + SEED;
            Standstill standstill = new Standstill();
            boolean loses = random.nextInt(4) > 0;
            partner.fetches.clear();
            partner.standstill.set(standstill);
            list(version, changed(partner.listed.get().hashes()));
            standstill.reached.await();
            int frozen = partner.fetches.getFirst();
            awaitPolls(frozen);
            assertThat(partner.fetches).as(replay).containsExactly(frozen);

            if (loses) {
                pass(LEASE);
                TestTransport.until(() -> version.equals(fetched()));
                losses++;
            } else {
                pass(LEASE.dividedBy(3));
                awaitPolls(frozen);
            }
            assertThat(partner.fetches).as(replay).hasSize(loses ? 2 : 1);
            standstill.over.countDown();
            TestTransport.until(() -> version.equals(fetched()));
            awaitPolls(null);
            assertThat(partner.fetches).as(replay).hasSize(loses ? 2 : 1).doesNotHaveDuplicates();
            assertThat(banked(nodes.get(random.nextInt(NODES))))
                    .as(replay)
                    .containsExactlyInAnyOrderElementsOf(partner.listed.get().hashes());
        }
        assertThat(partner.withoutLease).as("requests without the lease").hasValue(0);
    }

    @Test
    void whatTheLoserOfALeaseWithdrawsLateIsBankedAgain() throws Exception {
        List<String> before = partner.listed.get().hashes();
        long changes = number("SELECT count(*) FROM journal");
        try (Connection connection = postgres.connect(database);
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.executeQuery("SELECT 1 FROM head FOR UPDATE").close();
            list("1", before.subList(1, before.size()));
            TestTransport.until(() -> number("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                            + " AND wait_event_type = 'Lock' AND query LIKE '%FROM head%'")
                    > 0);
            list("2", before);
            pass(LEASE);
            TestTransport.until(() -> "2".equals(fetched()));
            connection.rollback();
        }
        TestTransport.until(() -> number("SELECT count(*) FROM journal") >= changes + 2);
        TestTransport.until(() -> "2".equals(fetched()));
        assertThat(banked(nodes.getFirst())).containsExactlyInAnyOrderElementsOf(before);
    }

    private long number(String sql) {
        try (Connection connection = postgres.connect(database);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
