package org.semblance.engine.media;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** Tells images of several frames from those of one, by their structure alone. */
public final class Animation {
    /** A tenth of a second, no transparency. */
    private static final byte[] CONTROL = {0x21, (byte) 0xF9, 4, 0, 10, 0, 0, 0};

    /** Some milliseconds of work, if they hold the smallest blocks there are. */
    private static final int GLANCE_BYTES = 1 << 20;

    private Animation() {}

    /**
     * Whether the bytes between position and limit (which stay as they are) are an image of several frames: a GIF of more
     * than one picture, a PNG with an {@code acTL} chunk, a WebP whose header says so. Damage ends the search.
     */
    public static boolean isAnimated(ByteBuffer content, MediaFormat format) {
        try {
            return hasFrames(content, format);
        } catch (MediaException e) {
            return false;
        }
    }

    /**
     * As {@link #isAnimated}, for those who must not wait: looks at the first {@value #GLANCE_BYTES} bytes, and takes an
     * image that goes on without an answer for one of several frames.
     */
    public static boolean mayBeAnimated(ByteBuffer content, MediaFormat format) {
        int glance = Math.min(content.remaining(), GLANCE_BYTES);
        try {
            return hasFrames(content.slice(content.position(), glance), format);
        } catch (MediaException e) {
            return glance < content.remaining();
        }
    }

    private static boolean hasFrames(ByteBuffer content, MediaFormat format) throws MediaException {
        return switch (format) {
            case GIF -> gif(new FileBytes(format, content, ByteOrder.LITTLE_ENDIAN));
            case PNG -> png(new FileBytes(format, content, ByteOrder.BIG_ENDIAN));
            case WEBP -> webp(new FileBytes(format, content, ByteOrder.LITTLE_ENDIAN));
            default -> false;
        };
    }

    private static boolean gif(FileBytes b) throws MediaException {
        int[] frames = {0};
        walkGif(b, (at, hasControl) -> ++frames[0] < 2);
        return frames[0] > 1;
    }

    /**
     * The GIF between position and limit with a control block in front of each picture. FFmpeg takes a picture that has
     * none for a part of the one before and shows only the first, while browsers show them all. A missing one says a tenth
     * of a second, which is what browsers take.
     *
     * @return the same buffer if none is missing
     */
    public static ByteBuffer withControls(ByteBuffer gif) {
        ByteBuffer whole = gif.slice();
        List<Long> missing = new ArrayList<>();
        try {
            walkGif(new FileBytes(MediaFormat.GIF, whole, ByteOrder.LITTLE_ENDIAN), (at, hasControl) -> {
                if (!hasControl) {
                    missing.add(at);
                }
                return true;
            });
        } catch (MediaException e) {
            // The file is cut off here.
        }
        if (missing.isEmpty()) {
            return gif;
        }
        ByteBuffer longer = ByteBuffer.allocateDirect(
                Math.addExact(whole.limit(), Math.multiplyExact(missing.size(), CONTROL.length)));
        int copied = 0;
        for (long at : missing) {
            longer.put(whole.slice(copied, (int) at - copied)).put(CONTROL);
            copied = (int) at;
        }
        return longer.put(whole.slice(copied, whole.limit() - copied)).flip();
    }

    /**
     * Where the first picture of a GIF begins; empty if there is none whose descriptor is whole.
     *
     * @param gif from its signature on
     */
    static OptionalLong firstGifPicture(FileBytes gif) {
        long[] first = {-1};
        try {
            walkGif(gif, (at, hasControl) -> {
                first[0] = at + 10 <= gif.size() ? at : -1;
                return false;
            });
        } catch (MediaException e) {
            // The file ends before.
        }
        return first[0] < 0 ? OptionalLong.empty() : OptionalLong.of(first[0]);
    }

    /** Sees the pictures of a GIF. */
    @FunctionalInterface
    private interface GifPictures {
        /** Returns whether to go on. */
        boolean picture(long at, boolean hasControl);
    }

    /**
     * GIF89a, appendix A: block by block.
     *
     * @throws MediaException where the file ends within one
     */
    private static void walkGif(FileBytes b, GifPictures pictures) throws MediaException {
        long at = 13 + tableBytes(b.u8(10));
        boolean hasControl = false;
        while (true) {
            int block = b.u8(at);
            if (block == 0x2C) {
                if (!pictures.picture(at, hasControl)) {
                    return;
                }
                hasControl = false;
                at = subBlocksEnd(b, at + 11 + tableBytes(b.u8(at + 9)));
            } else if (block == 0x21) {
                hasControl |= b.u8(at + 1) == 0xF9;
                at = subBlocksEnd(b, at + 2);
            } else {
                return;
            }
        }
    }

    /** Of a colour table, by the flags in front of it. */
    private static int tableBytes(int flags) {
        return (flags & 0x80) == 0 ? 0 : 3 << (flags & 7) + 1;
    }

    private static long subBlocksEnd(FileBytes b, long start) throws MediaException {
        long at = start;
        while (b.u8(at) != 0) {
            at += b.u8(at) + 1;
        }
        return at + 1;
    }

    /** W3C PNG, third edition, section 11.3.6: the chunk stands before the first data. */
    private static boolean png(FileBytes b) throws MediaException {
        for (long at = 8; ; at += b.u32(at) + 12) {
            int type = b.i32(at + 4);
            if (type == FileBytes.key("acTL")) {
                return b.u32(at + 8) > 1;
            } else if (type == FileBytes.key("IDAT")) {
                return false;
            }
        }
    }

    /** RFC 9649, section 2.7. */
    private static boolean webp(FileBytes b) throws MediaException {
        return b.u8(15) == 'X' && (b.u8(20) & 2) != 0;
    }
}
