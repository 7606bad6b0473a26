package org.semblance.bench.hash;

import java.nio.ByteBuffer;
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
import org.semblance.hashdb.digest.Digester;

/** MD5, SHA-1 and SHA-256 of an upload that arrives in one piece, in each form, one thread. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED"})
public class DigestBenchmark {
    /** Bytes of the upload. */
    @Param({"1024", "65536", "1048576"})
    public int size;

    /** One that this machine has: see {@link Digester.Form}. */
    @Param({"NATIVE", "JAVA"})
    public Digester.Form form = Digester.Form.JAVA;

    /** The kind of buffer that the bytes lie in. */
    @Param({"heap", "direct"})
    public String memory = "";

    private ByteBuffer bytes = ByteBuffer.allocate(0);

    @Setup
    public void fill() {
        byte[] random = new byte[size];
        new Random(42).nextBytes(random);
        bytes = memory.equals("heap")
                ? ByteBuffer.wrap(random)
                : ByteBuffer.allocateDirect(size).put(random).flip();
    }

    /** With a digester of its own, as each upload has one. */
    @Benchmark
    public Digester.Result digest() {
        Digester digester = form.digester();
        digester.update(bytes);
        return digester.finish();
    }
}
