package org.semblance.server.api;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.Digests;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.Given;
import org.semblance.hashdb.catalog.Quarantine;
import org.semblance.hashdb.catalog.RequestKey;
import org.semblance.server.auth.Role;
import org.semblance.server.auth.ScopedDb;
import org.semblance.server.auth.ScopedList;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.Fields;
import org.semblance.server.http.HttpError;
import org.semblance.server.json.ReportJson;
import org.semblance.server.record.VerdictRecorder;
import org.semblance.server.route.Request;
import org.semblance.server.route.Route;
import tools.jackson.databind.node.ObjectNode;

/** What the routes of the native dialect have in common. */
final class NativeRoutes {
    /** The parameter that asks for the verdict {@code likely}. */
    static final String LIKELY = "likely";

    /** The parameter by which the caller gives its own id of an upload. */
    static final String REFERENCE = "reference";

    /** The parameter by which nothing that is banked is held. */
    static final String FORCE = "force";

    /** The parameter that asks why, and why not. */
    static final String EXPLAIN = "explain";

    /** The parameter that asks what the list would have answered after an earlier change. */
    static final String AS_OF = "as_of";

    private NativeRoutes() {}

    /** The caller's own id of an upload, or null. */
    static @Nullable String reference(Request request) {
        String reference = request.query(REFERENCE);
        if (reference != null && reference.length() > VerdictRecorder.MAX_REFERENCE_CHARS) {
            throw HttpError.field(
                    400, REFERENCE, reference, "at most " + VerdictRecorder.MAX_REFERENCE_CHARS + " characters");
        }
        return reference;
    }

    /**
     * The list that a request asks: that of now, unless it names an earlier change.
     *
     * @throws org.semblance.server.auth.AccessRefusedException if the caller may not ask that
     */
    static ScopedList list(Request request, HashDb db) {
        ScopedDb visible = new ScopedDb(db, request.caller());
        String seq = request.query(AS_OF);
        if (seq == null) {
            return visible.list();
        }
        request.caller().requires(Role.CURATE);
        return visible.asOf(Request.parse(AS_OF, seq, 0, Long.MAX_VALUE));
    }

    /**
     * Whether the request asks for an explanation, which tells banked hashes.
     *
     * @throws org.semblance.server.auth.AccessRefusedException if the caller may not be told them
     */
    static boolean explains(Request request) {
        if (!request.flag(EXPLAIN, false)) {
            return false;
        }
        request.caller().requires(Role.CURATE);
        request.caller().requiresDistance();
        return true;
    }

    /** A route that takes JSON if its method sends a body, and else nothing. */
    static Route work(Role role, String method, String pattern, Set<String> parameters, Route.Work action) {
        boolean sends = method.equals("POST") || method.equals("PATCH");
        Route.Takes takes = sends ? Route.Takes.JSON : Route.Takes.NOTHING;
        return new Route(Dialect.NATIVE, method, pattern, parameters, takes, role, action);
    }

    /**
     * Whether the caller answers for what it banks, so that nothing of it is held.
     *
     * @throws HttpError 400 if it gives no reason
     */
    static boolean forces(Request request) {
        if (!request.flag(FORCE, false)) {
            return false;
        }
        if (request.origin().reason().isBlank()) {
            throw HttpError.field(400, FORCE, "true", "a header X-Reason beside it, for the journal");
        }
        return true;
    }

    /** Takes out what the caller is not to be told: hashes and distances, and the notes of those who curate. */
    static void hide(Request request, ObjectNode answer) {
        if (!request.caller().may(Role.CURATE)) {
            ReportJson.hideNotes(answer);
        }
        if (!request.caller().seesDistance()) {
            ReportJson.hideDistances(answer);
        }
    }

    /** A field of a merge patch that null takes away; null if it was not sent. */
    static <T> @Nullable Given<T> given(Fields fields, String name, Function<String, @Nullable T> reader) {
        return fields.has(name) ? new Given<>(reader.apply(name)) : null;
    }

    /** Adds why a content is held, if it is. */
    static void putHeld(ObjectNode answer, ContentDraft banked) {
        Quarantine quarantine = banked.treatment().quarantine();
        if (quarantine != null) {
            answer.put("held", quarantine.reason());
        }
    }

    static void putText(ObjectNode answer, String name, @Nullable String text) {
        if (text != null && !text.isEmpty()) {
            answer.put(name, text);
        }
    }

    /** The banks that were asked for, each of which must exist: a misspelt name would be a silent miss. */
    static Set<String> wantedBanks(Request request, ScopedList visible) {
        String value = request.query("banks");
        if (value == null) {
            return Set.of();
        }
        Set<String> names = new LinkedHashSet<>(Arrays.asList(value.split(",", -1)));
        for (String name : names) {
            if (visible.bank(name).isEmpty()) {
                throw HttpError.field(400, "banks", name, "names of existing banks, separated by commas");
            }
        }
        return names;
    }

    /**
     * What the caller calls this request by {@code Idempotency-Key}, or null. The name is the key's own, so that nobody meets
     * another's; of a form its boundary does not count, which differs each time one is sent.
     *
     * @param target what is asked for, as method and path
     */
    static @Nullable RequestKey requestKey(Request request, String target) {
        String name = request.header("Idempotency-Key");
        if (name == null) {
            return null;
        }
        if (name.isBlank()) {
            throw HttpError.field(400, "Idempotency-Key", name, "1 to 200 characters");
        }
        StringBuilder asked = new StringBuilder(target).append('\n').append(request.mediaType());
        asked.append('\n').append(request.body().digests().sha256());
        new TreeMap<>(request.body().fields())
                .forEach((field, value) -> asked.append('\n')
                        .append(field.length())
                        .append(' ')
                        .append(field)
                        .append(value.length())
                        .append(' ')
                        .append(value));
        ByteBuffer utf8 = StandardCharsets.UTF_8.encode(asked.toString());
        String key = request.caller().key();
        return new RequestKey(
                (key == null ? "" : key) + '\n' + name, 0, Digests.of(utf8).sha256());
    }
}
