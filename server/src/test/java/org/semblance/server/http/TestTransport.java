package org.semblance.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.semblance.engine.ContentHasher;
import org.semblance.engine.ContentMatcher;
import org.semblance.engine.InProcessHasher;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.MediaLimits;
import org.semblance.hashdb.HashDb;
import org.semblance.server.auth.Gate;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.metrics.Metrics;
import org.semblance.server.work.Worker;
import org.semblance.server.work.WorkerPool;

/** The transport on a free port with routes made for a test, which must hold nothing when it is closed. */
final class TestTransport implements AutoCloseable {
    private final HashDb db;
    private final Gate gate;
    private final WorkerPool<Worker> workers;
    private final Metrics metrics = new Metrics();
    private final HttpTransport transport;

    /** With one worker, behind a queue of eight. */
    TestTransport(Path folder, List<Route> routes, UnaryOperator<ServerConfig.Builder> settings) {
        this(folder, db -> routes, settings);
    }

    /** Likewise, with routes that use its database, which is in {@code db} below the folder, and the keys of the folder. */
    TestTransport(Path folder, Function<HashDb, List<Route>> routes, UnaryOperator<ServerConfig.Builder> settings) {
        ServerConfig config = settings.apply(
                        ServerConfig.builder(folder).port(0).hostNames(List.of("t", "a", "x", "test")))
                .build();
        gate = Gate.start(folder, config.access(), config.bindAddress());
        db = HashDb.open(folder.resolve("db"));
        workers = new WorkerPool<>(1, 8, () -> {
            ContentHasher hasher = new InProcessHasher(MediaLimits.DEFAULT, DecodePath.FAST);
            return new Worker(hasher, hasher, new ContentMatcher(hasher, db));
        });
        try {
            transport = new HttpTransport(
                    config, new Router(routes.apply(db)), workers, workers, gate, metrics, SpillFolder.open(config));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    HttpTransport transport() {
        return transport;
    }

    Metrics metrics() {
        return metrics;
    }

    int port() {
        return transport.port();
    }

    /** How many tasks wait for the worker. */
    int queued() {
        return workers.queued();
    }

    RawClient connect() throws IOException {
        return new RawClient(port());
    }

    /** For what no latch tells: looks again and again, and gives up long before a test's own timeout. */
    static void until(BooleanSupplier condition) {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - start).as("nanoseconds waited").isLessThan(20_000_000_000L);
            LockSupport.parkNanos(1_000_000);
        }
    }

    @Override
    public void close() {
        transport.close(Duration.ofSeconds(2));
        workers.close();
        gate.close();
        db.close();
        assertThat(transport.budget().used()).as("bytes of bodies still held").isZero();
        assertThat(transport.uploads().budget().used())
                .as("bytes of uploads still on the disk")
                .isZero();
    }
}
