package org.semblance.engine.media.internal.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.zip.Deflater;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.semblance.engine.RandomSeed;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.DecodedImage;
import org.semblance.engine.media.HandMade;
import org.semblance.engine.media.ImageHeader;
import org.semblance.engine.media.MediaException;
import org.semblance.engine.media.MediaFormat;
import org.semblance.engine.media.MediaLimits;
import org.semblance.engine.media.internal.Natives;

/** Beside OpenCV, whose PNGs are libpng's. Skipped where the host has no libdeflate. */
class PlainPngTest {
    private static final int FILTERS = 5;

    @SuppressWarnings("NullAway.Init")
    private static Libdeflate libdeflate;

    private final Random random = RandomSeed.random();

    @BeforeAll
    static void load() {
        Natives.load();
        Libdeflate found = Libdeflate.load();
        assumeThat(found).as(Libdeflate.failure()).isNotNull();
        libdeflate = Objects.requireNonNull(found);
    }

    /** @param colourType as IHDR has it, of 8 bits a sample */
    private record Png(int width, int height, int colourType, byte[] rows, byte[] file) {
        int samples() {
            return samples(colourType);
        }

        static int samples(int colourType) {
            return switch (colourType) {
                case 0 -> 1;
                case 2 -> 3;
                case 4 -> 2;
                default -> 4;
            };
        }
    }

    /** A PNG of noise or of a gradient, whose rows have random filters, whose data are in one or many chunks, beside optional chunks. */
    private Png png(int colourType) {
        int width = 1 + random.nextInt(random.nextBoolean() ? 8 : 200);
        int height = 1 + random.nextInt(60);
        int samples = Png.samples(colourType);
        byte[] rows = new byte[width * samples * height];
        random.nextBytes(rows);
        if (random.nextBoolean()) {
            for (int i = 0; i < rows.length; i++) {
                rows[i] = (byte) (i / samples % width * 3 + i / (width * samples) + i % samples * 40 + (rows[i] & 3));
            }
        }
        List<byte[]> chunks = new ArrayList<>();
        chunks.add(HandMade.pngHeader(width, height, 8, colourType));
        if (random.nextBoolean()) {
            chunks.add(HandMade.pngChunk("gAMA", new byte[] {0, 0, (byte) 0xB1, (byte) 0x8F}));
            chunks.add(HandMade.pngChunk(
                    "tEXt", "Comment\0anything".getBytes(java.nio.charset.StandardCharsets.US_ASCII)));
        }
        if (random.nextBoolean() && samples == 3) {
            chunks.add(HandMade.pngChunk("tRNS", new byte[] {0, 1, 0, 2, 0, 3}));
        }
        if (random.nextBoolean() && samples >= 3) {
            chunks.add(HandMade.pngChunk("bKGD", new byte[] {0, 9, 0, 9, 0, 9}));
        }
        byte[] data = deflated(filtered(rows, width * samples, height, samples));
        int most = 1 + random.nextInt(random.nextBoolean() ? 40 : data.length + 1);
        for (int from = 0; from < data.length; from += most) {
            chunks.add(HandMade.pngChunk("IDAT", Arrays.copyOfRange(data, from, Math.min(data.length, from + most))));
        }
        chunks.add(HandMade.pngChunk("IEND", new byte[0]));
        return new Png(width, height, colourType, rows, HandMade.png(chunks.toArray(new byte[0][])));
    }

    /** Section 9. */
    private byte[] filtered(byte[] rows, int rowBytes, int height, int samples) {
        byte[] filtered = new byte[(1 + rowBytes) * height];
        for (int y = 0; y < height; y++) {
            int filter = random.nextInt(FILTERS);
            filtered[y * (1 + rowBytes)] = (byte) filter;
            for (int x = 0; x < rowBytes; x++) {
                int at = y * rowBytes + x;
                int left = x < samples ? 0 : rows[at - samples] & 0xFF;
                int above = y == 0 ? 0 : rows[at - rowBytes] & 0xFF;
                int corner = x < samples || y == 0 ? 0 : rows[at - rowBytes - samples] & 0xFF;
                int guess = switch (filter) {
                    case 0 -> 0;
                    case 1 -> left;
                    case 2 -> above;
                    case 3 -> (left + above) / 2;
                    default -> paeth(left, above, corner);
                };
                filtered[y * (1 + rowBytes) + 1 + x] = (byte) (rows[at] - guess);
            }
        }
        return filtered;
    }

    private static int paeth(int left, int above, int corner) {
        int guess = left + above - corner;
        int byLeft = Math.abs(guess - left);
        int byAbove = Math.abs(guess - above);
        int byCorner = Math.abs(guess - corner);
        if (byLeft <= byAbove && byLeft <= byCorner) {
            return left;
        }
        return byAbove <= byCorner ? above : corner;
    }

    private byte[] deflated(byte[] bytes) {
        try (Deflater deflater = new Deflater(random.nextInt(10))) {
            deflater.setInput(bytes);
            deflater.finish();
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            byte[] buffer = new byte[1 << 12];
            while (!deflater.finished()) {
                out.write(buffer, 0, deflater.deflate(buffer));
            }
            return out.toByteArray();
        }
    }

