package org.semblance.server.wire;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.semblance.server.http.Phase;

/**
 * Ends a connection without destroying what was said last: shuts down the sending side, reads and drops what still comes until
 * the client closes or a few seconds are over, and closes then. Closing at once would make the kernel answer those bytes with a
 * reset, which can overtake the answer.
 *
 * <p>The first handler of a connection, so that it is the last to hear of its end.
 */
final class LingeringClose extends ChannelOutboundHandlerAdapter {
    private static final Duration PATIENCE = Duration.ofSeconds(3);
    private static final Duration PATIENCE_WHEN_STOPPING = Duration.ofMillis(250);

    private final Shared shared;

    /** Set while it is ending. */
    private @Nullable Alarm patience;

    LingeringClose(Shared shared) {
        this.shared = shared;
    }

    @Override
    public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
        if (!ctx.channel().isActive()) {
            ctx.close(promise);
            return;
        }
        ctx.channel().closeFuture().addListener(closed -> promise.trySuccess());
        if (patience != null) {
            return;
        }
        ctx.pipeline().addFirst(new Drop());
        Alarm end = new Alarm(ctx.executor(), ctx::close);
        end.set((shared.lifecycle().hasReached(Phase.STOPPED) ? PATIENCE_WHEN_STOPPING : PATIENCE).toMillis());
        ctx.channel().closeFuture().addListener(closed -> end.cancel());
        patience = end;
        ((DuplexChannel) ctx.channel()).shutdownOutput();
        ctx.read();
    }

    /** The server stops, and waits for nobody. */
    static void hurry(Channel channel) {
        LingeringClose closing = channel.pipeline().get(LingeringClose.class);
        if (closing != null && closing.patience != null) {
            closing.patience.set(PATIENCE_WHEN_STOPPING.toMillis());
        }
    }

    /** Ends a connection at once, whatever any of its handlers would wait for. */
    static void cutOff(Channel channel) {
        ChannelHandlerContext first = channel.pipeline().firstContext();
        if (first != null) {
            first.close();
        }
    }

    /** Takes what still comes. */
    private static final class Drop extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ReferenceCountUtil.release(message);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            ctx.read();
        }
    }
}
