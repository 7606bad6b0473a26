package org.semblance.server.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.List;

/**
 * Decodes what a connection of HTTP/1.1 brings: of each request a {@link Head}, and then its contents, the last of them last.
 *
 * <p>A header field that goes on in a second line (RFC 9112, section 5.2) fails: Netty joins the two, others in front of this
 * server may not, and by such a difference one request is smuggled in another.
 */
final class RequestDecoder extends HttpRequestDecoder {
    private final Arrivals arrivals;

    /** From the first byte of a request to its last. */
    private boolean within;

    private long beganNanos;

    /** From the first byte of a request to the last of its head; then what of that has been seen so far. */
    private boolean withinHead;

    private boolean afterLine;
    private boolean folded;

    RequestDecoder(HttpDecoderConfig config, Arrivals arrivals) {
        super(config);
        this.arrivals = arrivals;
    }

    /**
     * The head of a request.
     *
     * @param beganNanos the {@link System#nanoTime} at which its first byte had come
     */
    record Head(HttpRequest request, long beganNanos) {}

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
        int from = in.readerIndex();
        if (!within) {
            int first = in.forEachByte(RequestDecoder::isBlank);
            if (first >= 0) {
                within = true;
                arrivals.expectRequest(false);
                beganNanos = arrivals.nanos();
                from = first;
                withinHead = true;
                afterLine = false;
                folded = false;
            }
        }
        super.decode(ctx, in, out);
        if (withinHead) {
            lookForFolds(in, from, in.readerIndex());
        }
        if (out.isEmpty()) {
            return;
        }
        withinHead = false;
        if (out.getLast() instanceof LastHttpContent) {
            within = false;
            arrivals.expectRequest(true);
        }
        if (out.getFirst() instanceof HttpRequest request) {
            if (folded && request.decoderResult().isSuccess()) {
                request.setDecoderResult(
                        DecoderResult.failure(new IllegalArgumentException("a header field goes on in a second line")));
            }
            out.set(0, new Head(request, beganNanos));
        }
    }

    /** Whether a line of the head, of which these bytes are the next, begins with a space or a tab. */
    private void lookForFolds(ByteBuf in, int from, int until) {
        int at = from;
        while (at < until && !folded) {
            if (afterLine) {
                byte first = in.getByte(at);
                folded = first == ' ' || first == '\t';
            }
            int end = in.indexOf(at, until, (byte) '\n');
            afterLine = end >= 0;
            at = end < 0 ? until : end + 1;
        }
    }

    /** What is skipped in front of a request: a line break, say, that a client sends behind a body without counting it. */
    private static boolean isBlank(byte octet) {
        return octet == ' ' || Character.isISOControl(octet & 0xff);
    }
}
