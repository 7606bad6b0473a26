package org.semblance.server.wire;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.util.concurrent.EventExecutor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a connection of HTTP/1.1 and a stream of HTTP/2 have in common: each has one request at a time, from its head until its
 * answer is sent. Everything happens on the channel's event loop.
 */
abstract class RequestChannel extends PullHandler implements Wire {
    private static final Logger LOG = LoggerFactory.getLogger(RequestChannel.class);

    private final Shared shared;
    private @Nullable Alarm alarm;
    private @Nullable RequestHandler handler;
    private boolean underWay;

    RequestChannel(Shared shared) {
        this.shared = shared;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) throws Exception {
        super.handlerAdded(ctx);
        alarm = new Alarm(ctx.executor(), this::onAlarm);
    }

    final Shared shared() {
        return shared;
    }

    /** Who answers the request that is here, or null between requests. */
    final @Nullable RequestHandler handler() {
        return handler;
    }

    /** Hands a request over. */
    final void begin(HttpRequest head, long beganNanos, boolean ended) {
        underWay = true;
        shared.lifecycle().begun();
        RequestHandler now = shared.handlers().take(this, head, beganNanos);
        handler = now;
        now.begin(ended);
    }

    /** Waits for a head. */
    final void awaitHead() {
        handler = null;
        alarm().set(shared.config().idleTimeoutMs());
        wantNext();
    }

    /** Forgets the request, and takes nothing more. */
    final void forget() {
        handler = null;
        dropInbox();
    }

    /**
     * The answer has left, or could not: then the wire is cut off.
     *
     * @return whether it has left
     */
    final boolean answered(ChannelFuture sent) {
        over();
        RequestHandler now = handler;
        if (now != null) {
            now.sent();
        }
        if (!sent.isSuccess()) {
            LOG.debug("an answer could not be sent", sent.cause());
            cutOff();
        }
        return sent.isSuccess();
    }

    /** Once for each request, however it ends. */
    private void over() {
        if (underWay) {
            underWay = false;
            shared.lifecycle().ended();
        }
    }

    /** The server is about to stop. */
    final void drain() {
        RequestHandler now = handler;
        if (now != null) {
            now.drain();
        }
    }

    private void onAlarm() {
        RequestHandler now = handler;
        if (now == null) {
            cutOff();
        } else {
            now.onAlarm();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        alarm().cancel();
        dropInbox();
        over();
        RequestHandler now = handler;
        if (now != null) {
            now.abandon();
        }
    }

    @Override
    public final EventExecutor loop() {
        return ctx().executor();
    }

    @Override
    public final ByteBufAllocator alloc() {
        return ctx().alloc();
    }

    @Override
    public final Alarm alarm() {
        Alarm it = alarm;
        if (it == null) {
            throw new IllegalStateException("in no pipeline yet");
        }
        return it;
    }

    @Override
    public final boolean isOpen() {
        return ctx().channel().isActive();
    }

    @Override
    public final void want() {
        wantNext();
    }
}
