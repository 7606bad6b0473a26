package org.semblance.bench.hostile;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Small files that want much: memory, time, or depth. */
final class Bombs {
    private static final int ZEROS = 1 << 20;

    private Bombs() {}

    /** Each by what it is. */
    static Map<String, byte[]> all() {
        Map<String, byte[]> bombs = new LinkedHashMap<>();
        bombs.put("PNG of 25,000x25,000", png(25_000, 25_000, zeros(25_000L * (25_000 / 8 + 1))));
        bombs.put("PNG of 10,000x10,000", png(10_000, 10_000, zeros(10_000L * (10_000 / 8 + 1))));
        bombs.put("PNG that claims 2^31 columns", png(Integer.MAX_VALUE, 1, zeros(100)));
        bombs.put("PNG whose chunk claims 2 GB", chunkBomb());
        bombs.put("PNG whose text is 1 GB", textBomb());
        bombs.put("GIF of 100,000 frames", gif(100_000, 1, 1));
        bombs.put("GIF of 10,000 frames of 2,000x2,000", gif(10_000, 2_000, 2_000));
        bombs.put("GIF of 65,535x65,535", gif(1, 65_535, 65_535));
        bombs.put("GIF of 100,000 pictures of nothing on 9,000x9,000", gifOfNothing(100_000, 9_000, 9_000));
        bombs.put("BMP of runs that go nowhere", bmpOfRuns(9_000, 9_000, 5_000_000));
        bombs.put("interlaced PNG of 9,000x9,000, cut off", cutInterlaced(9_000, 9_000));
        bombs.put("JPEG of 65,500x65,500", jpeg(65_500, 65_500, 1));
        bombs.put("JPEG of 9,000x9,000 with 2,000 scans", jpeg(9_000, 9_000, 2_000));
        bombs.put("MP4 of 20,000 nested boxes", nested(20_000));
        bombs.put("MP4 of a table of 2^32 samples", table());
        return bombs;
    }

    /** So many zeros and some more as zlib packs them (RFC 1950): a piece that is packed once, again and again. */
    private static byte[] zeros(long count) {
        byte[] piece = new byte[ZEROS / 128];
        int length;
        Deflater best = new Deflater(Deflater.BEST_COMPRESSION, true);
        try {
            best.setInput(new byte[ZEROS]);
            length = best.deflate(piece, 0, piece.length, Deflater.FULL_FLUSH);
        } finally {
            best.end();
        }
        long pieces = Math.ceilDiv(count, ZEROS);
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        packed.writeBytes(bytes(0x78, 0xDA));
        for (long i = 0; i < pieces; i++) {
            packed.write(piece, 0, length);
        }
        packed.writeBytes(bytes(0x01, 0, 0, 0xFF, 0xFF)); // A last block of nothing.
        long adler = pieces * ZEROS % 65_521 << 16 | 1;
        packed.writeBytes(ByteBuffer.allocate(4).putInt((int) adler).array());
        return packed.toByteArray();
    }

    private static byte[] gifOfNothing(int pictures, int width, int height) {
        ByteBuffer gif = ByteBuffer.allocate(13 + 12 * pictures).order(ByteOrder.LITTLE_ENDIAN);
        gif.put("GIF89a".getBytes(StandardCharsets.US_ASCII));
        gif.putShort((short) width).putShort((short) height).put(bytes(0, 0, 0));
        for (int i = 0; i < pictures; i++) {
            gif.put((byte) 0x2C)
                    .putInt(0)
                    .putShort((short) width)
                    .putShort((short) height)
                    .put(bytes(0, 2, 0));
        }
        return gif.array();
    }

    private static byte[] bmpOfRuns(int width, int height, int runs) {
        ByteBuffer bmp = ByteBuffer.allocate(54 + 1_024 + 2 * runs).order(ByteOrder.LITTLE_ENDIAN);
        bmp.put(bytes('B', 'M')).putInt(0).putInt(0).putInt(54 + 1_024);
        bmp.putInt(40)
                .putInt(width)
                .putInt(height)
                .putShort((short) 1)
                .putShort((short) 8)
                .putInt(1);
        bmp.position(54 + 1_024);
        while (bmp.hasRemaining()) {
            bmp.put(bytes(255, 1));
        }
        return bmp.array();
    }

    private static byte[] cutInterlaced(int width, int height) {
        byte[] png = png(width, height, zeros((long) width * (height / 8 + 1)));
        png[28] = 1;
        return Arrays.copyOf(png, png.length - 20);
    }

