package org.semblance.server.http;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Bodies of one JSON value a line. */
public final class Ndjson {
    public static final String MEDIA_TYPE = "application/x-ndjson";

    /** Most lines of one body. */
    public static final int MAX_LINES = 100_000;

    private Ndjson() {}

    /**
     * A line that is not blank.
     *
     * @param number from 1, blank lines counted
     * @param bytes without its end, a view of the body
     */
    public record Line(int number, ByteBuffer bytes) {}

    /**
     * The lines of a body that are not blank.
     *
     * @throws HttpError 413 if they are more than {@link #MAX_LINES}
     */
    public static List<Line> lines(ByteBuffer body) {
        List<Line> lines = new ArrayList<>();
        ByteBuffer rest = body.duplicate();
        for (int number = 1; rest.hasRemaining(); number++) {
            ByteBuffer line = take(rest);
            if (line != null) {
                if (lines.size() == MAX_LINES) {
                    throw HttpError.field(413, "body", "more than " + MAX_LINES + " lines", "at most " + MAX_LINES);
                }
                lines.add(new Line(number, line));
            }
        }
        return lines;
    }

    /** The next line that is not blank, without its end, behind which the position moves; null if there is none. */
    public static @Nullable ByteBuffer next(ByteBuffer body) {
        ByteBuffer line = null;
        while (line == null && body.hasRemaining()) {
            line = take(body);
        }
        return line;
    }

    /** Takes the next line; null if it is blank. */
    private static @Nullable ByteBuffer take(ByteBuffer body) {
        int from = body.position();
        int end = from;
        boolean blank = true;
        while (end < body.limit() && body.get(end) != '\n') {
            blank &= isSpace(body.get(end++));
        }
        body.position(Math.min(end + 1, body.limit()));
        return blank ? null : body.slice(from, end - from);
    }

    /** A line of an answer. */
    public static byte[] line(Object value) {
        byte[] json = Json.write(value);
        byte[] line = Arrays.copyOf(json, json.length + 1);
        line[json.length] = '\n';
        return line;
    }

    private static boolean isSpace(byte b) {
        return b == ' ' || b == '\t' || b == '\r';
    }
}
