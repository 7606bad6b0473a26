package org.semblance.bench.hash;

import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
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
import org.openjdk.jmh.annotations.Warmup;
import org.semblance.bench.harness.Photos;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.DecodedImage;
import org.semblance.engine.media.ImageDecoder;
import org.semblance.engine.media.ImageHeader;
import org.semblance.engine.media.MediaException;
import org.semblance.engine.media.MediaFormat;
import org.semblance.engine.media.MediaLimits;
import org.semblance.engine.media.internal.HostLibraries;
import org.semblance.engine.media.internal.image.NativeImageDecoder;
import org.semblance.engine.pdq.PdqHasher;
import org.semblance.hashdb.hash.HashAndQuality;

/** From the bytes of a PNG of level 6, its rows filtered in different ways, to its hash: by the host's libdeflate and by OpenCV. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 1,
        jvmArgs = {"--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"})
@SuppressWarnings("NullAway.Init") // JMH calls setUp.
public class PngBenchmark {
    private static final int LEVEL = 6;

    @Param({"1", "12"})
    public int megapixels;

    /** The value of {@link HostLibraries#LIBDEFLATE}: the host's, or OpenCV alone. */
    @Param({"", HostLibraries.NONE})
    public String libdeflate;

    private final PdqHasher pdq = PdqHasher.fast();
    private ByteBuffer png;
    private ImageDecoder decoder;

    @Setup(Level.Trial)
    public void setUp() {
        System.setProperty(HostLibraries.LIBDEFLATE, libdeflate);
        decoder = new NativeImageDecoder(MediaLimits.DEFAULT, DecodePath.FAST);
        ByteBuffer jpeg = megapixels == 12 ? Photos.clouds(4000, 3000) : Photos.clouds(1000 * megapixels, 1000);
        try (PointerScope scope = new PointerScope()) {
            Mat file = new Mat(1, jpeg.remaining(), opencv_core.CV_8UC1, new BytePointer(jpeg));
            Mat pixels = opencv_imgcodecs.imdecode(file, opencv_imgcodecs.IMREAD_COLOR);
            BytePointer encoded = new BytePointer();
            opencv_imgcodecs.imencode(
                    ".png", pixels, encoded, new IntPointer(opencv_imgcodecs.IMWRITE_PNG_COMPRESSION, LEVEL));
            byte[] bytes = new byte[(int) encoded.limit()];
            encoded.get(bytes);
            png = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
        }
    }

    @Benchmark
    public HashAndQuality pdq() throws MediaException {
        ImageHeader header = ImageHeader.read(png, MediaFormat.detect(png), MediaLimits.DEFAULT);
        try (DecodedImage image = decoder.decode(png, header, Deadline.NONE)) {
            return pdq.hash(image.luma());
        }
    }
}
