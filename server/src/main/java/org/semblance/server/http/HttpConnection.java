package org.semblance.server.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.ContentLengthNotAllowedException;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.semblance.server.auth.AccessRefusedException;
import org.semblance.server.auth.Caller;
import org.semblance.server.auth.Gate;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.metrics.RequestTrace;
import org.semblance.server.metrics.RequestTrace.Stage;
import org.semblance.server.work.Worker;
import org.semblance.server.work.WorkerPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection: takes a request, has it answered, sends the answer, takes the next.
 *
 * <p>Everything here happens on the channel's event loop, but for {@link Job}, which a worker runs. Nothing is read
 * from the socket unless it is asked for: one message at a time, and none from the end of a request until its answer
 * has been taken by the client. So pipelined requests are answered in order, a client that sends faster than it is
 * served is slowed down by TCP, and a connection holds at most one body.
 *
 * <p>A request that is refused before its body has come is answered at once and the connection is closed, because the
 * rest of the body would have to be read to find the next request. Closing means: send, shut down the sending side,
 * read and drop what still comes until the client closes or a few seconds are over. Closing at once would make the
 * kernel answer those bytes with a reset, which can destroy the answer on its way.
 */
final class HttpConnection extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(HttpConnection.class);
    private static final Logger ACCESS = LoggerFactory.getLogger("org.semblance.server.access");

    /** Largest body of a route that takes none; it is read and dropped. */
    private static final int MAX_UNWANTED_BYTES = 65_536;

    private static final String BEARER = "Bearer ";

    /** In the metrics, of a request that no route took. */
    private static final String NO_ROUTE = "none";

    private static final Duration LINGER = Duration.ofSeconds(3);
    private static final Duration LINGER_WHEN_STOPPING = Duration.ofMillis(250);

    private enum State {
        /** Waits for the head of a request. */
        HEAD,
        /** Receives a body. */
        BODY,
        /** The request is with a worker or in its queue. */
        WORK,
        /** The answer is on its way. */
        ANSWER,
        /** The last answer has been sent; drops what still comes. */
        LINGER
    }

    private final HttpTransport transport;
    private State state = State.HEAD;

    /** Messages of one read that have not been asked for yet. */
    private final ArrayDeque<Object> inbox = new ArrayDeque<>();

    private boolean wanted;
    private boolean draining;
    private @Nullable Future<?> timer;

    // The request at hand.
    private @Nullable Exchange exchange;
    private @Nullable BodyReader reader;
    private long received;
    private long lastByteNanos;
    private boolean bodyEnded;

    /** Set while the body waits for our own disk, since when, and how long it has done so in all: not the client's time. */
    private boolean paused;

    private long pausedSinceNanos;
    private long pausedNanos;

    HttpConnection(HttpTransport transport) {
        this.transport = transport;
    }

    /** What is known of the request at hand, from its head until its answer is sent. */
    private static final class Exchange {
        final HttpRequest head;
        final long headNanos = System.nanoTime();
        final RequestTrace trace = new RequestTrace();
        Dialect dialect = Dialect.NATIVE;
        Router.@Nullable Found found;
        Map<String, List<String>> query = Map.of();
        Gate.@Nullable Pass pass;
        long bodyNanos;
        long deadlineNanos;

        @Nullable
        Job job;

        /** Set when the client is gone: work that has not begun is not worth beginning. */
        volatile boolean abandoned;

        Exchange(HttpRequest head) {
            this.head = head;
        }

        Route route() {
            return found().route();
        }

        Caller caller() {
            Gate.Pass it = pass;
            return it == null ? Caller.NOBODY : it.caller();
        }

        /** The request no longer counts as one of its key's. */
        void leave() {
            Gate.Pass it = pass;
            if (it != null) {
                it.close();
            }
        }

        Router.Found found() {
            Router.Found it = found;
            if (it == null) {
                throw new IllegalStateException("no route yet");
            }
            return it;
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        if (transport.stopping()) {
            ctx.close();
        } else {
            awaitHead(ctx);
        }
    }

    /**
     * Asks for one message, from what has been decoded already or from the socket. A read can bring thousands of tiny
     * messages, each of which asks for the next: {@link #drain} is a loop so that they do not pile up on the stack.
     */
    private void want(ChannelHandlerContext ctx) {
        wanted = true;
        if (!draining) {
            drain(ctx);
            if (wanted) {
                ctx.read();
            }
        }
    }

    private void drain(ChannelHandlerContext ctx) {
        draining = true;
        try {
            while (wanted) {
                Object message = inbox.poll();
                if (message == null) {
                    return;
                }
                wanted = false;
                try {
                    handle(ctx, message);
                } finally {
                    ReferenceCountUtil.release(message);
                }
            }
        } finally {
            draining = false;
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (state == State.LINGER) {
            ReferenceCountUtil.release(message);
            return;
        }
        inbox.add(message);
        if (!draining) {
            drain(ctx);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (wanted) {
            ctx.read(); // what came was less than a message
        }
    }

    private void dropInbox() {
        for (Object message = inbox.poll(); message != null; message = inbox.poll()) {
            ReferenceCountUtil.release(message);
        }
    }

    private void awaitHead(ChannelHandlerContext ctx) {
        state = State.HEAD;
        exchange = null;
        arm(ctx, transport.config().idleTimeoutMs());
        want(ctx);
    }

    /** The server stops: an idle connection ends now, another one after its answer. */
    void stop(Channel channel) {
        if (state == State.HEAD) {
            channel.close();
        }
    }

    private void handle(ChannelHandlerContext ctx, Object message) {
        Exchange before = exchange;
        Exchange now;
        if (message instanceof HttpRequest head) {
            now = new Exchange(head);
            exchange = now;
            received = 0;
            bodyEnded = false;
            paused = false;
            pausedNanos = 0;
        } else if (before == null) {
            want(ctx); // the empty end of a request that was refused at its head
            return;
        } else {
            now = before;
        }
        // In this order: a request that cannot be read is a head and a body in one.
        if (message instanceof HttpRequest) {
            orRefuse(ctx, now, () -> begin(ctx, now));
        } else if (message instanceof HttpContent chunk) {
            orRefuse(ctx, now, () -> receive(ctx, now, chunk));
        }
    }

    private void orRefuse(ChannelHandlerContext ctx, Exchange now, Runnable step) {
        try {
            step.run();
        } catch (HttpError refusal) {
            countIfBusy(refusal);
            refuse(ctx, now, now.found == null ? now.dialect.routingError(refusal) : now.dialect.error(refusal));
        } catch (AccessRefusedException refusal) {
            transport.refusals().count(refusal.reason().wireName(), logged(refusal));
            refuse(ctx, now, Errors.answer(refusal, now.dialect));
        } catch (RuntimeException e) {
            refuse(ctx, now, Errors.answer(e, now.dialect));
        }
    }

    /** Names the key where it is known, and nothing else that came. */
    private static String logged(AccessRefusedException refusal) {
        return switch (refusal.reason()) {
            case NO_KEY -> "no key";
            case BAD_KEY, FORBIDDEN, RATE, CONCURRENCY -> String.valueOf(refusal.getMessage());
        };
    }

    private void countIfBusy(HttpError refusal) {
        if (refusal.status == 503) {
            transport.refusals().count(String.valueOf(refusal.getMessage()));
        }
    }

    /** Checks the head, finds the route and makes ready for the body. */
    private void begin(ChannelHandlerContext ctx, Exchange now) {
        HttpRequest head = now.head;
        if (head.decoderResult().isFailure()) {
            throw malformed(head.decoderResult().cause());
        }
        String target = target(head.uri());
        int mark = target.indexOf('?');
        String path = mark < 0 ? target : target.substring(0, mark);
        now.dialect = Dialect.of(path);
        checkFraming(head);
        Router.Found found = transport.router().find(head.method().name(), path);
        Route route = found.route();
        now.dialect = route.dialect();
        now.found = found;
        now.pass = transport.gate().admit(secrets(head.headers()), route.role());
        if (route.changes() && now.caller().key() == null) {
            refuseWebPages(head.headers());
        }
        now.query = mark < 0 ? Map.of() : query(target.substring(mark + 1));
        checkParameters(route, now.query);

        boolean form = route.takes().isUpload() && BodyReader.isForm(head);
        Upload upload = upload(ctx, route.takes(), HttpUtil.getContentLength(head, 0L), form);
        String expectation = head.headers().get(HttpHeaderNames.EXPECT);
        if (expectation != null) {
            if (!expectation.equalsIgnoreCase("100-continue")) {
                throw HttpError.field(417, "Expect", expectation, "100-continue");
            }
            ctx.writeAndFlush(new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE));
        }
        reader = form
                ? new MultipartReader(head, upload, transport.config().maxBodyBytes())
                : new BodyReader.Raw(upload);
        state = State.BODY;
        lastByteNanos = now.headNanos;
        arm(ctx, transport.config().stallTimeoutMs());
        want(ctx);
    }

    /**
     * Makes ready for a body of that length.
     *
     * @param declared its length, 0 if that is not told
     */
    private Upload upload(ChannelHandlerContext ctx, Route.Takes takes, long declared, boolean form) {
        ServerConfig config = transport.config();
        long limit = switch (takes) {
            case NOTHING -> MAX_UNWANTED_BYTES;
            case JSON -> Json.MAX_BYTES;
            case HASHES -> LookupRoutes.MAX_BYTES;
            case UPLOAD, BANKED_UPLOAD -> config.maxVideoBytes();
        };
        if (declared > (form ? limit + BodyReader.MAX_FORM_BYTES : limit)) {
            throw HttpError.field(413, "Content-Length", Long.toString(declared), "at most " + limit);
        }
        boolean spills = takes.isUpload() && declared > config.spillBytes();
        if (!(spills ? transport.uploads().budget() : transport.budget()).hasRoomFor(declared)) {
            throw HttpError.busy("too many bytes of uploads are " + (spills ? "on the disk" : "in work"));
        }
        if (!takes.isUpload()) {
            return Upload.inMemory(ctx.alloc(), transport.budget(), limit);
        }
        return Upload.spilling(
                ctx.alloc(),
                transport.budget(),
                form ? declared - BodyReader.MAX_FORM_BYTES : declared,
                config.maxBodyBytes(),
                limit,
                new Upload.Spilling(transport.uploads(), config.spillBytes(), ctx.executor(), () -> goOn(ctx)));
    }

    /**
     * A server that asks for no key trusts whoever reaches it, and a browser on its machine does. What it sends for a web page
     * says so in one of these fields, and this server has no pages of its own. A key no page can know.
     */
    private static void refuseWebPages(HttpHeaders headers) {
        String origin = headers.get(HttpHeaderNames.ORIGIN);
        if (origin != null) {
            throw HttpError.field(403, "Origin", origin, "none in a change without a key");
        }
        String site = headers.get("Sec-Fetch-Site");
        if (site != null && !site.equalsIgnoreCase("none")) {
            throw HttpError.field(403, "Sec-Fetch-Site", site, "none in a change without a key");
        }
    }

    /** What came as {@code Authorization: Bearer} or {@code X-API-Key}. */
    private static List<String> secrets(HttpHeaders headers) {
        List<String> secrets = new ArrayList<>(headers.getAll("X-API-Key"));
        for (String field : headers.getAll(HttpHeaderNames.AUTHORIZATION)) {
            if (field.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
                secrets.add(field.substring(BEARER.length()).strip());
            }
        }
        return secrets;
    }

    private static HttpError malformed(Throwable cause) {
        return switch (cause) {
            case TooLongHttpLineException unused -> new HttpError(414, "request line: too long");
            case TooLongHttpHeaderException unused -> new HttpError(431, "header fields: too long");
            case ContentLengthNotAllowedException unused ->
                new HttpError(400, "header fields: both Content-Length and Transfer-Encoding");
            default -> new HttpError(400, "no HTTP request: " + cause.getMessage());
        };
    }

    /** Everything by which two parties could disagree on where a request ends is refused. */
    private static void checkFraming(HttpRequest head) {
        HttpHeaders headers = head.headers();
        HttpVersion version = head.protocolVersion();
        if (version.majorVersion() != 1 || version.minorVersion() > 1) {
            throw new HttpError(505, "version: " + version + " (expected: HTTP/1.1)");
        }
        boolean modern = version.minorVersion() == 1;
        List<String> hosts = headers.getAll(HttpHeaderNames.HOST);
        if (modern && hosts.size() != 1) {
            throw new HttpError(400, "Host: " + hosts.size() + " fields (expected: one)");
        }
        List<String> encodings = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING);
        if (!encodings.isEmpty()
                && !(modern
                        && encodings.size() == 1
                        && encodings.getFirst().strip().equalsIgnoreCase("chunked"))) {
            throw HttpError.field(501, "Transfer-Encoding", String.join(", ", encodings), "chunked, in HTTP/1.1");
        }
        String coding = headers.get(HttpHeaderNames.CONTENT_ENCODING);
        if (coding != null && !coding.strip().equalsIgnoreCase("identity")) {
            throw HttpError.field(415, "Content-Encoding", coding, "identity");
        }
    }

    /** The path and query of a target in origin form or absolute form. */
    private static String target(String uri) {
        if (uri.startsWith("/")) {
            return uri;
        }
        for (String scheme : List.of("http://", "https://")) {
            if (uri.regionMatches(true, 0, scheme, 0, scheme.length())) {
                int path = uri.indexOf('/', scheme.length());
                return path < 0 ? "/" : uri.substring(path);
            }
        }
        if (uri.equals("*")) {
            return "/";
        }
        throw HttpError.field(400, "target", uri, "a path");
    }

    private static Map<String, List<String>> query(String raw) {
        try {
            return new QueryStringDecoder(raw, false).parameters();
        } catch (IllegalArgumentException e) {
            throw HttpError.field(400, "query", raw, "percent-encoded UTF-8");
        }
    }

    /** A misspelt {@code banks} must not silently mean all of them. */
    private static void checkParameters(Route route, Map<String, List<String>> query) {
        Set<String> known = route.parameters();
        if (known == null) {
            return;
        }
        query.forEach((name, values) -> {
            if (!known.contains(name)) {
                throw HttpError.field(
                        400,
                        "query",
                        name,
                        known.isEmpty()
                                ? "no parameters"
                                : String.join(", ", known.stream().sorted().toList()));
            }
            if (values.size() > 1) {
                throw HttpError.field(400, name, values.size() + " values", "one");
            }
        });
    }

    private void receive(ChannelHandlerContext ctx, Exchange now, HttpContent chunk) {
        BodyReader body = reader;
        if (state != State.BODY || body == null) {
            return;
        }
        if (chunk.decoderResult().isFailure()) {
            throw malformed(chunk.decoderResult().cause());
        }
        received += chunk.content().readableBytes();
        lastByteNanos = System.nanoTime();
        body.add(chunk);
        if (chunk instanceof LastHttpContent) {
            bodyEnded = true;
            now.bodyNanos = lastByteNanos;
            body.upload().end();
        }
        proceed(ctx, now, body);
    }

    /** Asks for more of the body or hands it on, unless it has to wait for the disk. */
    private void proceed(ChannelHandlerContext ctx, Exchange now, BodyReader body) {
        if (!body.upload().isReady()) {
            if (!paused) {
                paused = true;
                pausedSinceNanos = System.nanoTime();
                arm(ctx, transport.config().idleTimeoutMs());
            }
        } else if (bodyEnded) {
            reader = null;
            now.trace.took(Stage.RECEIVE, now.bodyNanos - now.headNanos);
            dispatch(ctx, now, body.finish());
        } else {
            want(ctx);
        }
    }

    /** The disk has taken a block of the body, or has failed to. */
    private void goOn(ChannelHandlerContext ctx) {
        Exchange now = exchange;
        BodyReader body = reader;
        if (now == null || body == null) {
            return;
        }
        orRefuse(ctx, now, () -> {
            body.upload().check();
            if (paused && body.upload().isReady()) {
                paused = false;
                long waited = System.nanoTime() - pausedSinceNanos;
                pausedNanos += waited;
                lastByteNanos += waited;
                if (!bodyEnded) {
                    checkPace(ctx, now);
                }
                proceed(ctx, now, body);
            }
        });
    }

    /** The request is complete: answers it here or hands it to a worker. */
    private void dispatch(ChannelHandlerContext ctx, Exchange now, Body body) {
        state = State.WORK;
        disarm();
        switch (now.route().action()) {
            case Route.Immediate action -> {
                Response response;
                try {
                    response = action.answer(request(now, body));
                } catch (RuntimeException e) {
                    response = Errors.answer(e, now.dialect);
                } finally {
                    body.upload().release();
                }
                answer(ctx, now, response, true);
            }
            case Route.Work action -> {
                Response refusal = null;
                try {
                    offer(ctx, now, body, action);
                } catch (HttpError e) {
                    countIfBusy(e);
                    refusal = now.dialect.error(e);
                }
                if (refusal != null) {
                    body.upload().release();
                    answer(ctx, now, refusal, true);
                }
            }
        }
    }

    /** What takes long has workers and a queue of its own, so that however much of it there is, nothing else waits for it. */
    private void offer(ChannelHandlerContext ctx, Exchange now, Body body, Route.Work action) {
        boolean slow = isSlow(now, body);
        long ms = deadlineMs(now, slow);
        now.deadlineNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ms);
        WorkerPool<Worker> lane = slow ? transport.videoWorkers() : transport.workers();
        Job job = new Job(ctx, now, body, action, lane);
        now.job = job;
        if (!lane.offer(job)) {
            now.job = null;
            throw HttpError.busy("every worker" + (slow ? " for videos" : "") + " is busy and the queue full");
        }
        if (slow) {
            arm(ctx, ms + 1); // Those before it may take long, and its client need not wait for them in vain.
        }
    }

    /** Videos, and contents that are banked in bulk. */
    private static boolean isSlow(Exchange now, Body body) {
        Route.Takes takes = now.route().takes();
        return takes.isUpload() && body.upload().format().isVideo()
                || takes == Route.Takes.BANKED_UPLOAD
                        && Body.mediaType(now.head.headers()).equals(Ndjson.MEDIA_TYPE);
    }

    private long deadlineMs(Exchange now, boolean slow) {
        Set<String> known = now.route().parameters();
        if (known != null && known.contains("deadline_ms")) {
            List<String> asked = now.query.get("deadline_ms");
            if (asked != null) {
                return Request.parse("deadline_ms", asked.getFirst(), 1, 600_000);
            }
        }
        ServerConfig config = transport.config();
        if (!slow) {
            return config.deadlineMs();
        }
        return now.route().takes() == Route.Takes.BANKED_UPLOAD ? config.bankDeadlineMs() : config.videoDeadlineMs();
    }

    private static Request request(Exchange now, Body body) {
        return new Request(
                now.found().names(),
                now.query,
                now.head.headers(),
                body,
                now.caller(),
                now.trace,
                now.headNanos,
                now.bodyNanos,
                System.nanoTime(),
                now.deadlineNanos,
                () -> now.abandoned);
    }

    /** A request on its way through the workers. Owns the body's upload, and frees it before the answer leaves. */
    private final class Job implements WorkerPool.Task<Worker> {
        private final ChannelHandlerContext ctx;
        private final Exchange now;
        private final Body body;
        private final Route.Work action;
        private final WorkerPool<Worker> lane;

        Job(ChannelHandlerContext ctx, Exchange now, Body body, Route.Work action, WorkerPool<Worker> lane) {
            this.ctx = ctx;
            this.now = now;
            this.body = body;
            this.action = action;
            this.lane = lane;
        }

        /** Takes it back from its queue and frees its upload. Returns false, and does nothing, if work has begun. */
        boolean withdraw() {
            boolean waited = lane.withdraw(this);
            if (waited) {
                body.upload().release();
            }
            return waited;
        }

        @Override
        public long deadlineNanos() {
            return now.deadlineNanos;
        }

        @Override
        public void run(Worker worker) {
            Response response;
            try {
                if (now.abandoned) {
                    return;
                }
                now.trace.took(Stage.QUEUE, System.nanoTime() - now.bodyNanos);
                response = action.answer(request(now, body), worker);
            } catch (Throwable e) {
                response = Errors.answer(e, now.dialect);
            } finally {
                body.upload().release();
                now.leave();
            }
            hand(response);
        }

        @Override
        public void expire() {
            body.upload().release();
            now.leave();
            hand(expired());
        }

        Response expired() {
            return now.dialect.error(transport.refusals().busy("the deadline passed while the request waited"));
        }

        private void hand(Response response) {
            try {
                ctx.executor().execute(() -> answer(ctx, now, response, true));
            } catch (RejectedExecutionException e) {
                LOG.debug("the server stopped before an answer could be sent", e);
            }
        }
    }

    /**
     * Answers a request before its end has come. The connection ends with it, unless all that is still to come is the
     * empty chunk by which the decoder ends a request without a body.
     */
    private void refuse(ChannelHandlerContext ctx, Exchange now, Response response) {
        abandonBody();
        boolean bodyless = state == State.HEAD
                && !now.head.decoderResult().isFailure()
                && !HttpUtil.isTransferEncodingChunked(now.head)
                && HttpUtil.getContentLength(now.head, 0L) == 0;
        answer(ctx, now, response, bodyless);
    }

    private void abandonBody() {
        BodyReader unfinished = reader;
        if (unfinished != null) {
            reader = null;
            unfinished.abandon();
        }
    }

    private void answer(ChannelHandlerContext ctx, Exchange now, Response response, boolean mayStay) {
        now.leave();
        if (!ctx.channel().isActive()) {
            return;
        }
        state = State.ANSWER;
        arm(ctx, transport.config().idleTimeoutMs());
        HttpRequest head = now.head;
        boolean stays = mayStay && HttpUtil.isKeepAlive(head) && !transport.stopping();
        boolean headOnly = head.method().equals(HttpMethod.HEAD);
        FullHttpResponse message = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1,
                HttpResponseStatus.valueOf(response.status()),
                headOnly ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(response.body()),
                DefaultHttpHeadersFactory.headersFactory(),
                DefaultHttpHeadersFactory.trailersFactory());
        HttpHeaders headers = message.headers();
        headers.set(HttpHeaderNames.CONTENT_TYPE, response.contentType());
        headers.set(HttpHeaderNames.CONTENT_LENGTH, response.body().length);
        headers.set(HttpHeaderNames.DATE, transport.date());
        response.headers().forEach(headers::set);
        // The answer is HTTP/1.1 whatever was asked, so both have to be said.
        if (!stays) {
            headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        } else if (head.protocolVersion().equals(HttpVersion.HTTP_1_0)) {
            headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
        }
        if (ACCESS.isDebugEnabled()) {
            // The pattern, not the path: a path or query may hold a hash.
            ACCESS.debug(
                    "{} {} {} key={} in={} out={} us={}",
                    head.method(),
                    now.found == null ? "-" : now.found.route().pattern(),
                    response.status(),
                    now.caller().key(),
                    received,
                    response.body().length,
                    (System.nanoTime() - now.headNanos) / 1_000);
        }
        long answerNanos = System.nanoTime();
        ctx.writeAndFlush(message).addListener((ChannelFutureListener) sent -> {
            count(now, response.status(), answerNanos);
            if (!sent.isSuccess()) {
                LOG.debug("an answer could not be sent", sent.cause());
                ctx.close();
            } else if (stays && !transport.stopping()) {
                awaitHead(ctx);
            } else {
                linger(ctx);
            }
        });
    }

    private void count(Exchange now, int status, long answerNanos) {
        long end = System.nanoTime();
        now.trace.took(Stage.RESPOND, end - answerNanos);
        Router.Found found = now.found;
        transport
                .metrics()
                .answered(
                        found == null ? NO_ROUTE : found.route().method(),
                        found == null ? NO_ROUTE : found.route().pattern(),
                        status,
                        now.trace,
                        end - now.headNanos);
    }

    private void linger(ChannelHandlerContext ctx) {
        state = State.LINGER;
        exchange = null;
        dropInbox();
        arm(ctx, (transport.stopping() ? LINGER_WHEN_STOPPING : LINGER).toMillis());
        ((DuplexChannel) ctx.channel()).shutdownOutput();
        ctx.channel().config().setAutoRead(true);
    }

    private void arm(ChannelHandlerContext ctx, long delayMs) {
        disarm();
        timer = ctx.executor().schedule(() -> onTimer(ctx), delayMs, TimeUnit.MILLISECONDS);
    }

    private void disarm() {
        Future<?> armed = timer;
        if (armed != null) {
            timer = null;
            armed.cancel(false);
        }
    }

    private void onTimer(ChannelHandlerContext ctx) {
        Exchange now = exchange;
        if (state == State.BODY && now != null) {
            orRefuse(ctx, now, () -> checkPace(ctx, now));
        } else if (state == State.WORK && now != null) {
            Job job = now.job;
            if (job != null && job.withdraw()) {
                answer(ctx, now, job.expired(), true);
            }
        } else {
            ctx.close();
        }
    }

    /** Sees to it that the body comes on: arms the timer for the moment when the client's time will be over. */
    private void checkPace(ChannelHandlerContext ctx, Exchange now) {
        if (paused) {
            throw HttpError.busy("the server's disk takes no more of this upload");
        }
        long nanoTime = System.nanoTime();
        long patienceMs = transport.config().stallTimeoutMs();
        long idleMs = TimeUnit.NANOSECONDS.toMillis(nanoTime - lastByteNanos);
        long takenMs = TimeUnit.NANOSECONDS.toMillis(nanoTime - now.headNanos - pausedNanos);
        long earnedMs = received * 1_000 / transport.config().minBodyBytesPerSecond();
        long leftMs = Math.min(patienceMs - idleMs, patienceMs + earnedMs - takenMs);
        if (leftMs <= 0) {
            throw new HttpError(408, "body: too slow, " + received + " bytes came");
        }
        arm(ctx, leftMs);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        disarm();
        abandonBody();
        dropInbox();
        Exchange now = exchange;
        if (now != null) {
            now.abandoned = true;
            if (state != State.WORK || (now.job != null && now.job.withdraw())) {
                now.leave(); // else the worker does
            }
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof IOException) {
            LOG.debug("connection ended by its client", cause);
        } else {
            LOG.error("connection ended by an error", cause);
        }
        ctx.close();
    }
}
