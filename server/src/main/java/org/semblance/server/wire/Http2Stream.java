package org.semblance.server.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.util.concurrent.EventExecutor;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Response;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One stream of HTTP/2: one request and its answer, in a channel of its own on its connection's event loop.
 *
 * <p>What has been read of the body goes back into the stream's window, so that a client whose body waits has to wait as
 * well. An answer that goes out before the body has come ends with a reset of no error, which says that the rest is not
 * wanted (RFC 9113, section 8.1).
 */
final class Http2Stream extends PullHandler implements Wire {
    private static final Logger LOG = LoggerFactory.getLogger(Http2Stream.class);

    private final HttpTransport transport;
    private final Http2Connection connection;
    private @Nullable Alarm alarm;
    private @Nullable Call call;

    /** When the bytes had come by which its head was complete. */
    private long beganNanos;

    Http2Stream(HttpTransport transport, Http2Connection connection) {
        this.transport = transport;
        this.connection = connection;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) throws Exception {
        super.handlerAdded(ctx);
        alarm = new Alarm(ctx.executor(), this::onAlarm);
        beganNanos = Arrivals.of(ctx.channel().parent()).nanos();
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        connection.opened(this);
        alarm().set(transport.config().idleTimeoutMs());
        wantNext();
    }

    @Override
    void handle(Object message) {
        Call now = call;
        if (message instanceof Http2HeadersFrame frame && now == null) {
            Call begun = new Call(transport, this, head(frame.headers()), beganNanos);
            call = begun;
            begun.begin(frame.isEndStream());
        } else if (message instanceof Http2DataFrame data && now != null) {
            now.receive(
                    data.isEndStream()
                            ? new DefaultLastHttpContent(data.content())
                            : new DefaultHttpContent(data.content()));
        } else if (message instanceof Http2HeadersFrame trailers && now != null && trailers.isEndStream()) {
            now.receive(LastHttpContent.EMPTY_LAST_CONTENT);
        } else {
            wantNext();
        }
    }

    /** The head in the words of HTTP/1.1, marked if it is none. */
    private static HttpRequest head(Http2Headers fields) {
        try {
            CharSequence path = fields.path();
            CharSequence method = fields.method();
            if (path == null || method == null) {
                throw new IllegalArgumentException("no method or no path");
            }
            HttpRequest head = new DefaultHttpRequest(
                    HttpVersion.HTTP_1_1, HttpMethod.valueOf(method.toString()), path.toString());
            for (Map.Entry<CharSequence, CharSequence> field : fields) {
                if (!Http2Headers.PseudoHeaderName.hasPseudoHeaderFormat(field.getKey())) {
                    head.headers().add(field.getKey(), field.getValue());
                }
            }
            CharSequence authority = fields.authority();
            if (authority != null) {
                if (head.headers().getAll(HttpHeaderNames.HOST).stream()
                        .anyMatch(host -> !host.contentEquals(authority))) {
                    throw new IllegalArgumentException("Host is not the authority");
                }
                head.headers().set(HttpHeaderNames.HOST, authority);
            }
            return head;
        } catch (IllegalArgumentException e) {
            HttpRequest bad = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/");
            bad.setDecoderResult(DecoderResult.failure(e));
            return bad;
        }
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

    @Override
    public void check(HttpRequest head) {
        if (head.decoderResult().isFailure()) {
            throw new HttpError(
                    400, "no HTTP request: " + head.decoderResult().cause().getMessage());
        }
        if (head.uri().length() > transport.config().maxRequestLineBytes()) {
            throw new HttpError(414, "path: too long");
        }
    }

    @Override
    public void invite() {
        ctx().writeAndFlush(new DefaultHttp2HeadersFrame(
                new DefaultHttp2Headers().status(HttpResponseStatus.CONTINUE.codeAsText())));
    }

    @Override
    public void want() {
        wantNext();
    }

    @Override
    public void answer(Call now, Response response, boolean bodyEnded) {
        Http2Headers headers = headers(response).setInt(HttpHeaderNames.CONTENT_LENGTH, response.body().length);
        boolean headOnly = now.head().method().equals(HttpMethod.HEAD) || response.body().length == 0;
        ChannelFuture sent;
        if (headOnly) {
            sent = ctx().writeAndFlush(new DefaultHttp2HeadersFrame(headers, true));
        } else {
            ctx().write(new DefaultHttp2HeadersFrame(headers));
            sent = ctx().writeAndFlush(new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(response.body()), true));
        }
        sent.addListener((ChannelFutureListener) done -> whenSent(now, done, bodyEnded));
    }

    private Http2Headers headers(Response response) {
        Http2Headers headers = new DefaultHttp2Headers()
                .status(HttpResponseStatus.valueOf(response.status()).codeAsText())
                .set(HttpHeaderNames.CONTENT_TYPE, response.contentType())
                .set(HttpHeaderNames.DATE, transport.date());
        response.headers().forEach((name, value) -> headers.set(name.toLowerCase(Locale.ROOT), value));
        return headers;
    }

    private void whenSent(Call now, ChannelFuture sent, boolean bodyEnded) {
        now.sent();
        if (!sent.isSuccess()) {
            LOG.debug("an answer could not be sent", sent.cause());
            cutOff();
        } else if (!bodyEnded) {
            ctx().writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.NO_ERROR));
            dropAll();
        }
        if (transport.isEnding()) {
            connection.end();
        }
    }

    @Override
    public void start(Call now, Response response) {
        ctx().writeAndFlush(new DefaultHttp2HeadersFrame(headers(response)));
    }

    @Override
    public ChannelFuture send(ByteBuf piece) {
        return ctx().writeAndFlush(new DefaultHttp2DataFrame(piece));
    }

    @Override
    public void finish(Call now, boolean bodyEnded) {
        ctx().writeAndFlush(new DefaultHttp2DataFrame(true))
                .addListener((ChannelFutureListener) sent -> whenSent(now, sent, bodyEnded));
    }

    /** The server is about to stop. */
    void drain() {
        Call now = call;
        if (now != null) {
            now.drain();
        }
    }

    /** Said aloud, since a channel that has written its end says nothing more, and what it wrote would wait for the client. */
    @Override
    public void cutOff() {
        ctx().writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.CANCEL));
        ctx().close();
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
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof Http2ResetFrame) {
            // The client takes it back. What has been read of it and waits must not keep that from being noticed.
            dropAll();
            ctx.close();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        alarm().cancel();
        dropInbox();
        Call now = call;
        if (now != null) {
            now.abandon();
        }
        connection.closed(this);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        connection.logged("stream", cause);
        ctx.close();
    }
}
