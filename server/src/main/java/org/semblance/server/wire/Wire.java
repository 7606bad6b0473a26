package org.semblance.server.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Response;

/**
 * What brought a request and takes its answer: a connection of HTTP/1.1, or a stream of HTTP/2. For its event loop alone.
 */
interface Wire {
    EventExecutor loop();

    ByteBufAllocator alloc();

    /** Rings {@link Call#onAlarm} while a call is under way. */
    Alarm alarm();

    /** Whether the client is still there. */
    boolean isOpen();

    /**
     * Checks what only this version of HTTP can get wrong in a head.
     *
     * @throws HttpError if two parties could disagree on what was asked, or where it ends
     */
    void check(HttpRequest head);

    /** Invites the body of a client that waits for that. */
    void invite();

    /** Asks for the next piece of the request's body: {@link Call#receive} is called with it. */
    void want();

    /**
     * Sends the answer, and tells {@link Call#sent}.
     *
     * @param bodyEnded whether the request's end has come
     */
    void answer(Call call, Response response, boolean bodyEnded);

    /**
     * Begins an answer whose length nobody knows yet.
     *
     * @param head its status, media type and header fields
     */
    void start(Call call, Response head);

    /** Sends a piece of that answer, which is released; done when the network has taken it. */
    Future<?> send(ByteBuf piece);

    /** Ends that answer; otherwise as {@link #answer}. */
    void finish(Call call, boolean bodyEnded);

    /** Ends it without a word. */
    void cutOff();

    /** Whether what ended a connection is no fault of ours: it broke, or what came on it is no TLS. */
    static boolean isClients(Throwable cause) {
        return cause instanceof IOException
                || cause instanceof DecoderException && cause.getCause() instanceof IOException;
    }
}
