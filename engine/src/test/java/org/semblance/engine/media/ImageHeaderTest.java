package org.semblance.engine.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.semblance.engine.RandomSeed;
import org.semblance.engine.media.MediaException.Kind;
import org.semblance.engine.media.internal.Encoders;

class ImageHeaderTest {
    private static final Picture PHOTO = Picture.photo(3, 83, 47);

    private static ImageHeader read(byte[] file) throws MediaException {
        return read(file, MediaLimits.DEFAULT);
    }

    private static ImageHeader read(byte[] file, MediaLimits limits) throws MediaException {
        ByteBuffer content = ByteBuffer.wrap(file);
        return ImageHeader.read(content, MediaFormat.detect(content), limits);
    }

    private static MediaException failure(byte[] file) {
        MediaException failure = catchThrowableOfType(MediaException.class, () -> read(file));
        assertThat(failure).as("a failure").isNotNull();
        return failure;
    }

    @Test
    void tellsTheSizeAndWhetherItIsGrey() throws MediaException {
        for (String suffix : List.of(".jpg", ".png", ".bmp", ".tiff", ".gif", ".webp")) {
            ImageHeader header = read(Encoders.encode(PHOTO, suffix));
            assertThat(header.width()).as(suffix).isEqualTo(83);
            assertThat(header.height()).as(suffix).isEqualTo(47);
            assertThat(header.grey()).as(suffix).isFalse();
        }
        for (String suffix : List.of(".jpg", ".png", ".tiff")) {
            assertThat(read(Encoders.encode(PHOTO.grey(), suffix)).grey())
                    .as(suffix)
                    .isTrue();
        }
        ImageHeader lossless = read(Encoders.losslessWebp(PHOTO));
        assertThat(lossless).isEqualTo(new ImageHeader(MediaFormat.WEBP, 83, 47, false, true));
        ImageHeader progressive = read(Encoders.progressiveJpeg(PHOTO, 80));
        assertThat(progressive).isEqualTo(new ImageHeader(MediaFormat.JPEG, 83, 47, false, true));
    }

    @Test
    void readsTiffOfEitherByteOrder() throws MediaException {
        for (ByteOrder order : List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
            byte[] rgba = HandMade.tiff(order, 5, 7, 4, 8, 2, 2, 1, new byte[5 * 7 * 4]);
            assertThat(read(rgba)).isEqualTo(new ImageHeader(MediaFormat.TIFF, 5, 7, false, true));
            assertThat(TiffDirectory.read(ByteBuffer.wrap(rgba)).unassociatedAlphaAt())
                    .isPositive();
            byte[] grey = HandMade.tiff(order, 5, 7, 2, 8, 0, 0, 1, new byte[5 * 7 * 2]);
            assertThat(read(grey)).isEqualTo(new ImageHeader(MediaFormat.TIFF, 5, 7, true, true));
            assertThat(TiffDirectory.read(ByteBuffer.wrap(grey)).unassociatedAlphaAt())
                    .isEqualTo(-1);
        }
    }

    @Test
    void aBmpMayCountItsRowsFromTheTop() throws MediaException {
        assertThat(read(HandMade.bmpHeader(20, -30)).height()).isEqualTo(30);
        assertThat(failure(HandMade.bmpHeader(-20, 30)).kind()).isEqualTo(Kind.CORRUPT);
        assertThat(failure(HandMade.bmpHeader(20, Integer.MIN_VALUE)).kind()).isEqualTo(Kind.TOO_LARGE);
    }

    @Test
    void limitsAreInclusive() throws MediaException {
        byte[] png = Encoders.encode(PHOTO, ".png");
        MediaLimits exact = new MediaLimits(png.length, 83 * 47);
        assertThat(read(png, exact).width()).isEqualTo(83);
        assertThatThrownBy(() -> read(png, new MediaLimits(png.length - 1, 83 * 47)))
                .hasMessage("png: %d bytes (limit: %d)", png.length, png.length - 1);
        assertThatThrownBy(() -> read(png, new MediaLimits(png.length, 83 * 47 - 1)))
                .hasMessage("png: 83x47 pixels (limit: 3900)");
    }

