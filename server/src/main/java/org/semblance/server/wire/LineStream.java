package org.semblance.server.wire;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpContent;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.media.Deadline;
import org.semblance.server.body.Body;
import org.semblance.server.body.BodyReader;
import org.semblance.server.http.ContentCoding;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Ndjson;
import org.semblance.server.http.Response;
import org.semblance.server.route.LineAnswerer;
import org.semblance.server.route.Route;
import org.semblance.server.work.Worker;
import org.semblance.server.work.WorkerPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A body of lines that is answered line by line while it comes, as long as it goes on.
 *
 * <p>{@link #add} gathers what comes; {@link #pump} hands the whole lines of it to a worker, as one {@link Batch}; what that
 * answers, {@link #answered} sends, and pumps again. So one batch is with a worker while the next is gathered. When that is
 * full, or the answers are not taken, no more is read, so that a stream holds less than {@link #COST_BYTES} however long it is
 * and whichever side is slow. Only a client that has told the length of its body may send all of it before it reads: then its
 * answers wait in memory, within the budget that all bodies share.
 *
 * <p>An answer that is no answer to lines ({@link Route.Stream}) is what a body without a line is answered by, piece by piece.
 *
 * <p>It ends when its body does, or when nothing comes or is taken for a time, when the key it came with is no longer good, or
 * when the server stops: these are told by a last line, a problem without the number of a query.
 *
 * <p>For its call's event loop alone, but for {@link Batch}.
 */
public final class LineStream implements BodyReader {
    private static final Logger LOG = LoggerFactory.getLogger(LineStream.class);

    /** So that a longer one can be told from a line of that length. */
    private static final int KEPT_OF_A_LINE = LineAnswerer.LONGEST_LINE + 1;

    /** From so many bytes of gathered lines on nothing more is read: about a thousand hashes. */
    private static final int FULL_BYTES = 65_536;

    /** As {@link LineAnswerer#MOST_UNSENT_BYTES}, of a client that may send all before it reads. */
    private static final int MOST_UNSENT_WHOLE_BYTES = 67_108_864;

    /** What its buffers hold: two batches, a chunk beyond each, answers. Charged as long as it lasts. */
    private static final int COST_BYTES = 2 * (FULL_BYTES + 65_536) + LineAnswerer.MOST_UNSENT_BYTES;

    /** When every worker is busy and the queue full. */
    private static final long RETRY_MS = 20;

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final Call call;
    private final Wire wire;
    private final HttpTransport transport;
    private final Route.Opening opening;
    private final String mediaType;
    private final boolean lengthKnown;
    private final long deadlineMs;
    private final long patienceMs;

    /** Lines that have come, how much of it is whole ones, and how long the one is that is coming, as far as that matters. */
    private @Nullable ByteBuf incoming;

    private int wholeBytes;
    private int lineBytes;
    private boolean ended;

    /** Lines that are being answered, and whether they are with a worker or about to be. */
    private @Nullable ByteBuf lines;

    private boolean busy;

    /** Whether there is more of the answer to what has come, though no line is left. */
    private boolean more;

    /** Made and used by the workers, one after the other; as is the compressor while it is busy. */
    private @Nullable LineAnswerer answerer;

    private final ContentCoding.@Nullable Pieces coder;

    /** Whether the head of the answer has left; why it ends before its body does; and whether its end has left. */
    private boolean begun;

    private @Nullable HttpError reason;
    private boolean over;
    private boolean freed;
    private long unsent;

    /**
     * Answers the body of that call.
     *
     * @param mediaType of the answer
     * @param lengthKnown whether the client told how long its body is, and that it is no longer than one that is looked up whole
     * @throws HttpError 503 if there is no memory for it
     */
    LineStream(
            Call call,
            Wire wire,
            HttpTransport transport,
            Route.Opening opening,
            String mediaType,
            boolean lengthKnown,
            long deadlineMs) {
        if (!transport.budget().take(COST_BYTES)) {
            throw HttpError.busy("too many bytes of uploads are in work");
        }
        this.call = call;
        this.wire = wire;
        this.transport = transport;
        this.opening = opening;
        this.mediaType = mediaType;
        this.lengthKnown = lengthKnown;
        this.deadlineMs = deadlineMs;
        this.patienceMs = transport.config().idleTimeoutMs();
        this.coder = ContentCoding.takesGzip(call.head().headers()) ? new ContentCoding.Pieces() : null;
    }

    @Override
    public void add(HttpContent chunk) {
        progress();
        ByteBuf in = chunk.content();
        if (!in.isReadable()) {
            return;
        }
        ByteBuf to = incoming;
        if (to == null) {
            to = wire.alloc().buffer(in.readableBytes());
            incoming = to;
        }
        gather(in.nioBuffer(), to);
        pump();
    }

    /** Appends what came, but for what is beyond the longest line; all in as few pieces as that leaves. */
    private void gather(ByteBuffer in, ByteBuf to) {
        int from = 0;
        for (int i = 0; i < in.limit(); i++) {
            if (in.get(i) == '\n') {
                if (lineBytes > KEPT_OF_A_LINE) {
                    from = i;
                }
                lineBytes = 0;
                wholeBytes = to.readableBytes() + i + 1 - from;
            } else if (lineBytes <= KEPT_OF_A_LINE && ++lineBytes > KEPT_OF_A_LINE) {
                to.writeBytes(in.slice(from, i - from));
            }
        }
        if (lineBytes <= KEPT_OF_A_LINE) {
            to.writeBytes(in.slice(from, in.limit() - from));
        }
    }

    @Override
    public boolean isReady() {
        return incoming == null || incoming.readableBytes() < FULL_BYTES;
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
     * Has a worker answer what has come, if none is at it and the client takes its answers; or ends the answer, if that is all.
     * A body without a line goes to a worker as well, which may refuse the request.
     */
    private void pump() {
        if (over || busy || !mayAnswerMore()) {
            return;
        }
        if (lines == null) {
            lines = cut();
        }
        if (lines != null || (ended && (more || !begun))) {
            busy = true;
            new Batch(lines).enqueue();
        } else if (ended) {
            close();
        }
    }

    private boolean mayAnswerMore() {
        return unsent < LineAnswerer.MOST_UNSENT_BYTES
                || (lengthKnown
                        && unsent < MOST_UNSENT_WHOLE_BYTES
                        && transport.budget().hasRoomFor(LineAnswerer.MOST_UNSENT_BYTES));
    }

    /** The whole lines that have come, and at the end also one without an end. */
    private @Nullable ByteBuf cut() {
        ByteBuf all = incoming;
        if (all == null || (wholeBytes == 0 && !ended)) {
            return null;
        }
        int rest = all.readableBytes() - wholeBytes;
        if (rest == 0 || ended) {
            incoming = null;
        } else {
            incoming = wire.alloc().buffer(rest + LineAnswerer.LONGEST_LINE).writeBytes(all, wholeBytes, rest);
            all.writerIndex(wholeBytes);
        }
        wholeBytes = 0;
        return all;
    }

    /** Lines on their way through the workers: some of those that are being answered, or none. */
    private final class Batch implements WorkerPool.Task<Worker> {
        private final @Nullable ByteBuf asked;
        private final long deadlineNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(deadlineMs);

        Batch(@Nullable ByteBuf asked) {
            this.asked = asked;
        }

        /** Puts it into the queue; again after a while if that is full, until its time is over. */
        void enqueue() {
            if (over) {
                busy = false;
                free();
            } else if (!call.mayGoOn()) {
                refuse(HttpError.of(401, "Authorization", "the key of this request is no longer good"));
            } else if (transport.workers().offer(this)) {
                return;
            } else if (!begun) {
                refuse(HttpError.busy("every worker is busy and the queue full"));
            } else if (System.nanoTime() - deadlineNanos > 0) {
                answer(); // That there was no time for them.
            } else {
                wire.loop().schedule(this::enqueue, RETRY_MS, TimeUnit.MILLISECONDS);
            }
        }

        /** Not at once: whoever gave it the last of its lines may still be at work on the body. */
        private void refuse(HttpError why) {
            wire.loop().execute(() -> answered(new byte[0], false, why));
        }

        @Override
        public long deadlineNanos() {
            return deadlineNanos;
        }

        @Override
        public void run(Worker worker) {
            answer();
        }

        /** It is told so line by line. */
        @Override
        public void expire() {
            answer();
        }

        private void answer() {
            byte[] piece = new byte[0];
            boolean all = false;
            long heldNanos = 0;
            Throwable failure = null;
            try {
                LineAnswerer by = answerer;
                if (by == null) {
                    by = opening.open(call.request(Body.EMPTY, deadlineNanos, false, () -> false));
                    answerer = by;
                }
                ByteBuffer view = asked == null ? NOTHING : asked.nioBuffer();
                Deadline deadline =
                        Deadline.after(Duration.ofNanos(deadlineNanos - System.nanoTime()), call::isAbandoned);
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                all = by.answer(view, deadline, out);
                if (asked != null) {
                    asked.skipBytes(asked.readableBytes() - view.remaining());
                }
                piece = coder == null ? out.toByteArray() : coder.piece(out.toByteArray());
                heldNanos = by.heldNanos();
            } catch (Throwable e) {
                failure = e;
            }
            done(piece, all, heldNanos, failure);
        }

        private void done(byte[] piece, boolean all, long heldNanos, @Nullable Throwable failure) {
            try {
                if (heldNanos > 0) {
                    wire.loop().schedule(() -> answered(piece, all, failure), heldNanos, TimeUnit.NANOSECONDS);
                } else {
                    wire.loop().execute(() -> answered(piece, all, failure));
                }
            } catch (RejectedExecutionException e) {
                LOG.debug("the server stopped before lines could be answered", e);
                busy = false;
                free(); // The loop that would do it is gone.
            }
        }
    }

    /**
     * A worker is done with a batch, or it will never get to one.
     *
     * @param all whether that were all answers to the lines that it had
     */
    private void answered(byte[] piece, boolean all, @Nullable Throwable failure) {
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
        }
        if (!begun) {
            begin();
        }
        send(piece);
        if (reason != null) {
            close();
        } else {
            goOn();
        }
    }

    private void begin() {
        begun = true;
        Map<String, String> headers = new HashMap<>();
        headers.put("Vary", "Accept-Encoding");
        if (coder != null) {
            headers.put("Content-Encoding", "gzip");
        }
        call.startLines(new Response(200, mediaType, new byte[0], headers));
    }

    private void goOn() {
        progress();
        pump();
        call.goOn();
    }

    private void send(byte[] piece) {
        if (piece.length == 0) {
            return;
        }
        int charged = lengthKnown && transport.budget().take(piece.length) ? piece.length : 0;
        unsent += piece.length;
        call.send(piece).addListener(sent -> {
            unsent -= piece.length;
            transport.budget().giveBack(charged);
            if (!sent.isSuccess()) {
                wire.cutOff();
            } else if (!over) {
                goOn();
            }
        });
    }

    /** Whether its answer has begun, so that what goes wrong can be told by a line alone. */
    boolean hasBegun() {
        return begun;
    }

    /** Ends the answer by what is wrong, after what is being answered now. */
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

    /** Ends the answer, by the reason if there is one. */
    private void close() {
        if (over) {
            return;
        }
        over = true;
        HttpError why = reason;
        if (why != null && !mediaType.equals(Ndjson.MEDIA_TYPE)) {
            free();
            wire.cutOff(); // Nothing else tells the client that this is not all.
            return;
        }
        if (why != null) {
            byte[] line = Ndjson.line(Dialect.problem(why));
            send(coder == null ? line : coder.piece(line));
        }
        if (coder != null) {
            send(coder.end());
        }
        free();
        call.endLines();
    }

    /** Nothing has come or been taken for a time. */
    void onAlarm() {
        if (busy) {
            progress(); // The deadline of the batch sees to that.
        } else if (unsent > 0) {
            wire.cutOff();
        } else {
            call.fail(new HttpError(408, "body: nothing came for " + patienceMs + " ms"));
        }
    }

    private void progress() {
        wire.alarm().set(patienceMs);
    }

    private void free() {
        if (incoming != null) {
            incoming.release();
            incoming = null;
        }
        if (busy || freed) {
            return; // The rest is the worker's until it is done.
        }
        freed = true;
        freeLines();
        if (coder != null) {
            coder.close();
        }
        transport.budget().giveBack(COST_BYTES);
    }

    private void freeLines() {
        if (lines != null) {
            lines.release();
            lines = null;
        }
    }
}
