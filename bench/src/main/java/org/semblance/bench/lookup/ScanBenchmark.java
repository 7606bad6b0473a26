package org.semblance.bench.lookup;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.index.HashIndex;
import org.semblance.hashdb.index.LinearScanIndex;
import org.semblance.server.selfbench.HashSets;

/** Time of one lookup by linear scan of a million hashes, on one core. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ScanBenchmark {
    private static final int BATCH = 64;

    @Param("1000000")
    int size;

    @Param({"31", "63"})
    int distance;

    private final HashIndex index = new LinearScanIndex();
    private long[] queries = {};
    private int next;

    @Setup
    public void load() {
        long[] stored = HashSets.stored(HashSets.Shape.UNIFORM, size);
        HashSets.load(index, stored);
        queries = HashSets.queries(stored, BATCH, true);
    }

    @TearDown
    public void close() {
        index.close();
    }

    @Benchmark
    public void one(Blackhole hits) {
        Hash256 query = HashSets.hash(queries, next++ % BATCH);
        index.lookup(query, distance, (q, d, id) -> hits.consume(id));
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void batch(Blackhole hits) {
        index.lookup(queries, BATCH, distance, (q, d, id) -> hits.consume(id));
    }
}
