package org.semblance.server.http;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A request that is answered with a 4xx or 503; the message is for the caller's eyes. */
public final class HttpError extends RuntimeException {
    private static final int LONGEST_ECHO = 100;

    public final int status;
    final @Nullable String field;
    final @Nullable String value;
    final @Nullable String expected;
    public final Map<String, String> headers;

    public HttpError(int status, String message) {
        this(status, message, null, null, null, Map.of());
    }

    public HttpError(int status, String message, Map<String, String> headers) {
        this(status, message, null, null, null, headers);
    }

    private HttpError(
            int status,
            String message,
            @Nullable String field,
            @Nullable String value,
            @Nullable String expected,
            Map<String, String> headers) {
        // An HTTP error is an answer, not a fault: nobody reads its stack trace, and hostile input must not buy one.
        super(message, null, false, false);
        this.status = status;
        this.field = field;
        this.value = value;
        this.expected = expected;
        this.headers = headers;
    }

    /** A value of the request that is not what was expected. */
    public static HttpError field(int status, String field, @Nullable String value, String expected) {
        String shown = value == null
                ? "missing"
                : "'" + (value.length() > LONGEST_ECHO ? value.substring(0, LONGEST_ECHO) + "…" : value) + "'";
        return new HttpError(
                status,
                field + ": " + shown + " (expected: " + expected + ")",
                field,
                value == null || value.length() <= LONGEST_ECHO ? value : value.substring(0, LONGEST_ECHO) + "…",
                expected,
                Map.of());
    }

    /** This error, with these header fields in its answer. */
    HttpError with(Map<String, String> fields) {
        return new HttpError(status, String.valueOf(getMessage()), field, value, expected, fields);
    }

    /** This error, about a field within another one, such as {@code queries[3]}. */
    public HttpError in(String whole) {
        return new HttpError(status, whole + "." + getMessage(), whole + "." + field, value, expected, headers);
    }

    /** A refusal whose message is already whole. */
    public static HttpError of(int status, String field, String message) {
        return new HttpError(status, message, field, null, null, Map.of());
    }

    /** No capacity now; the caller may try again in a second. */
    public static HttpError busy(String message) {
        return new HttpError(503, message, Map.of("Retry-After", "1"));
    }
}
