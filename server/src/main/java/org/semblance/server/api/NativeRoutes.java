package org.semblance.server.api;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.Digests;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.JournalEntry;
import org.semblance.hashdb.catalog.RequestKey;
import org.semblance.server.auth.Gate;
import org.semblance.server.auth.Key;
import org.semblance.server.auth.Role;
import org.semblance.server.auth.ScopedDb;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Json;
import org.semblance.server.http.Response;
import org.semblance.server.json.ReportJson;
import org.semblance.server.route.OpenApi;
import org.semblance.server.route.Request;
import org.semblance.server.route.Route;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The native dialect: {@code /v1}. */
public final class NativeRoutes {
    /** The parameter that asks for the verdict {@code likely}. */
    static final String LIKELY = "likely";

    private static final int MAX_PAGE = 1_000;
    private static final int DEFAULT_PAGE = 100;

    /** Rows of the journal that are read together. */
    private static final int JOURNAL_ROWS = 100;

    /** An answer ends after the rows with which it has so many characters; a row has at most some 150,000. */
    private static final long MAX_JOURNAL_CHARS = 4_000_000;

    /** The parameter that asks for some rows alone, of which as many are looked through for one answer. */
    private static final String REASON_CONTAINS = "reason_contains";

    private static final int MOST_LOOKED_THROUGH = 20_000;

    private final HashDb db;
    private final Gate gate;
    private final boolean features;

    /** @param features whether local features are banked and looked up */
    public NativeRoutes(HashDb db, Gate gate, boolean features) {
        this.db = db;
        this.gate = gate;
        this.features = features;
    }

    public List<Route> routes() {
        List<Route> routes = new ArrayList<>(new MatchRoutes(db, features).routes());
        routes.addAll(new LookupRoutes(db, features).routes());
        routes.addAll(new BankRoutes(db).routes());
        routes.addAll(new ContentRoutes(db, features).routes());
        routes.addAll(new ListRoutes(db).routes());
        routes.add(work(
                Role.ADMIN,
                "GET",
                "/v1/journal",
                Set.of("after", "limit", REASON_CONTAINS),
                (request, worker) -> journal(request)));
        routes.add(new VerifyRoute(db).route());
        routes.add(immediate(Role.OPS, "/v1/keys", this::keys));
        routes.add(OpenApi.route(Dialect.NATIVE, "/openapi.json", OpenApi.document()));
        return routes;
    }

    /** A route that takes JSON if its method sends a body, and else nothing. */
    static Route work(Role role, String method, String pattern, Set<String> parameters, Route.Work action) {
        boolean sends = method.equals("POST") || method.equals("PATCH");
        Route.Takes takes = sends ? Route.Takes.JSON : Route.Takes.NOTHING;
        return new Route(Dialect.NATIVE, method, pattern, parameters, takes, role, action);
    }

    private static Route immediate(Role role, String pattern, Route.Immediate action) {
        return new Route(Dialect.NATIVE, "GET", pattern, Set.of(), Route.Takes.NOTHING, role, action);
    }

    /** The database as the caller of that request may see it. */
    private ScopedDb db(Request request) {
        return new ScopedDb(db, request.caller());
    }

    private Response keys(Request request) {
        Instant now = Instant.now();
        ObjectNode answer = Json.object();
        ArrayNode keys = answer.putArray("keys");
        for (Gate.Usage usage : gate.usage(request.caller())) {
            Key key = usage.key();
            ObjectNode node = keys.addObject()
                    .put("name", key.name())
                    .put("state", key.stateAt(now))
                    .put("role", key.role().wireName());
            if (!key.banks().isEmpty()) {
                ArrayNode banks = node.putArray("banks");
                key.banks().stream().sorted().forEach(banks::add);
            }
            node.put("requests", usage.requests())
                    .put("refused", usage.refused())
                    .put("in_flight", usage.inFlight());
        }
        return Response.json(200, answer);
    }

    /**
     * Rows of the journal with all that their hashes are made of, so that whoever follows it can compute them anew ({@link
     * JournalEntry} has the rule): {@code payload} is the text that was hashed, not an object that could be written in
     * another way.
     */
    private Response journal(Request request) {
        ScopedDb visible = db(request);
        long after = request.query("after", 0, 0, Long.MAX_VALUE);
        int limit = (int) request.query("limit", DEFAULT_PAGE, 1, MAX_PAGE);
        ObjectNode answer = Json.object();
        ArrayNode entries = answer.putArray("entries");
        long last = after;
        long chars = 0;
        long seen = 0;
        String part = request.query(REASON_CONTAINS);
        boolean more = true;
        while (more && entries.size() < limit && chars < MAX_JOURNAL_CHARS && seen < MOST_LOOKED_THROUGH) {
            int rows = Math.min(JOURNAL_ROWS, limit - entries.size());
            List<JournalEntry> some = visible.journal(last, rows);
            more = some.size() == rows;
            seen += some.size();
            for (JournalEntry entry : some) {
                if (part == null || entry.reason().contains(part)) {
                    entries.add(ReportJson.journalEntry(entry));
                    chars += entry.payload().length() + entry.reason().length();
                }
                last = entry.seq();
            }
        }
        if (more) {
            answer.put("next_after", last);
        }
        return Response.json(200, answer.put("list_version", visible.seq()));
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

    static void putText(ObjectNode answer, String name, @Nullable String text) {
        if (text != null && !text.isEmpty()) {
            answer.put(name, text);
        }
    }

    /** The banks that were asked for, each of which must exist: a misspelt name would be a silent miss. */
    static Set<String> wantedBanks(Request request, ScopedDb visible) {
        String value = request.query("banks");
        if (value == null) {
            return Set.of();
        }
        Set<String> names = new LinkedHashSet<>(Arrays.asList(value.split(",", -1)));
        for (String name : names) {
            if (visible.bank(name).isEmpty()) {
                throw HttpError.field(400, "banks", name, "names of banks, separated by commas");
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
