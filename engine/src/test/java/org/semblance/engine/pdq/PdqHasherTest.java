package org.semblance.engine.pdq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.awt.image.Raster;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import javax.imageio.ImageIO;
import org.assertj.core.api.SoftAssertions;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.HashAndQuality;

class PdqHasherTest {
    private final PdqHasher hasher = new PdqHasher();

    @Test
    void equalsTheReferenceOnEveryGeneratedPicture() throws IOException {
        List<Map<String, String>> rows;
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(
                Objects.requireNonNull(PdqHasherTest.class.getResourceAsStream("pdq-synthetic.csv")),
                StandardCharsets.UTF_8))) {
            rows = csv(reader.lines().toList());
        }
        assertThat(rows).hasSize(217);
        SoftAssertions softly = new SoftAssertions();
        for (Map<String, String> row : rows) {
            checkRow(
                    softly,
                    row,
                    new SyntheticPattern(
                                    field(row, "pattern"),
                                    Integer.parseInt(field(row, "width")),
                                    Integer.parseInt(field(row, "height")),
                                    Integer.parseInt(field(row, "a")),
                                    Integer.parseInt(field(row, "b")))
                            .luma());
        }
        softly.assertAll();
    }

    @Test
    @EnabledIfSystemProperty(named = "semblance.vectors", matches = ".+")
    void equalsTheReferenceOnEveryPixelBuffer() throws IOException {
        Path folder = Path.of(System.getProperty("semblance.vectors"), "pdq-buffers");
        List<Map<String, String>> rows = csv(Files.readAllLines(folder.resolve("buffers.csv")));
        assertThat(rows).isNotEmpty();
        SoftAssertions softly = new SoftAssertions();
        for (Map<String, String> row : rows) {
            checkRow(softly, row, png(folder.resolve(field(row, "file")), Integer.parseInt(field(row, "channels"))));
        }
        softly.assertAll();
    }

    @Test
    void equalsTheDefinitionOnPicturesOfAnyShape() {
        Random random = RandomSeed.random();
        for (int round = 0; round < 250; round++) {
            // Sides around the multiples of 128, where the windows change, and anything else.
            int width = random.nextBoolean()
                    ? 1 + random.nextInt(700)
                    : 128 * (1 + random.nextInt(5)) + random.nextInt(3) - 1;
            int height = random.nextInt(3) == 0 ? 5 + random.nextInt(20) : 1 + random.nextInt(500);
            checkAgainstDefinition(random, width, height);
        }
    }

    @Test
    void equalsTheDefinitionOnExtremeShapes() {
        Random random = RandomSeed.random();
        int[][] shapes = {
            {1, 1}, {1, 100_000}, {100_000, 1}, {4, 400}, {400, 4}, {5, 5}, {5, 100_000}, {100_000, 5}, {64, 64},
            {64, 63}, {63, 64}, {128, 128}, {129, 129}, {127, 5000}, {9000, 130}, {8192, 16}, {16, 8192}, {2049, 1025},
            {6000, 1000}, {5, 5}
        };
        for (int[] shape : shapes) {
            checkAgainstDefinition(random, shape[0], shape[1]);
        }
    }

    /** Values in the bulk of a large picture are checked through its hash; equal sums need equal operations before. */
    private void checkAgainstDefinition(Random random, int width, int height) {
        Luma luma = randomLuma(random, width, height);
        String what = width + "x" + height + " with " + RandomSeed.replay();
        assertThat(hasher.hash(luma)).as(what).isEqualTo(LineByLinePdq.hash(luma));
        DihedralHashes dihedral = hasher.hashDihedral(luma);
        for (Transform transform : Transform.values()) {
            assertThat(new HashAndQuality(
                            Objects.requireNonNull(dihedral.hashes().get(transform)), dihedral.quality()))
                    .as("%s of %s", transform, what)
                    .isEqualTo(LineByLinePdq.hash(luma, transform));
        }
    }

    @Test
    void smoothsToTheSameFloatsAsTheDefinition() {
        Random random = RandomSeed.random();
        TentFilter filter = new TentFilter();
        for (int round = 0; round < 100; round++) {
            int width = 1 + random.nextInt(600);
            int height = 1 + random.nextInt(600);
            Luma luma = randomLuma(random, width, height);
            float[] small = new float[64 * 64];
            filter.downsample(luma, small);
            float[][] expected = LineByLinePdq.smooth(luma);
            for (int i = 0; i < 64; i++) {
                assertThat(Arrays.copyOfRange(small, 64 * i, 64 * i + 64))
                        .as("row %d of %dx%d with %s", i, width, height, RandomSeed.replay())
                        .containsExactly(expected[i]);
            }
        }
    }

    /** Noise, or noise of few values with exact ties, or a flat plane. */
    private static Luma randomLuma(Random random, int width, int height) {
        byte[] bytes = new byte[3 * width * height];
        random.nextBytes(bytes);
        int mask = new int[] {0xFF, 0x80, 0x03, 0}[random.nextInt(4)];
        int base = random.nextInt(0x80) & ~mask;
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (base + (bytes[i] & mask));
        }
        return random.nextBoolean()
                ? new GreyLuma(MemorySegment.ofArray(bytes), width, height, width)
                : InterleavedLuma.bgr(MemorySegment.ofArray(bytes), width, height, 3L * width);
    }

    /** What is left between the two is what 2,000 additions and subtractions round, one after the other. */
    @Test
    void smoothsToTheSamePictureWithoutRunningSums() {
        Random random = RandomSeed.random();
        TentSampler sampler = new TentSampler();
        int[][] shapes = {
            {1, 1},
            {1, 5_000},
            {5_000, 1},
            {4, 400},
            {5, 5},
            {64, 64},
            {64, 63},
            {128, 128},
            {129, 129},
            {127, 3000},
            {3000, 130},
            {2049, 1025},
            {5, 5}
        };
        for (int round = 0; round < 150; round++) {
            int width = round < shapes.length ? shapes[round][0] : 1 + random.nextInt(600);
            int height = round < shapes.length ? shapes[round][1] : 1 + random.nextInt(600);
            Luma luma = randomLuma(random, width, height);
            float[] small = new float[64 * 64];
            sampler.downsample(luma, small);
            float[][] expected = LineByLinePdq.smooth(luma);
            for (int i = 0; i < 64; i++) {
                assertThat(Arrays.copyOfRange(small, 64 * i, 64 * i + 64))
                        .as("row %d of %dx%d with %s", i, width, height, RandomSeed.replay())
                        .containsExactly(expected[i], Offset.offset(0.02f));
            }
        }
    }

    @Test
    void isAsGoodAsExactWhenFast() {
        Random random = RandomSeed.random();
        PdqHasher fast = PdqHasher.fast();
        int equal = 0;
        int rounds = 200;
        for (int round = 0; round < rounds; round++) {
            int width = 64 + random.nextInt(700);
            int height = 64 + random.nextInt(500);
            // Structure of every size down to the sample, as a photo has: what is regular has coefficients of nought.
            Luma luma = clouds(random, width, height);
            HashAndQuality expected = hasher.hash(luma);
            HashAndQuality actual = fast.hash(luma);
            String what = width + "x" + height + " with " + RandomSeed.replay();
            assertThat(actual.hash().distance(expected.hash())).as(what).isLessThanOrEqualTo(4);
            assertThat(actual.quality()).as(what).isBetween(expected.quality() - 1, expected.quality() + 1);
            equal += actual.equals(expected) ? 1 : 0;
        }
        assertThat(equal).as(RandomSeed.replay()).isGreaterThan(rounds * 9 / 10);
    }

    private static Luma clouds(Random random, int width, int height) {
        float[] sum = new float[width * height];
        for (int cells = 2; cells <= 64; cells *= 2) {
            float[] grid = new float[(cells + 1) * (cells + 1)];
            for (int i = 0; i < grid.length; i++) {
                grid[i] = (random.nextFloat() - 0.5f) * 200 / cells;
            }
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    sum[y * width + x] += grid[y * cells / height * (cells + 1) + x * cells / width];
                }
            }
        }
        byte[] bytes = new byte[width * height];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) Math.clamp((int) (128 + sum[i] + random.nextInt(8)), 0, 255);
        }
        return new GreyLuma(bytes, width, height);
    }

    @Test
    void givesZerosForPicturesBelowTheLeastSide() {
        for (Luma luma : List.of(new GreyLuma(new byte[400], 4, 100), new GreyLuma(new byte[400], 100, 4))) {
            assertThat(hasher.hash(luma)).isEqualTo(new HashAndQuality(Hash256.ZERO, 0));
            assertThat(hasher.hashDihedral(luma).hashes().values())
                    .containsOnly(Hash256.ZERO)
                    .hasSize(8);
        }
    }

    @Test
    void readsAPictureWiderThanScratchItKeeps() {
        // Two rows' worth of values are enough to tell; the scratch for it is over 64 MB and is dropped again.
        int width = 400_000;
        Luma luma = new SyntheticPattern("lcg", width, 6, 3, 0).luma();
        assertThat(hasher.hash(luma)).isEqualTo(LineByLinePdq.hash(luma));
        assertThat(hasher.hash(luma)).isEqualTo(LineByLinePdq.hash(luma));
    }

    @Test
    void refusesAPictureTooWideForOneArray() {
        Luma luma = new Luma() {
            @Override
            public int width() {
                return 1 << 27;
            }

            @Override
            public int height() {
                return 5;
            }

            @Override
            public void row(int y, float[] target, int offset) {
                throw new AssertionError("never read");
            }
        };
        assertThatIllegalArgumentException()
                .isThrownBy(() -> hasher.hash(luma))
                .withMessageStartingWith("width: 134217728 (expected: at most ");
    }

    /** Reads the samples as they are stored: ImageIO's own conversion would put grey through a gamma curve. */
    private static Luma png(Path file, int channels) throws IOException {
        Raster raster = ImageIO.read(file.toFile()).getRaster();
        assertThat(raster.getNumBands()).as("bands of %s", file).isEqualTo(channels);
        int[] samples = raster.getPixels(0, 0, raster.getWidth(), raster.getHeight(), (int[]) null);
        byte[] bytes = new byte[samples.length];
        for (int i = 0; i < samples.length; i++) {
            bytes[i] = (byte) samples[i];
        }
        return channels == 1
                ? new GreyLuma(bytes, raster.getWidth(), raster.getHeight())
                : InterleavedLuma.rgb(
                        MemorySegment.ofArray(bytes), raster.getWidth(), raster.getHeight(), 3L * raster.getWidth());
    }

    private void checkRow(SoftAssertions softly, Map<String, String> row, Luma luma) {
        String id = field(row, "id");
        softly.assertThat(hasher.hash(luma))
                .as(id)
                .isEqualTo(new HashAndQuality(
                        Hash256.parse(field(row, "core_hash")), Integer.parseInt(field(row, "core_quality"))));
        DihedralHashes dihedral = hasher.hashDihedral(luma);
        for (Transform transform : Transform.values()) {
            softly.assertThat(dihedral.hashes().get(transform))
                    .as("%s %s", id, transform)
                    .isEqualTo(Hash256.parse(field(row, "core_dih_" + transform.wireName())));
        }
        softly.assertThat(dihedral.quality()).as(id).isEqualTo(Integer.parseInt(field(row, "core_dih_quality")));
    }

    private static String field(Map<String, String> row, String name) {
        return Objects.requireNonNull(row.get(name), name);
    }

    private static List<Map<String, String>> csv(List<String> lines) {
        String[] names = lines.getFirst().split(",");
        return lines.stream()
                .skip(1)
                .map(line -> {
                    String[] fields = line.split(",");
                    Map<String, String> row = new HashMap<>();
                    for (int i = 0; i < names.length; i++) {
                        row.put(names[i], fields[i]);
                    }
                    return row;
                })
                .toList();
    }
}
