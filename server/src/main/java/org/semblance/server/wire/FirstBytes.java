package org.semblance.server.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpResponseEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.semblance.server.config.ServerConfig;

/** Tells by its first bytes which version of HTTP a connection speaks, and makes way for it. */
final class FirstBytes extends FirstLook {
    /** RFC 9113, section 3.4: made so that whoever knows HTTP/1.1 alone goes no further. */
    private static final byte[] HTTP_2 = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private static final int MAX_CHUNK_BYTES = 65_536;

    private final Shared shared;

    FirstBytes(Shared shared) {
        super(shared.config().idleTimeoutMs());
        this.shared = shared;
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        int from = in.readerIndex();
        int bytes = Math.min(in.readableBytes(), HTTP_2.length);
        for (int i = 0; i < bytes; i++) {
            if (in.getByte(from + i) != HTTP_2[i]) {
                speakHttp1(ctx.pipeline(), shared, Http1Connection.Below.TCP);
                ctx.pipeline().remove(this);
                return;
            }
        }
        if (bytes == HTTP_2.length) {
            Http2Connection.addTo(ctx.pipeline(), shared);
            ctx.pipeline().remove(this);
        }
    }

    /** Has the channel of that pipeline speak HTTP/1.1 from now on. */
    static void speakHttp1(ChannelPipeline pipeline, Shared shared, Http1Connection.Below below) {
        ServerConfig config = shared.config();
        pipeline.addLast(new HttpResponseEncoder());
        HttpDecoderConfig limits = new HttpDecoderConfig()
                .setMaxInitialLineLength(config.maxRequestLineBytes())
                .setMaxHeaderSize(config.maxHeaderBytes())
                .setMaxChunkSize(MAX_CHUNK_BYTES)
                .setUseRfc9112TransferEncoding(true);
        pipeline.addLast(new RequestDecoder(limits, Arrivals.of(pipeline.channel())));
        pipeline.addLast(new Http1Connection(shared, below));
    }
}
