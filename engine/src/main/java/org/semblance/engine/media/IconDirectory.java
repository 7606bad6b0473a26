package org.semblance.engine.media;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The directory of a Windows icon or cursor, which holds pictures of several sizes. */
public final class IconDirectory {
    private static final int FIRST_ENTRY = 6;
    private static final int ENTRY_BYTES = 16;

    /** Of a picture: its header alone. */
    private static final int LEAST_BYTES = 40;

    /** A width or height of 0 stands for this. */
    private static final int LARGEST_SIDE = 256;

    private IconDirectory() {}

    /**
     * The bytes of the picture that a browser shows: the one of the most pixels, and of these the one of the most bits. It
     * is a PNG, or a BMP without its file header.
     *
     * @param icon between position and limit (which stay as they are)
     * @throws MediaException if no entry leads to a picture
     */
    public static ByteBuffer largest(ByteBuffer icon) throws MediaException {
        ByteBuffer b = icon.slice().order(ByteOrder.LITTLE_ENDIAN);
        int count = b.limit() < FIRST_ENTRY ? 0 : b.getShort(4) & 0xFFFF;
        long best = -1;
        ByteBuffer picture = null;
        for (int i = 0; i < count && FIRST_ENTRY + (i + 1) * ENTRY_BYTES <= b.limit(); i++) {
            int entry = FIRST_ENTRY + i * ENTRY_BYTES;
            long size = b.getInt(entry + 8) & 0xFFFFFFFFL;
            long from = b.getInt(entry + 12) & 0xFFFFFFFFL;
            long rank = ((long) side(b.get(entry)) * side(b.get(entry + 1)) << 16) + (b.getShort(entry + 6) & 0xFFFF);
            if (from < b.limit() && rank > best) {
                best = rank;
                // A size that cannot be is taken for the rest of the file.
                long until = size < LEAST_BYTES || size > b.limit() - from ? b.limit() : from + size;
                picture = b.slice((int) from, (int) (until - from));
            }
        }
        if (picture == null) {
            throw MediaException.corrupt(MediaFormat.ICO, "its directory leads to no picture");
        }
        return picture;
    }

    private static int side(byte told) {
        return told == 0 ? LARGEST_SIDE : told & 0xFF;
    }
}
