package org.semblance.hashdb.matchlog;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many rows have been offered to the log, in a small file that is mapped into memory: the system keeps what was written when
 * the process is killed, so the next open knows how many rows were on their way. Safe for many threads.
 *
 * <pre>
 * session   8 bytes, that of the log's file while it was open; another one means that the count is not of that file
 * offered   8 bytes, rows offered in this session
 * </pre>
 *
 * <p>The count is a help. If the file cannot be had, the log works without it, and a kill loses rows untold.
 */
final class OfferMark {
    static final String FILE_NAME = "matches.mark";

    private static final Logger LOG = LoggerFactory.getLogger(OfferMark.class);
    private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();
    private static final long SESSION = 0;
    private static final long OFFERED = Long.BYTES;
    private static final long BYTES = 2 * Long.BYTES;

    private final MemorySegment mark;

    private OfferMark(Path file) {
        // Freed by the collector: somebody may still count when the log is closed.
        Arena arena = Arena.ofAuto();
        MemorySegment mapped;
        try (FileChannel channel = FileChannel.open(
                file,
                StandardOpenOption.CREATE,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                LinkOption.NOFOLLOW_LINKS)) {
            mapped = channel.map(FileChannel.MapMode.READ_WRITE, 0, BYTES, arena);
        } catch (IOException e) {
            LOG.warn("{}: cannot be mapped, so rows that a kill loses are not counted: {}", file, e.toString());
            mapped = arena.allocate(BYTES);
        }
        mark = mapped;
    }

    static OfferMark open(Path folder) {
        return new OfferMark(folder.resolve(FILE_NAME));
    }

    /** The rows that were offered in that session; 0 if the mark is of another one. */
    long offered(long session) {
        return (long) LONG.getVolatile(mark, SESSION) == session ? (long) LONG.getVolatile(mark, OFFERED) : 0;
    }

    /** Begins a session, in which so many rows have been offered. */
    void begin(long session, long offered) {
        LONG.setVolatile(mark, SESSION, 0L);
        LONG.setVolatile(mark, OFFERED, offered);
        LONG.setVolatile(mark, SESSION, session);
    }

    /** Counts rows before they are queued. */
    void add(long rows) {
        LONG.getAndAdd(mark, OFFERED, rows);
    }
}
