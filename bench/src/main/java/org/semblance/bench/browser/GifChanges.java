package org.semblance.bench.browser;

/** Changes of a GIF's screen, of the blocks and of the compressed stream. */
final class GifChanges {
    private static final int SCREEN = 6;
    private static final int FLAGS = 10;
    private static final int BACKGROUND = 11;

    private GifChanges() {}

    static void add(byte[] file, OneStepChanges.Sink to) {
        int end = file.length - 1;
        int frame = frame(file);
        to.add("no trailer", Bytes.slice(file, 0, end));
        to.add("garbage for a trailer", Bytes.put(file, end, 0x99));
        to.add("zeros for a trailer", Bytes.concat(Bytes.slice(file, 0, end), new byte[20]));
        to.add("no end of the data", Bytes.slice(file, 0, end - 1));
        to.add("screen of 1x1", Bytes.put(file, SCREEN, 1, 0, 1, 0));
        to.add("screen of 0x0", Bytes.put(file, SCREEN, 0, 0, 0, 0));
        to.add("screen of a row less", Bytes.putLittle(file, SCREEN + 2, 2, OneStepChanges.HEIGHT - 1));
        to.add("screen of half the width", Bytes.putLittle(file, SCREEN, 2, OneStepChanges.WIDTH / 2));
        to.add("screen 4 columns wider", Bytes.putLittle(file, SCREEN, 2, OneStepChanges.WIDTH + 4));
        to.add("background outside the palette", Bytes.put(file, BACKGROUND, 255));
        to.add("aspect ratio 200", Bytes.put(file, 12, 200));
        to.add("version 87a", Bytes.put(file, 4, '7'));
        to.add("version 88a", Bytes.put(file, 4, '8'));
        to.add("frame 2 right of its place", Bytes.putLittle(file, frame + 1, 2, 2));
        to.add("frame 2 below its place", Bytes.putLittle(file, frame + 3, 2, 2));
        to.add("frame right of the screen", Bytes.putLittle(file, frame + 1, 2, 2 * OneStepChanges.WIDTH));
        to.add("frame a row taller", Bytes.putLittle(file, frame + 7, 2, OneStepChanges.HEIGHT + 1));
        to.add("frame a row shorter", Bytes.putLittle(file, frame + 7, 2, OneStepChanges.HEIGHT - 1));
        to.add("frame of no width", Bytes.putLittle(file, frame + 5, 2, 0));
        to.add("an unknown extension", Bytes.splice(file, frame, frame, Bytes.of(0x21, 0x77, 2, 1, 2, 0)));
        to.add("a comment", Bytes.splice(file, frame, frame, Bytes.of(0x21, 0xFE, 2, 'a', 'b', 0)));
        to.add(
                "an application block of 3 bytes",
                Bytes.splice(file, frame, frame, Bytes.of(0x21, 0xFF, 3, 1, 2, 3, 0)));
        to.add("two control blocks", Bytes.splice(file, frame, frame, control(0)));
        to.add("a control block of 3 bytes", Bytes.splice(file, frame, frame, Bytes.of(0x21, 0xF9, 3, 0, 0, 0, 0)));
        to.add("transparent colour outside the palette", Bytes.splice(file, frame, frame, control(1)));
        to.add("a zero between blocks", Bytes.splice(file, frame, frame, Bytes.of(0)));
        to.add("noise between blocks", Bytes.splice(file, frame, frame, Bytes.of(0x55, 0xAA)));
        to.add(
                "a second frame of 1x1",
                Bytes.splice(file, end, end, Bytes.of(0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0)));
        to.add(
                "a second frame off the screen",
                Bytes.splice(file, end, end, Bytes.of(0x2C, 0xFF, 0x7F, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0)));
        to.add("a second frame cut off", Bytes.concat(Bytes.slice(file, 0, end), Bytes.of(0x2C, 0, 0, 0, 0, 9)));
        to.add(
                "a frame without data before it",
                Bytes.splice(file, frame, frame, Bytes.of(0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 0)));
        int data = data(file, frame);
        to.add("least code size 9", Bytes.put(file, data, 9));
        to.add("least code size 13", Bytes.put(file, data, 13));
        int half = blockAt(file, data + 1, file.length / 2);
        to.add("data ends in the middle", Bytes.concat(Bytes.slice(file, 0, half), Bytes.of(0, 0x3B)));
        int late = blockAt(file, data + 1, file.length * 19 / 20);
        to.add("data ends at 95 %", Bytes.concat(Bytes.slice(file, 0, late), Bytes.of(0, 0x3B)));
        to.add("a block without its last byte", Bytes.splice(file, late - 1, late, new byte[0]));
        to.add(
                "data goes on for 20 bytes",
                Bytes.splice(file, end - 1, end - 1, Bytes.concat(Bytes.of(20), new byte[20])));
        to.add("palette flag off", Bytes.put(file, FLAGS, file[FLAGS] & 0x7F));
        to.add("colour resolution 1", Bytes.put(file, FLAGS, file[FLAGS] & 0x8F));
    }

    private static byte[] control(int flags) {
        return Bytes.of(0x21, 0xF9, 4, flags, 0, 0, 250, 0);
    }

    private static int paletteBytes(int flags) {
        return (flags & 0x80) == 0 ? 0 : 3 << (flags & 7) + 1;
    }

    private static int frame(byte[] file) {
        int at = 13 + paletteBytes(file[FLAGS]);
        while (file[at] == 0x21) {
            at = blockAt(file, at + 2, Integer.MAX_VALUE) + 1;
        }
        return at;
    }

    private static int data(byte[] file, int frame) {
        return frame + 10 + paletteBytes(file[frame + 9]);
    }

    /** The first sub-block at {@code least} or behind it, or the empty one that ends them. */
    private static int blockAt(byte[] file, int first, int least) {
        int at = first;
        while (file[at] != 0 && at < least) {
            at += Bytes.u8(file, at) + 1;
        }
        return at;
    }
}
