package org.semblance.server.http;

import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.semblance.engine.NoDecoderException;
import org.semblance.engine.media.DeadlinePassedException;
import org.semblance.hashdb.catalog.ChangeRefusedException;
import org.semblance.hashdb.catalog.StorageFailedException;
import org.semblance.hashdb.exchange.ExchangesRefusedException;
import org.semblance.server.auth.AccessRefusedException;
import org.semblance.server.auth.KeysRefusedException;
import org.semblance.server.fetch.FetchFailedException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;

/** The one place where an exception becomes a status. */
public final class Errors {
    private static final Logger LOG = LoggerFactory.getLogger(Errors.class);

    private Errors() {}

    /** The answer for whatever a handler threw. */
    public static Response answer(Throwable thrown, Dialect dialect) {
        return thrown instanceof ReadyAnswer ready ? ready.answer() : dialect.error(error(thrown, dialect));
    }

    /** What a caller is told of it, in the words of that dialect. */
    public static HttpError error(Throwable thrown, Dialect dialect) {
        return switch (thrown) {
            case HttpError error -> error;
            case AccessRefusedException refused -> refusal(refused);
            case FetchFailedException failed -> failure(failed, dialect);
            case ChangeRefusedException refused -> refusal(refused, dialect);
            case JacksonException bad ->
                dialect == Dialect.HMA
                        ? new HttpError(
                                400, "The browser (or proxy) sent a request that this server could not understand.")
                        : new HttpError(400, "body: " + bad.getOriginalMessage() + " (expected: JSON)");
            case DeadlinePassedException passed -> HttpError.busy(String.valueOf(passed.getMessage()));
            case NoDecoderException none -> HttpError.busy(none.told()); // The log says why.
            case StorageFailedException failed -> error(failed);
            case ExchangesRefusedException failed -> {
                LOG.error("the exchanges could not be written", failed);
                yield HttpError.busy("the disk took nothing more; nothing was changed");
            }
            case KeysRefusedException failed -> {
                LOG.error("the keys could not be read or written", failed);
                yield HttpError.busy("the keys could not be read or written; nothing was changed");
            }
            // Thrown before anything was changed, by an allocation that a single request made too large.
            case OutOfMemoryError unused -> HttpError.busy("out of memory for this request");
            default -> unexpected(thrown, dialect);
        };
    }

    private static HttpError error(StorageFailedException failed) {
        if (failed.isAway()) {
            LOG.warn("refused: {}", failed.getMessage());
            return HttpError.busy(
                    "the catalog takes no change and gives no more than this node has, for now; a change that"
                            + " was under way is made once if it is asked for again with the same Idempotency-Key");
        }
        LOG.error("the database's disk failed", failed);
        return HttpError.busy("the database's disk took nothing more; nothing was changed");
    }

    private static HttpError refusal(AccessRefusedException refused) {
        String message = String.valueOf(refused.getMessage());
        // The challenges of RFC 6750.
        return switch (refused.reason()) {
            case NO_KEY -> new HttpError(401, message, Map.of("WWW-Authenticate", "Bearer realm=\"semblance\""));
            case BAD_KEY ->
                new HttpError(
                        401,
                        message,
                        Map.of("WWW-Authenticate", "Bearer realm=\"semblance\", error=\"invalid_token\""));
            case FORBIDDEN -> new HttpError(403, message);
            case RATE, CONCURRENCY ->
                new HttpError(429, message, Map.of("Retry-After", Long.toString(refused.retryAfterSeconds())));
        };
    }

    private static HttpError failure(FetchFailedException failed, Dialect dialect) {
        boolean hma = dialect == Dialect.HMA;
        String why = String.valueOf(failed.getMessage());
        return switch (failed.reason()) {
            case OFF ->
                hma
                        ? new HttpError(403, "Hashing is disabled, missing role")
                        : HttpError.of(403, "url", "url: " + why + " (expected: the file itself)");
            case REFUSED ->
                hma
                        ? new HttpError(400, "Invalid or unsafe URL provided")
                        : HttpError.of(
                                400,
                                "url",
                                "url: " + why
                                        + " (expected: an http or https URL of a host that this server may fetch from)");
            case FAILED ->
                hma
                        ? new HttpError(400, "Failed to fetch URL: " + why)
                        : HttpError.of(502, "url", "url: not fetched: " + why);
            case TOO_LARGE ->
                hma ? new HttpError(413, "Content too large") : HttpError.of(413, "url", "url: not fetched: " + why);
            case BUSY, CANCELLED -> HttpError.busy(why);
        };
    }

    private static HttpError refusal(ChangeRefusedException refused, Dialect dialect) {
        int status = switch (refused.reason()) {
            case NOT_FOUND -> 404;
            case FORBIDDEN -> 403;
            case CONFLICT -> dialect == Dialect.HMA ? 403 : 409;
            case INVALID -> 400;
            case KEY_REUSED -> 422;
        };
        return HttpError.of(status, refused.field(), String.valueOf(refused.getMessage()));
    }

    /** A bug: the caller gets a number under which the log has the rest. */
    private static HttpError unexpected(Throwable thrown, Dialect dialect) {
        String id = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
        LOG.error("error {}", id, thrown);
        String text = dialect == Dialect.HMA
                ? "The server encountered an internal error and was unable to complete your request. Either the server"
                        + " is overloaded or there is an error in the application. Error id: " + id
                : "unexpected error, logged as " + id;
        return new HttpError(500, text);
    }
}
