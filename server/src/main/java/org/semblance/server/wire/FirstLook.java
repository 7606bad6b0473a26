package org.semblance.server.wire;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Waits, but not for long, for what a connection begins with, tells by it what is spoken, and makes way for that. */
abstract class FirstLook extends ByteToMessageDecoder {
    private static final Logger LOG = LoggerFactory.getLogger(FirstLook.class);

    private final long patienceMs;
    private @Nullable Alarm alarm;

    FirstLook(long patienceMs) {
        this.patienceMs = patienceMs;
    }

    @Override
    public final void channelActive(ChannelHandlerContext ctx) {
        Alarm patience = new Alarm(ctx.executor(), () -> LingeringClose.cutOff(ctx.channel()));
        patience.set(patienceMs);
        alarm = patience;
        ctx.read();
    }

    @Override
    public final void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Faults.log(LOG, "connection", cause);
        ctx.close();
    }

    @Override
    protected final void handlerRemoved0(ChannelHandlerContext ctx) {
        if (alarm != null) {
            alarm.cancel();
        }
    }
}
