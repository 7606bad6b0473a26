package org.semblance.server.route;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.InetAddress;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.MatchOptions;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.MediaSource;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.server.auth.Caller;
import org.semblance.server.body.Body;
import org.semblance.server.body.SentFile;
import org.semblance.server.http.ContentCoding;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Json;
import org.semblance.server.http.WebPage;
import org.semblance.server.metrics.RequestTrace;
import tools.jackson.databind.JsonNode;

/** One request as its handler sees it: the head, the body and the clock. Handed from the event loop to one worker. */
public final class Request {
    private static final String ENCODED = "UTF-8''";

    /** What a proxy adds to a request that it makes for somebody else. */
    private static final List<String> FORWARDED =
            List.of("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP");

    private static final int MAX_HEADER_CHARS = 200;

    /** Within what all parts can hold in milliseconds and print. */
    private static final Instant EARLIEST = Instant.EPOCH;

    private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59.999Z");

    /** The parameter that names the oldest version of the list that may answer. */
    public static final String MIN_LIST_VERSION = "min_list_version";

    private final Router.Found found;
    private final Map<String, List<String>> query;
    private final HttpHeaders headers;
    private final Body body;
    private final Caller caller;
    private final WebPage page;
    private final String clientAddress;
    private final RequestTrace trace;

    /** {@link System#nanoTime} when its first byte had come, when its body was complete, and when work began. */
    private final long beganNanos;

    private final long bodyNanos;
    private final long workNanos;
    private final long deadlineNanos;
    private final boolean mayDecode;
    private final BooleanSupplier abandoned;
    private final BooleanSupplier hurried;

    private long leaveNanos;

    public Request(
            Router.Found found,
            Map<String, List<String>> query,
            HttpHeaders headers,
            Body body,
            Caller caller,
            WebPage page,
            String clientAddress,
            RequestTrace trace,
            long beganNanos,
            long bodyNanos,
            long workNanos,
            long deadlineNanos,
            boolean mayDecode,
            BooleanSupplier abandoned,
            BooleanSupplier hurried) {
        this.found = found;
        this.query = query;
        this.headers = headers;
        this.body = body;
        this.caller = caller;
        this.page = page;
        this.clientAddress = clientAddress;
        this.trace = trace;
        this.beganNanos = beganNanos;
        this.bodyNanos = bodyNanos;
        this.workNanos = workNanos;
        this.deadlineNanos = deadlineNanos;
        this.mayDecode = mayDecode;
        this.abandoned = abandoned;
        this.hurried = hurried;
    }

    /** The route that answers it. */
    public Route route() {
        return found.route();
    }

    /** The value of a name in the route's pattern. */
    public String name(String name) {
        String value = found.names().get(name);
        if (value == null) {
            throw new IllegalArgumentException("the route's pattern has no " + name);
        }
        return value;
    }

    /** An id in the path; {@link Long#MAX_VALUE}, which no content has, if it is larger than any. */
    public long id(String name) {
        String digits = name(name);
        return digits.length() > 18 ? Long.MAX_VALUE : Long.parseLong(digits);
    }

    /** The first value of a query parameter, which its route must name: so what a route takes can be told. */
    @Nullable
    public String query(String parameter) {
        if (!found.route().parameters().contains(parameter)) {
            throw new IllegalArgumentException("the route names no parameter " + parameter);
        }
        List<String> values = query.get(parameter);
        return values == null ? null : values.getFirst();
    }

    /** A whole number in the query, or that default. */
    public long query(String parameter, long otherwise, long least, long most) {
        String value = query(parameter);
        if (value == null) {
            return otherwise;
        }
        return parse(parameter, value, least, most);
    }

    public static long parse(String field, String value, long least, long most) {
        try {
            long number = Long.parseLong(value);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Answered as any other value that is out of range.
        }
        throw HttpError.field(400, field, value, "a whole number from " + least + " to " + most);
    }

    /** A time in the query, or null. */
    public @Nullable Instant time(String parameter) {
        return parseTime(parameter, query(parameter));
    }

    /** The time of that text; null for null. */
    public static @Nullable Instant parseTime(String field, @Nullable String text) {
        if (text == null) {
            return null;
        }
        try {
            Instant time = Instant.parse(text);
            if (!time.isBefore(EARLIEST) && !time.isAfter(LATEST)) {
                return time;
            }
        } catch (DateTimeException e) {
            // Answered below.
        }
        throw HttpError.field(400, field, text, "a time from 1970 to 9999 as in 2027-01-31T12:00:00Z");
    }

    /**
     * A header field that holds a person's words, read as UTF-8; or, from clients that send ASCII alone, the same field with a
     * star: {@code X-Reason*: UTF-8''na%C3%AFve} (RFC 8187).
     *
     * @throws HttpError 400 if it is longer than 200 characters, not UTF-8, or holds control characters
     */
    @Nullable
    public String header(String field) {
        String raw = headers.get(field);
        String encoded = headers.get(field + "*");
        if (raw == null && encoded == null) {
            return null;
        }
        try {
            String text = encoded == null ? utf8(raw) : percentDecoded(encoded);
            if (text.length() <= MAX_HEADER_CHARS && text.chars().noneMatch(Character::isISOControl)) {
                return text;
            }
        } catch (CharacterCodingException | IllegalArgumentException e) {
            // Answered below.
        }
        throw HttpError.field(
                400,
                field,
                encoded == null ? raw : encoded,
                "at most " + MAX_HEADER_CHARS + " characters of UTF-8 text");
    }

