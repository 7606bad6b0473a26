package org.semblance.server.call;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.Future;
import java.nio.ByteBuffer;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.semblance.server.body.Body;
import org.semblance.server.body.BodyReader;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.http.ContentCoding;
import org.semblance.server.http.Errors;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Ndjson;
import org.semblance.server.http.Response;
import org.semblance.server.metrics.RequestTrace.Stage;
import org.semblance.server.route.Request;
import org.semblance.server.route.Route;
import org.semblance.server.wire.RequestHandler;
import org.semblance.server.wire.Wire;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request, from its head to the end of its answer, whichever version of HTTP brought it:
 *
 * <ol>
 *   <li>The request is admitted by its head ({@link Admission}).
 *   <li>If the request asks for a version of the list that is yet to come here, the request waits for that version.
 *   <li>The body is gathered, at the pace that a client owes ({@link Pace}); or its lines are answered while they arrive
 *       ({@link LineStream}).
 *   <li>If the request gives a URL, the file is fetched ({@link UrlFetch}).
 *   <li>The request is answered on the event loop if that takes microseconds, and else by a worker ({@link Dispatch}).
 *   <li>The body is released and the key is no longer charged. Only then is the answer sent, because a client that has its
 *       answer may ask again at once.
 *   <li>The request is noted ({@link CallLog}).
 * </ol>
 *
 * <p>Confined to the event loop of its {@link Wire}, except for what a {@link Job} calls from a worker.
 */
public final class Call implements RequestHandler {
    private static final Logger LOG = LoggerFactory.getLogger(Call.class);

    /** What is no longer is taken for a question, whose client waits for the answer to ask the next one. */
    private static final int QUESTION_BYTES = 1_024;

    private enum State {
        /** Looks at the head. */
        HEAD,
        /** Waits for a version of the list. */
        VERSION,
        /** Receives a body. */
        BODY,
        /** Waits for a file that the request gave the URL of. */
        FETCH,
        /** The request is with a worker or in its queue. */
        WORK,
        /** The answer is on its way. */
        ANSWER
    }

    private final Calls calls;
    private final Wire wire;
    private final HttpRequest head;
    private final long beganNanos;
    private final Pace pace;
    private final Admission admission = new Admission();
    private final CallLog log;
    private final Dispatch dispatch;
    private State state = State.HEAD;
    private @Nullable BodyReader reader;

    /** The reader of a body that is answered line by line, or what that reader passes its chunks to; null for other bodies. */
    private @Nullable LineStream lines;

    /** Whether the last chunk has come; and whether the reader was told, which may still have some of it to do. */
    private boolean bodyEnded;

    private boolean readerEnded;
    private long bodyNanos;
    private @Nullable UrlFetch fetch;

    /** Withdraws the wait for a version of the list. */
    private Runnable withdrawWait = () -> {};

    /** Set when the client is gone: work that has not begun is not worth beginning. */
    private volatile boolean abandoned;

    /** @param beganNanos the {@link System#nanoTime} at which the first byte of its head had come, from which it is timed */
    public Call(Calls calls, Wire wire, HttpRequest head, long beganNanos) {
        this.calls = calls;
        this.wire = wire;
        this.head = head;
        this.beganNanos = beganNanos;
        // Its client cannot help it if the head has waited here, and is hurried as of now.
        this.pace = new Pace(calls.config(), System.nanoTime());
        this.log = new CallLog(admission, beganNanos);
        this.dispatch = new Dispatch(this, calls, admission);
    }

    Admission admission() {
        return admission;
    }

    CallLog log() {
        return log;
    }

    HttpHeaders headers() {
        return head.headers();
    }

    Wire wire() {
        return wire;
    }

    /** The {@link System#nanoTime} at which the body was complete. */
    long bodyNanos() {
        return bodyNanos;
    }

    /** For whom workers work on it, and who waits for whom: its key or, without one, its client's address. */
    String owner() {
        String key = admission.caller().key();
        return key == null ? wire.clientAddress() : key;
    }

