package org.semblance.server.http;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.Verdict;
import org.semblance.engine.media.Deadline;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.Match;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.server.auth.Role;
import org.semblance.server.auth.ScopedDb;
import org.semblance.server.json.ReportJson;
import org.semblance.server.metrics.RequestTrace.Stage;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code POST /v1/lookup}: many PDQ hashes in one request, for callers that hash themselves.
 *
 * <p>As JSON it answers only for the hashes that hit something, so that those that do not cost nothing in the answer; as
 * lines, one for each.
 */
final class LookupRoutes {
    /** Largest body: as many lines as there may be, with room for an id in each. */
    static final int MAX_BYTES = 16_000_000;

    private static final int MAX_HASHES = Ndjson.MAX_LINES;

    /** Hashes looked up together, between two looks at the clock. */
    private static final int LOOKUP_BATCH = 2_048;

    /** Most hits of one answer: a hash can hit every content of a bank. */
    private static final int MAX_HITS = 200_000;

    private static final String OCTETS = "application/octet-stream";

    private final HashDb db;

    LookupRoutes(HashDb db) {
        this.db = db;
    }

    List<Route> routes() {
        return List.of(new Route(
                Dialect.NATIVE,
                "POST",
                "/v1/lookup",
                Set.of("banks", "deadline_ms"),
                Route.Takes.HASHES,
                Role.MATCH,
                (Route.Work) (request, worker) -> lookup(request)));
    }

    /**
     * A hash that is asked for, or what is wrong with it.
     *
     * @param id the caller's own, a JSON scalar
     */
    private record Query(
            @Nullable Hash256 hash,
            @Nullable JsonNode id,
            @Nullable HttpError problem) {}

    private Response lookup(Request request) {
        ScopedDb visible = new ScopedDb(db, request.caller());
        Set<String> banks = NativeRoutes.wantedBanks(request, visible);
        List<Query> queries = queries(request);
        boolean lines = request.mediaType().equals(Ndjson.MEDIA_TYPE) || request.accepts(Ndjson.MEDIA_TYPE);
        // Before the lookups, so that what it promises has been seen.
        Answer answer = new Answer(
                visible.seq(), queries.size(), lines, request.caller().seesDistance());
        Deadline deadline = request.deadline();
        long nanos = 0;
        for (int from = 0; from < queries.size(); from += LOOKUP_BATCH) {
            deadline.check("lookup");
            List<Query> batch = queries.subList(from, Math.min(queries.size(), from + LOOKUP_BATCH));
            List<Hash256> hashes =
                    batch.stream().map(Query::hash).filter(Objects::nonNull).toList();
            long start = System.nanoTime();
            Iterator<List<Match>> found = visible.lookup(hashes).iterator();
            nanos += System.nanoTime() - start;
            for (int i = 0; i < batch.size(); i++) {
                Query query = batch.get(i);
                if (query.problem != null) {
                    answer.problem(from + i, query.problem);
                } else {
                    answer.add(from + i, query.id, counted(found.next(), banks));
                }
            }
        }
        request.trace().took(Stage.LOOKUP, nanos);
        request.trace().verdict(answer.best);
        return answer.response();
    }

    /** Those in the banks that were asked for and are not switched off. */
    private static List<Match> counted(List<Match> matches, Set<String> banks) {
        if (matches.isEmpty()) {
            return matches;
        }
        return matches.stream()
                .filter(m -> m.bank().enabled()
                        && (banks.isEmpty() || banks.contains(m.bank().name())))
                .toList();
    }

    private static List<Query> queries(Request request) {
        ByteBuffer body = request.body().bytes();
        return switch (request.mediaType()) {
            case "application/json" -> ofJson(Json.read(body));
            case Ndjson.MEDIA_TYPE -> ofLines(body);
            case OCTETS -> ofOctets(body);
            default ->
                throw HttpError.field(
                        415,
                        "Content-Type",
                        request.mediaType(),
                        "application/json, " + Ndjson.MEDIA_TYPE + " or " + OCTETS);
        };
    }

    private static List<Query> ofOctets(ByteBuffer body) {
        int bytes = body.remaining();
        if (bytes % Hash256.BYTES != 0) {
            throw HttpError.field(400, "body", bytes + " bytes", Hash256.BYTES + " bytes a hash");
        }
        checkCount(bytes / Hash256.BYTES);
        ByteBuffer in = body.duplicate();
        List<Query> queries = new ArrayList<>(bytes / Hash256.BYTES);
        while (in.hasRemaining()) {
            queries.add(new Query(Hash256.read(in), null, null));
        }
        return queries;
    }

    private static List<Query> ofJson(JsonNode body) {
        List<String> hashes = body.isArray()
                ? Fields.of(Json.object().set("hashes", body), Set.of("hashes")).texts("hashes")
                : Fields.of(body, Set.of("hashes")).required("hashes").texts("hashes");
        checkCount(hashes.size());
        List<Query> queries = new ArrayList<>(hashes.size());
        for (String hash : hashes) {
            queries.add(new Query(parse("hashes[" + queries.size() + "]", hash), null, null));
        }
        return queries;
    }

