package org.semblance.server.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Response;

/**
 * The side that brought a request and takes its answer: a connection of HTTP/1.1, or a stream of HTTP/2. For its event loop alone.
 */
public interface Wire {
    EventExecutor loop();

    ByteBufAllocator alloc();

    /** Rings {@link RequestHandler#onAlarm} while a request is under way. */
    Alarm alarm();

    /** The address that the client, or the last proxy before this server, has; empty if that is not known. */
    String clientAddress();

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

    /** Asks for the next piece of the request's body: {@link RequestHandler#receive} is called with it. */
    void want();

    /**
     * Sends the answer, and tells {@link RequestHandler#sent}.
     *
     * @param head of the request that is answered
     * @param bodyEnded whether all of the request has arrived
     */
    void answer(HttpRequest head, Response response, boolean bodyEnded);

    /**
     * Begins an answer whose length nobody knows yet.
     *
     * @param head of the request that is answered
     * @param start the status, media type and header fields of the answer
     */
    void start(HttpRequest head, Response start);

    /** Sends a piece of that answer, which is released; done when the network has taken it. */
    Future<?> send(ByteBuf piece);

    /** Ends that answer; otherwise as {@link #answer}. */
    void finish(HttpRequest head, boolean bodyEnded);

    /** Tells the loop that the next thing to do is expected within microseconds, sooner than the loop could sleep and wake. */
    void waitAwake();

    /** Ends it without a word. */
    void cutOff();
}
