package org.semblance.server.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.ContentLengthNotAllowedException;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Phase;
import org.semblance.server.http.Response;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection of HTTP/1.1: takes a request, has it answered, sends the answer, takes the next. Everything here happens on
 * the channel's event loop.
 *
 * <p>None of the next request is read until an answer has been taken by the client. So pipelined requests are answered in
 * order, and a connection holds at most one body.
 *
 * <p>A request that is refused before its body has come is answered at once and the connection is closed, because the
 * rest of the body would have to be read to find the next request.
 */
final class Http1Connection extends RequestChannel {
    private static final Logger LOG = LoggerFactory.getLogger(Http1Connection.class);

    /** What it is spoken over. */
    enum Below {
        /** The connection may go on to HTTP/2 if the client asks for that. */
        TCP,
        /** HTTP/2 would have been agreed on before. */
        TLS,
        /** Over TCP where TLS is spoken: every request is refused. */
        NOT_TLS
    }

    private final Below below;

    /** The head that asked for HTTP/2, until its request's end has come. */
    private RequestDecoder.@Nullable Head upgrading;

    /** The last answer has been sent. */
    private boolean ended;

    Http1Connection(Shared shared, Below below) {
        super(shared);
        this.below = below;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) throws Exception {
        super.handlerAdded(ctx);
        if (shared().lifecycle().hasReached(Phase.STOPPED)) {
            ctx.close();
        } else {
            awaitHead();
        }
    }

    /** The server stops: ends now if it is idle, or else after its answer. */
    void stop() {
        if (handler() == null && !ended) {
            ctx().close();
        }
    }

    @Override
    void handle(Object message) {
        RequestHandler now = handler();
        RequestDecoder.Head asksForHttp2 = upgrading;
        if (message instanceof RequestDecoder.Head head) {
            HttpRequest request = head.request();
            if (below == Below.TCP && Http2Upgrade.isAskedFor(request) && endsWithItsHead(request)) {
                upgrading = head;
                wantNext();
            } else {
                begin(head.request(), head.beganNanos(), false);
            }
        } else if (asksForHttp2 != null) {
            upgrading = null;
            if (hasMore() || !Http2Upgrade.upgrade(this, asksForHttp2.request())) {
                begin(asksForHttp2.request(), asksForHttp2.beganNanos(), true);
            }
        } else if (now == null) {
            wantNext(); // the empty end of a request that was refused at its head
        } else if (message instanceof HttpContent chunk) {
            now.receive(chunk);
        }
    }

