package org.semblance.engine.media.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/**
 * Temporal units with spatial layers, made of units without: libaom's encoder writes none by FFmpeg. The first operating point
 * has two layers, the second one the lower alone (AV1 Bitstream and Decoding Process, sections 5.3 and 5.5).
 */
final class Av1Layers {
    private static final byte[] DELIMITER = {0x12, 0};
    private static final int SEQUENCE = 0x0A;
    private static final int FRAME = 0x32;
    private static final int HAS_EXTENSION = 0x04;
    private static final int BOTH_LAYERS = 0x301;
    private static final int LOWER_LAYER = 0x101;

    /** Profile, kind of stream, no timing and no delays; then the number of operating points. */
    private static final int BITS_BEFORE_POINTS = 7;

    private Av1Layers() {}

    /** A unit whose layers are the first frames of these clips, which have the same sequence header. */
    static byte[] unit(Av1Clip... layers) {
        ByteArrayOutputStream unit = new ByteArrayOutputStream();
        unit.writeBytes(DELIMITER);
        byte[] sequence = layered(layers[0].sequenceHeader());
        unit.write(SEQUENCE);
        unit.write(sequence.length);
        unit.writeBytes(sequence);
        for (int layer = 0; layer < layers.length; layer++) {
            byte[] whole = layers[layer].units().getFirst();
            byte[] header = layers[layer].sequenceHeader();
            assertThat(header).isEqualTo(layers[0].sequenceHeader());
            int at = DELIMITER.length + header.length;
            assertThat(whole[at]).isEqualTo((byte) FRAME);
            unit.write(FRAME | HAS_EXTENSION);
            unit.write(layer << 3);
            unit.write(whole, at + 1, whole.length - at - 1); // From its size on.
        }
        return unit.toByteArray();
    }

    /** The payload of a sequence header with two operating points in the place of one. */
    private static byte[] layered(byte[] header) {
        String bits = "";
        for (byte octet : Arrays.copyOfRange(header, 2, header.length)) {
            bits += String.format("%8s", Integer.toBinaryString(octet & 0xFF)).replace(' ', '0');
        }
        assertThat(bits.substring(3, BITS_BEFORE_POINTS + 5 + 12))
                .as("no still, no timing, no delays, one operating point of no layers")
                .matches("0+");
        String level = bits.substring(BITS_BEFORE_POINTS + 17, BITS_BEFORE_POINTS + 22);
        assertThat(Integer.parseInt(level, 2)).as("a level without tiers").isLessThan(8);
        String points = "00001" + bits(BOTH_LAYERS) + level + bits(LOWER_LAYER) + level;
        String all = bits.substring(0, BITS_BEFORE_POINTS) + points + bits.substring(BITS_BEFORE_POINTS + 22);
        all += "0".repeat((8 - all.length() % 8) % 8);
        byte[] layered = new byte[all.length() / 8];
        for (int i = 0; i < layered.length; i++) {
            layered[i] = (byte) Integer.parseInt(all.substring(8 * i, 8 * i + 8), 2);
        }
        return layered;
    }

    private static String bits(int idc) {
        return String.format("%12s", Integer.toBinaryString(idc)).replace(' ', '0');
    }
}