    /** A worker has worked on it, after it had waited for one; from any thread. */
    void worked(long waitedNanos, long nanos) {
        calls.metrics().worked(admission.caller().key(), waitedNanos, nanos);
    }

    /** Whether nobody waits for its answer. */
    boolean isAbandoned() {
        return abandoned;
    }

    // The body

    @Override
    public void begin(boolean ended) {
        bodyEnded = ended;
        orRefuse(() -> {
            admission.admit(calls, wire, head);
            long version = admission.minListVersion(head.headers());
            if (version == 0 || version <= calls.versions().seen()) {
                beginBody();
            } else {
                awaitVersion(version);
            }
        });
    }

    /** Leaves the body where it is until lookups see that version, or the deadline passes. */
    private void awaitVersion(long version) {
        state = State.VERSION;
        pace.pause();
        wire.alarm().set(admission.deadlineMs(false, calls.config()));
        withdrawWait = calls.versions().whenSeen(version, () -> {
            try {
                wire.loop().execute(() -> {
                    if (state == State.VERSION && !abandoned) {
                        pace.goOn();
                        orRefuse(this::beginBody);
                    }
                });
            } catch (RejectedExecutionException e) {
                LOG.debug("the server stopped before a request had its version of the list", e);
            }
        });
    }

    private void beginBody() {
        BodyReader body = openBody();
        reader = body;
        invite();
        state = State.BODY;
        ServerConfig config = calls.config();
        wire.alarm().set(lines != null ? config.idleTimeoutMs() : config.stallTimeoutMs());
        if (bodyEnded) {
            body.add(LastHttpContent.EMPTY_LAST_CONTENT);
        }
        proceed(body);
    }

