package org.semblance.engine.media.lenient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.junit.jupiter.api.Test;
import org.semblance.engine.RandomSeed;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.DecodedImage;
import org.semblance.engine.media.HandMade;
import org.semblance.engine.media.ImageDecoder;
import org.semblance.engine.media.ImageHeader;
import org.semblance.engine.media.MediaException;
import org.semblance.engine.media.MediaFormat;
import org.semblance.engine.media.MediaLimits;
import org.semblance.engine.media.Picture;
import org.semblance.engine.media.internal.Encoders;
import org.semblance.engine.media.internal.image.NativeImageDecoder;
import org.semblance.engine.pdq.Luma;

/** OpenCV, whose decoders are strict, is the oracle for files that are sound. */
class LenientDecoderTest {
    private static final int W = 67;
    private static final int H = 45;
    private static final Picture PHOTO = Picture.photo(3, W, H);
    private static final int MUTATIONS = 3_000;

    private final ImageDecoder lenient = new LenientDecoder(MediaLimits.DEFAULT);
    private final ImageDecoder strict = new NativeImageDecoder(MediaLimits.DEFAULT, DecodePath.EXACT);

    private static Map<String, byte[]> soundFiles() throws IOException {
        Map<String, byte[]> files = new LinkedHashMap<>();
        Random random = new Random(5);
        for (int[] kind :
                new int[][] {{0, 1}, {0, 2}, {0, 4}, {0, 8}, {0, 16}, {2, 8}, {2, 16}, {4, 8}, {4, 16}, {6, 8}, {6, 16}
                }) {
            int samples = kind[0] == 0 ? 1 : kind[0] == 2 ? 3 : kind[0] == 4 ? 2 : 4;
            byte[] rows = new byte[(W * samples * kind[1] + 7) / 8 * H];
            random.nextBytes(rows);
            files.put(
                    "png of colour type " + kind[0] + ", " + kind[1] + " bits",
                    HandMade.png(W, H, kind[1], kind[0], rows));
        }
        for (int bits : new int[] {1, 2, 4, 8}) {
            byte[] rows = new byte[(W * bits + 7) / 8 * H];
            random.nextBytes(rows);
            byte[] palette = new byte[3 << bits];
            random.nextBytes(palette);
            files.put(
                    "png of a palette, " + bits + " bits",
                    HandMade.png(W, H, bits, 3, rows, HandMade.pngChunk("PLTE", palette)));
        }
        files.put("png with filters", Encoders.encode(PHOTO, ".png"));
        files.put("interlaced png", imageio(image(BufferedImage.TYPE_3BYTE_BGR), "png"));
        files.put("interlaced grey png", imageio(image(BufferedImage.TYPE_BYTE_GRAY), "png"));
        files.put("gif", Encoders.encode(PHOTO, ".gif"));
        files.put("interlaced gif", imageio(image(BufferedImage.TYPE_BYTE_INDEXED), "gif"));
        files.put("bmp of 24 bits", Encoders.encode(PHOTO, ".bmp"));
        files.put("bmp of 8 bits", imageio(image(BufferedImage.TYPE_BYTE_INDEXED), "bmp"));
        files.put("bmp of 1 bit", imageio(image(BufferedImage.TYPE_BYTE_BINARY), "bmp"));
        files.put("bmp from the top down", topDown(Encoders.encode(PHOTO, ".bmp")));
        return files;
    }

    private static byte[] topDown(byte[] bmp) {
        ByteBuffer b = ByteBuffer.wrap(bmp).order(ByteOrder.LITTLE_ENDIAN);
        b.putInt(22, -b.getInt(22));
        return bmp;
    }

    private static BufferedImage image(int type) {
        BufferedImage image = new BufferedImage(W, H, type);
        for (int y = 0; y < H; y++) {
            for (int x = 0; x < W; x++) {
                image.setRGB(x, y, PHOTO.sample(x, y, 0) << 16 | PHOTO.sample(x, y, 1) << 8 | PHOTO.sample(x, y, 2));
            }
        }
        return image;
    }

