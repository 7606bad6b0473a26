package org.semblance.server.route;

import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.semblance.server.auth.Role;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Json;
import org.semblance.server.http.Ndjson;
import org.semblance.server.http.Response;
import org.semblance.server.work.Worker;

/**
 * One method on one path pattern, and what answers it.
 *
 * @param pattern segments separated by slashes; {@code {name}} takes any segment, {@code {name:int}} decimal digits
 * @param parameters the query parameters that it knows; what else comes is the dialect's to judge
 * @param takes what its body may be
 * @param role what a caller must at least be, or null if it is for anybody, with or without a key
 */
public record Route(
        Dialect dialect,
        String method,
        String pattern,
        Set<String> parameters,
        Takes takes,
        @Nullable Role role,
        boolean forOps,
        Action action) {
    /** Not for those who watch, unless that is its role. */
    public Route(
            Dialect dialect,
            String method,
            String pattern,
            Set<String> parameters,
            Takes takes,
            @Nullable Role role,
            Action action) {
        this(dialect, method, pattern, parameters, takes, role, false, action);
    }

    /** This route, open to the role ops as well: it tells a state and no content. */
    public Route forOpsToo() {
        return new Route(dialect, method, pattern, parameters, takes, role, true, action);
    }

    /** Deny by default: a route that does not say whom it is for is for admins. */
    public Route(Dialect dialect, String method, String pattern, Set<String> parameters, Takes takes, Action action) {
        this(dialect, method, pattern, parameters, takes, Role.ADMIN, action);
    }

    /** A route without a body and parameters, which is answered at once. */
    public static Route get(Dialect dialect, @Nullable Role role, String pattern, Immediate action) {
        return new Route(dialect, "GET", pattern, Set.of(), Takes.NOTHING, role, action);
    }

    /** How large a body may be. */
    public enum Takes {
        /** No body; a small one is read and dropped. */
        NOTHING,
        /** A JSON document. */
        JSON,
        /** Hashes in one of their forms. */
        HASHES,
        /** A file, raw or in a form. */
        UPLOAD,
        /** As {@link #UPLOAD}, to be matched: if its bytes are known, there is an answer without a decoder. */
        MATCHED_UPLOAD,
        /** As {@link #UPLOAD}, to be banked: a video is hashed whole, which may take long. */
        BANKED_UPLOAD,
        /** A hash list, raw or in a form: many contents to be banked. */
        LIST;

        /** The longest body that is accepted, in bytes after decoding. Of an upload, the limit of videos; others have a lower one. */
        public long mostBytes(ServerConfig config) {
            return switch (this) {
                case NOTHING -> 65_536;
                case JSON -> Json.MAX_BYTES;
                case HASHES -> 16_000_000;
                case LIST -> config.maxBodyBytes();
                case UPLOAD, MATCHED_UPLOAD, BANKED_UPLOAD -> config.maxVideoBytes();
            };
        }

        public boolean isUpload() {
            return this == UPLOAD || this == MATCHED_UPLOAD || this == BANKED_UPLOAD || this == LIST;
        }

        /** Whether what it takes is banked. */
        public boolean isBanked() {
            return this == BANKED_UPLOAD || this == LIST;
        }
    }

    /** Whether it changes what is banked. */
    public boolean changes() {
        return !method.equals("GET") && role != null && role.includes(Role.CURATE);
    }

    /** What answers a request. */
    public sealed interface Action {}

    /** Answers at once, on the event loop: touches neither the database nor a decoder. */
    @FunctionalInterface
    public non-sealed interface Immediate extends Action {
        Response answer(Request request);
    }

    /**
     * Answers lines of {@link Ndjson} as they come, and any other body whole.
     *
     * @param whole answers a body of any other media type
     * @param lines makes what answers the lines of a body
     */
    public record ByLine(Work whole, Opening lines) implements Action {}

    /**
     * Answers by what comes piece by piece, as long as the client takes it; without holding a thread while there is nothing
     * ({@link LineAnswerer#isIdle}). If it fails half way, the connection is cut, so that no part is taken for the whole.
     *
     * @param mediaType of the answer
     * @param formats media types that the parameter {@value #FORMAT} asks for instead, by its value
     * @param pieces makes what gives the pieces
     */
    public record Stream(String mediaType, Map<String, String> formats, Opening pieces) implements Action {
        /** The media type of events without an end, which may end at any of them. */
        public static final String EVENTS = "text/event-stream";

        /** The parameter that chooses the form of an answer. */
        public static final String FORMAT = "format";

        /** An answer of one form. */
        public Stream(String mediaType, Opening pieces) {
            this(mediaType, Map.of(), pieces);
        }

        /** The media type of the answer to a request for that form, or for the usual one. */
        public String mediaType(@Nullable String format) {
            return format == null ? mediaType : formats.getOrDefault(format, mediaType);
        }
    }

    /** Checks a request whose lines are yet to come, on a worker thread. */
    @FunctionalInterface
    public interface Opening {
        /** @throws HttpError if it will not be answered, whatever comes */
        LineAnswerer open(Request request);
    }

    /** Answers from a worker thread. */
    @FunctionalInterface
    public non-sealed interface Work extends Action {
        Response answer(Request request, Worker worker);

        /**
         * The answer to a request that takes microseconds, and neither the disk nor a decoder; null for any other request. Called on
         * the event loop, first: to hand such a request to a worker and back would take many times as long as to answer it.
         */
        default @Nullable Response quickly(Request request) {
            return null;
        }
    }

    /** The same work, of which some requests are quick. */
    public static Work quick(Function<Request, @Nullable Response> quick, Work work) {
        return new Work() {
            @Override
            public Response answer(Request request, Worker worker) {
                return work.answer(request, worker);
            }

            @Override
            public @Nullable Response quickly(Request request) {
                return quick.apply(request);
            }
        };
    }
}
