package org.semblance.engine.media;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Reads at offsets into a file of one format; an offset past its end is the file's fault and says so. */
final class FileBytes {
    private final MediaFormat format;
    private final ByteBuffer bytes;

    FileBytes(MediaFormat format, ByteBuffer content, ByteOrder order) {
        this.format = format;
        this.bytes = content.slice().order(order);
    }

    int size() {
        return bytes.limit();
    }

    int u8(long at) throws MediaException {
        return bytes.get(check(at, 1)) & 0xFF;
    }

    int u16(long at) throws MediaException {
        return bytes.getShort(check(at, 2)) & 0xFFFF;
    }

    int u24(long at) throws MediaException {
        int i = check(at, 3);
        int a = bytes.get(i) & 0xFF;
        int b = bytes.get(i + 1) & 0xFF;
        int c = bytes.get(i + 2) & 0xFF;
        return bytes.order() == ByteOrder.BIG_ENDIAN ? a << 16 | b << 8 | c : c << 16 | b << 8 | a;
    }

    long u32(long at) throws MediaException {
        return i32(at) & 0xFFFFFFFFL;
    }

    int i32(long at) throws MediaException {
        return bytes.getInt(check(at, 4));
    }

    long i64(long at) throws MediaException {
        return bytes.getLong(check(at, 8));
    }

    /** Four bytes as a number, first byte highest, whatever the order of the file: the key of a chunk or a box. */
    static int key(String fourCharacters) {
        int key = 0;
        for (int i = 0; i < 4; i++) {
            key = key << 8 | fourCharacters.charAt(i);
        }
        return key;
    }

    /** The offset as an index, if that many bytes are there. */
    int check(long at, long length) throws MediaException {
        if (at < 0 || length < 0 || at > bytes.limit() - length) {
            throw MediaException.corrupt(
                    format, length + " bytes at offset " + at + " are missing: the file ends at " + bytes.limit());
        }
        return (int) at;
    }
}
