package org.semblance.engine.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.bytedeco.ffmpeg.global.avutil;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.engine.ContentHasher;
import org.semblance.engine.HashReport;
import org.semblance.engine.HashRequest;
import org.semblance.engine.InProcessHasher;
import org.semblance.engine.RandomSeed;
import org.semblance.engine.features.Profile;
import org.semblance.engine.media.Av1Decoder;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.FrameSampling;
import org.semblance.engine.media.MediaLimits;
import org.semblance.engine.media.MediaSource;
import org.semblance.engine.media.internal.HostLibraries;
import org.semblance.engine.media.internal.codec.Av1Clip;
import org.semblance.engine.media.internal.codec.Av1Clip.Encoding;

/** Workers with the host's libdav1d beside workers that decode AV1 by libaom. Skipped where the host has no libdav1d. */
@EnabledOnOs(OS.LINUX)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class Av1WorkersTest {
    private static final MediaLimits LIMITS = new MediaLimits(20_000_000, 20_000_000);
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final int DAMAGED_FILES = 300;
    private static final int DAMAGED_PICTURES = 100;

    @TempDir
    private Path folder;

    private DecodeWorkers dav1d;
    private DecodeWorkers libaom;
    private Map<String, byte[]> files;

    @BeforeAll
    void start() throws IOException {
        Av1Decoder here = InProcessHasher.av1();
        assumeThat(here.isDav1d()).as(here.toString()).isTrue();
        dav1d = workers("");
        libaom = workers(HostLibraries.NONE);
        files = files(RandomSeed.random().nextInt());
    }

    @AfterAll
    void stop() {
        if (dav1d != null && libaom != null) {
            dav1d.close();
            libaom.close();
        }
    }

    /** One worker, told what {@link HostLibraries#DAV1D} is. */
    private static DecodeWorkers workers(String property) {
        String before = System.getProperty(HostLibraries.DAV1D, "");
        System.setProperty(HostLibraries.DAV1D, property);
        try {
            DecodeWorkers workers = new DecodeWorkers(WorkerSettings.images(1, LIMITS));
            workers.start(1);
            return workers;
        } finally {
            System.setProperty(HostLibraries.DAV1D, before);
        }
    }

    private static Map<String, byte[]> files(long seed) throws IOException {
        Map<String, byte[]> files = new LinkedHashMap<>();
        for (String name : List.of("plain.avif", "alpha.avif", "tiled.avif")) {
            try (var in = Av1WorkersTest.class.getResourceAsStream("/org/semblance/engine/media/" + name)) {
                assertThat(in).as(name).isNotNull();
                files.put(name, in.readAllBytes());
            }
        }
        for (String format : List.of("yuv420p", "yuv420p10le", "yuv444p", "yuv444p10le", "gray", "gray10le", "gbrp")) {
            Encoding still = Encoding.of(160, 121, avutil.av_get_pix_fmt(format), 1);
            files.put(
                    format + " still",
                    Av1Clip.of(seed, format.startsWith("gbr") ? still.withColour(avutil.AVCOL_SPC_RGB, true) : still)
                            .in("avif"));
        }
        files.put(
                "animated",
                Av1Clip.of(seed, Encoding.of(96, 64, avutil.AV_PIX_FMT_YUV420P, 12))
                        .in("avif"));
        Encoding grainy = Encoding.of(160, 90, avutil.AV_PIX_FMT_YUV420P, 1).with("aom-params", "film-grain-test=3");
        files.put("grainy still", Av1Clip.of(seed, grainy).in("avif"));
        Av1Clip clip = Av1Clip.of(seed, Encoding.of(160, 90, avutil.AV_PIX_FMT_YUV420P, 60));
        for (String muxer : List.of("mp4", "matroska", "ivf", "obu")) {
            files.put("clip in " + muxer, clip.in(muxer));
        }
        Av1Clip deep = Av1Clip.of(seed, Encoding.of(160, 90, avutil.AV_PIX_FMT_YUV420P10LE, 60));
        files.put("clip of 10 bits", deep.in("mp4"));
        Av1Clip grain = Av1Clip.of(
                seed, Encoding.of(160, 90, avutil.AV_PIX_FMT_YUV420P, 30).with("aom-params", "film-grain-test=1"));
        files.put("grainy clip", grain.in("mp4"));
        return files;
    }

    private byte[] file(String name) {
        return Objects.requireNonNull(files.get(name));
    }

    private static HashReport hash(DecodeWorkers workers, DecodePath path, byte[] file, FrameSampling sampling) {
        try (ContentHasher hasher = workers.hasher(path)) {
            return Reports.withoutTimes(hasher.hash(new HashRequest(
                    MediaSource.of(ByteBuffer.wrap(file)),
                    List.of(),
                    sampling,
                    HashRequest.Variants.FOR_LOOKUP,
                    Profile.UPLOADED,
                    Deadline.after(LONG),
                    Deadline.after(LONG),
                    System.nanoTime())));
        }
    }

    @Test
    void everyFileHasTheSameHashesByBoth() {
        for (DecodePath path : DecodePath.values()) {
            files.forEach((name, file) -> {
                for (FrameSampling sampling : List.of(
                        HashRequest.ONCE_A_SECOND, new FrameSampling.EveryFrame(), FrameSampling.KeyFrames.DEFAULT)) {
                    HashReport report = hash(dav1d, path, file, sampling);
                    assertThat(report)
                            .as("%s, %s, %s", name, path, RandomSeed.replay())
                            .isEqualTo(hash(libaom, path, file, sampling));
                    assertThat(report.failure())
                            .as(name + ": " + report.reason())
                            .isNull();
                }
            });
        }
        assertThat(dav1d.counts().dav1d()).isPositive();
        assertThat(libaom.counts().dav1d()).isZero();
    }

    @Test
    void damagedFilesAreAnsweredAndKillNoWorker() {
        Random random = RandomSeed.random();
        List<byte[]> whole = List.copyOf(files.values());
        for (int n = 0; n < DAMAGED_FILES; n++) {
            byte[] damaged = whole.get(random.nextInt(whole.size())).clone();
            for (int bytes = 1 + random.nextInt(8); bytes > 0; bytes--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            }
            if (random.nextInt(5) == 0) {
                damaged = Arrays.copyOf(damaged, random.nextInt(damaged.length));
            }
            hash(dav1d, DecodePath.FAST, damaged, FrameSampling.KeyFrames.DEFAULT);
        }
        assertThat(dav1d.counts().ended().values()).as(RandomSeed.replay()).containsOnly(0L);
    }

    /** A viewer with libdav1d, as browsers are, shows more of them than libaom reads. */
    @Test
    void whatLibaomReadsOfDamagedPicturesIsReadAndMore() {
        Random random = RandomSeed.random();
        int more = 0;
        for (int n = 0; n < DAMAGED_PICTURES; n++) {
            byte[] damaged = file(n % 2 == 0 ? "plain.avif" : "yuv420p still").clone();
            damaged[damaged.length - 1 - random.nextInt(damaged.length / 2)] ^= (byte) (1 + random.nextInt(255));
            boolean shown = hash(dav1d, DecodePath.FAST, damaged, HashRequest.ONCE_A_SECOND)
                            .failure()
                    == null;
            boolean before = hash(libaom, DecodePath.FAST, damaged, HashRequest.ONCE_A_SECOND)
                            .failure()
                    == null;
            assertThat(shown || !before).as(RandomSeed.replay()).isTrue();
            more += shown && !before ? 1 : 0;
        }
        assertThat(more).as(RandomSeed.replay()).isPositive();
    }

    @Test
    void withoutALibraryOrWithOneThatIsNoneLibaomDecodes() throws IOException {
        Path text = Files.writeString(folder.resolve("text.so"), "no library", StandardCharsets.US_ASCII);
        for (Path library : List.of(folder.resolve("missing.so"), text, mapped("libc.so"))) {
            try (DecodeWorkers workers = workers(library.toString())) {
                assertThat(hash(workers, DecodePath.FAST, file("plain.avif"), HashRequest.ONCE_A_SECOND)
                                .failure())
                        .isNull();
                assertThat(workers.counts().dav1d()).as(library.toString()).isZero();
                assertThat(workers.counts().ended().get(Ending.START)).isZero();
            }
        }
    }

    /** The system maps what is not there, and whoever touches it is ended; so nothing of it must be needed to decode. */
    @Test
    void aDamagedLibraryKeepsNoWorkerFromStarting() throws IOException {
        byte[] library = Files.readAllBytes(mapped("libdav1d"));
        Path cutOff = Files.write(folder.resolve("cut-off.so"), Arrays.copyOf(library, library.length / 2));
        byte[] holes = library.clone();
        Arrays.fill(holes, library.length / 16, library.length * 15 / 16, (byte) 0xCC);
        Path full = Files.write(folder.resolve("holes.so"), holes);
        for (Path damaged : List.of(cutOff, full)) {
            try (DecodeWorkers workers = workers(damaged.toString())) {
                assertThat(hash(workers, DecodePath.FAST, file("plain.avif"), HashRequest.ONCE_A_SECOND)
                                .failure())
                        .isNull();
                assertThat(workers.counts().dav1d()).as(damaged.toString()).isZero();
            }
        }
    }

    /** A library of this process. */
    private static Path mapped(String name) throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            return Path.of(lines.filter(line -> line.contains("/" + name))
                    .map(line -> line.substring(line.indexOf('/')))
                    .findFirst()
                    .orElseThrow());
        }
    }
}
