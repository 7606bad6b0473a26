package org.semblance.server.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
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
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Phase;
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
final class Http2Stream extends RequestChannel {
    private static final Logger LOG = LoggerFactory.getLogger(Http2Stream.class);

    private final Http2Connection connection;

    /** When the bytes had come by which its head was complete. */
    private long beganNanos;

    Http2Stream(Shared shared, Http2Connection connection) {
        super(shared);
        this.connection = connection;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) throws Exception {
        super.handlerAdded(ctx);
        beganNanos = Arrivals.of(ctx.channel().parent()).nanos();
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        connection.opened(this);
        awaitHead();
    }

    @Override
    void handle(Object message) {
        RequestHandler now = handler();
        if (message instanceof Http2HeadersFrame frame && now == null) {
            begin(head(frame.headers()), beganNanos, frame.isEndStream());
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
            joinCookies(head.headers());
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

    /** HTTP/2 may bring each cookie in a field of its own (RFC 9113, section 8.2.3); HTTP/1.1 has one field for all of them. */
    private static void joinCookies(HttpHeaders headers) {
        List<String> crumbs = headers.getAll(HttpHeaderNames.COOKIE);
        if (crumbs.size() > 1) {
            headers.set(HttpHeaderNames.COOKIE, String.join("; ", crumbs));
        }
    }

    @Override
    public void check(HttpRequest head) {
        if (head.decoderResult().isFailure()) {
            throw new HttpError(
                    400, "no HTTP request: " + head.decoderResult().cause().getMessage());
        }
        if (head.uri().length() > shared().config().maxRequestLineBytes()) {
            throw new HttpError(414, "path: too long");
        }
    }

    @Override
    public void invite() {
        ctx().writeAndFlush(new DefaultHttp2HeadersFrame(
                new DefaultHttp2Headers().status(HttpResponseStatus.CONTINUE.codeAsText())));
    }

    @Override
    public void answer(HttpRequest head, Response response, boolean bodyEnded) {
        Http2Headers headers = headers(response);
        if (response.tellsLength()) {
            headers.setInt(HttpHeaderNames.CONTENT_LENGTH, response.body().length);
        }
        if (head.method().equals(HttpMethod.HEAD) || response.body().length == 0) {
            send(new DefaultHttp2HeadersFrame(headers, true), bodyEnded);
        } else {
            ctx().write(new DefaultHttp2HeadersFrame(headers));
            send(new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(response.body()), true), bodyEnded);
        }
    }

    private Http2Headers headers(Response response) {
        Http2Headers headers = new DefaultHttp2Headers()
                .status(HttpResponseStatus.valueOf(response.status()).codeAsText())
                .set(HttpHeaderNames.CONTENT_TYPE, response.contentType())
                .set(HttpHeaderNames.DATE, shared().date().get());
        response.headers().forEach((name, value) -> headers.set(name.toLowerCase(Locale.ROOT), value));
        return headers;
    }

    /** Sends the end of an answer, and what says that the rest of the body is not wanted. */
    private void send(Object frame, boolean bodyEnded) {
        ctx().writeAndFlush(frame).addListener((ChannelFutureListener) sent -> {
            if (answered(sent) && !bodyEnded) {
                ctx().writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.NO_ERROR));
                dropAll();
            }
            if (shared().lifecycle().hasReached(Phase.DRAINING)) {
                connection.end();
            }
        });
    }

    @Override
    public void start(HttpRequest head, Response response) {
        ctx().writeAndFlush(new DefaultHttp2HeadersFrame(headers(response)));
    }

    @Override
    public ChannelFuture send(ByteBuf piece) {
        return ctx().writeAndFlush(new DefaultHttp2DataFrame(piece));
    }

    @Override
    public void finish(HttpRequest head, boolean bodyEnded) {
        send(new DefaultHttp2DataFrame(true), bodyEnded);
    }

    /** Said aloud, since a channel that has written its end says nothing more, and what it wrote would wait for the client. */
    @Override
    public void cutOff() {
        ctx().writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.CANCEL));
        ctx().close();
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
        super.channelInactive(ctx);
        connection.closed(this);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Faults.log(LOG, "stream", cause);
        ctx.close();
    }
}
