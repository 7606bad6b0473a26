package org.semblance.bench.browser;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/** Changes of a PNG's chunks, of its compressed stream and of the rows in it. */
final class PngChanges {
    private static final int SIGNATURE = 8;

    private PngChanges() {}

    /** @param crc as it stands in the file, be it right or not */
    private record Chunk(String type, byte[] data, int crc) {
        Chunk(String type, byte[] data) {
            this(type, data, checksum(type, data));
        }

        byte[] bytes() {
            byte[] header = Bytes.putBig(new byte[4], 0, 4, data.length);
            return Bytes.concat(header, Bytes.latin1(type), data, Bytes.putBig(new byte[4], 0, 4, crc));
        }
    }

    private static int checksum(String type, byte[] data) {
        CRC32 crc = new CRC32();
        crc.update(Bytes.latin1(type));
        crc.update(data);
        return (int) crc.getValue();
    }

    static void add(byte[] file, OneStepChanges.Sink to) {
        List<Chunk> chunks = chunks(file);
        int last = lastOf(chunks, "IDAT");
        int first = firstOf(chunks, "IDAT");
        Chunk end = new Chunk("IEND", new byte[0]);
        to.add("no IEND", png(chunks.subList(0, chunks.size() - 1)));
        to.add("IEND without its checksum", Bytes.slice(file, 0, file.length - 4));
        to.add("wrong checksum of IEND", replaced(chunks, chunks.size() - 1, new Chunk("IEND", new byte[0], 1)));
        to.add("IEND of 5 bytes", replaced(chunks, chunks.size() - 1, new Chunk("IEND", new byte[5])));
        for (int at : new int[] {0, first, last}) {
            Chunk chunk = chunks.get(at);
            to.add(
                    "wrong checksum of chunk " + at + " " + chunk.type,
                    replaced(chunks, at, new Chunk(chunk.type, chunk.data, ~chunk.crc)));
        }
        to.add("wrong checksum of every IDAT", withData(chunks, data(chunks), 0x55555555));
        to.add("an empty IDAT first", inserted(chunks, first, new Chunk("IDAT", new byte[0])));
        to.add("an empty IDAT last", inserted(chunks, last + 1, new Chunk("IDAT", new byte[0])));
        to.add("text between IDATs", inserted(chunks, last, new Chunk("tEXt", Bytes.latin1("a\0b"))));
        to.add("text with a wrong checksum", inserted(chunks, 1, new Chunk("tEXt", Bytes.latin1("a\0b"), 7)));
        to.add("an unknown chunk", inserted(chunks, 1, new Chunk("quXx", new byte[9])));
        to.add("an unknown critical chunk", inserted(chunks, 1, new Chunk("QUXX", new byte[9])));
        to.add("an unknown critical chunk last", inserted(chunks, last + 1, new Chunk("QUXX", new byte[9])));
        to.add("acTL of 0 frames", inserted(chunks, 1, new Chunk("acTL", new byte[8])));
        to.add(
                "acTL of 2 frames, none there",
                inserted(chunks, 1, new Chunk("acTL", Bytes.of(0, 0, 0, 2, 0, 0, 0, 0))));
        to.add("acTL behind IDAT", inserted(chunks, last + 1, new Chunk("acTL", Bytes.of(0, 0, 0, 2, 0, 0, 0, 0))));
        to.add("acTL of 4 bytes", inserted(chunks, 1, new Chunk("acTL", Bytes.of(0, 0, 0, 1))));
        to.add("iCCP of noise", inserted(chunks, 1, new Chunk("iCCP", Bytes.of(65, 0, 0, 1, 2, 3, 4, 5))));
        to.add("gAMA of 0", inserted(chunks, 1, new Chunk("gAMA", new byte[4])));
        to.add("pHYs of 2 bytes", inserted(chunks, 1, new Chunk("pHYs", new byte[2])));
        to.add("tRNS of 1 byte", inserted(chunks, first, new Chunk("tRNS", new byte[1])));
        to.add("sBIT of 9s", inserted(chunks, 1, new Chunk("sBIT", Bytes.of(9, 9, 9))));
        to.add("bKGD of 1 byte", inserted(chunks, first, new Chunk("bKGD", Bytes.of(255))));
        to.add("eXIf of noise", inserted(chunks, 1, new Chunk("eXIf", Bytes.of(1, 2, 3, 4, 5, 6, 7, 8, 9))));
        to.add("a second IHDR", inserted(chunks, 1, chunks.getFirst()));
        to.add("a second IEND", inserted(chunks, chunks.size(), end));
        to.add("IEND before IDAT", inserted(chunks, first, end));
        int behind = offset(chunks, last + 1);
        to.add("wrong length of the chunk behind IDAT", Bytes.putBig(file, behind, 4, 0x10000));
        to.add("length of 2^31 behind IDAT", Bytes.putBig(file, behind, 4, 0x80000000L));
        to.add("noise behind IDAT", Bytes.concat(Bytes.slice(file, 0, behind), Bytes.of(9, 8, 7, 6, 5, 4, 3, 2, 1)));
        int lastAt = offset(chunks, last);
        to.add("length of the last IDAT one more", Bytes.putBig(file, lastAt, 4, chunks.get(last).data.length + 1));
        to.add("length of the last IDAT one less", Bytes.putBig(file, lastAt, 4, chunks.get(last).data.length - 1));
        to.add("length of the last IDAT huge", Bytes.putBig(file, lastAt, 4, 0x7FFFFFFF));
        stream(chunks, to);
        rows(chunks, to);
    }

