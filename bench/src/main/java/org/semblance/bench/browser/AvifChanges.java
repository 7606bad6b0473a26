package org.semblance.bench.browser;

/** Changes of an AVIF's boxes. */
final class AvifChanges {
    private AvifChanges() {}

    static void add(byte[] file, OneStepChanges.Sink to) {
        int ftyp = Bytes.i32Big(file, 0);
        to.add("major brand mif1", Bytes.splice(file, 8, 12, Bytes.latin1("mif1")));
        to.add("minor version 9", Bytes.putBig(file, 12, 4, 9));
        to.add("brand unknown", Bytes.splice(file, 16, 20, Bytes.latin1("zzzz")));
        to.add("a free box behind it", Bytes.concat(file, box("free", 20)));
        to.add("an unknown box behind it", Bytes.concat(file, box("abcd", 20)));
        to.add("a box of wrong size behind it", Bytes.concat(file, Bytes.of(0, 0, 9, 9), Bytes.latin1("free")));
        int mdat = Bytes.find(file, Bytes.latin1("mdat"), ftyp) - 4;
        int size = Bytes.i32Big(file, mdat);
        to.add("media data to the end of the file", Bytes.putBig(file, mdat, 4, 0));
        to.add("media data too long", Bytes.putBig(file, mdat, 4, size + 1000));
        to.add("media data one byte short", Bytes.putBig(file, mdat, 4, size - 1));
        int ispe = Bytes.find(file, Bytes.latin1("ispe"), ftyp);
        to.add("width one more", Bytes.putBig(file, ispe + 8, 4, OneStepChanges.WIDTH + 1));
        to.add("height halved", Bytes.putBig(file, ispe + 12, 4, OneStepChanges.HEIGHT / 2));
        for (String name : new String[] {"pixi", "colr", "hdlr"}) {
            int at = indexOf(file, name, ftyp);
            if (at >= 0) {
                to.add("no " + name, Bytes.splice(file, at, at + 4, Bytes.latin1("free")));
            }
        }
        int av1C = Bytes.find(file, Bytes.latin1("av1C"), ftyp);
        to.add("profile 2 in av1C", Bytes.put(file, av1C + 5, file[av1C + 5] | 0x40));
        to.add("level 31 in av1C", Bytes.put(file, av1C + 5, file[av1C + 5] | 0x1F));
        to.add("depth 10 in av1C", Bytes.put(file, av1C + 6, file[av1C + 6] | 0x40));
    }

    private static int indexOf(byte[] file, String name, int from) {
        try {
            return Bytes.find(file, Bytes.latin1(name), from);
        } catch (IllegalArgumentException e) {
            return -1;
        }
    }

    private static byte[] box(String type, int bytes) {
        return Bytes.concat(Bytes.putBig(new byte[4], 0, 4, 8L + bytes), Bytes.latin1(type), new byte[bytes]);
    }
}
