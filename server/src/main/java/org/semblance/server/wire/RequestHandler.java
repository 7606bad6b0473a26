package org.semblance.server.wire;

import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;

/** Answers one request that a {@link Wire} brings. Everything is called on the wire's event loop. */
public interface RequestHandler {
    /** Makes the handler of each request. */
    @FunctionalInterface
    interface Factory {
        /**
         * Takes a request.
         *
         * @param head in the words of HTTP/1.1, whichever version brought it; {@link Wire#check} has to be asked whether it is valid
         * @param beganNanos the {@link System#nanoTime} at which the first byte of the head had come, from which it is timed
         */
        RequestHandler take(Wire wire, HttpRequest head, long beganNanos);
    }

    /**
     * Takes up the request: asks for its body, or answers it.
     *
     * @param ended whether its head was all of it
     */
    void begin(boolean ended);

    /** Takes a piece of the body, which {@link Wire#want} asked for; it is released when this returns. */
    void receive(HttpContent chunk);

    /** The answer has been taken by the network, or could not be. */
    void sent();

    /** What the wire's alarm was set for has not happened in time. */
    void onAlarm();

    /** The server is about to stop: an answer without an end gets one. */
    void drain();

    /** The client is gone. */
    void abandon();
}
