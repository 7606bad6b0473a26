package org.semblance.hashdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.semblance.hashdb.catalog.postgres.SharedDocuments;
import org.semblance.hashdb.document.Document;
import org.semblance.hashdb.document.Lease;

/** What several nodes share beside the catalog. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SharedDocumentsTest {
    private static final Duration LONG = Duration.ofMinutes(5);

    private final List<SharedDocuments> nodes = new ArrayList<>();

    private SharedDocuments node(SharedCatalog catalog) {
        SharedDocuments node = new SharedDocuments(catalog.address(), catalog.password());
        nodes.add(node);
        return node;
    }

    private static SharedCatalog catalog() {
        TestPostgres postgres = TestPostgres.shared();
        return postgres.catalog(postgres.createDatabase());
    }

    @AfterEach
    void close() {
        nodes.forEach(SharedDocuments::close);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void count(Document document) throws IOException {
        document.change(before -> bytes(Integer.toString(
                1 + (before == null ? 0 : Integer.parseInt(new String(before, StandardCharsets.UTF_8))))));
    }

    @Test
    void noChangeOfANodeOverwritesThatOfAnother() throws Exception {
        SharedCatalog catalog = catalog();
        Document first = node(catalog).document("count");
        assertThat(first.read()).isNull();
        assertThat(first.wasThere()).isFalse();
        List<Future<?>> all = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            for (int i = 0; i < 4; i++) {
                Document own = node(catalog).document("count");
                all.add(threads.submit(() -> {
                    for (int j = 0; j < 25; j++) {
                        count(own);
                    }
                    return null;
                }));
            }
            for (Future<?> one : all) {
                one.get();
            }
        }
        assertThat(first.read()).isEqualTo(bytes("100"));
        assertThat(first.wasThere()).isTrue();
        assertThat(node(catalog).document("other").read()).isNull();
    }

    @Test
    void aChangeThatFailsChangesNothing() throws Exception {
        Document document = node(catalog()).document("count");
        count(document);
        assertThatThrownBy(() -> document.change(before -> {
                    throw new IllegalArgumentException("no");
                }))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(document.read()).isEqualTo(bytes("1"));
        count(document);
        assertThat(document.read()).isEqualTo(bytes("2"));
    }

    @Test
    void oneNodeAtATimeHasALease() throws Exception {
        SharedCatalog catalog = catalog();
        Lease a = node(catalog).lease("exchange 1", LONG);
        Lease b = node(catalog).lease("exchange 1", LONG);
        Lease other = node(catalog).lease("exchange 2", LONG);
        assertThat(a.isHeld()).isFalse();
        assertThat(a.take()).isTrue();
        assertThat(a.take()).isTrue();
        assertThat(a.isHeld()).isTrue();
        assertThat(b.take()).isFalse();
        assertThat(b.isHeld()).isFalse();
        assertThat(other.take()).isTrue();
        b.leave();
        assertThat(a.isHeld()).isTrue();
        a.leave();
        assertThat(a.isHeld()).isFalse();
        assertThat(b.take()).isTrue();
        assertThat(a.take()).isFalse();
    }

    /** Of a node that has gone, or stands still. */
    @Test
    void aLeaseThatIsNotTakenAgainGoesToAnotherNode() throws Exception {
        SharedCatalog catalog = catalog();
        Lease frozen = node(catalog).lease("exchange 1", Duration.ofMillis(300));
        Lease next = node(catalog).lease("exchange 1", LONG);
        assertThat(frozen.take()).isTrue();
        while (!next.take()) {
            Thread.onSpinWait();
        }
        // Whoever has lost it knows, before another has it.
        assertThat(frozen.isHeld()).isFalse();
        assertThat(frozen.take()).isFalse();
    }

    /**
     * Whoever has the lease stands still again and again, until it is lost or just before. Time is the test's: that of the nodes and
     * of the database go on together, so that what a node takes itself to have is compared at each moment.
     */
    @Test
    void noTwoNodesHaveALeaseThroughAHundredLosses() throws Exception {
        SplittableRandom random = RandomSeed.random();
        AtomicLong now = new AtomicLong(random.nextLong());
        String database = TestPostgres.shared().createDatabase();
        SharedCatalog catalog = TestPostgres.shared().catalog(database);
        List<Lease> leases = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            SharedDocuments node = new SharedDocuments(catalog.address(), catalog.password(), now::get);
            nodes.add(node);
            leases.add(node.lease("exchange 1", LONG));
        }
        int losses = 0;
        int fetches = 0;
        Lease frozen = null;
        try (Connection connection = TestPostgres.shared().connect(database);
                PreparedStatement pass =
                        connection.prepareStatement("UPDATE lease SET until = until - ? * interval '1 s'")) {
            while (losses < 100) {
                List<Lease> having = leases.stream().filter(Lease::isHeld).toList();
                assertThat(having).as(RandomSeed.replay()).hasSizeLessThan(2);
                if (having.contains(frozen) && random.nextInt(8) == 0) {
                    frozen = null; // In time.
                } else if (frozen == null && !having.isEmpty() && random.nextBoolean()) {
                    frozen = having.getFirst();
                }
                List<Lease> asking = new ArrayList<>(leases);
                asking.remove(frozen);
                if (random.nextBoolean()) {
                    Collections.reverse(asking);
                }
                for (Lease lease : asking) {
                    if (lease.take()) {
                        fetches++;
                        assertThat(leases.stream().filter(Lease::isHeld))
                                .as(RandomSeed.replay())
                                .containsExactly(lease);
                        if (frozen != null) {
                            assertThat(frozen.take()).as("of who wakes").isFalse();
                            frozen = null;
                            losses++;
                        }
                    }
                }
                long seconds = random.nextLong(1, LONG.toSeconds() / 2);
                now.addAndGet(Duration.ofSeconds(seconds).toNanos());
                pass.setLong(1, seconds);
                pass.executeUpdate();
            }
        }
        assertThat(fetches).isGreaterThan(losses);
    }

    @Test
    void saysThatPostgresIsAwayAndGoesOnAfterwards() throws Exception {
        try (TestPostgres postgres = TestPostgres.own()) {
            SharedDocuments node = node(postgres.catalog(postgres.createDatabase()));
            Document document = node.document("count");
            Lease lease = node.lease("exchange 1", LONG);
            count(document);
            postgres.stop();
            assertThatThrownBy(document::read)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("PostgreSQL cannot be reached");
            assertThatThrownBy(lease::take).isInstanceOf(IOException.class);
            lease.leave();
            postgres.start();
            assertThat(document.read()).isEqualTo(bytes("1"));
            assertThat(lease.take()).isTrue();
        }
    }
}
