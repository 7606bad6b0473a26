package org.semblance.hashdb.hash;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;

/**
 * A 256-bit perceptual hash.
 *
 * <p>Bit 255 is the highest bit of {@code w3} and the first of the 64 hex digits; bit 0 is the lowest bit of
 * {@code w0} and of the last digit. PDQ's bit {@code k = 16 * i + j} (row i, column j of its 16x16 matrix) is bit
 * {@code k} here, so the text equals what every PDQ tool prints.
 *
 * @param w3 bits 255..192, hex digits 0..15
 * @param w2 bits 191..128
 * @param w1 bits 127..64
 * @param w0 bits 63..0, hex digits 48..63
 */
public record Hash256(long w3, long w2, long w1, long w0) {
    /** Bits in a hash, and the largest distance of two. */
    public static final int BITS = 256;

    /** Bytes of a hash in its binary form. */
    public static final int BYTES = 32;

    private static final int HEX_DIGITS = 64;
    private static final HexFormat HEX = HexFormat.of();

    /** All bits zero: what PDQ gives for an image that is too small or all black. */
    public static final Hash256 ZERO = new Hash256(0, 0, 0, 0);

    /**
     * Reads 64 hex digits, of either case.
     *
     * @throws IllegalArgumentException if the text is anything else; the message says what came
     */
    public static Hash256 parse(CharSequence hex) {
        if (hex.length() != HEX_DIGITS) {
            throw new IllegalArgumentException("hash: " + hex.length() + " characters (expected: 64 hex digits)");
        }
        for (int i = 0; i < HEX_DIGITS; i++) {
            if (!HexFormat.isHexDigit(hex.charAt(i))) {
                throw new IllegalArgumentException(
                        "hash: " + describe(hex.charAt(i)) + " at position " + i + " (expected: 64 hex digits)");
            }
        }
        return new Hash256(
                HexFormat.fromHexDigitsToLong(hex, 0, 16),
                HexFormat.fromHexDigitsToLong(hex, 16, 32),
                HexFormat.fromHexDigitsToLong(hex, 32, 48),
                HexFormat.fromHexDigitsToLong(hex, 48, 64));
    }

    private static String describe(char c) {
        return c > ' ' && c < 127 ? "'" + c + "'" : String.format("U+%04X", (int) c);
    }

    /**
     * Reads 32 bytes, bit 255 first whatever the buffer's order, from its position on, and moves it.
     *
     * @throws java.nio.BufferUnderflowException if fewer remain
     */
    public static Hash256 read(ByteBuffer buffer) {
        long w3 = bigEndian(buffer);
        long w2 = bigEndian(buffer);
        long w1 = bigEndian(buffer);
        return new Hash256(w3, w2, w1, bigEndian(buffer));
    }

    private static long bigEndian(ByteBuffer buffer) {
        long word = buffer.getLong();
        return buffer.order() == ByteOrder.BIG_ENDIAN ? word : Long.reverseBytes(word);
    }

    /**
     * Reads a hash from 32 bytes, bit 255 first.
     *
     * @throws IllegalArgumentException if there are not 32
     */
    public static Hash256 fromBytes(byte[] bytes) {
        if (bytes.length != BYTES) {
            throw new IllegalArgumentException("hash: " + bytes.length + " bytes (expected: 32)");
        }
        return read(ByteBuffer.wrap(bytes));
    }

    /** The 32 bytes, bit 255 first. */
    public byte[] toBytes() {
        return ByteBuffer.allocate(BYTES)
                .putLong(w3)
                .putLong(w2)
                .putLong(w1)
                .putLong(w0)
                .array();
    }

    /** The 64 lower-case hex digits. */
    public String toHex() {
        return HEX.toHexDigits(w3) + HEX.toHexDigits(w2) + HEX.toHexDigits(w1) + HEX.toHexDigits(w0);
    }

    /** The number of bits in which the two differ, 0..256. */
    public int distance(Hash256 other) {
        return Long.bitCount(w3 ^ other.w3)
                + Long.bitCount(w2 ^ other.w2)
                + Long.bitCount(w1 ^ other.w1)
                + Long.bitCount(w0 ^ other.w0);
    }

    /** The number of bits that are set; 128 for the PDQ hash of any picture without exact ties. */
    public int bitCount() {
        return distance(ZERO);
    }

    /**
     * Bit {@code k}, 0..255.
     *
     * @throws IndexOutOfBoundsException for another {@code k}
     */
    public boolean bit(int k) {
        requireBit(k);
        return (word(k >>> 6) >>> k & 1) != 0;
    }

    /** Word {@code i} of four, lowest first: bits {@code 64 i} to {@code 64 i + 63}. */
    public long word(int i) {
        return switch (i) {
            case 0 -> w0;
            case 1 -> w1;
            case 2 -> w2;
            case 3 -> w3;
            default -> throw new IndexOutOfBoundsException("word: " + i + " (expected: 0 to 3)");
        };
    }

    private static void requireBit(int k) {
        if (k < 0 || k >= BITS) {
            throw new IndexOutOfBoundsException("bit: " + k + " (expected: 0 to 255)");
        }
    }

    /**
     * This hash with the bits at the given positions (0..255) flipped, one after the other.
     *
     * @throws IndexOutOfBoundsException for another position
     */
    public Hash256 flip(int... bits) {
        long[] words = {w0, w1, w2, w3};
        for (int k : bits) {
            requireBit(k);
            words[k >>> 6] ^= 1L << k;
        }
        return new Hash256(words[3], words[2], words[1], words[0]);
    }

    @Override
    public String toString() {
        return toHex();
    }
}
