package org.semblance.engine.media.internal.image;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The largest frame size of an AV1 bitstream, from its sequence header (AV1 Bitstream and Decoding Process, sections 5.3
 * and 5.5). FFmpeg's pixel limit comes too late here: libaom allocates the frame before FFmpeg learns its size, and no
 * frame may be larger than this.
 *
 * @param maxWidth 1 to 65536
 * @param maxHeight 1 to 65536
 */
record Av1Sequence(int maxWidth, int maxHeight) {
    private static final int OBU_SEQUENCE_HEADER = 1;
    private static final int LEVEL_5_0 = 7;

    /**
     * The sequence header among these units, between position and limit (which stay as they are); the largest, if there
     * are several. Null if there is none, or if the units do not fit into their bytes.
     */
    static @Nullable Av1Sequence find(ByteBuffer units) {
        ByteBuffer b = units.slice();
        Av1Sequence largest = null;
        try {
            while (b.hasRemaining()) {
                int header = b.get();
                if ((header & 0x04) != 0) {
                    b.get(); // Layer numbers.
                }
                long size = (header & 0x02) != 0 ? leb128(b) : b.remaining();
                if (size > b.remaining()) {
                    return null;
                }
                if ((header >> 3 & 0x0F) == OBU_SEQUENCE_HEADER) {
                    Av1Sequence found = parse(new Bits(b.slice(b.position(), (int) size)));
                    if (largest == null || found.pixels() > largest.pixels()) {
                        largest = found;
                    }
                }
                b.position(b.position() + (int) size);
            }
        } catch (BufferUnderflowException | IndexOutOfBoundsException e) {
            return null;
        }
        return largest;
    }

    long pixels() {
        return (long) maxWidth * maxHeight;
    }

    private static long leb128(ByteBuffer b) {
        long value = 0;
        for (int i = 0; i < 8; i++) {
            int next = b.get();
            value |= (next & 0x7FL) << 7 * i;
            if ((next & 0x80) == 0) {
                break;
            }
        }
        return value;
    }

    private static Av1Sequence parse(Bits b) {
        b.skip(4); // Profile, still picture.
        boolean reduced = b.read(1) == 1;
        if (reduced) {
            b.skip(5);
        } else {
            skipOperatingPoints(b);
        }
        int widthBits = b.read(4) + 1;
        int heightBits = b.read(4) + 1;
        return new Av1Sequence(b.read(widthBits) + 1, b.read(heightBits) + 1);
    }

    private static void skipOperatingPoints(Bits b) {
        boolean decoderModel = false;
        int delayBits = 0;
        if (b.read(1) == 1) { // Timing.
            b.skip(64);
            if (b.read(1) == 1) {
                b.skipUvlc();
            }
            decoderModel = b.read(1) == 1;
            if (decoderModel) {
                delayBits = b.read(5) + 1;
                b.skip(32 + 5 + 5);
            }
        }
        boolean displayDelay = b.read(1) == 1;
        int points = b.read(5) + 1;
        for (int i = 0; i < points; i++) {
            b.skip(12);
            if (b.read(5) > LEVEL_5_0) {
                b.skip(1);
            }
            if (decoderModel && b.read(1) == 1) {
                b.skip(2 * delayBits + 1);
            }
            if (displayDelay && b.read(1) == 1) {
                b.skip(4);
            }
        }
    }

    /** Bits from the highest of the first byte on; past the end is an IndexOutOfBoundsException. */
    private static final class Bits {
        private final ByteBuffer bytes;
        private int at;

        Bits(ByteBuffer bytes) {
            this.bytes = bytes;
        }

        int read(int count) {
            int value = 0;
            for (int i = 0; i < count; i++, at++) {
                value = value << 1 | bytes.get(at >> 3) >> 7 - (at & 7) & 1;
            }
            return value;
        }

        void skip(int count) {
            at += count;
        }

        void skipUvlc() {
            int zeros = 0;
            while (read(1) == 0) {
                zeros++;
            }
            skip(Math.min(zeros, 32));
        }
    }
}