    private static String utf8(String raw) throws CharacterCodingException {
        return StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(raw.getBytes(StandardCharsets.ISO_8859_1)))
                .toString();
    }

    private static String percentDecoded(String encoded) throws CharacterCodingException {
        if (!encoded.regionMatches(true, 0, ENCODED, 0, ENCODED.length())) {
            throw new IllegalArgumentException("not " + ENCODED);
        }
        // A plus is itself here, unlike in a form.
        String value = encoded.substring(ENCODED.length()).replace("+", "%2B");
        return utf8(URLDecoder.decode(value, StandardCharsets.ISO_8859_1));
    }

    /** The media type of the body without its parameters, lower case; empty if there is none. */
    public String mediaType() {
        return Body.mediaType(headers);
    }

    /** Whether the client names that media type, which is not the usual one, among those that it takes. */
    public boolean accepts(String mediaType) {
        return headers.getAll(HttpHeaderNames.ACCEPT).stream()
                .flatMap(value -> Arrays.stream(value.split(",")))
                .map(range -> range.split(";", 2)[0].strip())
                .anyMatch(mediaType::equalsIgnoreCase);
    }

    public Body body() {
        return body;
    }

    /**
     * The body as JSON.
     *
     * @throws HttpError 415 if it does not say that it is: a web page can have a browser send anything else to this server
     *     without asking first
     * @throws tools.jackson.core.JacksonException if it is none
     */
    public JsonNode json() {
        if (!isJson()) {
            String type = mediaType();
            throw HttpError.field(415, "Content-Type", type.isEmpty() ? null : type, "application/json");
        }
        return Json.read(body.bytes());
    }

    /** Whether the body says that it is JSON. */
    public boolean isJson() {
        String type = mediaType();
        return type.equals("application/json") || (type.startsWith("application/") && type.endsWith("+json"));
    }

    /**
     * A parameter that is true or false.
     *
     * @param otherwise what it is if it was not sent
     */
    public boolean flag(String parameter, boolean otherwise) {
        String value = query(parameter);
        if (value != null && !value.equals("true") && !value.equals("false")) {
            throw HttpError.field(400, parameter, value, "true or false");
        }
        return value == null ? otherwise : value.equals("true");
    }

    /** These options, as far as this worker can follow them: a worker that helps out with known bytes has no decoder for them. */
    public MatchOptions within(MatchOptions asked) {
        return mayDecode ? asked : asked.atMost(MatchOptions.KnownBytes.LOOK_UP);
    }

    /**
     * The one file of the request, unless its bytes show that it is none.
     *
     * @throws HttpError 400 if a form has none or several, 415 if something else was sent in its place
     */
    public MediaSource file() {
        if (body.fetched() != null) {
            return body.file();
        }
        SentFile.checkType(mediaType());
        MediaSource file = body.file();
        SentFile.checkBytes(mediaType(), body.upload());
        return file;
    }

    /** Whether a program on the server's own machine made the request, and no proxy there for somebody else. */
    public boolean isFromThisMachine() {
        return !clientAddress.isEmpty()
                && InetAddress.ofLiteral(clientAddress).isLoopbackAddress()
                && FORWARDED.stream().noneMatch(headers::contains);
    }

    /** Who asks, and what this one may do and see. */
    public Caller caller() {
        return caller;
    }

    /** What a browser says of the page that asks. */
    public WebPage page() {
        return page;
    }

    /** The address that the client, or the last proxy before this server, has; empty if that is not known. */
    public String clientAddress() {
        return clientAddress;
    }

    /** Whether the client takes gzip. */
    public boolean takesGzip() {
        return ContentCoding.takesGzip(headers);
    }

    /**
     * Whether the client has the version of that entity tag already. Tags are compared weakly (RFC 9110, section 13.1.2): a proxy
     * that compresses answers makes each tag a weak one.
     */
    public boolean has(String entityTag) {
        return headers.getAll(HttpHeaderNames.IF_NONE_MATCH).stream()
                .flatMap(value -> Arrays.stream(value.split(",")))
                .map(String::strip)
                .anyMatch(tag -> tag.equals("*") || opaque(tag).equals(opaque(entityTag)));
    }

    /** The tag without the mark of a weak one. */
    private static String opaque(String entityTag) {
        return entityTag.startsWith("W/") ? entityTag.substring(2) : entityTag;
    }

    /** Who asks, for the journal. */
    public Origin origin() {
        String actor = header("X-Actor");
        String reason = header("X-Reason");
        return new Origin(caller.actor(actor), reason == null ? "" : reason);
    }

    /** Where the handler notes what it did, for the metrics. */
    public RequestTrace trace() {
        return trace;
    }

    /**
     * The answer is on so many hashes that the caller chose: if there are banks that the caller may not see, it leaves by the
     * {@link AnswerClock}.
     */
    public void answersHashes(int hashes) {
        if (!caller.seesAllBanks()) {
            leaveNanos = AnswerClock.leaveNanos(workNanos, System.nanoTime(), hashes);
        }
    }

    /** How long the answer has to wait, in nanoseconds; 0 or less if it may leave. */
    public long heldNanos() {
        return leaveNanos == 0 ? 0 : leaveNanos - System.nanoTime();
    }

    /** When the answer is no longer worth the work: its time is over, or the client gone. */
    public Deadline deadline() {
        return Deadline.after(Duration.ofNanos(deadlineNanos - System.nanoTime()), abandoned)
                .hurriedBy(hurried);
    }

    /** Microseconds from the request's first byte to the end of its body. */
    public long receiveUs() {
        return (bodyNanos - beganNanos) / 1_000;
    }

    public long queueUs() {
        return (workNanos - bodyNanos) / 1_000;
    }

    /** Microseconds from the request's first byte until now. */
    public long totalUs() {
        return (System.nanoTime() - beganNanos) / 1_000;
    }
}
