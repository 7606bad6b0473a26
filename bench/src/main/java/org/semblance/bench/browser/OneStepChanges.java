package org.semblance.bench.browser;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * Pictures in the formats that browsers show, each file changed in one step in many ways: cut, lengthened, a byte flipped,
 * and what a format's own structure allows. The seed decides everything.
 */
final class OneStepChanges {
    /** Pictures of this size are encoded; ICO has no larger sides. */
    static final int WIDTH = 256;

    static final int HEIGHT = 192;

    private static final double[] CUTS = {0.5, 0.75, 0.85, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999};
    private static final int FLIPS = 6;

    private final List<Change> changes = new ArrayList<>();
    private final Random random;

    private OneStepChanges(long seed) {
        this.random = new Random(seed);
    }

    /**
     * All changes of {@code pictures} pictures.
     *
     * @throws IOException if a temporary file of an encoder cannot be written
     */
    static List<Change> of(long seed, int pictures) throws IOException {
        OneStepChanges all = new OneStepChanges(seed);
        for (int i = 1; i <= pictures; i++) {
            Encodings encodings = new Encodings(TestPhoto.draw(seed + i, WIDTH, HEIGHT));
            all.addAll("jpeg", "baseline-" + i, encodings.jpeg(false), JpegChanges::add);
            all.addAll("jpeg", "progressive-" + i, encodings.jpeg(true), JpegChanges::add);
            all.addAll("png", "rgb-" + i, encodings.png(), PngChanges::add);
            all.addAll("png", "palette-" + i, encodings.palettePng(), PngChanges::add);
            all.addAll("png", "interlaced-" + i, encodings.interlacedPng(), PngChanges::add);
            all.addAll("gif", "plain-" + i, encodings.gif(false), GifChanges::add);
            all.addAll("gif", "interlaced-" + i, encodings.gif(true), GifChanges::add);
            all.addAll("bmp", "24-" + i, encodings.bmp24(), BmpChanges::add);
            all.addAll("bmp", "palette-" + i, encodings.bmp8(), BmpChanges::add);
            all.addAll("bmp", "16-" + i, encodings.bmp16(), BmpChanges::add);
            all.addAll("webp", "lossy-" + i, encodings.webp(), WebpChanges::add);
            all.addAll("webp", "lossless-" + i, encodings.losslessWebp(), WebpChanges::add);
            all.addAll("png", "animated-" + i, encodings.animated(".png"), (file, to) -> {});
            all.addAll("gif", "animated-" + i, encodings.animated(".gif"), GifChanges::add);
            all.addAll("webp", "animated-" + i, encodings.animated(".webp"), (file, to) -> {});
            all.addAll("avif", "still-" + i, encodings.avif(), AvifChanges::add);
            all.addAll("ico", "png-" + i, IcoChanges.ofPng(encodings.png()), IcoChanges::add);
            all.addAll("ico", "bmp-" + i, IcoChanges.ofBmp(encodings.bmp24()), IcoChanges::add);
        }
        return List.copyOf(all.changes);
    }

    /** The changes that a format's structure allows. */
    @FunctionalInterface
    private interface Structure {
        void add(byte[] file, Sink to);
    }

    /** Takes a change. */
    @FunctionalInterface
    interface Sink {
        void add(String step, byte[] file);
    }

    private void addAll(String format, String encoding, byte[] file, Structure structure) {
        String base = format + "-" + encoding;
        Sink sink = (step, changed) -> changes.add(new Change(format, base, step, changed));
        sink.add(Change.NONE, file);
        for (double share : CUTS) {
            int length = (int) Math.round(file.length * share);
            sink.add(String.format(Locale.ROOT, "cut at %.1f %%", 100 * share), Bytes.slice(file, 0, length));
        }
        sink.add("without its last byte", Bytes.slice(file, 0, file.length - 1));
        sink.add("a byte behind it", Bytes.concat(file, Bytes.of(0)));
        sink.add("a thousand bytes behind it", Bytes.concat(file, noise(1_000)));
        sink.add("the same file behind it", Bytes.concat(file, file));
        sink.add("its last 16 bytes zero", Bytes.concat(Bytes.slice(file, 0, file.length - 16), new byte[16]));
        sink.add("its last 16 bytes noise", Bytes.concat(Bytes.slice(file, 0, file.length - 16), noise(16)));
        int most = file.length - 1;
        for (int i = 0; i < FLIPS; i++) {
            int at = most - random.nextInt(most / 2);
            sink.add("byte " + at + " of " + file.length + " flipped", Bytes.put(file, at, ~file[at]));
        }
        int at = most - random.nextInt(most / 4);
        sink.add("a byte inserted at " + at, Bytes.splice(file, at, at, Bytes.of(0x5A)));
        structure.add(file, sink);
    }

    private byte[] noise(int length) {
        byte[] noise = new byte[length];
        random.nextBytes(noise);
        return noise;
    }
}
