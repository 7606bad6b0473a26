package org.semblance.bench.browser;

/** Icons of one picture, and changes of their directory. */
final class IcoChanges {
    private static final int DIRECTORY = 22;
    private static final int BMP_FILE_HEADER = 14;
    private static final int BMP_HEIGHT = 8;

    private IcoChanges() {}

    /** A PNG as an icon. */
    static byte[] ofPng(byte[] png) {
        return ico(png, OneStepChanges.WIDTH, OneStepChanges.HEIGHT, 32);
    }

    /** A BMP of 24 bits as an icon: without a file header, twice as high, with a mask that hides nothing. */
    static byte[] ofBmp(byte[] bmp) {
        byte[] body = Bytes.slice(bmp, BMP_FILE_HEADER, bmp.length);
        int height = Bytes.i32Little(body, BMP_HEIGHT);
        body = Bytes.putLittle(body, BMP_HEIGHT, 4, 2L * height);
        byte[] mask = new byte[(OneStepChanges.WIDTH + 31) / 32 * 4 * height];
        return ico(Bytes.concat(body, mask), OneStepChanges.WIDTH, OneStepChanges.HEIGHT, 24);
    }

    private static byte[] ico(byte[] picture, int width, int height, int bits) {
        byte[] directory = Bytes.of(0, 0, 1, 0, 1, 0, width, height, 0, 0, 1, 0, bits, 0);
        byte[] place = Bytes.putLittle(Bytes.putLittle(new byte[8], 0, 4, picture.length), 4, 4, DIRECTORY);
        return Bytes.concat(directory, place, picture);
    }

    static void add(byte[] file, OneStepChanges.Sink to) {
        int size = Bytes.i32Little(file, 14);
        to.add("a cursor", Bytes.put(file, 2, 2));
        to.add("two entries announced", Bytes.put(file, 4, 2));
        to.add("entry of 16x16", Bytes.put(file, 6, 16, 16));
        to.add("entry of 0x0", Bytes.put(file, 6, 0, 0));
        to.add("planes 0", Bytes.put(file, 10, 0));
        to.add("bits 0", Bytes.put(file, 12, 0));
        to.add("size 0", Bytes.putLittle(file, 14, 4, 0));
        to.add("size too large", Bytes.putLittle(file, 14, 4, size + 1000));
        to.add("size one less", Bytes.putLittle(file, 14, 4, size - 1));
        to.add("reserved set", Bytes.put(file, 9, 7));
        to.add(
                "a gap before the picture",
                Bytes.putLittle(Bytes.splice(file, DIRECTORY, DIRECTORY, new byte[40]), 18, 4, DIRECTORY + 40));
    }
}
