package org.semblance.server.wire;

import io.netty.handler.codec.DateFormatter;
import java.util.Date;
import java.util.concurrent.atomic.AtomicInteger;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.http.Lifecycle;
import org.semblance.server.http.Refusals;

/** What all connections of a transport share. */
final class Shared {
    private final ServerConfig config;
    private final RequestHandler.Factory handlers;
    private final Lifecycle lifecycle;
    private final Refusals refusals;
    private final AtomicInteger underWay = new AtomicInteger();
    private volatile boolean stopping;
    private volatile String date = "";

    Shared(ServerConfig config, RequestHandler.Factory handlers, Lifecycle lifecycle, Refusals refusals) {
        this.config = config;
        this.handlers = handlers;
        this.lifecycle = lifecycle;
        this.refusals = refusals;
        tick();
    }

    ServerConfig config() {
        return config;
    }

    RequestHandler.Factory handlers() {
        return handlers;
    }

    Refusals refusals() {
        return refusals;
    }

    /** Whether each answer is to be the last on its connection. */
    boolean isEnding() {
        return lifecycle.isEnding();
    }

    /** Whether the port is closed, and each connection is to end as soon as nothing is under way on it. */
    boolean stopping() {
        return stopping;
    }

    void stop() {
        stopping = true;
    }

    /** A request has begun. */
    void begun() {
        underWay.incrementAndGet();
    }

    /** It has its answer, or its client is gone. */
    void ended() {
        underWay.decrementAndGet();
    }

    /** Requests that have begun and not ended. */
    int underWay() {
        return underWay.get();
    }

    /** The Date field, right to a second. */
    String date() {
        return date;
    }

    /** A second has passed. */
    void tick() {
        date = DateFormatter.format(new Date());
    }
}
