package org.semblance.bench.browser;

import java.util.Arrays;

/** Changes of a JPEG's marker segments and of its entropy-coded data. */
final class JpegChanges {
    private JpegChanges() {}

    static void add(byte[] file, OneStepChanges.Sink to) {
        int end = file.length;
        to.add("no end marker", Bytes.slice(file, 0, end - 2));
        to.add("end marker without its number", Bytes.slice(file, 0, end - 1));
        to.add("two end markers", Bytes.concat(file, Bytes.of(0xFF, 0xD9)));
        to.add("a byte before the end marker", Bytes.splice(file, end - 2, end - 2, Bytes.of(0x33)));
        for (int length : new int[] {0, 1, 2, 200}) {
            byte[] comment = Bytes.concat(Bytes.of(0xFF, 0xFE, 0, length), new byte[Math.max(0, length - 2)]);
            to.add("a comment of length " + length, Bytes.splice(file, 2, 2, comment));
        }
        to.add("a comment that says it is longer", Bytes.splice(file, 2, 2, Bytes.of(0xFF, 0xFE, 0, 40, 1, 2, 3, 4)));
        to.add("application data of length 0", Bytes.splice(file, 2, 2, Bytes.of(0xFF, 0xE5, 0, 0)));
        to.add("fill bytes before a marker", Bytes.splice(file, 2, 2, Bytes.of(0xFF, 0xFF, 0xFF)));
        to.add("noise between segments", Bytes.splice(file, 2, 2, Bytes.of(1, 2, 3, 4, 5)));
        to.add("a second start marker", Bytes.splice(file, 2, 2, Bytes.of(0xFF, 0xD8)));
        to.add("a restart marker between segments", Bytes.splice(file, 2, 2, Bytes.of(0xFF, 0xD0)));
        to.add("a reserved marker", Bytes.splice(file, 2, 2, Bytes.of(0xFF, 0x02)));
        to.add(
                "an Exif segment of noise",
                Bytes.splice(
                        file, 2, 2, Bytes.concat(Bytes.of(0xFF, 0xE1, 0, 20), Bytes.latin1("Exif\0\0"), new byte[12])));
        to.add(
                "an Adobe segment, transform 0",
                Bytes.splice(
                        file,
                        2,
                        2,
                        Bytes.concat(
                                Bytes.of(0xFF, 0xEE, 0, 14), Bytes.latin1("Adobe"), Bytes.of(0, 100, 0, 0, 0, 0, 0))));
        to.add("an Adobe segment of 4 bytes", Bytes.splice(file, 2, 2, Bytes.of(0xFF, 0xEE, 0, 4, 65, 66)));
        to.add(
                "an ICC profile of noise",
                Bytes.splice(
                        file,
                        2,
                        2,
                        Bytes.concat(
                                Bytes.of(0xFF, 0xE2, 0, 24),
                                Bytes.latin1("ICC_PROFILE\0"),
                                Bytes.of(1, 1),
                                new byte[8])));
        int jfif = marker(file, 0xE0);
        if (jfif >= 0) {
            to.add("no JFIF segment", Bytes.splice(file, jfif, next(file, jfif), new byte[0]));
            to.add("JFIF of an unknown version", Bytes.put(file, jfif + 9, 99));
        }
        int frame = Math.max(marker(file, 0xC0), marker(file, 0xC2));
        int height = Bytes.u16Big(file, frame + 5);
        to.add("height one more", Bytes.putBig(file, frame + 5, 2, height + 1));
        to.add("height 16 more", Bytes.putBig(file, frame + 5, 2, height + 16));
        to.add("height one less", Bytes.putBig(file, frame + 5, 2, height - 1));
        to.add("height 0", Bytes.putBig(file, frame + 5, 2, 0));
        to.add("frame header twice", Bytes.splice(file, frame, frame, Bytes.slice(file, frame, next(file, frame))));
        to.add("12 bits a sample", Bytes.put(file, frame + 4, 12));
        to.add("frame called extended sequential", Bytes.put(file, frame + 1, 0xC1));
        int tables = marker(file, 0xDB);
        to.add(
                "quantisation tables twice",
                Bytes.splice(file, tables, tables, Bytes.slice(file, tables, next(file, tables))));
        int huffman = marker(file, 0xC4);
        to.add("the first Huffman tables missing", Bytes.splice(file, huffman, next(file, huffman), new byte[0]));
        to.add("restart interval of 5, no markers", Bytes.splice(file, frame, frame, Bytes.of(0xFF, 0xDD, 0, 4, 0, 5)));
        int scan = marker(file, 0xDA);
        int data = next(file, scan);
        int middle = (data + end) / 2;
        to.add("a restart marker in the data", Bytes.splice(file, middle, middle, Bytes.of(0xFF, 0xD3)));
        to.add(
                "an end marker in the data at 95 %",
                Bytes.splice(file, end - end / 20, end - end / 20, Bytes.of(0xFF, 0xD9)));
        to.add("a comment in the data", Bytes.splice(file, middle, middle, Bytes.of(0xFF, 0xFE, 0, 4, 1, 2)));
        to.add("eight bytes of the data missing", Bytes.splice(file, end - end / 10, end - end / 10 + 8, new byte[0]));
        to.add("data zero from 95 %", Bytes.splice(file, end - end / 20, end - 2, new byte[end / 20 - 2]));
        byte[] ones = new byte[end / 20 - 2];
        Arrays.fill(ones, (byte) 0xFF);
        to.add("data of ones from 95 %", Bytes.splice(file, end - end / 20, end - 2, ones));
        to.add("spectral end 0", Bytes.put(file, data - 2, 0));
    }

    /** Where the first segment of that marker begins, before the data; -1 if there is none. */
    private static int marker(byte[] file, int wanted) {
        for (int at = 2; at + 4 < file.length && Bytes.u8(file, at) == 0xFF; at = next(file, at)) {
            if (Bytes.u8(file, at + 1) == wanted) {
                return at;
            }
            if (Bytes.u8(file, at + 1) == 0xDA) {
                return -1;
            }
        }
        return -1;
    }

    private static int next(byte[] file, int segment) {
        return segment + 2 + Bytes.u16Big(file, segment + 2);
    }
}
