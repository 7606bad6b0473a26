package org.semblance.server.api;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.judge.Judgement;
import org.semblance.engine.judge.Verdict;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Json;
import org.semblance.server.http.Ndjson;
import org.semblance.server.http.Response;
import org.semblance.server.route.AnswerClock;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The answer to many lookups as it grows: bytes, since a tree of many hits would take many times as much.
 *
 * <p>As JSON it names only the hashes that hit something, so that those that do not cost nothing; as lines, each one.
 */
final class LookupAnswer {
    /** Most hits of one answer, or of one line of an endless one: a hash can hit every content of a bank. */
    private static final int MAX_HITS = 200_000;

    /** Verdicts, the gravest last. */
    private static final List<Verdict> GRAVITY =
            List.of(Verdict.NO_MATCH, Verdict.SUPPRESSED, Verdict.LIKELY, Verdict.MATCH);

    /** How it is written. */
    enum Form {
        JSON,
        LINES,
        /** Lines without end, of which none is kept. */
        ENDLESS_LINES
    }

    private final LookupScope scope;
    private final Form form;
    private ByteArrayOutputStream out = new ByteArrayOutputStream();
    private long version;
    private long asked;
    private long weight;
    private boolean first = true;
    private int hits;

    /** The gravest of all. */
    private Verdict best = Verdict.NO_MATCH;

    LookupAnswer(LookupScope scope, Form form) {
        this.scope = scope;
        this.form = form;
    }

    /** The lookups that follow see the database at that version. */
    void version(long seen) {
        version = seen;
    }

    /** What follows is written there. */
    void to(ByteArrayOutputStream other) {
        out = other;
    }

    /** How many hashes what was answered counts as, for {@link AnswerClock}. */
    long weight() {
        return weight;
    }

    Verdict best() {
        return best;
    }

    /** Begins a JSON answer to so many queries. */
    void begin(int queries) {
        if (form == Form.JSON) {
            write("{\"list_version\":" + version + ",\"queries\":" + queries + ",\"results\":[");
        }
    }

    /**
     * Answers the next query.
     *
     * @param explanation of it, or null
     * @throws HttpError 413 if a whole answer gets too many hits
     */
    void add(LookupQuery query, Judgement found, @Nullable ObjectNode explanation) {
        int more = found.matches().size()
                + found.likely().size()
                + found.quarantined().size()
                + found.suppressedBy().size();
        boolean partial = !found.cutShort().isEmpty();
        boolean told = isToTell(partial || explanation != null ? Math.max(1, more) : more);
        UUID id = null;
        if (!scope.isPast() && (told || more == 0)) { // Else a problem was told in its place.
            id = scope.verdicts().add(found, query.reference(), query.hash(), version);
        }
        if (told) {
            ObjectNode result = result(query.id(), found.verdict());
            if (id != null) {
                result.put("verdict_id", id.toString());
            }
            if (partial) {
                result.put("partial", true).put("reason", found.cutShort());
            }
            if (explanation != null) {
                result.set(NativeRoutes.EXPLAIN, explanation);
            }
            putHits(result, "matches", scope.hits(query, found.matches()));
            putHits(result, "likely", scope.hits(query, found.likely()));
            putHits(result, "quarantined", scope.hits(query, found.quarantined()));
            putHits(result, "suppressed_by", scope.hits(query, found.suppressedBy()));
            add(result);
        }
        asked++;
        weight += query.features() == null ? 1 : AnswerClock.HASHES_A_PICTURE;
    }

    /** Says of the next query why it was not looked up. */
    void refuse(HttpError why) {
        problem(why);
        asked++;
        weight++;
    }

    /** Counts the hits of a query; false if nothing is to be said of it, or that they are too many was said. */
    private boolean isToTell(int more) {
        if (more == 0 && form == Form.JSON) {
            return false;
        }
        hits = form == Form.ENDLESS_LINES ? more : hits + more;
        if (hits <= MAX_HITS) {
            return true;
        }
        HttpError tooMany = HttpError.field(
                413, "hashes", "more than " + MAX_HITS + " hits", "fewer hashes, or banks that hold fewer copies");
        if (form != Form.ENDLESS_LINES) {
            throw tooMany;
        }
        problem(tooMany);
        return false;
    }

    private ObjectNode result(@Nullable JsonNode id, Verdict verdict) {
        if (GRAVITY.indexOf(verdict) > GRAVITY.indexOf(best)) {
            best = verdict;
        }
        ObjectNode result = Json.object().put("query", asked);
        if (id != null) {
            result.set("id", id);
        }
        return result.put("verdict", verdict.wireName());
    }

    private static void putHits(ObjectNode result, String name, ArrayNode hits) {
        if (!hits.isEmpty()) {
            result.set(name, hits);
        }
    }

    /** A query that is no hash, or was not looked up. */
    private void problem(HttpError problem) {
        ObjectNode result = Json.object().put("query", asked);
        add(result.setAll(Dialect.problem(problem)));
    }

    private void add(ObjectNode result) {
        if (form != Form.JSON) {
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

    private void write(String ascii) {
        out.writeBytes(ascii.getBytes(StandardCharsets.US_ASCII));
    }

    /** The whole answer. */
    Response response() {
        if (form == Form.JSON) {
            write("]}");
        }
        String type = form == Form.JSON ? "application/json" : Ndjson.MEDIA_TYPE;
        return new Response(200, type, out.toByteArray(), Map.of());
    }
}
