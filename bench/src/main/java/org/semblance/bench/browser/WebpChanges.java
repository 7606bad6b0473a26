package org.semblance.bench.browser;

/** Changes of a WebP's RIFF chunks and of the frame in it. */
final class WebpChanges {
    private static final int RIFF_SIZE = 4;
    private static final int CHUNK = 12;
    private static final int DATA = 20;

    private WebpChanges() {}

    static void add(byte[] file, OneStepChanges.Sink to) {
        int size = Bytes.i32Little(file, RIFF_SIZE);
        int chunk = Bytes.i32Little(file, CHUNK + 4);
        to.add("RIFF size 0", Bytes.putLittle(file, RIFF_SIZE, 4, 0));
        to.add("RIFF size one less", Bytes.putLittle(file, RIFF_SIZE, 4, size - 1));
        to.add("RIFF size half", Bytes.putLittle(file, RIFF_SIZE, 4, size / 2));
        to.add("RIFF size too large", Bytes.putLittle(file, RIFF_SIZE, 4, size + 1000));
        to.add("RIFF size 2^31", Bytes.putLittle(file, RIFF_SIZE, 4, 0x7FFFFFFE));
        to.add("chunk size one more", Bytes.putLittle(file, CHUNK + 4, 4, chunk + 1));
        to.add("chunk size two less", Bytes.putLittle(file, CHUNK + 4, 4, chunk - 2));
        to.add("chunk size too large", Bytes.putLittle(file, CHUNK + 4, 4, chunk + 1000));
        to.add("an unknown chunk behind it", Bytes.concat(file, Bytes.latin1("ABCD"), Bytes.of(2, 0, 0, 0, 1, 2)));
        to.add(
                "an unknown chunk before it",
                Bytes.splice(file, CHUNK, CHUNK, Bytes.concat(Bytes.latin1("ABCD"), Bytes.of(2, 0, 0, 0, 1, 2))));
        to.add("extended", extended(file, 0, OneStepChanges.WIDTH, OneStepChanges.HEIGHT));
        to.add("extended, all flags", extended(file, 0x2C, OneStepChanges.WIDTH, OneStepChanges.HEIGHT));
        to.add("extended, alpha announced", extended(file, 0x10, OneStepChanges.WIDTH, OneStepChanges.HEIGHT));
        to.add("extended, animation announced", extended(file, 0x02, OneStepChanges.WIDTH, OneStepChanges.HEIGHT));
        to.add("extended, canvas too small", extended(file, 0, OneStepChanges.WIDTH / 2, OneStepChanges.HEIGHT));
        to.add("extended, canvas too large", extended(file, 0, OneStepChanges.WIDTH + 9, OneStepChanges.HEIGHT));
        if (file[CHUNK + 3] == 'L') {
            to.add("version 1", Bytes.put(file, DATA + 4, file[DATA + 4] | 0x20));
            to.add("alpha hint", Bytes.put(file, DATA + 4, file[DATA + 4] | 0x10));
        } else {
            to.add("hidden frame", Bytes.put(file, DATA, file[DATA] & ~0x10));
            to.add("profile 3", Bytes.put(file, DATA, file[DATA] | 0x06));
            to.add("no key frame", Bytes.put(file, DATA, file[DATA] | 1));
            to.add("scaled", Bytes.put(file, DATA + 7, file[DATA + 7] | 0x40));
            to.add("signature wrong", Bytes.put(file, DATA + 3, 0));
        }
    }

    private static byte[] extended(byte[] file, int flags, int width, int height) {
        byte[] header = Bytes.concat(Bytes.latin1("VP8X"), Bytes.of(10, 0, 0, 0, flags, 0, 0, 0), new byte[6]);
        header = Bytes.putLittle(Bytes.putLittle(header, 12, 3, width - 1), 15, 3, height - 1);
        byte[] changed = Bytes.splice(file, CHUNK, CHUNK, header);
        return Bytes.putLittle(changed, RIFF_SIZE, 4, changed.length - 8);
    }
}