    @Test
    void refusesSizesThatNoMemoryHolds() {
        byte[] data = HandMade.pngChunk("IDAT", new byte[1]);
        assertThat(failure(HandMade.png(HandMade.pngHeader(Integer.MAX_VALUE, Integer.MAX_VALUE, 8, 6), data))
                        .kind())
                .isEqualTo(Kind.TOO_LARGE);
        assertThat(failure(HandMade.png(HandMade.pngHeader(-1, 10, 8, 6), data)).kind())
                .isEqualTo(Kind.TOO_LARGE);
        assertThat(failure(HandMade.png(HandMade.pngHeader(0, 10, 8, 6), data)).kind())
                .isEqualTo(Kind.CORRUPT);
        assertThat(failure(HandMade.bmpHeader(65_536, 8)))
                .hasMessage("bmp: 65536x8 pixels (longest side: 65535)")
                .extracting(MediaException::kind)
                .isEqualTo(Kind.TOO_LARGE);
        assertThat(failure(HandMade.bmpHeader(60_000, 60_000)).kind()).isEqualTo(Kind.TOO_LARGE);
        byte[] tiff = HandMade.tiff(ByteOrder.BIG_ENDIAN, -1, -1, 1, 8, 1, -1, 1, new byte[1]);
        assertThat(failure(tiff).kind()).isEqualTo(Kind.TOO_LARGE);
        byte[] gif = HandMade.concat(HandMade.latin1("GIF89a"), new byte[] {-1, -1, -1, -1, 0, 0, 0});
        assertThat(failure(gif).kind()).isEqualTo(Kind.TOO_LARGE);
    }

    /** The file makes OpenCV 4.14 allocate 2.1 GB, whatever limit of pixels it is given. */
    @Test
    void keepsAPngWhoseChunkIsLongerThanTheFileFromTheStrictDecoder() throws MediaException {
        byte[] bomb =
                HandMade.png(HandMade.pngHeader(16, 16, 8, 2), HandMade.pngChunk("IDAT", new byte[48], 0x7FFFFFF0));
        assertThat(bomb).hasSizeLessThan(106);
        assertThat(read(bomb)).isEqualTo(new ImageHeader(MediaFormat.PNG, 16, 16, false, false));
        byte[] negative = HandMade.png(HandMade.pngHeader(16, 16, 8, 2), HandMade.pngChunk("tEXt", new byte[8], -1));
        assertThat(failure(negative).kind()).isEqualTo(Kind.CORRUPT);
    }

    @Test
    void refusesAProgressiveJpegOfManyScans() {
        byte[] jpeg = Encoders.progressiveJpeg(PHOTO, 80);
        byte[] scans = new byte[2 * 101];
        for (int i = 0; i < scans.length; i += 2) {
            scans[i] = (byte) 0xFF;
            scans[i + 1] = (byte) 0xDA;
        }
        assertThat(failure(HandMade.concat(jpeg, scans))).hasMessage("jpeg: more than 100 scans");
    }

    @Test
    void tellsPicturesFarLargerThanTheirFiles() {
        assertThat(isInflated(inflated(2_001, 4_000, 1))).isTrue();
        assertThat(isInflated(inflated(2_000, 4_000, 1))).isFalse();
        int most = 5_000 * 5_000 / 128;
        int others = inflated(5_000, 5_000, 0).length;
        assertThat(isInflated(inflated(5_000, 5_000, most - 1 - others))).isTrue();
        assertThat(isInflated(inflated(5_000, 5_000, most - others))).isFalse();
        assertThat(isInflated(HandMade.bmpHeader(9_000, 9_000))).isTrue();
        byte[] bmp = HandMade.bmpHeader(3_000, 3_000);
        assertThat(isInflated(Arrays.copyOf(bmp, 3_000 * 3_000 / 8 - 1))).isTrue();
        assertThat(isInflated(Arrays.copyOf(bmp, 3_000 * 3_000 / 8))).isFalse();
        assertThat(isInflated(HandMade.latin1("GIF89a"))).isFalse();
        assertThat(isInflated(HandMade.latin1("%PDF-1.4"))).isFalse();
        assertThat(isInflated(new byte[0])).isFalse();
    }

    private static byte[] inflated(int width, int height, int dataBytes) {
        return HandMade.png(HandMade.pngHeader(width, height, 1, 0), HandMade.pngChunk("IDAT", new byte[dataBytes]));
    }

    private static boolean isInflated(byte[] file) {
        ByteBuffer content = ByteBuffer.wrap(file);
        return ImageHeader.isInflated(content, MediaFormat.detect(content));
    }

