package org.semblance.server.http;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Bodies of one JSON value a line. */
final class Ndjson {
    static final String MEDIA_TYPE = "application/x-ndjson";

    /** Most lines of one body. */
    static final int MAX_LINES = 100_000;

    private Ndjson() {}

    /**
     * A line that is not blank.
     *
     * @param number from 1, blank lines counted
     * @param bytes without its end, a view of the body
     */
    record Line(int number, ByteBuffer bytes) {}

    /**
     * The lines of a body that are not blank.
     *
     * @throws HttpError 413 if they are more than {@link #MAX_LINES}
     */
    static List<Line> lines(ByteBuffer body) {
        List<Line> lines = new ArrayList<>();
        int number = 0;
        int from = body.position();
        while (from < body.limit()) {
            int end = from;
            boolean blank = true;
            while (end < body.limit() && body.get(end) != '\n') {
                blank &= isSpace(body.get(end++));
            }
            number++;
            if (!blank) {
                if (lines.size() == MAX_LINES) {
                    throw HttpError.field(413, "body", "more than " + MAX_LINES + " lines", "at most " + MAX_LINES);
                }
                lines.add(new Line(number, body.slice(from, end - from)));
            }
            from = end + 1;
        }
        return lines;
    }

    private static boolean isSpace(byte b) {
        return b == ' ' || b == '\t' || b == '\r';
    }
}
