package org.semblance.server.wire;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.Future;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.MatchOptions;
import org.semblance.server.auth.Caller;
import org.semblance.server.auth.Gate;
import org.semblance.server.body.Body;
import org.semblance.server.body.BodyReader;
import org.semblance.server.body.FetchedFile;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.fetch.FetchFailedException;
import org.semblance.server.fetch.Fetcher;
import org.semblance.server.http.ContentCoding;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.Errors;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Ndjson;
import org.semblance.server.http.Phase;
import org.semblance.server.http.Response;
import org.semblance.server.metrics.RequestTrace;
import org.semblance.server.metrics.RequestTrace.Stage;
import org.semblance.server.route.Request;
import org.semblance.server.route.Route;
import org.semblance.server.route.Router;
import org.semblance.server.work.Worker;
import org.semblance.server.work.WorkerPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request, from its head to the end of its answer, whichever version of HTTP brought it: it is admitted, its body
 * gathered, its work handed over, its answer sent and counted.
 *
 * <p>Everything here happens on the event loop of its {@link Wire}, but for what a {@link Job} calls from a worker.
 */
final class Call {
    private static final Logger LOG = LoggerFactory.getLogger(Call.class);
    private static final Logger ACCESS = LoggerFactory.getLogger("org.semblance.server.access");

    /** In the metrics, of a request that no route took. */
    private static final String NO_ROUTE = "none";

    private enum State {
        /** Looks at the head. */
        HEAD,
        /** Receives a body. */
        BODY,
        /** Waits for a file that the request gave the URL of. */
        FETCH,
        /** The request is with a worker or in its queue. */
        WORK,
        /** The answer is on its way. */
        ANSWER
    }

    private final HttpTransport transport;
    private final Wire wire;
    private final HttpRequest head;
    private final long beganNanos;
    private final Pace pace;
    private final RequestTrace trace = new RequestTrace();

    private State state = State.HEAD;
    private Dialect dialect = Dialect.NATIVE;
    private Router.@Nullable Found found;
    private Map<String, List<String>> query = Map.of();
    private Gate.@Nullable Pass pass;
    private @Nullable BodyReader reader;

    /** The same, or what it passes its chunks to, if the body is answered line by line. */
    private @Nullable LineStream lines;

    /** Whether the last chunk has come; and whether the reader was told, which may still have some of it to do. */
    private boolean bodyEnded;

    private boolean readerEnded;
    private long bodyNanos;
    private Fetcher.@Nullable Handle fetch;
    private @Nullable Job job;
    private int status;
    private long sentBytes;
    private long answerNanos;
    private boolean over;

    /** Set when the client is gone: work that has not begun is not worth beginning. */
    private volatile boolean abandoned;

    /** @param beganNanos the {@link System#nanoTime} at which the first byte of its head had come, from which it is timed */
    Call(HttpTransport transport, Wire wire, HttpRequest head, long beganNanos) {
        this.transport = transport;
        this.wire = wire;
        this.head = head;
        this.beganNanos = beganNanos;
        // Its client cannot help it if the head has waited here, and is hurried as of now.
        this.pace = new Pace(transport.config(), System.nanoTime());
        transport.begun();
    }

    HttpRequest head() {
        return head;
    }

    RequestTrace trace() {
        return trace;
    }

    Dialect dialect() {
        return dialect;
    }

    /** The {@link System#nanoTime} at which the body was complete. */
    long bodyNanos() {
        return bodyNanos;
    }

    /** Whether nobody waits for its answer. */
    boolean isAbandoned() {
        return abandoned;
    }

    private Route route() {
        return found().route();
    }

    private Router.Found found() {
        Router.Found it = found;
        if (it == null) {
            throw new IllegalStateException("no route yet");
        }
        return it;
    }

    /** Who makes the request. */
    Caller caller() {
        Gate.Pass it = pass;
        return it == null ? Caller.NOBODY : it.caller();
    }

    /** It no longer counts as one of its key's. */
    void leave() {
        Gate.Pass it = pass;
        if (it != null) {
            it.close();
        }
    }

    /**
     * Takes up the request: asks for its body, or answers it.
     *
     * @param ended whether its head was all of it
     */
    void begin(boolean ended) {
        bodyEnded = ended;
        orRefuse(this::admit);
    }