    /** Everything by which two parties could disagree on where a request ends is refused. */
    @Override
    public void check(HttpRequest head) {
        if (below == Below.NOT_TLS) {
            throw new HttpError(400, "plain HTTP (expected: TLS, with a URL that begins with https://)");
        }
        if (head.decoderResult().isFailure()) {
            throw malformed(head.decoderResult().cause());
        }
        HttpHeaders headers = head.headers();
        HttpVersion version = head.protocolVersion();
        if (version.majorVersion() != 1 || version.minorVersion() > 1) {
            throw new HttpError(400, "version: " + version + " (expected: HTTP/1.1)");
        }
        boolean modern = version.minorVersion() == 1;
        List<String> hosts = headers.getAll(HttpHeaderNames.HOST);
        if (modern && hosts.size() != 1) {
            throw new HttpError(400, "Host: " + hosts.size() + " fields (expected: one)");
        }
        List<String> encodings = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING);
        if (!encodings.isEmpty()
                && !(modern
                        && encodings.size() == 1
                        && encodings.getFirst().strip().equalsIgnoreCase("chunked"))) {
            throw HttpError.field(400, "Transfer-Encoding", String.join(", ", encodings), "chunked, in HTTP/1.1");
        }
    }

    private static HttpError malformed(Throwable cause) {
        return switch (cause) {
            case TooLongHttpLineException unused -> new HttpError(414, "request line: too long");
            case TooLongHttpHeaderException unused -> new HttpError(431, "header fields: too long");
            case ContentLengthNotAllowedException unused ->
                new HttpError(400, "header fields: both Content-Length and Transfer-Encoding");
            default -> new HttpError(400, "no HTTP request: " + cause.getMessage());
        };
    }

    @Override
    public void invite() {
        ctx().writeAndFlush(new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE));
    }

    @Override
    public void answer(HttpRequest head, Response response, boolean bodyEnded) {
        boolean stays = (bodyEnded || endsWithItsHead(head))
                && HttpUtil.isKeepAlive(head)
                && !shared().lifecycle().hasReached(Phase.DRAINING)
                && below != Below.NOT_TLS;
        FullHttpResponse message = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1,
                HttpResponseStatus.valueOf(response.status()),
                head.method().equals(HttpMethod.HEAD) ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(response.body()),
                DefaultHttpHeadersFactory.headersFactory(),
                DefaultHttpHeadersFactory.trailersFactory());
        HttpHeaders headers = describe(response, message);
        if (response.tellsLength()) {
            headers.set(HttpHeaderNames.CONTENT_LENGTH, response.body().length);
        }
        // The answer is HTTP/1.1 whatever was asked, so both have to be said.
        if (!stays) {
            headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        } else if (head.protocolVersion().equals(HttpVersion.HTTP_1_0)) {
            headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
        }
        send(message, stays);
    }

    private HttpHeaders describe(Response response, HttpResponse message) {
        HttpHeaders headers = message.headers();
        headers.set(HttpHeaderNames.CONTENT_TYPE, response.contentType());
        headers.set(HttpHeaderNames.DATE, shared().date().get());
        response.headers().forEach(headers::set);
        return headers;
    }

    /** Sends the end of an answer, and then takes the next request or ends the connection. */
    private void send(Object message, boolean stays) {
        ctx().writeAndFlush(message).addListener((ChannelFutureListener) sent -> {
            if (answered(sent)) {
                if (stays && !shared().lifecycle().hasReached(Phase.STOPPED)) {
                    awaitHead();
                } else {
                    end();
                }
            }
        });
    }

    /**
     * Of HTTP/1.0 such an answer ends with the connection. One whose length is told is sent without chunks, and one to HEAD too:
     * the last chunk, though empty, would be bytes after the head.
     */
    @Override
    public void start(HttpRequest head, Response response) {
        boolean goesOn = head.protocolVersion().equals(HttpVersion.HTTP_1_1);
        HttpResponse message =
                new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(response.status()));
        HttpHeaders headers = describe(response, message);
        if (goesOn && !head.method().equals(HttpMethod.HEAD) && !headers.contains(HttpHeaderNames.CONTENT_LENGTH)) {
            headers.set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
        }
        if (!goesOn || !HttpUtil.isKeepAlive(head)) {
            headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        }
        ctx().writeAndFlush(message);
    }

    @Override
    public ChannelFuture send(ByteBuf piece) {
        return ctx().writeAndFlush(new DefaultHttpContent(piece));
    }

    @Override
    public void finish(HttpRequest head, boolean bodyEnded) {
        boolean stays = bodyEnded
                && HttpUtil.isKeepAlive(head)
                && head.protocolVersion().equals(HttpVersion.HTTP_1_1)
                && !shared().lifecycle().hasReached(Phase.DRAINING);
        send(LastHttpContent.EMPTY_LAST_CONTENT, stays);
    }

    /** Whether all that can still come of it is the empty chunk by which the decoder ends a request without a body. */
    private static boolean endsWithItsHead(HttpRequest head) {
        return !head.decoderResult().isFailure()
                && !HttpUtil.isTransferEncodingChunked(head)
                && HttpUtil.getContentLength(head, 0L) == 0;
    }

    /** Ends the connection, and takes nothing more from it. */
    private void end() {
        ended = true;
        forget();
        ctx().close();
    }

    @Override
    public void cutOff() {
        LingeringClose.cutOff(ctx().channel());
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        alarm().cancel();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Faults.log(LOG, "connection", cause);
        ctx.close();
    }
}
