package org.semblance.server.route;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.media.Deadline;

/** Answers the lines of one body as they come, some at a time. For one thread at a time. */
public interface LineAnswerer {
    /** Most bytes of a line: those of the features of a picture, and an id. What is beyond is dropped, and the line answered by that. */
    int LONGEST_LINE = 32_768;

    /** How often one that is idle is called all the same. */
    long SILENT_NANOS = 5_000_000_000L;

    /** Answers are long when they have so many bytes: no more lines are looked at before the client takes some. */
    int MOST_UNSENT_BYTES = 131_072;

    /**
     * Answers lines, each by one line: from the position of {@code lines} on, which it moves, until all are answered or the
     * answers have grown long. What the deadline leaves no time for is answered by that. Returns whether all are answered; if
     * not, it goes on when it is called with the rest of them, which may be empty.
     */
    boolean answer(ByteBuffer lines, Deadline deadline, ByteArrayOutputStream out);

    /**
     * The whole answer, where it is there already, such as a file that is mapped. It is sent as it is, without compression and with
     * its length told ahead, and {@link #answer} is not called. Null if the answer has to be made. Asked once, before the first call
     * of {@link #answer}.
     */
    default @Nullable MemorySegment whole() {
        return null;
    }

    /**
     * Whether there is nothing to answer now, though not all is answered: then it is called again when it wakes who called it,
     * and every {@link #SILENT_NANOS} for what it says to show that it is still there.
     */
    default boolean isIdle() {
        return false;
    }

    /** Has somebody woken, from any thread, when there may be something to answer. Called once, before the first answer. */
    default void whenMore(Runnable wake) {}

    /** Frees what it holds; called once, after the last call. */
    default void close() {}

    /** How long the answers of the last call have to wait, in nanoseconds; 0 or less if they may leave. */
    default long heldNanos() {
        return 0;
    }
}