    private static void stream(List<Chunk> chunks, OneStepChanges.Sink to) {
        byte[] data = data(chunks);
        int end = data.length;
        to.add("wrong Adler", withData(chunks, Bytes.put(data, end - 4, ~data[end - 4]), -1));
        to.add("no Adler", withData(chunks, Bytes.slice(data, 0, end - 4), -1));
        to.add("two bytes of Adler", withData(chunks, Bytes.slice(data, 0, end - 2), -1));
        to.add("100 bytes behind the stream", withData(chunks, Bytes.concat(data, new byte[100]), -1));
        to.add("zlib window of 256 bytes", withData(chunks, zlibHeader(data, 0x08), -1));
        to.add("zlib header check wrong", withData(chunks, Bytes.put(data, 1, data[1] ^ 1), -1));
        to.add("a byte an IDAT, the last 64", lastBytesApart(chunks, data, 64));
        to.add("one IDAT", withData(chunks, data, -1));
        to.add("stream cut by 10 bytes", withData(chunks, Bytes.slice(data, 0, end - 10), -1));
        to.add("stream cut by 5 %", withData(chunks, Bytes.slice(data, 0, end * 19 / 20), -1));
        to.add(
                "stream zero from 95 %",
                withData(chunks, Bytes.splice(data, end * 19 / 20, end, new byte[end / 20]), -1));
    }

    private static byte[] zlibHeader(byte[] data, int method) {
        int flags = 31 - (method << 8) % 31;
        return Bytes.put(data, 0, method, flags);
    }

    private static void rows(List<Chunk> chunks, OneStepChanges.Sink to) {
        byte[] rows = inflate(data(chunks));
        byte[] header = chunks.getFirst().data;
        boolean interlaced = header[12] != 0;
        int height = Bytes.i32Big(header, 4);
        int rowBytes = interlaced ? 0 : rows.length / height;
        if (!interlaced) {
            to.add("last row missing", withData(chunks, deflate(Bytes.slice(rows, 0, rows.length - rowBytes)), -1));
            to.add(
                    "last 5 rows missing",
                    withData(chunks, deflate(Bytes.slice(rows, 0, rows.length - 5 * rowBytes)), -1));
            to.add(
                    "bad filter in the last row",
                    withData(chunks, deflate(Bytes.put(rows, rows.length - rowBytes, 9)), -1));
            to.add(
                    "bad filter in the third last row",
                    withData(chunks, deflate(Bytes.put(rows, rows.length - 3 * rowBytes, 255)), -1));
            to.add(
                    "half of the last row missing",
                    withData(chunks, deflate(Bytes.slice(rows, 0, rows.length - rowBytes / 2)), -1));
        } else {
            to.add("last pass cut in half", withData(chunks, deflate(Bytes.slice(rows, 0, rows.length * 3 / 4)), -1));
            to.add("last pass missing", withData(chunks, deflate(Bytes.slice(rows, 0, rows.length / 2)), -1));
        }
        to.add("a row too many", withData(chunks, deflate(Bytes.concat(rows, new byte[Math.max(100, rowBytes)])), -1));
        to.add("interlace method 2", headerByte(chunks, 12, 2));
        to.add("filter method 64", headerByte(chunks, 11, 64));
        to.add("compression method 1", headerByte(chunks, 10, 1));
        to.add("height one more", headerByte(chunks, 7, height + 1));
        to.add("height one less", headerByte(chunks, 7, height - 1));
        int palette = firstOf(chunks, "PLTE");
        if (palette >= 0) {
            byte[] colours = chunks.get(palette).data;
            to.add(
                    "palette of a colour less",
                    replaced(chunks, palette, new Chunk("PLTE", Bytes.slice(colours, 0, colours.length - 3))));
            to.add(
                    "palette of a byte less",
                    replaced(chunks, palette, new Chunk("PLTE", Bytes.slice(colours, 0, colours.length - 1))));
            to.add(
                    "tRNS longer than the palette",
                    inserted(chunks, palette + 1, new Chunk("tRNS", filled(colours.length / 3 + 5, 255))));
            to.add("wrong checksum of the palette", replaced(chunks, palette, new Chunk("PLTE", colours, 3)));
        } else {
            to.add("a palette nobody needs", inserted(chunks, 1, new Chunk("PLTE", new byte[6])));
            to.add("a palette of 4 bytes", inserted(chunks, 1, new Chunk("PLTE", new byte[4])));
        }
    }

