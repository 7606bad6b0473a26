package org.semblance.engine.media;

import static org.semblance.engine.media.FileBytes.key;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * The sizes of pictures in a HEIF file (ISO/IEC 23008-12): the {@code ispe} boxes below {@code meta / iprp / ipco}, one
 * for each item that has pixels, tiles and thumbnails included.
 */
final class HeifBoxes {
    private static final int META = key("meta");
    private static final int PROPERTIES = key("iprp");
    private static final int CONTAINER = key("ipco");
    private static final int EXTENT = key("ispe");

    /** More boxes than any camera writes; each costs the demuxer something. */
    private static final int MAX_BOXES = 20_000;

    /** The size of one item, in pixels; both sides below 2^32. */
    record Extent(long width, long height) {
        /** Saturating, so that it can be compared. */
        long pixels() {
            return width == 0 || height <= Long.MAX_VALUE / width ? width * height : Long.MAX_VALUE;
        }
    }

    private final MediaFormat format;
    private final FileBytes bytes;
    private final List<Extent> extents = new ArrayList<>();
    private int boxes;
    private boolean metaRead;

    private HeifBoxes(MediaFormat format, ByteBuffer content) {
        this.format = format;
        this.bytes = new FileBytes(format, content, ByteOrder.BIG_ENDIAN);
    }

    static List<Extent> extents(MediaFormat format, ByteBuffer content) throws MediaException {
        HeifBoxes boxes = new HeifBoxes(format, content);
        try {
            boxes.walk(0, boxes.bytes.size(), 0);
        } catch (MediaException e) {
            // What stands behind the sizes matters to no viewer.
            if (e.kind() == MediaException.Kind.TOO_LARGE || !boxes.metaRead) {
                throw e;
            }
        }
        return boxes.extents;
    }

    /**
     * Walks the boxes of a parent's body, and descends into those on the way to the sizes.
     *
     * @param depth 0 for the file; a box counts only where it belongs, so the walk never goes deeper than 3
     */
    private void walk(long from, long to, int depth) throws MediaException {
        for (long at = from; at < to; ) {
            if (++boxes > MAX_BOXES) {
                throw MediaException.tooLarge(format, "more than " + MAX_BOXES + " boxes");
            }
            long size = bytes.u32(at);
            int type = bytes.i32(at + 4);
            long body = at + 8;
            if (size == 1) {
                size = bytes.i64(body);
                body += 8;
            } else if (size == 0) {
                size = to - at;
            }
            if (size < body - at || size > to - at) {
                throw MediaException.corrupt(
                        format, "box at offset " + at + " of " + size + " bytes, but " + (to - at) + " are left");
            }
            if (type == META && depth == 0) {
                walk(body + 4, at + size, 1); // After version and flags.
                metaRead = true;
            } else if ((type == PROPERTIES && depth == 1) || (type == CONTAINER && depth == 2)) {
                walk(body, at + size, depth + 1);
            } else if (type == EXTENT && depth == 3) {
                extents.add(new Extent(bytes.u32(body + 4), bytes.u32(body + 8)));
            }
            at += size;
        }
    }
}
