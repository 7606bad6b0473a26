package org.semblance.server.call;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpContent;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.media.Deadline;
import org.semblance.server.body.Body;
import org.semblance.server.body.BodyReader;
import org.semblance.server.http.ContentCoding;
import org.semblance.server.http.HttpError;
import org.semblance.server.route.LineAnswerer;
import org.semblance.server.route.Route;
import org.semblance.server.work.Worker;
import org.semblance.server.work.WorkerPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A body whose lines are answered while they arrive, however long it goes on:
 *
 * <ol>
 *   <li>{@link #add} gathers lines ({@link LineBuffer}).
 *   <li>{@link #pump} hands the whole lines to a worker, as one {@link Batch}. The next batch gathers meanwhile.
 *   <li>{@link #answered} sends the answers ({@link LineSender}), and pumps again.
 * </ol>
 *
 * <p>When the next batch is full, or the client does not take its answers, nothing more is read. So a stream holds less than
 * {@link #COST_BYTES}, whichever side is slow. Only a client that has told the length of its body may send all of it before it
 * reads.
 *
 * <p>An answer in pieces that has nothing to do with lines ({@link Route.Stream}) is the answer to a body without a line.
 *
 * <p>A stream ends with its body. It ends early when nothing arrives or is taken for a time, when its key is no longer good, or
 * when the server stops; then the last line is a problem without the number of a query.
 *
 * <p>Confined to the event loop of its call, except for {@link Batch}.
 */
final class LineStream implements BodyReader {
    private static final Logger LOG = LoggerFactory.getLogger(LineStream.class);

    /** What the buffers hold: two batches, a chunk beyond each, and answers. Charged as long as the stream lasts. */
    private static final int COST_BYTES = 2 * (LineBuffer.FULL_BYTES + 65_536) + LineAnswerer.MOST_UNSENT_BYTES;

    /** A {@link LineAnswerer#whole whole} answer is sent in pieces of so many bytes. */
    private static final int PIECE_BYTES = 1 << 19;

    /** When every worker is busy and the queue is full. */
    private static final long RETRY_MS = 20;

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final Call call;
    private final Calls calls;
    private final Route.Opening opening;
    private final boolean lengthKnown;
    private final long deadlineMs;
    private final long patienceMs;
    private final LineBuffer incoming;
    private final LineSender answer;

    /** Lines that are being answered, and whether they are with a worker or about to be. */
    private @Nullable ByteBuf lines;

    private boolean busy;

    /** Whether there is more of the answer to what has come, though no line is left. */
    private boolean more;

    /** Made and used by the workers, one after the other. */
    private @Nullable LineAnswerer answerer;

    /** The part of a {@link LineAnswerer#whole whole} answer that was not sent yet; null if the answer is made. Touched by workers alone. */
    private @Nullable MemorySegment unsentPart;

    /** Whether nothing is done until the answerer wakes this stream; and whether it has, since the last batch began. */
    private boolean idle;

    private boolean woken;

    /** Looks at an answerer that is idle now and then; null as long as none was. */
    private @Nullable Future<?> looks;

    private boolean ended;

    /** Why the answer ends before its body does; and whether its end has left. */
    private @Nullable HttpError reason;

    private boolean over;
    private boolean freed;

    /**
     * Answers the body of that call.
     *
     * @param mediaType of the answer
     * @param lengthKnown whether the client told how long its body is, and that it is no longer than one that is looked up whole
     * @throws HttpError 503 if there is no memory for it
     */
    LineStream(Call call, Calls calls, Route.Opening opening, String mediaType, boolean lengthKnown, long deadlineMs) {
        if (!calls.budget().take(COST_BYTES)) {
            throw HttpError.busy("too many bytes of uploads are in work");
        }
        this.call = call;
        this.calls = calls;
        this.opening = opening;
        this.lengthKnown = lengthKnown;
        this.deadlineMs = deadlineMs;
        this.patienceMs = calls.config().idleTimeoutMs();
        this.incoming = new LineBuffer(call.wire().alloc());
        this.answer = new LineSender(
                call, calls.budget(), mediaType, lengthKnown, ContentCoding.takesGzip(call.headers()), this::taken);
    }

    @Override
    public void add(HttpContent chunk) {
        progress();
        if (chunk.content().isReadable()) {
            incoming.add(chunk.content());
            pump();
        }
    }

    @Override
    public boolean isReady() {
        return !incoming.isFull();
    }

    @Override
    public void check() {
        // What it waits for is a client or a worker; neither fails without a call of its own.
    }

    @Override
    public void end() {
        ended = true;
        pump();
    }

    @Override
    public Body finish() {
        throw new IllegalStateException("it is never whole");
    }

    @Override
    public void abandon() {
        over = true;
        free();
    }

    /**
     * Hands lines to a worker, if none is at work and the client takes its answers; or ends the answer, if there are no more.
     * A body without a line goes to a worker as well, which may refuse the request.
     */
    private void pump() {
        if (over || busy || idle || !answer.takesMore()) {
            return;
        }
        if (looks != null && answer.hasUnsent()) {
            return; // One that waits for more sends nothing to a client that does not take what it has.
        }
        woken = false;
        if (lines == null) {
            lines = incoming.cut(ended);
        }
        if (lines != null || (ended && (more || !answer.hasBegun()))) {
            busy = true;
            new Batch(lines).enqueue();
        } else if (ended) {
            close();
        }
    }

    /** Lines on their way through the workers: some of those that are being answered, or none. */
    private final class Batch implements WorkerPool.Task<Worker> {
        private final @Nullable ByteBuf asked;
        private final long sinceNanos = System.nanoTime();
        private final long deadlineNanos = sinceNanos + TimeUnit.MILLISECONDS.toNanos(deadlineMs);

        Batch(@Nullable ByteBuf asked) {
            this.asked = asked;
        }

        /** Puts it into the queue; again after a while if that is full, until its time is over. */
        void enqueue() {
            if (over) {
                busy = false;
                free();
            } else if (!call.mayGoOn()) {
                refuse(HttpError.of(401, "Authorization", "the key of this request is no longer valid"));
            } else if (calls.workers().offer(this)) {
                return;
            } else if (!answer.hasBegun()) {
                refuse(HttpError.busy("every worker is busy and the queue is full"));
            } else if (System.nanoTime() - deadlineNanos > 0) {
                work(); // The answers say that there was no time.
            } else {
                retry();
            }
        }

        private void retry() {
            call.wire().loop().schedule(this::enqueue, RETRY_MS, TimeUnit.MILLISECONDS);
        }

        /** Not at once: whoever gave it the last of its lines may still be at work on the body. */
        private void refuse(HttpError why) {
            call.wire().loop().execute(() -> answered(NOTHING, false, why));
        }

        @Override
        public long deadlineNanos() {
            return deadlineNanos;
        }

        @Override
        public String owner() {
            return call.owner();
        }

        @Override
        public void run(Worker worker) {
            long began = System.nanoTime();
            work();
            call.worked(began - sinceNanos, System.nanoTime() - began);
        }

        /** Answers each line by saying that there was no time for it. */
        @Override
        public void expire() {
            work();
        }

        /** Its place was needed: tries again as if there had been none. */
        @Override
        public void refuse() {
            try {
                retry();
            } catch (RejectedExecutionException e) {
                LOG.debug("the server stopped before lines could be answered", e);
                busy = false;
                free(); // The loop that would do it is gone.
            }
        }

        private void work() {
            ByteBuffer piece = NOTHING;
            boolean all = false;
            long heldNanos = 0;
            Throwable failure = null;
            try {
                LineAnswerer by = answerer;
                if (by == null) {
                    by = opening.open(call.request(Body.EMPTY, deadlineNanos, false, () -> false));
                    answerer = by;
                    by.whenMore(LineStream.this::wake);
                    begin(by.whole());
                }
                MemorySegment left = unsentPart;
                if (left != null) {
                    piece = next(left);
                    all = piece.remaining() == left.byteSize();
                } else {
                    ByteBuffer view = asked == null ? NOTHING : asked.nioBuffer();
                    Deadline deadline =
                            Deadline.after(Duration.ofNanos(deadlineNanos - System.nanoTime()), call::isAbandoned);
                    ByteArrayOutputStream out = new ByteArrayOutputStream();
                    all = by.answer(view, deadline, out);
                    if (asked != null) {
                        asked.skipBytes(asked.readableBytes() - view.remaining());
                    }
                    piece = answer.coded(out.toByteArray());
                    heldNanos = by.heldNanos();
                }
            } catch (Throwable e) {
                failure = e;
            }
            done(piece, all, heldNanos, failure);
        }

        private void begin(@Nullable MemorySegment whole) {
            if (whole != null) {
                unsentPart = whole;
                answer.tellLength(whole.byteSize());
            }
        }

        /** Cuts the next piece off, and reads the piece from the disk if need be, so that the event loop does not have to. */
        private ByteBuffer next(MemorySegment left) {
            MemorySegment piece = left.asSlice(0, Math.min(left.byteSize(), PIECE_BYTES));
            if (piece.isMapped()) {
                piece.load();
            }
            unsentPart = left.asSlice(piece.byteSize());
            return piece.asByteBuffer();
        }

        private void done(ByteBuffer piece, boolean all, long heldNanos, @Nullable Throwable failure) {
            try {
                if (heldNanos > 0) {
                    call.wire().loop().schedule(() -> answered(piece, all, failure), heldNanos, TimeUnit.NANOSECONDS);
                } else {
                    call.wire().loop().execute(() -> answered(piece, all, failure));
                }
            } catch (RejectedExecutionException e) {
                LOG.debug("the server stopped before lines could be answered", e);
                busy = false;
                free(); // The loop that would do it is gone.
            }
        }
    }

    /**
     * A worker is done with a batch, or will never get to it.
     *
     * @param all whether every line of the batch is answered
     */
    private void answered(ByteBuffer piece, boolean all, @Nullable Throwable failure) {
        busy = false;
        if (over) {
            free();
            return;
        }
        if (failure != null) {
            call.fail(failure);
            return;
        }
        more = !all;
        if (all) {
            freeLines();
        } else {
            rest();
        }
        answer.send(piece);
        if (reason != null || answer.isDone()) {
            close();
        } else {
            goOn();
        }
    }

    /** Does nothing until there is something to answer, if there is nothing now. */
    private void rest() {
        idle = answerer != null && answerer.isIdle() && !woken;
        if (idle && looks == null) {
            looks = call.wire()
                    .loop()
                    .scheduleAtFixedRate(
                            this::goOnIfIdle,
                            LineAnswerer.SILENT_NANOS,
                            LineAnswerer.SILENT_NANOS,
                            TimeUnit.NANOSECONDS);
        }
    }

    /** There may be more to answer. From any thread. */
    private void wake() {
        try {
            call.wire().loop().execute(() -> {
                woken = true;
                goOnIfIdle();
            });
        } catch (RejectedExecutionException e) {
            LOG.debug("the server stopped before a stream could go on", e);
        }
    }

    private void goOnIfIdle() {
        if (idle) {
            idle = false;
            pump();
        }
    }

    private void taken() {
        if (!over) {
            goOn();
        }
    }

    private void goOn() {
        progress();
        pump();
        call.goOn();
    }

    /** Whether its answer has begun, so that what goes wrong can be told by a line alone. */
    boolean hasBegun() {
        return answer.hasBegun();
    }

    /** Ends the answer with a problem, after the batch that is being answered. */
    void endWith(HttpError why) {
        reason = why;
        if (!busy) {
            close();
        }
    }

    /** The server is about to stop: an answer whose end nobody knows ends now. */
    void drain() {
        if (!lengthKnown) {
            call.fail(HttpError.busy("the server is stopping"));
        }
    }

    /** Ends the answer, with the reason if there is one. */
    private void close() {
        if (over) {
            return;
        }
        over = true;
        boolean told = answer.end(reason);
        free();
        if (told) {
            call.endLines();
        } else {
            call.wire().cutOff();
        }
    }

    /** Nothing has arrived, or has been taken, for a time. */
    void onAlarm() {
        if (busy || (looks != null && !answer.hasUnsent())) {
            progress(); // The deadline of the batch sees to that.
        } else if (answer.hasUnsent()) {
            call.wire().cutOff();
        } else {
            call.fail(new HttpError(408, "body: no bytes arrived for " + patienceMs + " ms"));
        }
    }

    private void progress() {
        call.wire().alarm().set(patienceMs);
    }

    private void free() {
        incoming.release();
        if (busy || freed) {
            return; // The rest is the worker's until it is done.
        }
        freed = true;
        freeLines();
        if (looks != null) {
            looks.cancel(false);
        }
        if (answerer != null) {
            answerer.close();
        }
        answer.free();
        calls.budget().giveBack(COST_BYTES);
    }

    private void freeLines() {
        if (lines != null) {
            lines.release();
            lines = null;
        }
    }
}