    private static byte[] imageio(BufferedImage image, String format) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageWriter writer = ImageIO.getImageWritersByFormatName(format).next();
        try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
            ImageWriteParam param = writer.getDefaultWriteParam();
            if (param.canWriteProgressive()) {
                param.setProgressiveMode(ImageWriteParam.MODE_DEFAULT);
            }
            writer.setOutput(out);
            writer.write(null, new IIOImage(image, null, null), param);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }

    private static DecodedImage decode(ImageDecoder decoder, byte[] file) throws MediaException {
        ByteBuffer content = ByteBuffer.wrap(file);
        ImageHeader header = ImageHeader.read(content, MediaFormat.detect(content), MediaLimits.DEFAULT);
        return decoder.decode(content, header, Deadline.NONE);
    }

    private static float[] row(Luma luma, int y) {
        float[] row = new float[luma.width()];
        luma.row(y, row, 0);
        return row;
    }

    @Test
    void aSoundFileHasThePixelsOfTheStrictDecoder() throws Exception {
        for (Map.Entry<String, byte[]> file : soundFiles().entrySet()) {
            try (DecodedImage expected = decode(strict, file.getValue());
                    DecodedImage image = decode(lenient, file.getValue())) {
                assertThat(expected.note()).as(file.getKey()).isEmpty();
                assertThat(image.lacksRows()).as(file.getKey()).isFalse();
                assertThat(image.luma().height()).isEqualTo(H);
                for (int y = 0; y < H; y++) {
                    assertThat(row(image.luma(), y))
                            .as("%s, row %d", file.getKey(), y)
                            .isEqualTo(row(expected.luma(), y));
                }
            }
        }
    }

    @Test
    void aCutFileHasTheRowsThatAreThere() throws Exception {
        byte[] png = Encoders.encode(PHOTO, ".png");
        byte[] gif = Encoders.encode(PHOTO, ".gif");
        byte[] bmp = Encoders.encode(PHOTO, ".bmp");
        try (DecodedImage whole = decode(strict, png);
                DecodedImage cut = decode(lenient, Arrays.copyOf(png, png.length * 3 / 4))) {
            assertThat(cut.from()).isZero();
            assertThat(cut.until()).isBetween(H / 2, H - 1);
            assertThat(cut.note()).isEqualTo("png: damaged, hashed from rows 1 to " + cut.until() + " of " + H);
            for (int y = 0; y < cut.until(); y++) {
                assertThat(row(cut.luma(), y)).isEqualTo(row(whole.luma(), y));
            }
        }
        try (DecodedImage cut = decode(lenient, Arrays.copyOf(gif, gif.length * 3 / 4))) {
            assertThat(cut.until()).isBetween(H / 2, H - 1);
        }
        // The rows of a BMP begin with the lowest.
        try (DecodedImage cut = decode(lenient, Arrays.copyOf(bmp, bmp.length - 4))) {
            assertThat(cut.from()).isEqualTo(1);
            assertThat(cut.until()).isEqualTo(H);
            assertThat(cut.seen()).isEqualTo((H - 1) / (double) H);
        }
    }

    @Test
    void ofAnInterlacedFileWithoutItsLastPassesEveryRowIsKnown() throws Exception {
        byte[] png = imageio(image(BufferedImage.TYPE_3BYTE_BGR), "png");
        try (DecodedImage cut = decode(lenient, Arrays.copyOf(png, png.length / 2))) {
            assertThat(cut.lacksRows()).isFalse();
            assertThat(cut.note()).isEqualTo("png: damaged, but every row of the picture was read");
        }
    }

    @Test
    void aPictureOutsideOfAGifsScreenMakesTheScreenLarger() throws Exception {
        byte[] gif = Encoders.encode(PHOTO, ".gif");
        byte[] small = gif.clone();
        small[6] = small[8] = 1;
        small[7] = small[9] = 0;
        try (DecodedImage whole = decode(strict, gif);
                DecodedImage image = decode(lenient, small)) {
            assertThat(image.luma().width()).isEqualTo(W);
            assertThat(row(image.luma(), H - 1)).isEqualTo(row(whole.luma(), H - 1));
        }
    }

    @Test
    void runsOfABmpGoNoFurtherThanTheirRow() throws Exception {
        ByteBuffer b = ByteBuffer.allocate(1_100).order(ByteOrder.LITTLE_ENDIAN);
        b.put((byte) 'B').put((byte) 'M').putInt(0).putInt(0).putInt(54 + 8);
        b.putInt(40)
                .putInt(4)
                .putInt(2)
                .putShort((short) 1)
                .putShort((short) 8)
                .putInt(1)
                .putInt(0);
        b.putLong(0).putInt(2).putInt(0);
        b.putInt(0x000000).putInt(0xFFFFFF);
        b.put(new byte[] {9, 1, 0, 0, 2, 1, 0, 2, 1, 0, 1, 1, 0, 1});
        try (DecodedImage image = decode(lenient, Arrays.copyOf(b.array(), b.position()))) {
            assertThat(row(image.luma(), 1)).containsOnly(255f);
            float[] top = row(image.luma(), 0);
            assertThat(new float[] {top[0], top[1], top[3]}).containsOnly(255f);
            assertThat(top[2]).isNotEqualTo(255f);
        }
    }

    @Test
    void aPictureBeyondTheLimitsIsRefused() {
        byte[] gif = Encoders.encode(PHOTO, ".gif");
        ByteBuffer content = ByteBuffer.wrap(gif);
        ImageDecoder small = new LenientDecoder(new MediaLimits(1_000_000, W * H - 1));
        assertThatThrownBy(() ->
                        small.decode(content, new ImageHeader(MediaFormat.GIF, W, H, false, false), Deadline.NONE))
                .isInstanceOf(MediaException.class)
                .hasMessageContaining("limit");
    }

    /** Bytes flipped, removed and cut: a picture, or a reason, and nothing else. */
    @Test
    void damageEndsInAPictureOrAReason() throws Exception {
        Random random = RandomSeed.random();
        byte[][] files = soundFiles().values().toArray(new byte[0][]);
        ImageDecoder limited = new LenientDecoder(new MediaLimits(1_000_000, 4_000_000));
        for (int i = 0; i < MUTATIONS; i++) {
            byte[] file = files[random.nextInt(files.length)].clone();
            for (int edits = random.nextInt(8); edits >= 0; edits--) {
                file[random.nextInt(file.length)] = (byte) random.nextInt();
            }
            file = Arrays.copyOf(file, 1 + random.nextInt(file.length));
            ByteBuffer content = ByteBuffer.wrap(file);
            MediaFormat format = MediaFormat.detect(content);
            if (!LenientDecoder.reads(format)) {
                continue;
            }
            try (DecodedImage image =
                    limited.decode(content, new ImageHeader(format, 1, 1, false, false), Deadline.NONE)) {
                assertThat(image.until()).isGreaterThan(image.from());
                row(image.luma(), image.luma().height() - 1);
            } catch (MediaException e) {
                assertThat(e.reason()).isNotEmpty();
            } catch (RuntimeException e) {
                throw new AssertionError("mutation " + i + ", " + RandomSeed.replay(), e);
            }
        }
    }
}