    /** The luma of all rows, one behind the other; null if this decoder leaves the file to others. */
    private static float @Nullable [] plain(byte[] file) throws MediaException {
        try (PointerScope scope = new PointerScope()) {
            DecodedImage image = PlainPng.decode(libdeflate, new BytePointer(file), header(file));
            return image == null ? null : luma(image);
        }
    }

    private static float[] opencv(byte[] file) throws MediaException {
        try (PointerScope scope = new PointerScope()) {
            return luma(new OpencvImages(DecodePath.EXACT).decode(new BytePointer(file), header(file)));
        }
    }

    private static ImageHeader header(byte[] file) throws MediaException {
        return ImageHeader.read(ByteBuffer.wrap(file), MediaFormat.PNG, MediaLimits.DEFAULT);
    }

    private static float[] luma(DecodedImage image) {
        try (image) {
            int width = image.luma().width();
            float[] all = new float[width * image.luma().height()];
            for (int y = 0; y < image.luma().height(); y++) {
                image.luma().row(y, all, y * width);
            }
            return all;
        }
    }

    private static float[] expected(Png png) {
        float[] luma = new float[png.width * png.height];
        for (int i = 0; i < luma.length; i++) {
            int at = i * png.samples();
            luma[i] = png.samples() < 3
                    ? png.rows[at] & 0xFF
                    : 0.299f * (png.rows[at] & 0xFF)
                            + 0.587f * (png.rows[at + 1] & 0xFF)
                            + 0.114f * (png.rows[at + 2] & 0xFF);
        }
        return luma;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2, 4, 6})
    void samplesAreThoseOfLibpng(int colourType) throws MediaException {
        for (int round = 0; round < 100; round++) {
            Png png = png(colourType);
            String what = "round " + round + ", " + RandomSeed.replay();
            assertThat(plain(png.file)).as(what).isEqualTo(expected(png)).isEqualTo(opencv(png.file));
        }
    }

    @Test
    void whatIsDamagedIsLeftToOthersUnlessItsDataAreWhole() throws MediaException {
        int decoded = 0;
        for (int round = 0; round < 2_000; round++) {
            Png png = png(random.nextBoolean() ? 2 : 6);
            byte[] damaged = png.file.clone();
            if (random.nextInt(4) == 0) {
                damaged = Arrays.copyOf(damaged, 33 + random.nextInt(damaged.length - 33));
            } else {
                damaged[33 + random.nextInt(damaged.length - 33)] ^= (byte) (1 << random.nextInt(8));
            }
            float[] luma;
            try {
                luma = header(damaged).sound() ? plain(damaged) : null;
            } catch (MediaException e) {
                continue; // It has no data.
            }
            if (luma != null) {
                decoded++;
                assertThat(luma)
                        .as("round " + round + ", " + RandomSeed.replay())
                        .isEqualTo(expected(png));
            }
        }
        assertThat(decoded).isPositive();
    }

    @Test
    void whatIsNotPlainIsLeftToOthers() throws MediaException {
        byte[] end = HandMade.pngChunk("IEND", new byte[0]);
        byte[] data = HandMade.pngChunk("IDAT", HandMade.pngData(new byte[4], 4));
        byte[] header = HandMade.pngHeader(1, 4, 8, 0);
        assertThat(plain(HandMade.png(header, data, end))).isNotNull();
        byte[] interlaced = HandMade.png(header, data, end);
        interlaced[28] = 1;
        assertThat(plain(interlaced)).as("interlaced").isNull();
        assertThat(plain(HandMade.png(HandMade.pngHeader(1, 4, 8, 3), data, end)))
                .as("palette")
                .isNull();
        assertThat(plain(HandMade.png(HandMade.pngHeader(2, 4, 4, 0), data, end)))
                .as("4 bits")
                .isNull();
        byte[] control = HandMade.pngChunk("acTL", new byte[8]);
        assertThat(plain(HandMade.png(header, control, data, end)))
                .as("animated")
                .isNull();
        byte[] wrongSum = data.clone();
        wrongSum[wrongSum.length - 1]++;
        assertThat(plain(HandMade.png(header, wrongSum, end))).as("wrong sum").isNull();
        byte[] text = HandMade.pngChunk("tEXt", new byte[8]);
        assertThat(plain(HandMade.png(header, data, text, data, end)))
                .as("data in two places")
                .isNull();
        assertThat(plain(HandMade.png(HandMade.pngHeader(1, 5, 8, 0), data, end)))
                .as("too few rows")
                .isNull();
        assertThat(plain(HandMade.png(HandMade.pngHeader(1, 3, 8, 0), data, end)))
                .as("too many rows")
                .isNull();
        byte[] filters = HandMade.pngChunk("IDAT", deflated(new byte[] {0, 1, 5, 1, 0, 1, 0, 1}));
        assertThat(plain(HandMade.png(header, filters, end)))
                .as("a filter that does not exist")
                .isNull();
    }

    @Test
    void aStreamOfAnotherSizeIsNotInflated() {
        byte[] deflated = deflated(new byte[100]);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment stream = arena.allocateFrom(ValueLayout.JAVA_BYTE, deflated);
            assertThat(libdeflate.inflate(stream, arena.allocate(100))).isTrue();
            assertThat(libdeflate.inflate(stream, arena.allocate(101))).isFalse();
            assertThat(libdeflate.inflate(stream, arena.allocate(99))).isFalse();
        }
    }
}
