package org.semblance.engine.media;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Files written byte by byte, for what encoders do not write: rare variants, and lies. */
public final class HandMade {
    private static final byte[] PNG_SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

    private HandMade() {}

    /** A chunk of a PNG, with its checksum right and the length given, whatever the data's is. */
    public static byte[] pngChunk(String type, byte[] data, int length) {
        byte[] name = type.getBytes(StandardCharsets.US_ASCII);
        CRC32 crc = new CRC32();
        crc.update(name);
        crc.update(data);
        return ByteBuffer.allocate(12 + data.length)
                .putInt(length)
                .put(name)
                .put(data)
                .putInt((int) crc.getValue())
                .array();
    }

    public static byte[] pngChunk(String type, byte[] data) {
        return pngChunk(type, data, data.length);
    }

    public static byte[] pngHeader(int width, int height, int bits, int colourType) {
        return pngChunk(
                "IHDR",
                ByteBuffer.allocate(13)
                        .putInt(width)
                        .putInt(height)
                        .put((byte) bits)
                        .put((byte) colourType)
                        .put(new byte[3])
                        .array());
    }

    /** A PNG of these chunks after the signature. */
    public static byte[] png(byte[]... chunks) {
        List<byte[]> parts = new ArrayList<>(List.of(PNG_SIGNATURE));
        parts.addAll(Arrays.asList(chunks));
        return concat(parts.toArray(new byte[0][]));
    }

    /** A PNG of raw rows (without filter bytes), each of {@code rowBytes}. */
    public static byte[] png(int width, int height, int bits, int colourType, byte[] rows, byte[]... extraChunks) {
        List<byte[]> chunks = new ArrayList<>(List.of(pngHeader(width, height, bits, colourType)));
        chunks.addAll(Arrays.asList(extraChunks));
        chunks.add(pngChunk("IDAT", pngData(rows, height)));
        chunks.add(pngChunk("IEND", new byte[0]));
        return png(chunks.toArray(new byte[0][]));
    }

    /** Rows as the compressed stream of an IDAT chunk, filter 0. */
    public static byte[] pngData(byte[] rows, int height) {
        int rowBytes = rows.length / height;
        byte[] filtered = new byte[rows.length + height];
        for (int y = 0; y < height; y++) {
            System.arraycopy(rows, y * rowBytes, filtered, y * (rowBytes + 1) + 1, rowBytes);
        }
        return deflate(filtered);
    }

    public static byte[] deflate(byte[] raw) {
        Deflater deflater = new Deflater();
        deflater.setInput(raw);
        deflater.finish();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] buffer = new byte[8192];
        while (!deflater.finished()) {
            out.write(buffer, 0, deflater.deflate(buffer));
        }
        deflater.end();
        return out.toByteArray();
    }

    /**
     * An uncompressed TIFF of one strip.
     *
     * @param bits of each sample
     * @param photometric 0 white is zero, 1 black is zero, 2 RGB
     * @param extraSamples the value of that tag (2: alpha that is not multiplied in), or -1 for none
     */
    public static byte[] tiff(
            ByteOrder order,
            int width,
            int height,
            int samples,
            int bits,
            int photometric,
            int extraSamples,
            int sampleFormat,
            byte[] data) {
        List<int[]> tags = new ArrayList<>();
        tags.add(new int[] {256, 4, width});
        tags.add(new int[] {257, 4, height});
        tags.add(new int[] {258, 3, bits});
        tags.add(new int[] {259, 3, 1});
        tags.add(new int[] {262, 3, photometric});
        tags.add(new int[] {273, 4, 0});
        tags.add(new int[] {277, 3, samples});
        tags.add(new int[] {278, 4, height});
        tags.add(new int[] {279, 4, data.length});
        if (extraSamples >= 0) {
            tags.add(new int[] {338, 3, extraSamples});
        }
        if (sampleFormat != 1) {
            tags.add(new int[] {339, 3, sampleFormat});
        }
        int directory = 8;
        int bitsArray = directory + 2 + 12 * tags.size() + 4;
        int start = bitsArray + 2 * samples;
        ByteBuffer b = ByteBuffer.allocate(start + data.length).order(order);
        b.put(order == ByteOrder.LITTLE_ENDIAN ? new byte[] {'I', 'I'} : new byte[] {'M', 'M'});
        b.putShort((short) 42).putInt(directory).putShort((short) tags.size());
        for (int[] tag : tags) {
            boolean perSample = tag[0] == 258 && samples > 2;
            b.putShort((short) tag[0]).putShort((short) tag[1]).putInt(tag[0] == 258 ? samples : 1);
            if (perSample) {
                b.putInt(bitsArray);
            } else if (tag[1] == 3) {
                b.putShort((short) tag[2]).putShort((short) (tag[0] == 258 && samples == 2 ? bits : 0));
            } else {
                b.putInt(tag[0] == 273 ? start : tag[2]);
            }
        }
        b.putInt(0);
        for (int i = 0; i < samples; i++) {
            b.putShort((short) bits);
        }
        return b.put(data).array();
    }

    /** A BMP of 24 bits whose header claims a size that its bytes need not have. */
    public static byte[] bmpHeader(int width, int height) {
        return ByteBuffer.allocate(54)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put((byte) 'B')
                .put((byte) 'M')
                .putInt(54)
                .putInt(0)
                .putInt(54)
                .putInt(40)
                .putInt(width)
                .putInt(height)
                .putShort((short) 1)
                .putShort((short) 24)
                .array();
    }

    /** An ISO media box. */
    public static byte[] box(String type, byte[]... body) {
        byte[] all = concat(body);
        return ByteBuffer.allocate(8 + all.length)
                .putInt(8 + all.length)
                .put(type.getBytes(StandardCharsets.US_ASCII))
                .put(all)
                .array();
    }

    public static byte[] ints(int... values) {
        ByteBuffer b = ByteBuffer.allocate(4 * values.length);
        for (int value : values) {
            b.putInt(value);
        }
        return b.array();
    }

    public static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    public static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}
