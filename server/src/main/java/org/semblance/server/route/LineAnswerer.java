package org.semblance.server.route;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import org.semblance.engine.media.Deadline;

/** Answers the lines of one body as they come, some at a time. For one thread at a time. */
public interface LineAnswerer {
    /** Most bytes of a line: those of the features of a picture, and an id. What is beyond is dropped, and the line answered by that. */
    int LONGEST_LINE = 32_768;

    /** Answers are long when they have so many bytes: no more lines are looked at before the client takes some. */
    int MOST_UNSENT_BYTES = 131_072;

    /**
     * Answers lines, each by one line: from the position of {@code lines} on, which it moves, until all are answered or the
     * answers have grown long. What the deadline leaves no time for is answered by that. Returns whether all are answered; if
     * not, it goes on when it is called with the rest of them, which may be empty.
     */
    boolean answer(ByteBuffer lines, Deadline deadline, ByteArrayOutputStream out);

    /** How long the answers of the last call have to wait, in nanoseconds; 0 or less if they may leave. */
    default long heldNanos() {
        return 0;
    }
}
