package org.semblance.bench.browser;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Changes of byte arrays, each giving a new one. */
final class Bytes {
    private Bytes() {}

    static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    static byte[] of(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    static byte[] slice(byte[] file, int from, int until) {
        return Arrays.copyOfRange(file, from, until);
    }

    /** The bytes from {@code from} to {@code until} replaced. */
    static byte[] splice(byte[] file, int from, int until, byte[] with) {
        return concat(slice(file, 0, from), with, slice(file, until, file.length));
    }

    /** The bytes from {@code at} on overwritten; the length stays. */
    static byte[] put(byte[] file, int at, int... values) {
        byte[] changed = file.clone();
        for (int i = 0; i < values.length; i++) {
            changed[at + i] = (byte) values[i];
        }
        return changed;
    }

    /** A little-endian number of {@code width} bytes overwritten. */
    static byte[] putLittle(byte[] file, int at, int width, long value) {
        byte[] changed = file.clone();
        for (int i = 0; i < width; i++) {
            changed[at + i] = (byte) (value >>> 8 * i);
        }
        return changed;
    }

    /** A big-endian number of {@code width} bytes overwritten. */
    static byte[] putBig(byte[] file, int at, int width, long value) {
        byte[] changed = file.clone();
        for (int i = 0; i < width; i++) {
            changed[at + i] = (byte) (value >>> 8 * (width - 1 - i));
        }
        return changed;
    }

    static int u8(byte[] file, int at) {
        return file[at] & 0xFF;
    }

    static int u16Big(byte[] file, int at) {
        return u8(file, at) << 8 | u8(file, at + 1);
    }

    static int i32Big(byte[] file, int at) {
        return u16Big(file, at) << 16 | u16Big(file, at + 2);
    }

    static int i32Little(byte[] file, int at) {
        return Integer.reverseBytes(i32Big(file, at));
    }

    /** Where {@code wanted} begins, at {@code from} or behind it. */
    static int find(byte[] file, byte[] wanted, int from) {
        for (int at = from; at <= file.length - wanted.length; at++) {
            if (Arrays.equals(file, at, at + wanted.length, wanted, 0, wanted.length)) {
                return at;
            }
        }
        throw new IllegalArgumentException("not in the file: " + Arrays.toString(wanted));
    }
}