    private static byte[] png(int width, int height, byte[] data) {
        byte[] header = ByteBuffer.allocate(13)
                .putInt(width)
                .putInt(height)
                .put((byte) 1)
                .array();
        return Mutator.concat(signature(), chunk("IHDR", header), chunk("IDAT", data), chunk("IEND", new byte[0]));
    }

    private static byte[] signature() {
        return "\u0089PNG\r\n\u001A\n".getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] chunk(String type, byte[] data) {
        byte[] name = type.getBytes(StandardCharsets.US_ASCII);
        CRC32 checksum = new CRC32();
        checksum.update(name);
        checksum.update(data);
        return ByteBuffer.allocate(12 + data.length)
                .putInt(data.length)
                .put(name)
                .put(data)
                .putInt((int) checksum.getValue())
                .array();
    }

    private static byte[] chunkBomb() {
        byte[] png = png(320, 180, zeros(100));
        ByteBuffer.wrap(png).putInt(33, 0x7FFFFFF0);
        return png;
    }

    private static byte[] textBomb() {
        byte[] header =
                ByteBuffer.allocate(13).putInt(8).putInt(8).put((byte) 8).array();
        byte[] text = Mutator.concat("Comment\0\0".getBytes(StandardCharsets.ISO_8859_1), zeros(1L << 30));
        return Mutator.concat(
                signature(),
                chunk("IHDR", header),
                chunk("zTXt", text),
                chunk("IDAT", zeros(9 * 8)),
                chunk("IEND", new byte[0]));
    }

    /** Frames of a single pixel on a canvas of that size. */
    private static byte[] gif(int frames, int width, int height) {
        byte[] frame = {',', 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0};
        ByteBuffer gif = ByteBuffer.allocate(13 + 6 + frames * frame.length + 1).order(ByteOrder.LITTLE_ENDIAN);
        gif.put("GIF89a".getBytes(StandardCharsets.US_ASCII))
                .putShort((short) width)
                .putShort((short) height);
        gif.put((byte) 0x80).put((byte) 0).put((byte) 0).putShort((short) 0).putInt(0xFFFFFF00);
        for (int i = 0; i < frames; i++) {
            gif.put(frame);
        }
        return gif.put((byte) ';').array();
    }

    /** Progressive, and next to nothing in its scans. */
    private static byte[] jpeg(int width, int height, int scans) {
        ByteArrayOutputStream jpeg = new ByteArrayOutputStream();
        jpeg.writeBytes(bytes(0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0));
        for (int i = 0; i < 64; i++) {
            jpeg.write(1);
        }
        jpeg.writeBytes(
                bytes(0xFF, 0xC2, 0, 11, 8, height >> 8, height & 0xFF, width >> 8, width & 0xFF, 1, 1, 0x11, 0));
        // One code, of one bit, for "nothing more", in both kinds of table.
        for (int table : new int[] {0x00, 0x10}) {
            jpeg.writeBytes(bytes(0xFF, 0xC4, 0, 20, table, 1));
            jpeg.writeBytes(new byte[15]);
            jpeg.write(0);
        }
        jpeg.writeBytes(bytes(0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0, 0, 0x00));
        for (int i = 1; i < scans; i++) {
            jpeg.writeBytes(bytes(0xFF, 0xDA, 0, 8, 1, 1, 0, 1, 63, 0, 0x00));
        }
        jpeg.writeBytes(bytes(0xFF, 0xD9));
        return jpeg.toByteArray();
    }

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    private static byte[] fileType() {
        return box("ftyp", "isom\0\0\2\0isomiso2mp41".getBytes(StandardCharsets.ISO_8859_1));
    }

    private static byte[] box(String type, byte[] content) {
        return ByteBuffer.allocate(8 + content.length)
                .putInt(8 + content.length)
                .put(type.getBytes(StandardCharsets.US_ASCII))
                .put(content)
                .array();
    }

    private static byte[] nested(int depth) {
        byte[] type = fileType();
        ByteBuffer file = ByteBuffer.allocate(type.length + 8 * depth).put(type);
        for (int left = depth; left > 0; left--) {
            file.putInt(8 * left).put((left % 2 == 0 ? "moov" : "trak").getBytes(StandardCharsets.US_ASCII));
        }
        return file.array();
    }

    private static byte[] table() {
        byte[] sizes = ByteBuffer.allocate(12).putInt(0).putInt(0).putInt(-1).array();
        byte[] steps =
                ByteBuffer.allocate(16).putInt(0).putInt(1).putInt(-1).putInt(1).array();
        byte[] samples = Mutator.concat(box("stts", steps), box("stsz", sizes));
        byte[] media = box("mdia", box("minf", box("stbl", samples)));
        return Mutator.concat(fileType(), box("moov", box("trak", media)));
    }
}
