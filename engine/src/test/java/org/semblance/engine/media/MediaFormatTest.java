package org.semblance.engine.media;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MediaFormatTest {
    private static MediaFormat detect(String latin1) {
        return MediaFormat.detect(ByteBuffer.wrap(HandMade.latin1(latin1)));
    }

    @ParameterizedTest
    @CsvSource({
        "heic, '', HEIC",
        "heix, mif1, HEIC",
        "avif, mif1, AVIF",
        "avis, avif, AVIF",
        "mif1, heic, HEIC",
        "mif1, miafavif, AVIF",
        "mif1, vvic, HEIF",
        "isom, avc1, MP4",
        "qt  , '', MP4",
        "M4V , '', MP4",
        "crx , '', MP4",
    })
    void brandsTellTheKindsOfIsoMediaApart(String major, String compatible, MediaFormat expected) {
        byte[] file = HandMade.box(
                "ftyp",
                HandMade.latin1((major + "    ").substring(0, 4)),
                HandMade.ints(0),
                HandMade.latin1(compatible));
        assertThat(MediaFormat.detect(ByteBuffer.wrap(file))).isEqualTo(expected);
    }

    @Test
    void magicBytesTellTheFormat() {
        assertThat(detect("\u00FF\u00D8\u00FF\u00E0")).isEqualTo(MediaFormat.JPEG);
        assertThat(detect("\u0089PNG\r\n\u001A\n")).isEqualTo(MediaFormat.PNG);
        assertThat(detect("GIF89a")).isEqualTo(MediaFormat.GIF);
        assertThat(detect("RIFF....WEBPVP8 ")).isEqualTo(MediaFormat.WEBP);
        assertThat(detect("RIFF....AVI LIST")).isEqualTo(MediaFormat.AVI);
        assertThat(detect("RIFF....WAVEfmt ")).isEqualTo(MediaFormat.UNKNOWN);
        assertThat(detect("II*\0\b\0\0\0")).isEqualTo(MediaFormat.TIFF);
        assertThat(detect("MM\0*\0\0\0\b")).isEqualTo(MediaFormat.TIFF);
        assertThat(MediaFormat.detect(ByteBuffer.wrap(HandMade.bmpHeader(3, 4))))
                .isEqualTo(MediaFormat.BMP);
        assertThat(detect("\0\0\0\fJXL \r\n\u0087\n")).isEqualTo(MediaFormat.JXL);
        assertThat(detect("\u00FF\n.")).isEqualTo(MediaFormat.JXL);
        assertThat(detect("%PDF-1.7")).isEqualTo(MediaFormat.PDF);
        assertThat(detect("\u001AE\u00DF\u00A3")).isEqualTo(MediaFormat.MKV);
        assertThat(detect("<?xml version='1.0'?>\n<svg xmlns='...'>")).isEqualTo(MediaFormat.SVG);
        assertThat(detect("\u00EF\u00BB\u00BF  <svg>")).isEqualTo(MediaFormat.SVG);
    }

    @Test
    void magicBytesTellRareFormats() {
        assertThat(detect("\u00FF\u00D8\0\1\u00FF\u00E0")).isEqualTo(MediaFormat.JPEG);
        assertThat(detect("P6\n# made by hand\n2 2\n")).isEqualTo(MediaFormat.PPM);
        assertThat(detect("P5 17 4 255\n")).isEqualTo(MediaFormat.PGM);
        assertThat(detect("P7\nWIDTH 4\n")).isEqualTo(MediaFormat.PAM);
        assertThat(detect("\0\0\2\0\0\0\0\0\0\0\0\0\20\0\20\0\30\0")).isEqualTo(MediaFormat.TGA);
        assertThat(detect("\0\0\2\0\1\0\20\20\0\0\0\0\0\0\50\1\0\0\26\0\0\0\50"))
                .isEqualTo(MediaFormat.ICO);
        assertThat(detect("\0\0\0\fjP  \r\n\u0087\n")).isEqualTo(MediaFormat.JP2);
        assertThat(detect("/* XBM */\n#define x_width 8\n")).isEqualTo(MediaFormat.XBM);
        assertThat(detect("0&\u00B2u\u008Ef\u00CF\u0011")).isEqualTo(MediaFormat.ASF);
        assertThat(detect("OggS\0\2")).isEqualTo(MediaFormat.OGG);
        assertThat(detect("\0\0\1\u00BA")).isEqualTo(MediaFormat.MPEG);
        assertThat(detect("\0\0\0\1g")).isEqualTo(MediaFormat.VIDEO);
        assertThat(detect("FORM\0\0\0\0ILBM")).isEqualTo(MediaFormat.VIDEO);
    }

    @Test
    void textThatOpensLikeMediaIsUnknown() {
        assertThat(detect("P4 is where the car is parked")).isEqualTo(MediaFormat.UNKNOWN);
        assertThat(detect("P300 is an event-related potential")).isEqualTo(MediaFormat.UNKNOWN);
        assertThat(detect("/* A comment */ int width = 8;")).isEqualTo(MediaFormat.UNKNOWN);
        assertThat(detect("BMW is a maker of cars")).isEqualTo(MediaFormat.UNKNOWN);
        assertThat(detect("Graffiti")).isEqualTo(MediaFormat.UNKNOWN);
        assertThat(detect("<html><body>no drawing</body></html>")).isEqualTo(MediaFormat.UNKNOWN);
        assertThat(detect("")).isEqualTo(MediaFormat.UNKNOWN);
        assertThat(detect("\u00FF\u00D8")).isEqualTo(MediaFormat.UNKNOWN);
    }

    @Test
    void onlyTheBytesBetweenPositionAndLimitCount() {
        ByteBuffer file = ByteBuffer.wrap(HandMade.latin1("....GIF89a\0"));
        assertThat(MediaFormat.detect(file.position(4))).isEqualTo(MediaFormat.GIF);
        assertThat(file.position()).isEqualTo(4);
        assertThat(MediaFormat.detect(file.limit(9))).isEqualTo(MediaFormat.UNKNOWN);
    }

    @Test
    void whatIsNotDecodedSaysWhy() {
        for (MediaFormat format : MediaFormat.values()) {
            assertThat(format.unsupportedReason().isEmpty()).as("%s", format).isEqualTo(format.isSupportedImage());
        }
        assertThat(MediaFormat.MP4.unsupportedReason()).contains("video");
        assertThat(MediaFormat.MP4.isVideo()).isTrue();
        assertThat(MediaFormat.GIF.isVideo()).isFalse();
    }
}
