package org.semblance.server.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ApplicationProtocolNegotiationHandler;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells by its first byte whether a connection to a port of TLS speaks TLS, and makes way for it. One that does not is
 * most likely plain HTTP, and hears in plain HTTP what is wrong.
 */
final class FirstRecord extends FirstLook {
    /** A record of TLS begins with its type (RFC 8446, section 5.1): a handshake, or an alert of a client that cannot begin one. */
    private static final byte ALERT = 21;

    private static final byte HANDSHAKE = 22;

    private static final Logger LOG = LoggerFactory.getLogger(FirstRecord.class);

    private final Shared shared;
    private final Tls tls;

    FirstRecord(Shared shared, Tls tls) {
        super(tls.handshakeTimeout().toMillis());
        this.shared = shared;
        this.tls = tls;
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        ChannelPipeline pipeline = ctx.pipeline();
        byte first = in.getByte(in.readerIndex());
        if (first == HANDSHAKE || first == ALERT) {
            SslHandler handler = tls.handler(ctx.alloc());
            Channel channel = ctx.channel();
            // A client that has ended its side of TLS takes no answer any more.
            handler.sslCloseFuture().addListener(ended -> {
                if (ended.isSuccess()) {
                    LingeringClose.cutOff(channel);
                }
            });
            pipeline.addLast(handler);
            pipeline.addLast(new Negotiated());
        } else {
            shared.refusals().count("plain text on a port of TLS");
            FirstBytes.speakHttp1(pipeline, shared, Http1Connection.Below.NOT_TLS);
        }
        pipeline.remove(this);
    }

    /** Goes on with the version of HTTP that was agreed on. */
    private final class Negotiated extends ApplicationProtocolNegotiationHandler {
        Negotiated() {
            super(ApplicationProtocolNames.HTTP_1_1);
        }

        @Override
        protected void configurePipeline(ChannelHandlerContext ctx, String protocol) {
            if (protocol.equals(ApplicationProtocolNames.HTTP_2)) {
                Http2Connection.addTo(ctx.pipeline(), shared);
            } else {
                FirstBytes.speakHttp1(ctx.pipeline(), shared, Http1Connection.Below.TLS);
            }
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
            if (event instanceof SslHandshakeCompletionEvent end && !end.isSuccess()) {
                tls.failed(end.cause());
            }
            super.userEventTriggered(ctx, event);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            if (!Faults.isClients(cause)) { // which the event has told
                LOG.error("connection ended by an error", cause);
            }
            ctx.close();
        }
    }
}
