package org.semblance.engine;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import org.semblance.engine.features.Profile;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.MediaSource;

/**
 * Pictures of a few kilobytes that a fresh hasher hashes before it has any other: what an upload needs is loaded then, classes and
 * libraries. They are generated: one in colour, one in grey and one that moves, since each has code of its own.
 */
public final class FirstPictures {
    private static final int SIDE = 96;
    private static final int BMP_HEADER_BYTES = 54;
    private static final int BLOCK = 16;

    /** A worker is handed digests and computes none: it needs no native code for them. */
    private static final Digests NO_DIGESTS = new Digests("0".repeat(32), "0".repeat(40), "0".repeat(64));

    private FirstPictures() {}

    /** Hashes them, as uploads that are looked up by all that there is. */
    public static void hash(ContentHasher hasher) {
        for (ByteBuffer picture : List.of(colour(), grey(), moving())) {
            hasher.hash(
                    MediaSource.of(picture),
                    NO_DIGESTS,
                    HashRequest.Variants.FOR_LOOKUP,
                    Profile.UPLOADED,
                    Deadline.NONE);
        }
    }

    /** Matches them, which changes nothing and is told nobody. */
    public static void match(ContentMatcher matcher) {
        for (ByteBuffer picture : List.of(colour(), grey())) {
            matcher.match(picture, MatchOptions.DEFAULT);
        }
    }

    private static int square(int x, int y) {
        int square = y / BLOCK * 0x9E3779B9 + x / BLOCK * 0x85EBCA6B;
        return square ^ square >>> 15;
    }

    /** A BMP of coloured squares, the one format that can be written in a few lines. */
    private static ByteBuffer colour() {
        int bytes = BMP_HEADER_BYTES + 3 * SIDE * SIDE;
        ByteBuffer bmp = ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
        bmp.put((byte) 'B').put((byte) 'M').putInt(bytes).putInt(0).putInt(BMP_HEADER_BYTES);
        bmp.putInt(40).putInt(SIDE).putInt(SIDE).putShort((short) 1).putShort((short) 24);
        bmp.putInt(0)
                .putInt(3 * SIDE * SIDE)
                .putInt(2835)
                .putInt(2835)
                .putInt(0)
                .putInt(0);
        for (int y = 0; y < SIDE; y++) {
            for (int x = 0; x < SIDE; x++) {
                int square = square(x, y);
                bmp.put((byte) square).put((byte) (square >>> 8)).put((byte) (square >>> 16));
            }
        }
        return bmp.flip();
    }

    /** A PNG, the one format whose grey a decoder leaves as it is. */
    private static ByteBuffer grey() {
        byte[] rows = new byte[(SIDE + 1) * SIDE];
        for (int y = 0; y < SIDE; y++) {
            for (int x = 0; x < SIDE; x++) {
                rows[y * (SIDE + 1) + 1 + x] = (byte) square(x, y);
            }
        }
        ByteBuffer header = ByteBuffer.allocate(13).putInt(SIDE).putInt(SIDE).put((byte) 8);
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        png.writeBytes("\u0089PNG\r\n\u001A\n".getBytes(StandardCharsets.ISO_8859_1));
        chunk("IHDR", header.array(), png);
        chunk("IDAT", deflated(rows), png);
        chunk("IEND", new byte[0], png);
        return ByteBuffer.allocateDirect(png.size()).put(png.toByteArray()).flip();
    }

    /** A GIF of two frames of a pixel each, which goes the way of a video. */
    private static ByteBuffer moving() {
        String screen = "474946383961" + "01000100" + "800000" + "000000ffffff";
        String frame = "21f90400640000" + "00" + "2c0000000001000100" + "00" + "0202440100";
        byte[] gif = HexFormat.of().parseHex(screen + frame + frame + "3b");
        return ByteBuffer.allocateDirect(gif.length).put(gif).flip();
    }

    private static byte[] deflated(byte[] bytes) {
        try (Deflater deflater = new Deflater(Deflater.BEST_SPEED)) {
            deflater.setInput(bytes);
            deflater.finish();
            byte[] room = new byte[bytes.length + 1_024];
            int length = deflater.deflate(room);
            return Arrays.copyOf(room, length);
        }
    }

    private static void chunk(String type, byte[] data, ByteArrayOutputStream to) {
        byte[] body = ByteBuffer.allocate(4 + data.length)
                .put(type.getBytes(StandardCharsets.US_ASCII))
                .put(data)
                .array();
        CRC32 checksum = new CRC32();
        checksum.update(body);
        to.writeBytes(ByteBuffer.allocate(4).putInt(data.length).array());
        to.writeBytes(body);
        to.writeBytes(ByteBuffer.allocate(4).putInt((int) checksum.getValue()).array());
    }
}