    private static void checkCount(int hashes) {
        if (hashes > MAX_HASHES) {
            throw HttpError.field(413, "hashes", Integer.toString(hashes), "at most " + MAX_HASHES);
        }
    }

    private static Hash256 parse(String field, String hash) {
        try {
            return Hash256.parse(hash);
        } catch (IllegalArgumentException e) {
            throw HttpError.field(400, field, hash, "64 hex digits");
        }
    }

    private static List<Query> ofLines(ByteBuffer body) {
        List<Query> queries = new ArrayList<>();
        for (Ndjson.Line line : Ndjson.lines(body)) {
            try {
                queries.add(ofLine(line.bytes()));
            } catch (HttpError | JacksonException e) {
                queries.add(new Query(null, null, Errors.error(e, Dialect.NATIVE)));
            }
        }
        return queries;
    }

    /** Bare hex digits, a JSON string of them, or an object. */
    private static Query ofLine(ByteBuffer line) {
        byte first = line.get(0);
        if (first != '{' && first != '"') {
            String text = StandardCharsets.ISO_8859_1.decode(line.duplicate()).toString();
            return new Query(parse("hash", text.strip()), null, null);
        }
        JsonNode node = Json.read(line);
        if (node.isString()) {
            return new Query(parse("hash", node.stringValue()), null, null);
        }
        Fields fields = Fields.of(node, Set.of("hash", "id"));
        String hash = fields.required("hash").text("hash");
        return new Query(parse("hash", String.valueOf(hash)), fields.scalar("id"), null);
    }

    /** The answer as it grows: bytes, since a tree of many hits would take many times as much. */
    private static final class Answer {
        private final long version;
        private final boolean lines;
        private final boolean told;
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();
        private boolean first = true;
        private int hits;

        /** The gravest of all. */
        Verdict best = Verdict.NO_MATCH;

        Answer(long version, int queries, boolean lines, boolean told) {
            this.version = version;
            this.lines = lines;
            this.told = told;
            if (!lines) {
                write("{\"list_version\":" + version + ",\"queries\":" + queries + ",\"results\":[");
            }
        }

        /**
         * A likeness to allowed content suppresses all that a hash matches, as it does for an image ({@link
         * org.semblance.engine.ContentMatcher}).
         */
        void add(int index, @Nullable JsonNode id, List<Match> found) {
            List<Match> known = ofKind(BankKind.MATCH, found);
            if (known.isEmpty() && !lines) {
                return;
            }
            List<Match> allowed = known.isEmpty() ? List.of() : ofKind(BankKind.ALLOW, found);
            hits += known.size() + allowed.size();
            if (hits > MAX_HITS) {
                throw HttpError.field(
                        413,
                        "hashes",
                        "more than " + MAX_HITS + " hits",
                        "fewer hashes, or banks that hold fewer copies");
            }
            Verdict verdict =
                    known.isEmpty() ? Verdict.NO_MATCH : allowed.isEmpty() ? Verdict.MATCH : Verdict.SUPPRESSED;
            if (best != Verdict.MATCH && verdict != Verdict.NO_MATCH) {
                best = verdict;
            }
            ObjectNode result = Json.object().put("query", index);
            if (id != null) {
                result.set("id", id);
            }
            result.put("verdict", verdict.wireName());
            if (!known.isEmpty()) {
                result.set("matches", ReportJson.hits(known, told));
            }
            if (!allowed.isEmpty()) {
                result.set("suppressed_by", ReportJson.hits(allowed, told));
            }
            add(result);
        }

        /** A line that is no hash. */
        void problem(int index, HttpError problem) {
            ObjectNode result = Json.object().put("query", index);
            add(result.setAll(Dialect.problem(problem)));
        }

        private void add(ObjectNode result) {
            if (lines) {
                out.writeBytes(Json.write(result.put("list_version", version)));
                out.write('\n');
            } else {
                if (!first) {
                    out.write(',');
                }
                out.writeBytes(Json.write(result));
            }
            first = false;
        }

        private List<Match> ofKind(BankKind kind, List<Match> matches) {
            if (matches.isEmpty()) {
                return matches;
            }
            var some = matches.stream().filter(m -> m.bank().kind() == kind);
            // Nearest first tells how near.
            return (told
                            ? some
                            : some.sorted(
                                    Comparator.comparingLong(m -> m.content().id())))
                    .toList();
        }

        private void write(String ascii) {
            out.writeBytes(ascii.getBytes(StandardCharsets.US_ASCII));
        }

        Response response() {
            if (!lines) {
                write("]}");
            }
            return new Response(200, lines ? Ndjson.MEDIA_TYPE : "application/json", out.toByteArray(), Map.of());
        }
    }
}