    private void orRefuse(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException e) {
            fail(e);
        }
    }

    /** Answers the request by what is wrong with it, or with us; or ends an answer that has begun by that. */
    void fail(Throwable why) {
        transport.refusals().count(why);
        LineStream begun = lines;
        if (begun != null && begun.hasBegun()) {
            begun.endWith(Errors.error(why, dialect));
        } else {
            abandonBody();
            answer(
                    why instanceof HttpError error && found == null
                            ? dialect.routingError(error)
                            : Errors.answer(why, dialect));
        }
    }

    private void abandonBody() {
        BodyReader unfinished = reader;
        if (unfinished != null) {
            reader = null;
            unfinished.abandon();
        }
    }

    /** Checks the head, finds the route and makes ready for the body. */
    private void admit() {
        String target = Heads.target(head.uri());
        int mark = target.indexOf('?');
        String path = Router.path(mark < 0 ? target : target.substring(0, mark));
        dialect = Dialect.of(path);
        wire.check(head);
        found = transport.router().find(head.method().name(), path);
        Route route = route();
        dialect = route.dialect();
        if (transport.lifecycle().phase() == Phase.STOPPING && !(route.action() instanceof Route.Immediate)) {
            throw HttpError.busy("the server is stopping");
        }
        HttpHeaders headers = head.headers();
        pass = transport.gate().admit(Heads.secrets(headers), route.role(), route.forOps());
        if (route.role() != null && caller().key() == null) {
            Heads.refuseStrangeHosts(headers, transport.hostNames());
            if (route.changes()) {
                Heads.refuseWebPages(headers);
            }
        }
        query = mark < 0 ? Map.of() : Heads.query(target.substring(mark + 1));
        Heads.checkParameters(route, query);
        BodyReader body = openBody(route);
        reader = body;
        String expectation = headers.get(HttpHeaderNames.EXPECT);
        if (expectation != null) {
            if (!expectation.equalsIgnoreCase("100-continue")) {
                throw HttpError.field(417, "Expect", expectation, "100-continue");
            }
            wire.invite();
        }
        state = State.BODY;
        ServerConfig config = transport.config();
        wire.alarm().set(lines != null ? config.idleTimeoutMs() : config.stallTimeoutMs());
        if (bodyEnded) {
            body.add(LastHttpContent.EMPTY_LAST_CONTENT);
        }
        proceed(body);
    }

    private BodyReader openBody(Route route) {
        if (route.action() instanceof Route.Stream action) {
            LineStream stream = new LineStream(
                    this, wire, transport, action.pieces(), action.mediaType(), false, deadlineMs(false));
            lines = stream;
            return stream;
        }
        if (route.action() instanceof Route.ByLine action
                && Body.mediaType(head.headers()).equals(Ndjson.MEDIA_TYPE)) {
            ContentCoding coding = ContentCoding.of(head.headers());
            boolean isShort = Bodies.isShort(head, route.takes(), transport.config());
            LineStream stream = new LineStream(
                    this, wire, transport, action.lines(), Ndjson.MEDIA_TYPE, isShort, deadlineMs(false));
            lines = stream;
            return Bodies.decoding(coding, stream, Long.MAX_VALUE, transport, wire);
        }
        return Bodies.open(transport, wire, head, route.takes(), this::goOn);
    }

    /** Takes a piece of the body. */
    void receive(HttpContent chunk) {
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
            return; // It was refused meanwhile.
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
                wire.alarm().set(transport.config().idleTimeoutMs());
            }
        } else if (!advanced) {
            wire.loop().execute(this::goOn);
        } else if (!bodyEnded) {
            wire.want();
        } else if (lines == null) { // else it has been handed on line by line
            reader = null;
            trace.took(Stage.RECEIVE, bodyNanos - beganNanos);
            dispatch(body.finish());
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

    /** What was sent is complete: fetches what it gave the URL of, or goes to work. */
    private void dispatch(Body body) {
        wire.alarm().clear();
        List<String> urls = route().parameters().contains("url") ? query.get("url") : null;
        if (urls == null || urls.getFirst().isEmpty()) {
            work(body);
        } else {
            fetch(body, urls.getFirst());
        }
    }

    private void fetch(Body sent, String url) {
        state = State.FETCH;
        try {
            if (dialect == Dialect.NATIVE && sent.upload().size() > 0) {
                throw HttpError.field(400, "url", url, "no file beside it");
            }
            AtomicReference<FetchedFile> file = new AtomicReference<>();
            fetch = transport
                    .fetcher()
                    .fetch(
                            url,
                            (thread, goOn) -> {
                                FetchedFile opened = new FetchedFile(
                                        transport.config(), transport.budget(), transport.uploads(), thread, goOn);
                                file.set(opened);
                                return opened;
                            },
                            failure -> {
                                FetchedFile ended = Objects.requireNonNull(file.get());
                                if (failure != null) {
                                    ended.upload().release(); // Here, where a block of it may still be on its way.
                                }
                                bringBack(failure == null ? sent.with(ended) : sent, failure);
                            });
        } catch (HttpError | FetchFailedException e) {
            sent.release();
            fail(e);
        }
    }

    /** From the fetcher, with the file or with what it was not fetched for. */
    private void bringBack(Body body, @Nullable RuntimeException failure) {
        try {
            wire.loop().execute(() -> {
                if (abandoned || failure != null) {
                    body.release();
                    leave();
                    if (failure != null && !abandoned) {
                        fail(failure);
                    }
                } else {
                    bodyNanos = System.nanoTime();
                    work(body);
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.debug("the server stopped before a file that was fetched could be worked on", e);
            body.release();
            leave();
        }
    }

    /** The request is complete: answers it here or hands it to a worker. */
    private void work(Body body) {
        state = State.WORK;
        switch (route().action()) {
            case Route.Immediate action -> {
                Response response;
                try {
                    response = coded(action.answer(request(body, 0, false, () -> false)));
                } catch (RuntimeException e) {
                    response = Errors.answer(e, dialect);
                } finally {
                    body.release();
                }
                answer(response);
            }
            case Route.Work action -> offerOrRefuse(body, action);
            case Route.ByLine action -> offerOrRefuse(body, action.whole());
            case Route.Stream action -> throw new IllegalStateException("its body is never whole");
        }
    }

    /**
     * What takes long has workers and a queue of its own, so that however much of it there is, nothing else waits for it. But
     * known bytes need no decoding: rather than have them wait, the others look whether they are, and pass on what is not.
     */
    private void offerOrRefuse(Body body, Route.Work action) {
        releaseIfRefused(body, () -> {
            boolean slow = isSlow(body);
            long deadlineNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(deadlineMs(slow));
            boolean othersLook = slow
                    && route().takes() == Route.Takes.MATCHED_UPLOAD
                    && !transport.videoWorkers().hasFreeThread();
            if (!othersLook || !enqueue(new Job(this, body, action, transport.workers(), deadlineNanos, true))) {
                offer(body, action, slow, deadlineNanos);
            }
        });
    }

    /** Has those do it who take their time. From a worker that has looked at it. */
    void passOn(Body body, Route.Work action, long deadlineNanos) {
        try {
            wire.loop().execute(() -> {
                if (abandoned) { // By a client that saw a worker have it, and left the rest to that.
                    body.release();
                    leave();
                } else {
                    releaseIfRefused(body, () -> offer(body, action, true, deadlineNanos));
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.debug("the server stopped before an upload could be passed on", e);
            body.release();
            leave();
        }
    }

    private void releaseIfRefused(Body body, Runnable offer) {
        Response refusal = null;
        try {
            offer.run();
        } catch (HttpError e) {
            transport.refusals().count(e);
            refusal = dialect.error(e);
        }
        if (refusal != null) {
            body.release();
            answer(refusal);
        }
    }

    private void offer(Body body, Route.Work action, boolean slow, long deadlineNanos) {
        WorkerPool<Worker> lane = slow ? transport.videoWorkers() : transport.workers();
        if (!enqueue(new Job(this, body, action, lane, deadlineNanos, false))) {
            throw HttpError.busy("every worker" + (slow ? " for videos" : "") + " is busy and the queue full");
        }
        if (slow) { // Those before it may take long, and its client need not wait for them in vain.
            long leftMs = TimeUnit.NANOSECONDS.toMillis(deadlineNanos - System.nanoTime());
            wire.alarm().set(Math.max(0, leftMs) + 2);
        }
    }

    private boolean enqueue(Job offered) {
        job = offered;
        boolean waits = offered.enqueue();
        if (!waits) {
            job = null;
        }
        return waits;
    }

    /** Videos, animated images, and contents that are banked in bulk. */
    private boolean isSlow(Body body) {
        Route.Takes takes = route().takes();
        return (takes.isUpload() || body.fetched() != null) && body.holder().isMoving()
                || takes == Route.Takes.LIST
                || takes == Route.Takes.BANKED_UPLOAD
                        && Body.mediaType(head.headers()).equals(Ndjson.MEDIA_TYPE);
    }

    private long deadlineMs(boolean slow) {
        if (route().parameters().contains("deadline_ms")) {
            List<String> asked = query.get("deadline_ms");
            if (asked != null) {
                return Request.parse("deadline_ms", asked.getFirst(), 1, 600_000);
            }
        }
        ServerConfig config = transport.config();
        if (!slow) {
            return config.deadlineMs();
        }
        return route().takes().isBanked() ? config.bankDeadlineMs() : config.videoDeadlineMs();
    }

    /** The banks that a match is asked of, before anything is checked; empty if that is none of its caller's. */
    Optional<MatchOptions> askedBanks() {
        Set<String> own = caller().banks();
        List<String> named = query.get("banks");
        if (named == null || named.getFirst().isEmpty()) {
            return Optional.of(new MatchOptions(own));
        }
        Set<String> asked = new HashSet<>(Arrays.asList(named.getFirst().split(",")));
        if (!own.isEmpty()) {
            asked.retainAll(own);
        }
        return asked.isEmpty() ? Optional.empty() : Optional.of(new MatchOptions(asked));
    }

    /**
     * The request as its handler sees it.
     *
     * @param mayDecode whether who handles it has a decoder for it
     * @param hurried tells when others need who handles it
     */
    Request request(Body body, long deadlineNanos, boolean mayDecode, BooleanSupplier hurried) {
        return new Request(
                found(),
                query,
                head.headers(),
                body,
                caller(),
                trace,
                beganNanos,
                bodyNanos,
                System.nanoTime(),
                deadlineNanos,
                mayDecode,
                this::isAbandoned,
                hurried);
    }

    /** The answer in the coding that the client takes. */
    Response coded(Response response) {
        return ContentCoding.encode(response, head.headers());
    }

    /** The answer if its time passed before a worker had any. */
    Response expired() {
        return dialect.error(transport.refusals().busy("the deadline passed while the request waited"));
    }

    /** Brings the answer to the event loop, and from there to the client; from any thread. */
    void handOver(Response response) {
        handOver(response, 0);
    }

    /** Likewise, after that time. */
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
        leave();
        if (!wire.isOpen()) {
            return;
        }
        state = State.ANSWER;
        wire.alarm().set(transport.config().idleTimeoutMs());
        status = response.status();
        sentBytes = response.body().length;
        logAccess();
        answerNanos = System.nanoTime();
        wire.answer(this, response, bodyEnded);
    }

    private void logAccess() {
        if (ACCESS.isDebugEnabled()) {
            // The pattern, not the path: a path or query may hold a hash.
            ACCESS.atDebug()
                    .addKeyValue("method", found == null ? NO_ROUTE : route().method())
                    .addKeyValue("route", found == null ? NO_ROUTE : route().pattern())
                    .addKeyValue("status", status)
                    .addKeyValue("verdict", trace.verdictLabel())
                    .addKeyValue("key", caller().key())
                    .addKeyValue("in_bytes", pace.received())
                    .addKeyValue("out_bytes", sentBytes)
                    .addKeyValue("total_us", (System.nanoTime() - beganNanos) / 1_000)
                    .log("request");
        }
    }

    /** Begins an answer of lines. */
    void startLines(Response start) {
        status = start.status();
        wire.start(this, start);
    }

    /** A piece of an answer of lines is sent. */
    Future<?> send(byte[] piece) {
        sentBytes += piece.length;
        return wire.send(Unpooled.wrappedBuffer(piece));
    }

    /** Ends an answer of lines. */
    void endLines() {
        leave();
        state = State.ANSWER;
        abandonBody();
        wire.alarm().set(transport.config().idleTimeoutMs());
        logAccess();
        answerNanos = System.nanoTime();
        wire.finish(this, readerEnded);
    }

    /** Whether the key that it came with is still good. */
    boolean mayGoOn() {
        Gate.Pass it = pass;
        return it == null || transport.gate().holds(it);
    }

    /** The server is about to stop: an answer without an end gets one. */
    void drain() {
        LineStream stream = lines;
        if (stream != null && state == State.BODY) {
            stream.drain();
        }
    }

    /** Once, however it ends. */
    private void end() {
        if (!over) {
            over = true;
            transport.ended();
        }
    }

    /** Its answer has been taken by the network, or could not be. */
    void sent() {
        end();
        long end = System.nanoTime();
        trace.took(Stage.RESPOND, end - answerNanos);
        transport
                .metrics()
                .answered(
                        found == null ? NO_ROUTE : route().method(),
                        found == null ? NO_ROUTE : route().pattern(),
                        status,
                        trace,
                        end - beganNanos);
    }

    /** What the wire's alarm was set for has not happened in time. */
    void onAlarm() {
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
                Job waiting = job;
                if (waiting != null && waiting.withdraw()) {
                    answer(expired());
                }
            }
            case FETCH -> {} // The fetcher has a clock of its own.
            case HEAD, ANSWER -> wire.cutOff();
        }
    }

    /** Sees to it that the body comes on: sets the alarm to the moment when the client's time will be over. */
    private void checkPace() {
        if (pace.isPaused()) {
            throw HttpError.busy("the server's disk takes no more of this upload");
        }
        long leftMs = pace.leftMs();
        if (leftMs <= 0) {
            throw new HttpError(408, "body: too slow, " + pace.received() + " bytes came");
        }
        wire.alarm().set(leftMs);
    }

    /** The client is gone. */
    void abandon() {
        end();
        abandonBody();
        abandoned = true;
        Fetcher.Handle fetching = fetch;
        if (fetching != null) {
            fetching.cancel();
        }
        if (state != State.WORK || (job != null && job.withdraw())) {
            leave(); // else the worker does
        }
    }
}