    @Test
    void tellsWhatAStrictDecoderDoesNotRead() throws MediaException {
        byte[] deepJpeg = Encoders.jpeg(PHOTO, 80);
        for (int i = 0; i < deepJpeg.length - 1; i++) {
            if ((deepJpeg[i] & 0xFF) == 0xFF && (deepJpeg[i + 1] & 0xFF) == 0xC0) {
                deepJpeg[i + 4] = 12;
                break;
            }
        }
        assertThat(read(deepJpeg).sound()).isFalse();
        assertThat(read(HandMade.tiff(ByteOrder.LITTLE_ENDIAN, 2, 2, 1, 32, 1, -1, 3, new byte[16]))
                        .sound())
                .isFalse();
        assertThat(read(HandMade.tiff(ByteOrder.LITTLE_ENDIAN, 2, 2, 1, 32, 1, -1, 1, new byte[16]))
                        .sound())
                .isFalse();
        assertThat(failure(HandMade.latin1("II+\0\b\0\0\0")).kind()).isEqualTo(Kind.CORRUPT);
        assertThat(failure(HandMade.latin1("%PDF-1.4")).kind()).isEqualTo(Kind.UNSUPPORTED);
    }

    @Test
    void everyPictureInAHeifFileMustBeWithinTheLimits() throws MediaException {
        byte[] file = heif(ispe(64, 48), ispe(640, 480));
        assertThat(read(file)).isEqualTo(new ImageHeader(MediaFormat.HEIC, 640, 480, false, true));
        assertThatThrownBy(() -> read(file, new MediaLimits(1000, 640 * 480 - 1)))
                .hasMessage("heic: 640x480 pixels (limit: 307199)");
        assertThat(failure(heif(ispe(64, 48), ispe(-1, -1))).kind()).isEqualTo(Kind.TOO_LARGE);
        assertThat(failure(heif()).kind()).isEqualTo(Kind.CORRUPT);
    }

    @Test
    void boxesWithinBoxesDoNotOverflowTheStack() {
        byte[] nested = HandMade.box("ipco");
        for (int depth = 0; depth < 3000; depth++) {
            nested = HandMade.box("ipco", nested);
        }
        assertThat(failure(heif(nested)).kind()).isEqualTo(Kind.CORRUPT);
    }

    private static byte[] ispe(int width, int height) {
        return HandMade.box("ispe", HandMade.ints(0, width, height));
    }

    private static byte[] heif(byte[]... properties) {
        return HandMade.concat(
                HandMade.box("ftyp", HandMade.latin1("heic"), HandMade.ints(0)),
                HandMade.box("meta", HandMade.ints(0), HandMade.box("iprp", HandMade.box("ipco", properties))));
    }

    @Test
    void anyBytesGiveAHeaderWithinTheLimitsOrAReason() {
        List<byte[]> files = List.of(
                Encoders.jpeg(PHOTO, 80),
                Encoders.progressiveJpeg(PHOTO, 80),
                Encoders.encode(PHOTO, ".png"),
                Encoders.encode(PHOTO, ".bmp"),
                Encoders.encode(PHOTO, ".gif"),
                Encoders.encode(PHOTO, ".tiff"),
                Encoders.webp(PHOTO, 80),
                Encoders.losslessWebp(PHOTO),
                heif(ispe(64, 48), ispe(640, 480)),
                HandMade.tiff(ByteOrder.BIG_ENDIAN, 5, 7, 4, 8, 2, 2, 1, new byte[5 * 7 * 4]));
        MediaLimits limits = new MediaLimits(1_000_000, 1_000_000);
        Random random = RandomSeed.random();
        for (int i = 0; i < 100_000; i++) {
            byte[] file = files.get(random.nextInt(files.size()));
            byte[] mutated = Arrays.copyOf(file, 1 + random.nextInt(Math.min(file.length, 400)));
            for (int flips = random.nextInt(6); flips > 0; flips--) {
                mutated[random.nextInt(mutated.length)] = (byte) random.nextInt();
            }
            try {
                ImageHeader header = read(mutated, limits);
                assertThat((long) header.width() * header.height())
                        .as("round %d, %s", i, RandomSeed.replay())
                        .isBetween(1L, 1_000_000L);
            } catch (MediaException e) {
                assertThat(e.reason()).isNotBlank();
            } catch (RuntimeException e) {
                throw new AssertionError("round " + i + ", " + RandomSeed.replay(), e);
            }
        }
    }
}
