package org.semblance.bench.hash;

import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.opencv_core.Mat;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.semblance.bench.harness.Photos;
import org.semblance.engine.ContentHasher;
import org.semblance.engine.HashReport;
import org.semblance.engine.InProcessHasher;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.DecodedImage;
import org.semblance.engine.media.ImageDecoder;
import org.semblance.engine.media.ImageHeader;
import org.semblance.engine.media.MediaException;
import org.semblance.engine.media.MediaFormat;
import org.semblance.engine.media.MediaLimits;
import org.semblance.engine.media.internal.image.NativeImageDecoder;
import org.semblance.engine.pdq.PdqHasher;
import org.semblance.hashdb.hash.HashAndQuality;

/**
 * From the bytes of a JPEG to its hash, against what OpenCV alone needs to decode it in colour. The figures to look at are the ratios
 * within one run: at most 1.3 (fast) and 1.7 (exact) at 1 megapixel, 1.2 (fast) at 12.
 *
 * <p>The picture is made from a seed: smooth octaves, hard edges and fine noise.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 1,
        jvmArgs = {"--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"})
@SuppressWarnings("NullAway.Init") // JMH calls setUp.
public class ImageBenchmark {
    /** Size of the picture. Its noise makes files of 290 kB and 3.1 MB, as large as a camera's. */
    @Param({"1", "12"})
    public int megapixels;

    private ByteBuffer jpeg;
    private ContentHasher fast;
    private ContentHasher exact;
    private ImageDecoder fastDecoder;
    private ImageDecoder exactDecoder;
    private final PdqHasher exactPdq = new PdqHasher();
    private final PdqHasher fastPdq = PdqHasher.fast();

    @Setup(Level.Trial)
    public void setUp() {
        fast = new InProcessHasher(MediaLimits.DEFAULT, DecodePath.FAST);
        exact = new InProcessHasher(MediaLimits.DEFAULT, DecodePath.EXACT);
        fastDecoder = new NativeImageDecoder(MediaLimits.DEFAULT, DecodePath.FAST);
        exactDecoder = new NativeImageDecoder(MediaLimits.DEFAULT, DecodePath.EXACT);
        jpeg = megapixels == 12 ? Photos.clouds(4000, 3000) : Photos.clouds(1000 * megapixels, 1000);
    }

    @TearDown(Level.Trial)
    public void tearDown() {
        fast.close();
        exact.close();
    }

    /** The bar: decoding in colour, as any program that looks at the picture must. */
    @Benchmark
    public int bareImdecode() {
        try (PointerScope scope = new PointerScope()) {
            Mat file = new Mat(1, jpeg.remaining(), opencv_core.CV_8UC1, new BytePointer(jpeg));
            return opencv_imgcodecs
                    .imdecode(file, opencv_imgcodecs.IMREAD_COLOR)
                    .rows();
        }
    }

    /** Bytes to PDQ hash: the ratio that the limits are for. */
    @Benchmark
    public HashAndQuality pdqFast() throws MediaException {
        return pdq(fastDecoder, fastPdq);
    }

    @Benchmark
    public HashAndQuality pdqExact() throws MediaException {
        return pdq(exactDecoder, exactPdq);
    }

    /** Bytes to all signals, so with MD5 and SHA-256 on top. */
    @Benchmark
    public HashReport signalsFast() {
        return fast.hash(jpeg);
    }

    @Benchmark
    public HashReport signalsExact() {
        return exact.hash(jpeg);
    }

    private HashAndQuality pdq(ImageDecoder decoder, PdqHasher hasher) throws MediaException {
        ImageHeader header = ImageHeader.read(jpeg, MediaFormat.detect(jpeg), MediaLimits.DEFAULT);
        try (DecodedImage image = decoder.decode(jpeg, header, Deadline.NONE)) {
            return hasher.hash(image.luma());
        }
    }
}
