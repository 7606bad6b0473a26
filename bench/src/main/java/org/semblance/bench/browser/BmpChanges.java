package org.semblance.bench.browser;

/** Changes of a BMP's headers and rows. */
final class BmpChanges {
    private static final int DATA_OFFSET = 10;
    private static final int HEADER_SIZE = 14;
    private static final int HEIGHT = 22;
    private static final int PLANES = 26;
    private static final int BITS = 28;
    private static final int COMPRESSION = 30;
    private static final int DATA_BYTES = 34;
    private static final int COLOURS = 46;
    private static final int BIT_FIELDS = 3;

    private BmpChanges() {}

    static void add(byte[] file, OneStepChanges.Sink to) {
        int data = Bytes.i32Little(file, DATA_OFFSET);
        int bits = file[BITS];
        to.add("file size 0", Bytes.putLittle(file, 2, 4, 0));
        to.add("file size too large", Bytes.putLittle(file, 2, 4, 0x7FFFFFFF));
        to.add("reserved bytes set", Bytes.put(file, 6, 1, 2, 3, 4));
        to.add("planes 0", Bytes.putLittle(file, PLANES, 2, 0));
        to.add("planes 2", Bytes.putLittle(file, PLANES, 2, 2));
        to.add("data size 0", Bytes.putLittle(file, DATA_BYTES, 4, 0));
        to.add("data size too large", Bytes.putLittle(file, DATA_BYTES, 4, 0x7FFFFFF0));
        to.add("resolution 0", Bytes.putLittle(file, 38, 8, 0));
        to.add("colours used 300", Bytes.putLittle(file, COLOURS, 4, 300));
        to.add("colours used 2^31", Bytes.putLittle(file, COLOURS, 4, 0x80000000L));
        to.add("important colours 9999", Bytes.putLittle(file, COLOURS + 4, 4, 9999));
        to.add("compression 9", Bytes.putLittle(file, COMPRESSION, 4, 9));
        to.add("height one more", Bytes.putLittle(file, HEIGHT, 4, Bytes.i32Little(file, HEIGHT) + 1));
        to.add("height one less", Bytes.putLittle(file, HEIGHT, 4, Bytes.i32Little(file, HEIGHT) - 1));
        to.add("last row missing", Bytes.slice(file, 0, file.length - 256 * bits / 8));
        to.add("data offset 0", Bytes.putLittle(file, DATA_OFFSET, 4, 0));
        to.add("data offset 2 more", Bytes.putLittle(file, DATA_OFFSET, 4, data + 2));
        to.add("a gap of 100 bytes before the data", gap(file, data, 100));
        for (int size : new int[] {52, 56, 64, 108, 124}) {
            to.add("header of " + size + " bytes", longer(file, data, size, 0));
            if (bits == 16) {
                to.add("header of " + size + " bytes with masks", longer(file, data, size, BIT_FIELDS));
            }
        }
        to.add("header of 41 bytes", longer(file, data, 41, 0));
        if (bits == 16) {
            byte[] masks = Bytes.of(0, 0x7C, 0, 0, 0xE0, 3, 0, 0, 0x1F, 0, 0, 0);
            byte[] fields = Bytes.putLittle(Bytes.splice(file, 54, 54, masks), DATA_OFFSET, 4, data + 12);
            to.add("masks behind the header", Bytes.putLittle(fields, COMPRESSION, 4, BIT_FIELDS));
        }
        if (bits == 24) {
            to.add("from the top down, upside down", Bytes.putLittle(file, HEIGHT, 4, -Bytes.i32Little(file, HEIGHT)));
        }
        if (bits == 8) {
            to.add("palette of 200 of its colours", fewerColours(file, data, 200));
        }
    }

    private static byte[] gap(byte[] file, int data, int bytes) {
        return Bytes.putLittle(Bytes.splice(file, data, data, new byte[bytes]), DATA_OFFSET, 4, data + bytes);
    }

    private static byte[] longer(byte[] file, int data, int size, int compression) {
        byte[] more = new byte[size - 40];
        if (size >= 52 && compression == BIT_FIELDS) {
            System.arraycopy(Bytes.of(0, 0x7C, 0, 0, 0xE0, 3, 0, 0, 0x1F, 0, 0, 0), 0, more, 0, 12);
        }
        byte[] changed = Bytes.splice(file, 54, 54, more);
        changed = Bytes.putLittle(changed, HEADER_SIZE, 4, size);
        changed = Bytes.putLittle(changed, COMPRESSION, 4, compression);
        return Bytes.putLittle(changed, DATA_OFFSET, 4, data + more.length);
    }

    private static byte[] fewerColours(byte[] file, int data, int colours) {
        int palette = 54;
        byte[] changed = Bytes.splice(file, palette + 4 * colours, data, new byte[0]);
        changed = Bytes.putLittle(changed, COLOURS, 4, colours);
        return Bytes.putLittle(changed, DATA_OFFSET, 4, palette + 4L * colours);
    }
}
