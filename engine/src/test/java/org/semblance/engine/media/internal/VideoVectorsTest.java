package org.semblance.engine.media.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.FrameSampling;
import org.semblance.engine.media.MediaSource;
import org.semblance.engine.media.VideoLimits;
import org.semblance.engine.media.VideoSummary;
import org.semblance.engine.media.internal.video.NativeVideoReader;
import org.semblance.engine.pdq.PdqHasher;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.HashAndQuality;

/** The hashes that the reference gives for its own sample videos and for made ones of every kind. */
@EnabledIfSystemProperty(named = "semblance.vectors", matches = ".+")
class VideoVectorsTest {
    private static final Path FOLDER = Path.of(System.getProperty("semblance.vectors", "."), "vpdq");

    /** Quality from which on decoders and converters must agree; below, single samples decide bits. */
    private static final int SURE_QUALITY = 80;

    /** The exact path is tested on the smaller files, to save time. */
    private static final long LARGE_FILE = 1_000_000;

    private final PdqHasher exact = new PdqHasher();
    private final PdqHasher fast = PdqHasher.fast();

    private record Hashed(int number, HashAndQuality pdq, double timestamp) {}

    private record Video(String stem, Path file) {
        @Override
        public String toString() {
            return stem;
        }
    }

    private static Collection<Video> videos() throws IOException {
        try (Stream<String> rows = Files.lines(FOLDER.resolve("videos.csv")).skip(1)) {
            return rows.map(row -> row.split(",", -1))
                    .filter(f -> !f[0].equals("dim4x4_mkv")) // The reference fails on it by design.
                    .map(f -> new Video(f[0], FOLDER.resolve("videos").resolve(f[1])))
                    .toList();
        }
    }

    private static List<Hashed> reference(String stem, int rate) throws IOException {
        List<Hashed> frames = new ArrayList<>();
        for (String line : Files.readAllLines(FOLDER.resolve("hashes/" + stem + ".r" + rate + ".x86.txt"))) {
            String[] f = line.split(",", -1);
            HashAndQuality pdq = new HashAndQuality(Hash256.parse(f[2]), Integer.parseInt(f[1]));
            frames.add(new Hashed(Integer.parseInt(f[0]), pdq, Double.parseDouble(f[3])));
        }
        return frames;
    }

    private record Result(List<Hashed> frames, double frameRate) {}

    private Result hash(Video video, FrameSampling sampling, DecodePath path) throws Exception {
        PdqHasher hasher = path == DecodePath.FAST ? fast : exact;
        List<Hashed> frames = new ArrayList<>();
        VideoSummary summary = new NativeVideoReader(VideoLimits.DEFAULT, path)
                .read(
                        MediaSource.of(video.file),
                        sampling,
                        Deadline.NONE,
                        f -> frames.add(new Hashed(f.number(), hasher.hash(f.luma()), f.seconds())));
        assertThat(summary.isPartial()).as(video.stem).isFalse();
        return new Result(
                frames.stream()
                        .map(f -> new Hashed(f.number, f.pdq, (float) f.number / (float) summary.frameRate()))
                        .toList(),
                summary.frameRate());
    }

    @Test
    void hashesEveryFrameOnTheFastPathAsTheReferenceWithinItsTolerance() throws Exception {
        int frames = 0;
        int within4 = 0;
        for (Video video : videos()) {
            Result ours = hash(video, new FrameSampling.EveryFrame(), DecodePath.FAST);
            List<Hashed> theirs = reference(video.stem, 0);
            List<Integer> distances = distances(video, ours.frames, theirs, 10);
            frames += distances.size();
            within4 += (int) distances.stream().filter(d -> d <= 4).count();

            int stride = new FrameSampling.TimeStep(1).stride(ours.frameRate);
            List<Hashed> everySecond =
                    ours.frames.stream().filter(f -> f.number % stride == 0).toList();
            assertThat(distances(video, everySecond, reference(video.stem, 1), 10))
                    .isSubsetOf(distances);
        }
        assertThat(frames).isGreaterThan(5000);
        assertThat((double) within4 / frames).as("share within 4 bits").isGreaterThan(0.99);
    }

    @Test
    void hashesAFrameASecondOnTheExactPathAsTheReference() throws Exception {
        int frames = 0;
        int equal = 0;
        for (Video video : videos()) {
            if (Files.size(video.file) > LARGE_FILE) {
                continue;
            }
            Result ours = hash(video, new FrameSampling.TimeStep(1), DecodePath.EXACT);
            List<Integer> distances = distances(video, ours.frames, reference(video.stem, 1), 4);
            frames += distances.size();
            equal += (int) distances.stream().filter(d -> d == 0).count();
        }
        assertThat(frames).isGreaterThan(50);
        assertThat((double) equal / frames).as("share of equal hashes").isGreaterThan(0.95);
    }

    /** Checks numbers, times, tolerance and quality; returns the distances of those frames that have much quality. */
    private static List<Integer> distances(Video video, List<Hashed> ours, List<Hashed> theirs, int bits) {
        // The reference loses the last two frames of a file whose video is not its first stream; we do not.
        assertThat(ours).as(video.stem).hasSizeBetween(theirs.size(), theirs.size() + 2);
        List<Integer> distances = new ArrayList<>();
        for (int i = 0; i < theirs.size(); i++) {
            Hashed our = ours.get(i);
            Hashed their = theirs.get(i);
            assertThat(our.number).as(video.stem).isEqualTo(their.number);
            assertThat(our.timestamp).as(video.stem).isEqualTo(their.timestamp, within(0.000_501));
            if (their.pdq.quality() >= SURE_QUALITY) {
                int distance = our.pdq.hash().distance(their.pdq.hash());
                assertThat(distance).as("%s, frame %d", video, our.number).isLessThanOrEqualTo(bits);
                assertThat(our.pdq.quality()).as(video.stem).isCloseTo(their.pdq.quality(), within(2));
                distances.add(distance);
            }
        }
        return distances;
    }
}
