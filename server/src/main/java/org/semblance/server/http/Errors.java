package org.semblance.server.http;

import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import org.semblance.engine.media.DeadlinePassedException;
import org.semblance.hashdb.catalog.ChangeRefusedException;
import org.semblance.hashdb.catalog.StorageFailedException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;

/** The one place where an exception becomes a status. */
final class Errors {
    private static final Logger LOG = LoggerFactory.getLogger(Errors.class);

    private Errors() {}

    /** The answer for whatever a handler threw. */
    static Response answer(Throwable thrown, Dialect dialect) {
        return switch (thrown) {
            case HttpError error -> dialect.error(error);
            case HmaValidationError error -> error.answer();
            case ChangeRefusedException refused -> dialect.error(refusal(refused, dialect));
            case JacksonException bad ->
                dialect.error(
                        dialect == Dialect.HMA
                                ? new HttpError(
                                        400,
                                        "The browser (or proxy) sent a request that this server could not understand.")
                                : new HttpError(400, "body: " + bad.getOriginalMessage() + " (expected: JSON)"));
            case DeadlinePassedException passed -> dialect.error(HttpError.busy(String.valueOf(passed.getMessage())));
            case StorageFailedException failed -> {
                LOG.error("the database's disk failed", failed);
                yield dialect.error(HttpError.busy("the database's disk took nothing more; nothing was changed"));
            }
            // Thrown before anything was changed, by an allocation that a single request made too large.
            case OutOfMemoryError unused -> dialect.error(HttpError.busy("out of memory for this request"));
            default -> unexpected(thrown, dialect);
        };
    }

    private static HttpError refusal(ChangeRefusedException refused, Dialect dialect) {
        int status = switch (refused.reason()) {
            case NOT_FOUND -> 404;
            case CONFLICT -> dialect == Dialect.HMA ? 403 : 409;
            case INVALID -> 400;
        };
        return HttpError.of(status, refused.field(), String.valueOf(refused.getMessage()));
    }

    /** A bug: the caller gets a number under which the log has the rest. */
    private static Response unexpected(Throwable thrown, Dialect dialect) {
        String id = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
        LOG.error("error {}", id, thrown);
        String text = dialect == Dialect.HMA
                ? "The server encountered an internal error and was unable to complete your request. Either the server"
                        + " is overloaded or there is an error in the application. Error id: " + id
                : "unexpected error, logged as " + id;
        return dialect.error(new HttpError(500, text));
    }
}
