package org.semblance.server.wire;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.util.concurrent.EventExecutor;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The common part of an HTTP/1.1 connection and an HTTP/2 stream: one request at a time, from its head until its answer is
 * sent. Confined to the channel's event loop.
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

    /** The handler of the current request; null between requests. */
    final @Nullable RequestHandler handler() {
        return handler;
    }

    /** Hands a request to a new handler. */
    final void begin(HttpRequest head, long beganNanos, boolean ended) {
        underWay = true;
        shared.lifecycle().begun();
        RequestHandler now = shared.handlers().take(this, head, beganNanos);
        handler = now;
        now.begin(ended);
    }

    /** Waits for the head of the next request. */
    final void awaitHead() {
        handler = null;
        alarm().set(shared.config().idleTimeoutMs());
        wantNext();
    }

    /** Forgets the current request, and drops the messages that have been read. */
    final void forget() {
        handler = null;
        dropInbox();
    }

    /**
     * Tells the handler that its answer has been sent, and cuts the wire off if sending has failed.
     *
     * @return whether sending has succeeded
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

    /** Counts the request as ended, once, however it ends. */
    private void over() {
        if (underWay) {
            underWay = false;
            shared.lifecycle().ended();
        }
    }

    /** Tells the handler that the server is about to stop. */
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
    public final void waitAwake() {
        Vigil.expect();
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
    public final String clientAddress() {
        return ctx().channel().remoteAddress() instanceof InetSocketAddress address && address.getAddress() != null
                ? address.getAddress().getHostAddress()
                : "";
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
