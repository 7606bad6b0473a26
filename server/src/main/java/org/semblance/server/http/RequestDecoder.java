package org.semblance.server.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.List;

/** Decodes what a connection of HTTP/1.1 brings: of each request a {@link Head}, and then its contents, the last of them last. */
final class RequestDecoder extends HttpRequestDecoder {
    private final Arrivals arrivals;

    /** From the first byte of a request to its last. */
    private boolean within;

    private long beganNanos;

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
        if (!within && in.forEachByte(RequestDecoder::isBlank) >= 0) {
            within = true;
            beganNanos = arrivals.nanos();
        }
        super.decode(ctx, in, out);
        if (out.isEmpty()) {
            return;
        }
        if (out.getLast() instanceof LastHttpContent) {
            within = false;
        }
        if (out.getFirst() instanceof HttpRequest request) {
            out.set(0, new Head(request, beganNanos));
        }
    }

    /** What is skipped in front of a request: a line break, say, that a client sends behind a body without counting it. */
    private static boolean isBlank(byte octet) {
        return octet == ' ' || Character.isISOControl(octet & 0xff);
    }
}
