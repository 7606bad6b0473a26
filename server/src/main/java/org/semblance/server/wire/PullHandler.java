package org.semblance.server.wire;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Takes messages one by one, when it wants one. Nothing is read from the channel unless it is asked for, so whoever sends
 * faster than its requests are served is slowed down by TCP or by the windows of HTTP/2.
 */
abstract class PullHandler extends ChannelInboundHandlerAdapter {
    /** Messages of one read that have not been asked for yet. */
    private final ArrayDeque<Object> inbox = new ArrayDeque<>();

    private boolean wanted;
    private boolean draining;
    private boolean dropping;
    private @Nullable ChannelHandlerContext context;

    /** Takes the message that was wanted; it is released when this returns. */
    abstract void handle(Object message);

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) throws Exception {
        context = ctx;
    }

    final ChannelHandlerContext ctx() {
        ChannelHandlerContext it = context;
        if (it == null) {
            throw new IllegalStateException("in no pipeline yet");
        }
        return it;
    }

    /**
     * Asks for one message, from what has been decoded already or from the channel. A read can bring thousands of tiny
     * messages, each of which asks for the next: {@link #drain} is a loop so that they do not pile up on the stack.
     */
    final void wantNext() {
        wanted = true;
        if (!draining) {
            drain();
            if (wanted) {
                ctx().read();
            }
        }
    }

    private void drain() {
        draining = true;
        try {
            while (wanted) {
                Object message = inbox.poll();
                if (message == null) {
                    return;
                }
                wanted = false;
                try {
                    handle(message);
                } finally {
                    ReferenceCountUtil.release(message);
                }
            }
        } finally {
            draining = false;
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (dropping) {
            ReferenceCountUtil.release(message);
            return;
        }
        inbox.add(message);
        if (!draining) {
            drain();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (wanted || dropping) {
            ctx.read(); // what came was less than a message, or is not wanted
        }
    }

    /** Drops what has come, and all that comes from now on. */
    final void dropAll() {
        dropping = true;
        dropInbox();
        ctx().read();
    }

    final void dropInbox() {
        for (Object message = inbox.poll(); message != null; message = inbox.poll()) {
            ReferenceCountUtil.release(message);
        }
    }

    /** Whether a message waits that has not been asked for. */
    final boolean hasMore() {
        return !inbox.isEmpty();
    }
}
