package org.semblance.engine;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import org.semblance.engine.features.Profile;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.MediaSource;
import org.semblance.hashdb.HashDb;

/**
 * Makes the JIT compiler see the hot code before uploads do: in a fresh process the vector kernels are interpreted, and
 * the first pictures take some 300 ms each instead of 3. About a second of one core does it; measured, after 64 pictures
 * of 512x512 the kernels are within twice their final speed.
 *
 * <p>The pictures are generated and no database holds them. They come in colour and in grey by turns, since each has code
 * of its own.
 */
public final class WarmUp {
    private static final int PICTURES = 128;
    private static final int SIDE = 512;
    private static final int SMALL_SIDE = 96;
    private static final int BMP_HEADER_BYTES = 54;
    private static final int BLOCK = 16;

    /** A worker is handed digests and computes none: it needs no native code for them. */
    private static final Digests NO_DIGESTS = new Digests("0".repeat(32), "0".repeat(40), "0".repeat(64));

    private int next;

    /** Hashes a picture of each kind that is too small to take any time: after that everything needed is loaded. */
    public static void touch(ContentHasher hasher) {
        hash(hasher, colour(0, SMALL_SIDE));
        hash(hasher, grey(0, SMALL_SIDE));
    }

    /** Whether it makes sense to go on. */
    public boolean isDue() {
        return next < PICTURES;
    }

    /** Hashes the next picture. */
    public void step(ContentHasher hasher) {
        hash(hasher, next());
    }

    /** As an upload that is looked up by all that there is. */
    private static void hash(ContentHasher hasher, ByteBuffer picture) {
        hasher.hash(
                MediaSource.of(picture), NO_DIGESTS, HashRequest.Variants.FOR_LOOKUP, Profile.UPLOADED, Deadline.NONE);
    }

    private ByteBuffer next() {
        int number = next++;
        return number % 2 == 0 ? colour(number, SIDE) : grey(number, SIDE);
    }

    /** Matches all of them; changes nothing. May run beside other work. */
    public static void run(ContentHasher hasher, HashDb db) {
        WarmUp pictures = new WarmUp();
        ContentMatcher matcher = new ContentMatcher(hasher, db);
        while (pictures.isDue()) {
            matcher.match(pictures.next(), MatchOptions.DEFAULT);
        }
    }

    private static int square(int number, int x, int y) {
        int square = (number * 31 + y / BLOCK) * 0x9E3779B9 + x / BLOCK * 0x85EBCA6B;
        return square ^ square >>> 15;
    }

    /** A BMP of coloured squares, the one format that can be written in a few lines. */
    private static ByteBuffer colour(int number, int side) {
        int bytes = BMP_HEADER_BYTES + 3 * side * side;
        ByteBuffer bmp = ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
        bmp.put((byte) 'B').put((byte) 'M').putInt(bytes).putInt(0).putInt(BMP_HEADER_BYTES);
        bmp.putInt(40).putInt(side).putInt(side).putShort((short) 1).putShort((short) 24);
        bmp.putInt(0)
                .putInt(3 * side * side)
                .putInt(2835)
                .putInt(2835)
                .putInt(0)
                .putInt(0);
        for (int y = 0; y < side; y++) {
            for (int x = 0; x < side; x++) {
                int square = square(number, x, y);
                bmp.put((byte) square).put((byte) (square >>> 8)).put((byte) (square >>> 16));
            }
        }
        return bmp.flip();
    }

    /** A PNG, the one format whose grey a decoder leaves as it is. */
    private static ByteBuffer grey(int number, int side) {
        byte[] rows = new byte[(side + 1) * side];
        for (int y = 0; y < side; y++) {
            for (int x = 0; x < side; x++) {
                rows[y * (side + 1) + 1 + x] = (byte) square(number, x, y);
            }
        }
        ByteBuffer header = ByteBuffer.allocate(13).putInt(side).putInt(side).put((byte) 8);
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        png.writeBytes("\u0089PNG\r\n\u001A\n".getBytes(StandardCharsets.ISO_8859_1));
        chunk("IHDR", header.array(), png);
        chunk("IDAT", deflated(rows), png);
        chunk("IEND", new byte[0], png);
        return ByteBuffer.allocateDirect(png.size()).put(png.toByteArray()).flip();
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
