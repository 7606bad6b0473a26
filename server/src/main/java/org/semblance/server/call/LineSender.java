package org.semblance.server.call;

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

/**
 * The answer of a {@link LineStream} on its way: piece by piece, in gzip if the client takes that, and never more of it than the
 * client takes. For the call's event loop alone, but for {@link #coded}.
 */
final class LineSender {
    /** As {@link LineAnswerer#MOST_UNSENT_BYTES}, of a client that may send all before it reads. */
    private static final int MOST_UNSENT_WHOLE_BYTES = 67_108_864;

    private final Call call;
    private final ByteBudget budget;
    private final String mediaType;
    private final boolean lengthKnown;
    private final ContentCoding.@Nullable Pieces coder;
    private final Runnable taken;
    private boolean begun;
    private long unsent;

    /**
     * The answer of that call.
     *
     * @param lengthKnown whether the client may send all of its body before it reads: then its answers wait in memory, within
     *     the budget
     * @param gzip whether the client takes gzip
     * @param taken called whenever the network has taken a piece
     */
    LineSender(Call call, ByteBudget budget, String mediaType, boolean lengthKnown, boolean gzip, Runnable taken) {
        this.call = call;
        this.budget = budget;
        this.mediaType = mediaType;
        this.lengthKnown = lengthKnown;
        this.coder = gzip ? new ContentCoding.Pieces() : null;
        this.taken = taken;
    }

    /** Whether the head has left, so that what goes wrong can be told by a line alone. */
    boolean hasBegun() {
        return begun;
    }

    /** Whether a piece is on its way. */
    boolean hasUnsent() {
        return unsent > 0;
    }

    /** Whether more should be answered before the client takes some. */
    boolean takesMore() {
        return unsent < LineAnswerer.MOST_UNSENT_BYTES
                || (lengthKnown
                        && unsent < MOST_UNSENT_WHOLE_BYTES
                        && budget.hasRoomFor(LineAnswerer.MOST_UNSENT_BYTES));
    }

    /** A piece as it is sent; from one thread at a time. */
    byte[] coded(byte[] piece) {
        return coder == null ? piece : coder.piece(piece);
    }

    /** Sends a piece that is {@link #coded}, behind the head of the answer if that has not left yet. */
    void send(byte[] piece) {
        if (!begun) {
            begun = true;
            Map<String, String> headers = new HashMap<>();
            headers.put("Vary", "Accept-Encoding");
            if (coder != null) {
                headers.put("Content-Encoding", "gzip");
            }
            call.startLines(new Response(200, mediaType, new byte[0], headers));
        }
        if (piece.length == 0) {
            return;
        }
        int charged = lengthKnown && budget.take(piece.length) ? piece.length : 0;
        unsent += piece.length;
        call.send(piece).addListener(sent -> {
            unsent -= piece.length;
            budget.giveBack(charged);
            if (sent.isSuccess()) {
                taken.run();
            } else {
                call.cutOff();
            }
        });
    }

    /**
     * Sends what the answer ends with: a problem, if there is one. Returns false if this answer has no way to say that it is not
     * all.
     */
    boolean end(@Nullable HttpError problem) {
        if (problem != null) {
            if (!mediaType.equals(Ndjson.MEDIA_TYPE)) {
                return false;
            }
            send(coded(Ndjson.line(Dialect.problem(problem))));
        }
        if (coder != null) {
            send(coder.end());
        }
        return true;
    }

    /** Frees the compressor; what is on its way still leaves. */
    void free() {
        if (coder != null) {
            coder.close();
        }
    }
}
