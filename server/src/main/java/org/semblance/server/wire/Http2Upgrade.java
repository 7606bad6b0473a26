package org.semblance.server.wire;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.HttpConversionUtil;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.List;
import org.semblance.server.http.HttpError;

/**
 * From HTTP/1.1 to HTTP/2 on a connection without TLS (RFC 7540, section 3.2): the request that asked for it becomes the first
 * stream.
 *
 * <p>Only a request without a body does: of another one the body would have to be gathered here first, and the answer in
 * HTTP/1.1 is as good.
 */
final class Http2Upgrade {
    private static final String PROTOCOL = "h2c";
    private static final int SETTING_BYTES = 6;

    private Http2Upgrade() {}

    static boolean isAskedFor(HttpRequest head) {
        HttpHeaders headers = head.headers();
        return headers.contains(HttpHeaderNames.UPGRADE)
                && head.decoderResult().isSuccess()
                && head.protocolVersion().equals(HttpVersion.HTTP_1_1)
                && headers.containsValue(HttpHeaderNames.UPGRADE, PROTOCOL, true)
                && headers.containsValue(HttpHeaderNames.CONNECTION, HttpHeaderNames.UPGRADE, true)
                && headers.containsValue(HttpHeaderNames.CONNECTION, Http2CodecUtil.HTTP_UPGRADE_SETTINGS_HEADER, true);
    }

    /**
     * Goes on to HTTP/2 with that request, whose end has come. Returns false, and does nothing, if the client did not ask as it
     * should. Otherwise the pipeline is rebuilt, in this order:
     *
     * <ol>
     *   <li>The switch is announced, while the encoder of HTTP/1.1 is still there to write it.
     *   <li>The codec of HTTP/2 is added, and greets the client.
     *   <li>The request becomes the first stream.
     *   <li>HTTP/1.1 leaves, its decoder last: the decoder hands the bytes behind the request on to the codec.
     * </ol>
     */
    static boolean upgrade(Http1Connection connection, HttpRequest head) {
        Http2Settings settings;
        Http2Headers first;
        try {
            connection.check(head);
            settings = settings(head.headers().getAll(Http2CodecUtil.HTTP_UPGRADE_SETTINGS_HEADER));
            head.headers().set(HttpConversionUtil.ExtensionHeaderNames.SCHEME.text(), "http");
            first = HttpConversionUtil.toHttp2Headers(head, true);
        } catch (IllegalArgumentException | HttpError e) {
            return false;
        }
        ChannelHandlerContext ctx = connection.ctx();
        DefaultFullHttpResponse switching =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.SWITCHING_PROTOCOLS);
        switching.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderNames.UPGRADE);
        switching.headers().set(HttpHeaderNames.UPGRADE, PROTOCOL);
        ctx.write(switching);
        ChannelPipeline pipeline = ctx.pipeline();
        pipeline.remove(HttpResponseEncoder.class);
        Http2FrameCodec codec = Http2Connection.addTo(pipeline, connection.shared());
        try {
            codec.onHttpServerUpgrade(settings);
            codec.decoder()
                    .frameListener()
                    .onHeadersRead(pipeline.context(codec), Http2CodecUtil.HTTP_UPGRADE_STREAM_ID, first, 0, true);
        } catch (Http2Exception e) {
            pipeline.fireExceptionCaught(e); // To the codec, which tells the client and ends the connection.
        }
        pipeline.remove(connection);
        pipeline.remove(RequestDecoder.class);
        return true;
    }

    private static Http2Settings settings(List<String> fields) {
        if (fields.size() != 1) {
            throw new IllegalArgumentException(fields.size() + " fields of settings");
        }
        byte[] payload = Base64.getUrlDecoder().decode(fields.getFirst().strip());
        if (payload.length % SETTING_BYTES != 0) {
            throw new IllegalArgumentException("settings of " + payload.length + " bytes");
        }
        Http2Settings settings = new Http2Settings();
        for (ByteBuffer in = ByteBuffer.wrap(payload); in.hasRemaining(); ) {
            settings.put(in.getChar(), Long.valueOf(in.getInt() & 0xffff_ffffL));
        }
        return settings;
    }
}
