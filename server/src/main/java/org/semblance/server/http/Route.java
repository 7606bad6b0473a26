package org.semblance.server.http;

import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.semblance.server.work.Worker;

/**
 * One method on one path pattern, and what answers it.
 *
 * @param pattern segments separated by slashes; {@code {name}} takes any segment, {@code {name:int}} decimal digits
 * @param parameters the query parameters it knows, any other is refused; null to ignore what it does not know
 * @param takes what its body may be
 */
record Route(
        Dialect dialect,
        String method,
        String pattern,
        @Nullable Set<String> parameters,
        Takes takes,
        Action action) {

    /** How large a body may be. */
    enum Takes {
        /** No body; a small one is read and dropped. */
        NOTHING,
        /** A JSON document of at most {@link Json#MAX_BYTES}. */
        JSON,
        /** A file, raw or in a form, of at most {@code maxBodyBytes}. */
        UPLOAD
    }

    /** What answers a request. */
    sealed interface Action {}

    /** Answers at once, on the event loop: touches neither the database nor a decoder. */
    @FunctionalInterface
    non-sealed interface Immediate extends Action {
        Response answer(Request request);
    }

    /** Answers from a worker thread. */
    @FunctionalInterface
    non-sealed interface Work extends Action {
        Response answer(Request request, Worker worker);
    }
}
