package org.semblance.server.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
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
import io.netty.util.concurrent.EventExecutor;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.semblance.server.http.HttpError;
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
final class Http1Connection extends PullHandler implements Wire {
    private static final Logger LOG = LoggerFactory.getLogger(Http1Connection.class);

    /** What it is spoken over. */
    enum Below {
        /** It may go on to HTTP/2 if the client asks for that. */
        TCP,
        /** HTTP/2 would have been agreed on before. */
        TLS,
        /** Over TCP where TLS is spoken: every request is refused. */
        NOT_TLS
    }

    private final HttpTransport transport;
    private final Below below;
    private @Nullable Alarm alarm;

    /** From the head of a request until its answer is sent. */
    private @Nullable Call call;

    /** The head that asked for HTTP/2, until its request's end has come. */
    private RequestDecoder.@Nullable Head upgrading;

    /** The last answer has been sent. */
    private boolean ended;

    Http1Connection(HttpTransport transport, Below below) {
        this.transport = transport;
        this.below = below;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) throws Exception {
        super.handlerAdded(ctx);
        alarm = new Alarm(ctx.executor(), this::onAlarm);
        if (transport.stopping()) {
            ctx.close();
        } else {
            awaitHead();
        }
    }

    private void awaitHead() {
        call = null;
        alarm().set(transport.config().idleTimeoutMs());
        wantNext();
    }

    /** The server is about to stop: an answer without an end gets one. */
    void drain() {
        Call now = call;
        if (now != null) {
            now.drain();
        }
    }

    /** The server stops: ends now if it is idle, or else after its answer. */
    void stop() {
        if (call == null && !ended) {
            ctx().close();
        }
    }

    @Override
    void handle(Object message) {
        Call now = call;
        RequestDecoder.Head asksForHttp2 = upgrading;
        if (message instanceof RequestDecoder.Head head) {
            HttpRequest request = head.request();
            if (below == Below.TCP && Http2Upgrade.isAskedFor(request) && endsWithItsHead(request)) {
                upgrading = head;
                wantNext();
            } else {
                begin(head, false);
            }
        } else if (asksForHttp2 != null) {
            upgrading = null;
            if (hasMore() || !Http2Upgrade.upgrade(this, transport, asksForHttp2.request())) {
                begin(asksForHttp2, true);
            }
        } else if (now == null) {
            wantNext(); // the empty end of a request that was refused at its head
        } else if (message instanceof HttpContent chunk) {
            now.receive(chunk);
        }
    }

    private void begin(RequestDecoder.Head head, boolean ended) {
        Call now = new Call(transport, this, head.request(), head.beganNanos());
        call = now;
        now.begin(ended);
    }

    @Override
    public EventExecutor loop() {
        return ctx().executor();
    }

    @Override
    public ByteBufAllocator alloc() {
        return ctx().alloc();
    }

    @Override
    public Alarm alarm() {
        Alarm it = alarm;
        if (it == null) {
            throw new IllegalStateException("in no pipeline yet");
        }
        return it;
    }

    @Override
    public boolean isOpen() {
        return ctx().channel().isActive();
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
    public void want() {
        wantNext();
    }

    @Override
    public void answer(Call now, Response response, boolean bodyEnded) {
        HttpRequest head = now.head();
        boolean stays = (bodyEnded || endsWithItsHead(head))
                && HttpUtil.isKeepAlive(head)
                && !transport.isEnding()
                && below != Below.NOT_TLS;
        boolean headOnly = head.method().equals(HttpMethod.HEAD);
        FullHttpResponse message = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1,
                HttpResponseStatus.valueOf(response.status()),
                headOnly ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(response.body()),
                DefaultHttpHeadersFactory.headersFactory(),
                DefaultHttpHeadersFactory.trailersFactory());
        HttpHeaders headers = message.headers();
        headers.set(HttpHeaderNames.CONTENT_TYPE, response.contentType());
        headers.set(HttpHeaderNames.CONTENT_LENGTH, response.body().length);
        headers.set(HttpHeaderNames.DATE, transport.date());
        response.headers().forEach(headers::set);
        // The answer is HTTP/1.1 whatever was asked, so both have to be said.
        if (!stays) {
            headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        } else if (head.protocolVersion().equals(HttpVersion.HTTP_1_0)) {
            headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
        }
        ctx().writeAndFlush(message).addListener((ChannelFutureListener) sent -> whenSent(now, sent, stays));
    }

    private void whenSent(Call now, ChannelFuture sent, boolean stays) {
        now.sent();
        if (!sent.isSuccess()) {
            LOG.debug("an answer could not be sent", sent.cause());
            cutOff();
        } else if (stays && !transport.stopping()) {
            awaitHead();
        } else {
            end();
        }
    }

    /** Of HTTP/1.0 such an answer ends with the connection. */
    @Override
    public void start(Call now, Response response) {
        boolean chunked = now.head().protocolVersion().equals(HttpVersion.HTTP_1_1);
        HttpResponse message =
                new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(response.status()));
        HttpHeaders headers = message.headers();
        headers.set(HttpHeaderNames.CONTENT_TYPE, response.contentType());
        headers.set(HttpHeaderNames.DATE, transport.date());
        response.headers().forEach(headers::set);
        if (chunked) {
            headers.set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
        }
        if (!chunked || !HttpUtil.isKeepAlive(now.head())) {
            headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        }
        ctx().writeAndFlush(message);
    }

    @Override
    public ChannelFuture send(ByteBuf piece) {
        return ctx().writeAndFlush(new DefaultHttpContent(piece));
    }

    @Override
    public void finish(Call now, boolean bodyEnded) {
        HttpRequest head = now.head();
        boolean stays = bodyEnded
                && HttpUtil.isKeepAlive(head)
                && head.protocolVersion().equals(HttpVersion.HTTP_1_1)
                && !transport.isEnding();
        ctx().writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT)
                .addListener((ChannelFutureListener) sent -> whenSent(now, sent, stays));
    }

    /** Whether all that can still come of it is the empty chunk by which the decoder ends a request without a body. */
    private static boolean endsWithItsHead(HttpRequest head) {
        return !head.decoderResult().isFailure()
                && !HttpUtil.isTransferEncodingChunked(head)
                && HttpUtil.getContentLength(head, 0L) == 0;
    }

    /** Ends the connection, and takes nothing more from it. */
    private void end() {
        call = null;
        ended = true;
        dropInbox();
        ctx().close();
    }

    @Override
    public void cutOff() {
        LingeringClose.cutOff(ctx().channel());
    }

    private void onAlarm() {
        Call now = call;
        if (now == null) {
            cutOff();
        } else {
            now.onAlarm();
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        alarm().cancel();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        alarm().cancel();
        dropInbox();
        Call now = call;
        if (now != null) {
            now.abandon();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (Wire.isClients(cause)) {
            LOG.debug("connection ended by its client", cause);
        } else {
            LOG.error("connection ended by an error", cause);
        }
        ctx.close();
    }
}
