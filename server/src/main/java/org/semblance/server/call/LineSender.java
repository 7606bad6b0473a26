package org.semblance.server.call;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.semblance.server.body.ByteBudget;
import org.semblance.server.http.ContentCoding;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Ndjson;
import org.semblance.server.http.Response;
import org.semblance.server.route.LineAnswerer;
import org.semblance.server.route.Route;

/**
 * Sends the answer of a {@link LineStream} piece by piece, in gzip if the client accepts that, and tells when the client is
 * behind. Confined to the call's event loop, except for {@link #coded}.
 */
final class LineSender {
    /** As {@link LineAnswerer#MOST_UNSENT_BYTES}, for a client that may send its whole body before it reads. */
    private static final int MOST_UNSENT_WHOLE_BYTES = 67_108_864;

    /** Pieces of a {@link LineAnswerer#whole whole} answer cost no memory: some are on their way while the next is read from the disk. */
    private static final int MOST_UNSENT_OF_WHOLE_ANSWER = 1 << 21;

    private final Call call;
    private final ByteBudget budget;
    private final String mediaType;
    private final boolean lengthKnown;
    private final ContentCoding.@Nullable Pieces coder;
    private final boolean headAlone;
    private final Runnable taken;
    private boolean begun;
    private long unsent;

    /** Of the whole answer; less than 0 if it is not known. */
    private long length = -1;

    /**
     * Makes ready to send; nothing is sent yet.
     *
     * @param lengthKnown whether the client may send its whole body before it reads; its answers then wait in memory, within the
     *     budget
     * @param gzip whether the client accepts gzip
     * @param taken called whenever the network has taken a piece
     */
    LineSender(Call call, ByteBudget budget, String mediaType, boolean lengthKnown, boolean gzip, Runnable taken) {
        this.call = call;
        this.budget = budget;
        this.mediaType = mediaType;
        this.lengthKnown = lengthKnown;
        this.coder = gzip ? new ContentCoding.Pieces() : null;
        this.headAlone = call.asksForHeadAlone();
        this.taken = taken;
    }

    /** Tells whether the answer is complete because the client asked for its head alone and the head is sent. */
    boolean isDone() {
        return begun && headAlone;
    }

    /** Whether the head has been sent, after which an error can only be told in a line. */
    boolean hasBegun() {
        return begun;
    }

    /** Whether the network has not taken every piece yet. */
    boolean hasUnsent() {
        return unsent > 0;
    }

    /** Whether more lines should be answered now. False while the client is behind. */
    boolean takesMore() {
        return unsent < (length < 0 ? LineAnswerer.MOST_UNSENT_BYTES : MOST_UNSENT_OF_WHOLE_ANSWER)
                || (lengthKnown
                        && unsent < MOST_UNSENT_WHOLE_BYTES
                        && budget.hasRoomFor(LineAnswerer.MOST_UNSENT_BYTES));
    }

    /** Has the length of the answer told; before the first piece is coded, and by the thread that codes it. */
    void tellLength(long bytes) {
        length = bytes;
    }

    /** A piece of an answer of unknown length, as it is sent. By one thread at a time. */
    ByteBuffer coded(byte[] piece) {
        return ByteBuffer.wrap(coder == null ? piece : coder.piece(piece));
    }

    /**
     * Sends a piece, and before the first piece the head of the answer. The bytes must not change until they are sent. To a client
     * that asked for the head alone no piece is sent: its next answer would begin with the piece.
     */
    void send(ByteBuffer piece) {
        if (!begun) {
            begun = true;
            Map<String, String> headers = new HashMap<>();
            headers.put("Vary", "Accept-Encoding");
            if (length >= 0) {
                headers.put("Content-Length", Long.toString(length));
            } else if (coder != null) {
                headers.put("Content-Encoding", "gzip");
            }
            if (mediaType.equals(Route.Stream.EVENTS)) {
                headers.put("Cache-Control", "no-store");
            }
            call.startLines(new Response(200, mediaType, new byte[0], headers));
        }
        int bytes = piece.remaining();
        if (bytes == 0 || headAlone) {
            return;
        }
        int charged = length < 0 && lengthKnown && budget.take(bytes) ? bytes : 0;
        unsent += bytes;
        call.send(piece).addListener(sent -> {
            unsent -= bytes;
            budget.giveBack(charged);
            if (sent.isSuccess()) {
                taken.run();
            } else {
                call.wire().cutOff();
            }
        });
    }

    /**
     * Sends the end of the answer, after a last line with the problem if there is one. Returns false if there is a problem and
     * the media type has no way to tell it.
     */
    boolean end(@Nullable HttpError problem) {
        if (problem != null) {
            if (mediaType.equals(Ndjson.MEDIA_TYPE)) {
                send(coded(Ndjson.line(Dialect.problem(problem))));
            } else if (!mediaType.equals(Route.Stream.EVENTS)) {
                return false;
            }
        }
        if (coder != null && length < 0) {
            send(ByteBuffer.wrap(coder.end()));
        }
        return true;
    }

    /** Frees the compressor. Pieces on their way are still sent. */
    void free() {
        if (coder != null) {
            coder.close();
        }
    }
}