    private static byte[] filled(int length, int value) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    private static byte[] headerByte(List<Chunk> chunks, int at, int value) {
        return replaced(chunks, 0, new Chunk("IHDR", Bytes.put(chunks.getFirst().data, at, value)));
    }

    private static byte[] lastBytesApart(List<Chunk> chunks, byte[] data, int count) {
        List<Chunk> apart = new ArrayList<>(chunks.subList(0, firstOf(chunks, "IDAT")));
        apart.add(new Chunk("IDAT", Bytes.slice(data, 0, data.length - count)));
        for (int i = data.length - count; i < data.length; i++) {
            apart.add(new Chunk("IDAT", Bytes.slice(data, i, i + 1)));
        }
        apart.addAll(chunks.subList(lastOf(chunks, "IDAT") + 1, chunks.size()));
        return png(apart);
    }

    /** @param crc of the one IDAT, or -1 for the right one */
    private static byte[] withData(List<Chunk> chunks, byte[] data, int crc) {
        List<Chunk> changed = new ArrayList<>(chunks.subList(0, firstOf(chunks, "IDAT")));
        changed.add(crc == -1 ? new Chunk("IDAT", data) : new Chunk("IDAT", data, crc));
        changed.addAll(chunks.subList(lastOf(chunks, "IDAT") + 1, chunks.size()));
        return png(changed);
    }

    private static byte[] replaced(List<Chunk> chunks, int at, Chunk with) {
        List<Chunk> changed = new ArrayList<>(chunks);
        changed.set(at, with);
        return png(changed);
    }

    private static byte[] inserted(List<Chunk> chunks, int at, Chunk chunk) {
        List<Chunk> changed = new ArrayList<>(chunks);
        changed.add(at, chunk);
        return png(changed);
    }

    private static byte[] png(List<Chunk> chunks) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(Bytes.latin1("\u0089PNG\r\n\u001A\n"));
        chunks.forEach(chunk -> out.writeBytes(chunk.bytes()));
        return out.toByteArray();
    }

    private static List<Chunk> chunks(byte[] file) {
        List<Chunk> chunks = new ArrayList<>();
        for (int at = SIGNATURE; at < file.length; ) {
            int length = Bytes.i32Big(file, at);
            String type = new String(file, at + 4, 4, java.nio.charset.StandardCharsets.ISO_8859_1);
            byte[] data = Bytes.slice(file, at + 8, at + 8 + length);
            chunks.add(new Chunk(type, data, Bytes.i32Big(file, at + 8 + length)));
            at += 12 + length;
        }
        return chunks;
    }

    private static int offset(List<Chunk> chunks, int at) {
        return SIGNATURE
                + chunks.subList(0, at).stream()
                        .mapToInt(c -> 12 + c.data.length)
                        .sum();
    }

    private static int firstOf(List<Chunk> chunks, String type) {
        return chunks.stream().map(Chunk::type).toList().indexOf(type);
    }

    private static int lastOf(List<Chunk> chunks, String type) {
        return chunks.stream().map(Chunk::type).toList().lastIndexOf(type);
    }

    private static byte[] data(List<Chunk> chunks) {
        return Bytes.concat(chunks.stream()
                .filter(c -> c.type.equals("IDAT"))
                .map(Chunk::data)
                .toArray(byte[][]::new));
    }

    private static byte[] inflate(byte[] data) {
        try (Inflater inflater = new Inflater()) {
            inflater.setInput(data);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            byte[] buffer = new byte[8_192];
            while (!inflater.finished()) {
                out.write(buffer, 0, inflater.inflate(buffer));
            }
            return out.toByteArray();
        } catch (DataFormatException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static byte[] deflate(byte[] rows) {
        try (Deflater deflater = new Deflater()) {
            deflater.setInput(rows);
            deflater.finish();
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            byte[] buffer = new byte[8_192];
            while (!deflater.finished()) {
                out.write(buffer, 0, deflater.deflate(buffer));
            }
            return out.toByteArray();
        }
    }
}
