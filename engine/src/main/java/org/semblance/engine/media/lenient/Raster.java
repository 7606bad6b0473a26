package org.semblance.engine.media.lenient;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Locale;
import org.semblance.engine.media.DecodedImage;
import org.semblance.engine.media.MediaException;
import org.semblance.engine.media.MediaFormat;
import org.semblance.engine.pdq.GreyLuma;
import org.semblance.engine.pdq.InterleavedLuma;
import org.semblance.engine.pdq.Luma;

/** Pixels in native memory, as they become known: grey bytes, or blue, green, red. Mid-grey where nothing was written. */
final class Raster implements AutoCloseable {
    private static final byte UNKNOWN = (byte) 128;

    private final int width;
    private final int height;
    private final int channels;
    private final Arena memory = Arena.ofConfined();
    private final MemorySegment pixels;
    private boolean handedOver;

    /** Both sides are within the limits. */
    Raster(int width, int height, boolean grey) {
        this.width = width;
        this.height = height;
        this.channels = grey ? 1 : 3;
        this.pixels = memory.allocate((long) width * height * channels).fill(UNKNOWN);
    }

    int width() {
        return width;
    }

    int height() {
        return height;
    }

    /** Sets a pixel of a grey picture. */
    void grey(int x, int y, int value) {
        pixels.set(ValueLayout.JAVA_BYTE, (long) y * width + x, (byte) value);
    }

    /** Sets a pixel of a colour picture. */
    void colour(int x, int y, int red, int green, int blue) {
        long at = ((long) y * width + x) * 3;
        pixels.set(ValueLayout.JAVA_BYTE, at, (byte) blue);
        pixels.set(ValueLayout.JAVA_BYTE, at + 1, (byte) green);
        pixels.set(ValueLayout.JAVA_BYTE, at + 2, (byte) red);
    }

    /**
     * The picture, which owns the memory from now on.
     *
     * @param from the first row that was read
     * @param until the row behind the last that was read
     * @throws MediaException if no row was read
     */
    DecodedImage image(MediaFormat format, int from, int until) throws MediaException {
        if (until <= from) {
            throw MediaException.corrupt(format, "not a single row of its picture can be read");
        }
        String name = format.wireName();
        String note = from == 0 && until == height
                ? name + ": damaged, but every row of the picture was read"
                : String.format(
                        Locale.ROOT, "%s: damaged, hashed from rows %d to %d of %d", name, from + 1, until, height);
        Luma luma = channels == 1
                ? new GreyLuma(pixels, width, height, width)
                : InterleavedLuma.bgr(pixels, width, height, 3L * width);
        handedOver = true;
        return new DecodedImage(luma, from, until, note, memory);
    }

    @Override
    public void close() {
        if (!handedOver) {
            memory.close();
        }
    }
}
