package org.semblance.server.matchlog;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.media.Deadline;
import org.semblance.hashdb.matchlog.LogRow;
import org.semblance.server.auth.Caller;
import org.semblance.server.http.Json;
import org.semblance.server.route.LineAnswerer;

/**
 * Rows of the match log as server-sent events, in the order of their ids, as they are stored. A client that comes again with the
 * last id that it has misses none and sees none twice.
 */
final class MatchStream implements LineAnswerer {
    private static final int ROWS_A_PIECE = 200;

    /** A client that was cut off comes again after a second. */
    private static final String BEGIN = "retry: 1000\n\n";

    private static final String STILL_THERE = ":\n\n";

    /** Silence after which a comment is sent at the next look, so that fifteen seconds are not passed. */
    private static final long MOST_SILENT_NANOS = 9_000_000_000L;

    private final ScopedMatchLog log;
    private final Caller caller;
    private final ScopedMatchLog.Filter filter;
    private final @Nullable String bank;
    private long after;
    private long left;
    private boolean begun;
    private boolean idle;
    private long sentNanos;
    private final AtomicInteger open;
    private Runnable end = () -> {};

    /**
     * A stream that has not begun.
     *
     * @param after the id of the row before the first one
     * @param most ends after so many rows
     * @param open counts the streams that there are
     */
    MatchStream(
            ScopedMatchLog log,
            Caller caller,
            ScopedMatchLog.Filter filter,
            @Nullable String bank,
            long after,
            long most,
            AtomicInteger open) {
        this.log = log;
        this.caller = caller;
        this.filter = filter;
        this.bank = bank;
        this.after = after;
        this.left = most;
        this.open = open;
        open.incrementAndGet();
    }

    @Override
    public void whenMore(Runnable wake) {
        end = log.follow(wake);
    }

    @Override
    public boolean answer(ByteBuffer lines, Deadline deadline, ByteArrayOutputStream out) {
        if (!begun) {
            begun = true;
            write(out, BEGIN);
        }
        idle = false;
        while (left > 0 && !idle && out.size() < MOST_UNSENT_BYTES && !deadline.passed()) {
            ScopedMatchLog.Rows rows = log.stored(filter, bank, after, (int) Math.min(ROWS_A_PIECE, left));
            for (LogRow row : rows.page().rows()) {
                write(out, "id: " + row.id() + "\nevent: match\ndata: ");
                out.writeBytes(Json.write(RowJson.row(row, rows.bank(row), caller)));
                write(out, "\n\n");
            }
            left -= rows.page().rows().size();
            after = rows.page().seen();
            idle = rows.page().next() == null;
        }
        long now = System.nanoTime();
        if (out.size() == 0 && now - sentNanos > MOST_SILENT_NANOS) {
            write(out, STILL_THERE);
        }
        if (out.size() > 0) {
            sentNanos = now;
        }
        return left == 0;
    }

    private static void write(ByteArrayOutputStream out, String ascii) {
        out.writeBytes(ascii.getBytes(StandardCharsets.US_ASCII));
    }

    @Override
    public boolean isIdle() {
        return idle;
    }

    @Override
    public void close() {
        end.run();
        open.decrementAndGet();
    }
}