    private void orRefuse(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException e) {
            fail(e);
        }
    }

    /** Answers that the request has failed, or ends an answer that has begun by saying so. */
    void fail(Throwable why) {
        calls.refusals().count(why);
        LineStream begun = lines;
        if (begun != null && begun.hasBegun()) {
            begun.endWith(Errors.error(why, admission.dialect()));
        } else {
            abandonBody();
            answer(admission.answer(why));
        }
    }

    private void abandonBody() {
        BodyReader unfinished = reader;
        if (unfinished != null) {
            reader = null;
            unfinished.abandon();
        }
    }

    private BodyReader openBody() {
        Route route = admission.route();
        if (route.action() instanceof Route.Stream action) {
            return stream(action.pieces(), action.mediaType(admission.query(Route.Stream.FORMAT)), false);
        }
        if (route.action() instanceof Route.ByLine action
                && Body.mediaType(head.headers()).equals(Ndjson.MEDIA_TYPE)) {
            ContentCoding coding = ContentCoding.of(head.headers());
            LineStream stream =
                    stream(action.lines(), Ndjson.MEDIA_TYPE, Bodies.isShort(head, route.takes(), calls.config()));
            return Bodies.decoding(coding, stream, Long.MAX_VALUE, calls.budget(), wire);
        }
        return Bodies.open(calls, wire, head, route.takes(), this::goOn);
    }

    private LineStream stream(Route.Opening opening, String mediaType, boolean lengthKnown) {
        LineStream stream = new LineStream(
                this, calls, opening, mediaType, lengthKnown, admission.deadlineMs(false, calls.config()));
        lines = stream;
        return stream;
    }

    /** Invites the body of a client that waits for an invitation. A client of HTTP/1.0 does not (RFC 9110, section 10.1.1). */
    private void invite() {
        String expectation = head.headers().get(HttpHeaderNames.EXPECT);
        if (expectation != null && !head.protocolVersion().equals(HttpVersion.HTTP_1_0)) {
            if (!expectation.equalsIgnoreCase("100-continue")) {
                throw HttpError.field(417, "Expect", expectation, "100-continue");
            }
            wire.invite();
        }
    }

    @Override
    public void receive(HttpContent chunk) {
        BodyReader body = reader;
        if (state == State.BODY && body != null) {
            orRefuse(() -> {
                if (chunk.decoderResult().isFailure()) {
                    throw new HttpError(
                            400, "body: " + chunk.decoderResult().cause().getMessage());
                }
                pace.came(chunk.content().readableBytes());
                bodyEnded = chunk instanceof LastHttpContent;
                body.add(chunk);
                proceed(body);
            });
        }
    }

    /** Asks for more of the body or hands it on, unless it has to wait for the disk. */
    private void proceed(BodyReader body) {
        if (reader != body) {
            return; // The request was refused meanwhile.
        }
        boolean advanced = body.advance();
        if (advanced && bodyEnded && !readerEnded) {
            readerEnded = true;
            bodyNanos = pace.lastByteNanos();
            body.end();
        }
        if (!body.isReady()) {
            if (lines == null && !pace.isPaused()) {
                pace.pause();
                wire.alarm().set(calls.config().idleTimeoutMs());
            }
        } else if (!advanced) {
            wire.loop().execute(this::goOn);
        } else if (!bodyEnded) {
            wire.want();
        } else if (lines == null) { // else it has been handed on line by line
            reader = null;
            log.trace().took(Stage.RECEIVE, bodyNanos - beganNanos);
            complete(body.finish());
        }
    }

    /**
     * What the body had to wait for has come: the disk has taken a block of it or has failed to, lines were answered, or others
     * have had their turn.
     */
    void goOn() {
        BodyReader body = reader;
        if (body == null) {
            return;
        }
        orRefuse(() -> {
            body.check();
            if (!body.isReady()) {
                return;
            }
            if (pace.isPaused()) {
                pace.goOn();
                if (!bodyEnded) {
                    checkPace();
                }
            }
            proceed(body);
        });
    }

    /** Sets the alarm to the moment when the client's time will be over, or refuses a client that is too slow. */
    private void checkPace() {
        if (pace.isPaused()) {
            throw HttpError.busy("the server's disk takes no more of this upload");
        }
        long leftMs = pace.leftMs();
        if (leftMs <= 0) {
            throw new HttpError(408, "body: too slow, " + pace.received() + " bytes arrived");
        }
        wire.alarm().set(leftMs);
    }

    // The work

    /** The body is complete: fetches the file that it gives the URL of, or goes to work. */
    private void complete(Body body) {
        wire.alarm().clear();
        String url = admission.query("url");
        if (url == null || url.isEmpty()) {
            work(body);
        } else {
            state = State.FETCH;
            UrlFetch it = new UrlFetch(this, calls, admission);
            fetch = it;
            it.begin(body, url);
        }
    }

    /** The file that the request gave the URL of has been fetched. */
    void fetched(Body body) {
        bodyNanos = System.nanoTime();
        work(body);
    }

    private void work(Body body) {
        state = State.WORK;
        switch (admission.route().action()) {
            case Route.Immediate action -> answerHere(body, action::answer);
            case Route.Work action -> work(body, action);
            case Route.ByLine action -> work(body, action.whole());
            case Route.Stream action -> throw new IllegalStateException("its body is never whole");
        }
    }

    private void work(Body body, Route.Work action) {
        if (!answerHere(body, action::quickly)) {
            dispatch.offer(body, action);
            waitAwake();
        }
    }

    /** Has the loop wait for the answer to a question, and for the client's next one, without going to sleep at once. */
    private void waitAwake() {
        if (pace.received() <= QUESTION_BYTES) {
            wire.waitAwake();
        }
    }

    /** Answers on the event loop. Returns false, and does nothing, if there is no answer here. */
    private boolean answerHere(Body body, Function<Request, @Nullable Response> action) {
        Response response;
        try {
            long deadlineNanos =
                    System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(admission.deadlineMs(false, calls.config()));
            response = action.apply(request(body, deadlineNanos, false, () -> false));
            if (response == null) {
                return false;
            }
            response = coded(response);
        } catch (RuntimeException e) {
            response = Errors.answer(e, admission.dialect());
        }
        body.release();
        answer(response);
        return true;
    }

    /**
     * The request as its handler sees it.
     *
     * @param mayDecode whether who handles it has a decoder for it
     * @param hurried tells when others need who handles it
     */
    Request request(Body body, long deadlineNanos, boolean mayDecode, BooleanSupplier hurried) {
        return new Request(
                admission.found(),
                admission.query(),
                head.headers(),
                body,
                admission.caller(),
                admission.page(),
                wire.clientAddress(),
                log.trace(),
                beganNanos,
                bodyNanos,
                System.nanoTime(),
                deadlineNanos,
                mayDecode,
                this::isAbandoned,
                hurried);
    }

    // The answer

    /** The answer in the coding that the client takes. */
    Response coded(Response response) {
        return ContentCoding.encode(response, head.headers());
    }

    /** The answer to a request that has waited in vain for a worker; counts it. */
    Response refusal(String why) {
        return admission.dialect().error(calls.refusals().busy(why));
    }

    /**
     * Brings the answer to the event loop, and from there to the client; from any thread.
     *
     * @param heldNanos how long the answer has to wait; 0 or less for not at all
     */
    void handOver(Response response, long heldNanos) {
        try {
            if (heldNanos > 0) {
                wire.loop().schedule(() -> answer(response), heldNanos, TimeUnit.NANOSECONDS);
            } else {
                wire.loop().execute(() -> answer(response));
            }
        } catch (RejectedExecutionException e) {
            LOG.debug("the server stopped before an answer could be sent", e);
        }
    }

    private void answer(Response response) {
        admission.leave();
        if (wire.isOpen()) {
            log.status(response.status());
            log.sends(response.body().length);
            answered();
            wire.answer(head, admission.kept(response), bodyEnded);
            waitAwake();
        }
    }

    private void answered() {
        state = State.ANSWER;
        wire.alarm().set(calls.config().idleTimeoutMs());
        log.answered(pace.received());
    }

    /** Tells whether the client asked by {@code HEAD} for the head of the answer alone. */
    boolean asksForHeadAlone() {
        return head.method().equals(HttpMethod.HEAD);
    }

    /** Begins an answer that is sent in pieces. */
    void startLines(Response start) {
        log.status(start.status());
        wire.start(head, admission.kept(start));
    }

    /** Sends a piece of such an answer; done when the network has taken the piece. */
    Future<?> send(ByteBuffer piece) {
        log.sends(piece.remaining());
        return wire.send(Unpooled.wrappedBuffer(piece));
    }

    /** Ends such an answer. */
    void endLines() {
        admission.leave();
        abandonBody();
        answered();
        wire.finish(head, readerEnded);
    }

    /** Whether the key that it came with is still good. */
    boolean mayGoOn() {
        return admission.holds(calls);
    }

    @Override
    public void sent() {
        log.left(calls.metrics());
    }

    // What else may happen

    @Override
    public void drain() {
        LineStream stream = lines;
        if (stream != null && state == State.BODY) {
            stream.drain();
        }
    }

    @Override
    public void onAlarm() {
        switch (state) {
            case BODY -> {
                LineStream stream = lines;
                if (stream != null) {
                    stream.onAlarm();
                } else {
                    orRefuse(this::checkPace);
                }
            }
            case WORK -> {
                if (dispatch.withdraw()) {
                    answer(refusal("the deadline passed while the request waited"));
                }
            }
            case VERSION -> {
                withdrawWait.run();
                fail(HttpError.busy("list version " + calls.versions().seen() + " (expected: at least "
                        + admission.minListVersion(head.headers()) + ")"));
            }
            case FETCH -> {} // The fetcher has a clock of its own.
            case HEAD, ANSWER -> wire.cutOff();
        }
    }

    @Override
    public void abandon() {
        abandonBody();
        abandoned = true;
        withdrawWait.run();
        if (fetch != null) {
            fetch.cancel();
        }
        if (state != State.WORK || dispatch.withdraw()) {
            admission.leave(); // else the worker does
        }
    }
}
