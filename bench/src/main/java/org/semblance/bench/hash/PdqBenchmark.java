package org.semblance.bench.hash;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.semblance.engine.pdq.DihedralHashes;
import org.semblance.engine.pdq.GreyLuma;
import org.semblance.engine.pdq.InterleavedLuma;
import org.semblance.engine.pdq.Luma;
import org.semblance.engine.pdq.PdqHasher;
import org.semblance.hashdb.hash.HashAndQuality;

/** From pixel bytes to the PDQ hash, one thread, nothing decoded. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED"})
public class PdqBenchmark {
    /** Width and height; 1000x750 has windows that are no power of two. */
    @Param({"512x512", "1000x1000", "1000x750", "4000x3000"})
    public String size = "";

    /** What the bytes are: grey on the heap, or colour as a native decoder leaves it. */
    @Param({"grey", "bgr"})
    public String pixels = "";

    /** With the reference's rounding errors or without. */
    @Param({"exact", "fast"})
    public String path = "";

    private PdqHasher hasher = new PdqHasher();
    private Luma luma = new GreyLuma(new byte[1], 1, 1);

    @Setup
    public void fill() {
        int cross = size.indexOf('x');
        int width = Integer.parseInt(size.substring(0, cross));
        int height = Integer.parseInt(size.substring(cross + 1));
        hasher = path.equals("fast") ? PdqHasher.fast() : new PdqHasher();
        int channels = pixels.equals("grey") ? 1 : 3;
        byte[] bytes = new byte[channels * width * height];
        new Random(42).nextBytes(bytes);
        if (channels == 1) {
            luma = new GreyLuma(bytes, width, height);
        } else {
            MemorySegment buffer = Arena.ofAuto().allocate(bytes.length).copyFrom(MemorySegment.ofArray(bytes));
            luma = InterleavedLuma.bgr(buffer, width, height, (long) channels * width);
        }
    }

    @Benchmark
    public HashAndQuality hash() {
        return hasher.hash(luma);
    }

    @Benchmark
    public DihedralHashes hashDihedral() {
        return hasher.hashDihedral(luma);
    }
}
