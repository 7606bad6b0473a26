package org.semblance.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.HandMade;
import org.semblance.engine.media.MediaLimits;
import org.semblance.engine.media.Picture;
import org.semblance.engine.media.internal.Encoders;
import org.semblance.engine.pdq.PdqHasher;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.SignalType;

/** What each kind of image is hashed as: the policy that {@code OpencvImages} and {@code FfmpegImages} state. */
class ImagePolicyTest {
    private static final int W = 200;
    private static final int H = 150;
    private static final Picture PHOTO = Picture.photo(7, W, H);

    private static Hash256 expected(Picture picture) {
        return new PdqHasher().hash(picture.luma()).hash();
    }

    private static HashReport report(byte[] file, DecodePath path) {
        try (ContentHasher hasher = new InProcessHasher(MediaLimits.DEFAULT, path)) {
            return hasher.hash(ByteBuffer.wrap(file));
        }
    }

    private static Hash256 hash(byte[] file, DecodePath path) {
        HashReport report = report(file, path);
        assertThat(report.failure()).as(report.reason()).isNull();
        return report.signal(SignalType.PDQ).orElseThrow().hash();
    }

    private static Hash256 hash(byte[] file) {
        return hash(file, DecodePath.EXACT);
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = ImagePolicyTest.class.getResourceAsStream("media/" + name)) {
            assertThat(in).as(name).isNotNull();
            return in.readAllBytes();
        }
    }

    @ParameterizedTest
    @EnumSource(DecodePath.class)
    void losslessFormatsHaveTheHashOfTheirPixels(DecodePath path) {
        Hash256 expected = expected(PHOTO);
        assertThat(hash(Encoders.encode(PHOTO, ".png"), path)).isEqualTo(expected);
        assertThat(hash(Encoders.encode(PHOTO, ".bmp"), path)).isEqualTo(expected);
        assertThat(hash(Encoders.encode(PHOTO, ".tiff"), path)).isEqualTo(expected);
        assertThat(hash(Encoders.losslessWebp(PHOTO), path)).isEqualTo(expected);
    }

    @Test
    void theFormatComesFromTheBytes() {
        assertThat(report(Encoders.encode(PHOTO, ".png"), DecodePath.FAST).format())
                .isEqualTo("png");
        assertThat(report(Encoders.jpeg(PHOTO, 90), DecodePath.FAST).format()).isEqualTo("jpeg");
        assertThat(report(Encoders.webp(PHOTO, 90), DecodePath.FAST).format()).isEqualTo("webp");
        assertThat(report(Encoders.encode(PHOTO, ".gif"), DecodePath.FAST).format())
                .isEqualTo("gif");
        assertThat(report(Encoders.encode(PHOTO, ".bmp"), DecodePath.FAST).format())
                .isEqualTo("bmp");
        assertThat(report(Encoders.encode(PHOTO, ".tiff"), DecodePath.FAST).format())
                .isEqualTo("tiff");
    }

    @ParameterizedTest
    @EnumSource(DecodePath.class)
    void lossyFormatsStayNear(DecodePath path) {
        Hash256 expected = expected(PHOTO);
        assertThat(hash(Encoders.jpeg(PHOTO, 90), path).distance(expected)).isLessThanOrEqualTo(4);
        assertThat(hash(Encoders.progressiveJpeg(PHOTO, 90), path).distance(expected))
                .isLessThanOrEqualTo(4);
        assertThat(hash(Encoders.webp(PHOTO, 90), path).distance(expected)).isLessThanOrEqualTo(6);
    }

    @Test
    void theFastPathOfALargeJpegStaysNearTheExactOne() {
        for (int side : new int[] {1000, 2100, 4200}) {
            byte[] jpeg = Encoders.jpeg(Encoders.resized(PHOTO, side * 4 / 3, side), 90);
            assertThat(hash(jpeg, DecodePath.FAST).distance(hash(jpeg, DecodePath.EXACT)))
                    .as("short side %d", side)
                    .isLessThanOrEqualTo(10);
        }
    }

    @ParameterizedTest
    @EnumSource(DecodePath.class)
    void greyStaysOneChannel(DecodePath path) {
        Picture grey = PHOTO.grey();
        Hash256 expected = expected(grey);
        assertThat(hash(Encoders.encode(grey, ".png"), path)).isEqualTo(expected);
        assertThat(hash(Encoders.encode(grey, ".tiff"), path)).isEqualTo(expected);
        assertThat(hash(Encoders.jpeg(grey, 95), path).distance(expected)).isLessThanOrEqualTo(4);
    }

    @Test
    void greyStoredAsColourGoesByTheFormula() {
        Picture grey = PHOTO.grey();
        byte[] rgb = new byte[W * H * 3];
        for (int i = 0; i < W * H; i++) {
            rgb[3 * i] = rgb[3 * i + 1] = rgb[3 * i + 2] = grey.samples()[i];
        }
        Picture colour = new Picture(W, H, 3, rgb);
        assertThat(hash(HandMade.png(W, H, 8, 2, rgb))).isEqualTo(expected(colour));
    }

    @Test
    void alphaIsDroppedAndNeverComposited() {
        byte[] rgba = new byte[W * H * 4];
        byte[] la = new byte[W * H * 2];
        Picture grey = PHOTO.grey();
        for (int i = 0; i < W * H; i++) {
            System.arraycopy(PHOTO.samples(), 3 * i, rgba, 4 * i, 3);
            rgba[4 * i + 3] = (byte) (i % W < W / 2 ? 0 : 90);
            la[2 * i] = grey.samples()[i];
            la[2 * i + 1] = (byte) (i / W < H / 2 ? 0 : 90);
        }
        byte[] background = HandMade.pngChunk("bKGD", new byte[] {0, (byte) 255, 0, (byte) 255, 0, 0});
        assertThat(hash(HandMade.png(W, H, 8, 6, rgba))).as("png").isEqualTo(expected(PHOTO));
        assertThat(hash(HandMade.png(W, H, 8, 6, rgba, background)))
                .as("png with a background")
                .isEqualTo(expected(PHOTO));
        assertThat(hash(HandMade.png(W, H, 8, 4, la))).as("grey png").isEqualTo(expected(grey));
        assertThat(hash(HandMade.tiff(ByteOrder.LITTLE_ENDIAN, W, H, 4, 8, 2, 2, 1, rgba)))
                .as("tiff")
                .isEqualTo(expected(PHOTO));
    }

    @Test
    void ofSixteenBitsTheHighByteCounts() {
        byte[] rgb = deep(PHOTO);
        byte[] grey = deep(PHOTO.grey());
        assertThat(hash(HandMade.png(W, H, 16, 2, rgb))).as("png").isEqualTo(expected(PHOTO));
        assertThat(hash(HandMade.png(W, H, 16, 0, grey))).as("grey png").isEqualTo(expected(PHOTO.grey()));
        assertThat(hash(HandMade.tiff(ByteOrder.BIG_ENDIAN, W, H, 3, 16, 2, -1, 1, rgb)))
                .as("tiff")
                .isEqualTo(expected(PHOTO));
        assertThat(hash(HandMade.tiff(ByteOrder.BIG_ENDIAN, W, H, 1, 16, 1, -1, 1, grey)))
                .as("grey tiff")
                .isEqualTo(expected(PHOTO.grey()));
    }

    /** Samples of 16 bits, big-endian, whose low byte is noise. */
    private static byte[] deep(Picture picture) {
        byte[] deep = new byte[2 * picture.samples().length];
        for (int i = 0; i < picture.samples().length; i++) {
            deep[2 * i] = picture.samples()[i];
            deep[2 * i + 1] = (byte) (i * 97);
        }
        return deep;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void fewBitsSpreadOverTheWholeRange(int bits) {
        int levels = 1 << bits;
        Picture coarse = PHOTO.grey().posterised(levels);
        int perByte = 8 / bits;
        byte[] packed = new byte[W / perByte * H];
        for (int i = 0; i < W * H; i++) {
            int level = (coarse.samples()[i] & 0xFF) * (levels - 1) / 255;
            packed[i / perByte] |= (byte) (level << 8 - bits * (i % perByte + 1));
        }
        assertThat(hash(HandMade.png(W, H, bits, 0, packed))).isEqualTo(expected(coarse));
    }

    @Test
    void aPaletteIsExpanded() {
        Picture coarse = PHOTO.posterised(5);
        byte[] palette = new byte[125 * 3];
        byte[] indexes = new byte[W * H];
        for (int i = 0; i < 125; i++) {
            palette[3 * i] = (byte) (i / 25 * 255 / 4);
            palette[3 * i + 1] = (byte) (i / 5 % 5 * 255 / 4);
            palette[3 * i + 2] = (byte) (i % 5 * 255 / 4);
        }
        for (int i = 0; i < W * H; i++) {
            int r = (coarse.samples()[3 * i] & 0xFF) * 4 / 255;
            int g = (coarse.samples()[3 * i + 1] & 0xFF) * 4 / 255;
            int b = (coarse.samples()[3 * i + 2] & 0xFF) * 4 / 255;
            indexes[i] = (byte) (r * 25 + g * 5 + b);
        }
        Picture shown = new Picture(W, H, 3, new byte[W * H * 3]);
        for (int i = 0; i < W * H; i++) {
            System.arraycopy(palette, 3 * (indexes[i] & 0xFF), shown.samples(), 3 * i, 3);
        }
        byte[] transparent = HandMade.pngChunk("tRNS", new byte[125]);
        assertThat(hash(HandMade.png(W, H, 8, 3, indexes, HandMade.pngChunk("PLTE", palette))))
                .isEqualTo(expected(shown));
        assertThat(hash(HandMade.png(W, H, 8, 3, indexes, HandMade.pngChunk("PLTE", palette), transparent)))
                .as("all of it transparent")
                .isEqualTo(expected(shown));
    }

    @Test
    void whiteMayBeZeroInATiff() {
        Picture grey = PHOTO.grey();
        byte[] inverted = grey.samples().clone();
        for (int i = 0; i < inverted.length; i++) {
            inverted[i] = (byte) ~inverted[i];
        }
        assertThat(hash(HandMade.tiff(ByteOrder.LITTLE_ENDIAN, W, H, 1, 8, 0, -1, 1, inverted)))
                .isEqualTo(expected(grey));
    }

    @Test
    void exifOrientationIsIgnored() {
        byte[] jpeg = Encoders.jpeg(PHOTO, 90);
        Hash256 plain = hash(jpeg);
        for (int orientation = 1; orientation <= 8; orientation++) {
            byte[] exif = HandMade.concat(
                    HandMade.latin1("Exif\0\0MM\0*"),
                    HandMade.ints(8),
                    new byte[] {0, 1, 0x01, 0x12, 0, 3},
                    HandMade.ints(1),
                    new byte[] {0, (byte) orientation, 0, 0},
                    HandMade.ints(0));
            byte[] turned = HandMade.concat(
                    new byte[] {(byte) 0xFF, (byte) 0xD8, (byte) 0xFF, (byte) 0xE1, 0, (byte) (exif.length + 2)},
                    exif,
                    Arrays.copyOfRange(jpeg, 2, jpeg.length));
            for (DecodePath path : DecodePath.values()) {
                assertThat(hash(turned, path)).as("%d, %s", orientation, path).isEqualTo(hash(jpeg, path));
            }
            assertThat(hash(turned)).isEqualTo(plain);
        }
    }

    @Test
    void aTurnedHeicHashesAsItIsStored() throws IOException {
        assertThat(hash(resource("rotated.heic"))).isEqualTo(hash(resource("plain.heic")));
    }

    @Test
    void ofAnAnimationTheFirstFrameCounts() {
        List<Picture> frames = List.of(PHOTO, Picture.photo(8, W, H), Picture.photo(9, W, H));
        assertThat(hash(Encoders.animation(frames, ".png"))).as("png").isEqualTo(expected(PHOTO));
        assertThat(hash(Encoders.animation(frames, ".gif"))).as("gif").isEqualTo(hash(Encoders.encode(PHOTO, ".gif")));
        assertThat(hash(Encoders.animation(frames, ".webp"))).as("webp").isEqualTo(expected(PHOTO));
    }

    @Test
    void aJpegThatIsCutOffIsHashedFromThePartThatIsThere() {
        byte[] jpeg = Encoders.jpeg(PHOTO, 90);
        byte[] cut = Arrays.copyOf(jpeg, jpeg.length - 20);
        for (DecodePath path : DecodePath.values()) {
            HashReport report = report(cut, path);
            assertThat(report.failure()).isNull();
            assertThat(report.reason()).contains("cut off");
            assertThat(report.signal(SignalType.PDQ).orElseThrow().hash().distance(hash(jpeg, path)))
                    .isLessThanOrEqualTo(2);
        }
        assertThat(report(Arrays.copyOf(jpeg, jpeg.length / 2), DecodePath.EXACT)
                        .failure())
                .isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "plain.heic",
                "tiled.heic",
                "thumbnail.heic",
                "rotated.heic",
                "plain.avif",
                "tiled.avif",
                "alpha.avif"
            })
    void aHeifFileShowsItsWholePicture(String name) throws IOException {
        Hash256 expected = expected(PHOTO);
        for (DecodePath path : DecodePath.values()) {
            HashReport report = report(resource(name), path);
            assertThat(report.failure()).as(report.reason()).isNull();
            assertThat(report.format()).isEqualTo(name.substring(name.indexOf('.') + 1));
            assertThat(report.signal(SignalType.PDQ).orElseThrow().hash().distance(expected))
                    .as("%s", path)
                    .isLessThanOrEqualTo(10);
        }
    }

    @Test
    void aHeifPictureOfOneChannelStaysGrey() throws IOException {
        for (DecodePath path : DecodePath.values()) {
            assertThat(hash(resource("grey.heic"), path).distance(expected(PHOTO.grey())))
                    .isLessThanOrEqualTo(4);
        }
    }
}
