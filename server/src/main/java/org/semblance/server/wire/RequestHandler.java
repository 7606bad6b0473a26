package org.semblance.server.wire;

import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;

/** Answers one request of a {@link Wire}, which calls every method on its event loop. */
public interface RequestHandler {
    /** Makes a handler for each request. */
    @FunctionalInterface
    interface Factory {
        /**
         * Makes the handler of a request.
         *
         * @param head in the form of HTTP/1.1, whatever version the client speaks; the handler has {@link Wire#check} check it
         * @param beganNanos the {@link System#nanoTime} at which the first byte of the head arrived, from which the request is
         *     timed
         */
        RequestHandler take(Wire wire, HttpRequest head, long beganNanos);
    }

    /**
     * Begins with the request: asks for its body, or answers it.
     *
     * @param ended whether the request has no body
     */
    void begin(boolean ended);

    /** Takes the next piece of the body, after {@link Wire#want}. The caller releases the piece. */
    void receive(HttpContent chunk);

    /** The answer has been sent, or sending it has failed. */
    void sent();

    /** The alarm of the wire rings. */
    void onAlarm();

    /** The server is about to stop: an answer without a foreseeable end must end. */
    void drain();

    /** The client has gone. */
    void abandon();
}
