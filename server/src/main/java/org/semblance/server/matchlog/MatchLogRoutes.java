package org.semblance.server.matchlog;

import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.matchlog.LogFilter;
import org.semblance.hashdb.matchlog.LogRow;
import org.semblance.hashdb.matchlog.MatchLog;
import org.semblance.hashdb.matchlog.Review;
import org.semblance.hashdb.matchlog.VerdictIds;
import org.semblance.server.auth.Role;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.Fields;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Json;
import org.semblance.server.http.Response;
import org.semblance.server.record.VerdictRecorder;
import org.semblance.server.route.LineAnswerer;
import org.semblance.server.route.Request;
import org.semblance.server.route.Route;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /v1/matches}: what matched, page by page or as it comes, and what people say of it. */
public final class MatchLogRoutes {
    private static final String ALL = "/v1/matches";
    private static final int MAX_PAGE = 1_000;
    private static final int DEFAULT_PAGE = 100;
    private static final int MAX_REASON_CHARS = 1_000;
    private static final Set<String> REVIEW_FIELDS = Set.of("review", "reason", "content_id");

    /** The parameters by which rows are chosen. */
    private static final Set<String> FILTERS =
            Set.of("bank", "content_id", "label", "key", "verdict", "from", "to", "reference", "verdict_id");

    /** Each of them looks at the log whenever rows are stored. */
    private static final int MOST_STREAMS = 32;

    private final MatchLog log;
    private final HashDb db;
    private final AtomicInteger streams = new AtomicInteger();

    public MatchLogRoutes(MatchLog log, HashDb db) {
        this.log = log;
        this.db = db;
    }

    public List<Route> routes() {
        return List.of(
                new Route(
                        Dialect.NATIVE,
                        "GET",
                        ALL,
                        with("after", "before", "order", "limit"),
                        Route.Takes.NOTHING,
                        Role.CURATE,
                        (Route.Work) (request, worker) -> page(request)),
                new Route(
                        Dialect.NATIVE,
                        "GET",
                        ALL + "/stream",
                        with("after", "limit"),
                        Route.Takes.NOTHING,
                        Role.CURATE,
                        new Route.Stream(Route.Stream.EVENTS, this::stream)),
                new Route(
                        Dialect.NATIVE,
                        "POST",
                        ALL + "/{verdict}/review",
                        Set.of(),
                        Route.Takes.JSON,
                        Role.CURATE,
                        (Route.Work) (request, worker) -> review(request)));
    }

    private static Set<String> with(String... more) {
        Set<String> all = new HashSet<>(FILTERS);
        all.addAll(List.of(more));
        return Set.copyOf(all);
    }

    private ScopedMatchLog log(Request request) {
        return new ScopedMatchLog(log, db, request.caller());
    }

    private static ScopedMatchLog.Filter filter(Request request) {
        String content = request.query("content_id");
        Long contentId = content == null ? null : Request.parse("content_id", content, 0, Long.MAX_VALUE);
        String label = request.query("label");
        String key = request.query("key");
        String verdict = request.query("verdict");
        if (verdict != null && !VerdictRecorder.VERDICTS.contains(verdict)) {
            throw HttpError.field(400, "verdict", verdict, String.join(", ", VerdictRecorder.VERDICTS));
        }
        Instant from = request.time("from");
        Instant to = request.time("to");
        String reference = request.query("reference");
        String id = request.query("verdict_id");
        UUID verdictId = id == null ? null : VerdictIds.parse(id);
        if (id != null && verdictId == null) {
            throw HttpError.field(400, "verdict_id", id, "the verdict_id of an answer");
        }
        return (visible, banks) ->
                new LogFilter(visible, banks, contentId, label, key, verdict, from, to, reference, verdictId);
    }

    private Response page(Request request) {
        String after = request.query("after");
        String before = request.query("before");
        boolean newestFirst = newestFirst(request.query("order"), after, before);
        long cursor = newestFirst
                ? request.query("before", Long.MAX_VALUE, 0, Long.MAX_VALUE)
                : request.query("after", 0, 0, Long.MAX_VALUE);
        int limit = (int) request.query("limit", DEFAULT_PAGE, 1, MAX_PAGE);
        ScopedMatchLog visible = log(request);
        ScopedMatchLog.Rows rows = visible.page(filter(request), request.query("bank"), newestFirst, cursor, limit);
        ObjectNode answer = Json.object();
        ArrayNode matches = answer.putArray("matches");
        for (LogRow row : rows.page().rows()) {
            matches.add(RowJson.row(row, rows.bank(row), request.caller()));
        }
        Long next = rows.page().next();
        if (next != null) {
            answer.put(newestFirst ? "next_before" : "next_after", next);
        }
        return Response.json(200, answer.put("log_days", visible.days()));
    }

    /** The order that was asked for, or the one that the cursor is of. */
    private static boolean newestFirst(@Nullable String order, @Nullable String after, @Nullable String before) {
        if (order != null && !order.equals("newest") && !order.equals("oldest")) {
            throw HttpError.field(400, "order", order, "newest or oldest");
        }
        boolean newest = order == null ? after == null : order.equals("newest");
        if (newest && after != null) {
            throw HttpError.field(400, "after", after, "before, as the newest come first");
        }
        if (!newest && before != null) {
            throw HttpError.field(400, "before", before, "after, as the oldest come first");
        }
        return newest;
    }

    /** From the row after the last one that the client has; otherwise what is stored from now on. */
    private LineAnswerer stream(Request request) {
        ScopedMatchLog visible = log(request);
        String last = request.header("Last-Event-ID");
        long after = last != null && !last.isEmpty()
                ? Request.parse("Last-Event-ID", last, 0, Long.MAX_VALUE)
                : request.query("after", -1, 0, Long.MAX_VALUE);
        String bank = request.query("bank");
        ScopedMatchLog.Filter filter = filter(request);
        if (bank != null) {
            visible.stored(filter, bank, Long.MAX_VALUE, 1); // refuses a bank that there never was
        }
        long most = request.query("limit", Long.MAX_VALUE, 1, Long.MAX_VALUE);
        if (streams.get() >= MOST_STREAMS) {
            throw HttpError.busy("there are " + MOST_STREAMS + " streams of matches already");
        }
        return new MatchStream(
                visible, request.caller(), filter, bank, after < 0 ? visible.newestId() : after, most, streams);
    }

    private Response review(Request request) {
        Fields fields = Fields.of(request.json(), REVIEW_FIELDS);
        String text = fields.text("review");
        Review.Word word = null;
        for (Review.Word one : Review.Word.values()) {
            word = one.wireName().equals(text) ? one : word;
        }
        if (word == null) {
            throw HttpError.field(400, "review", text, "confirmed or false_match");
        }
        String reason = fields.text("reason");
        if (reason != null && reason.length() > MAX_REASON_CHARS) {
            throw HttpError.field(400, "reason", reason, "at most " + MAX_REASON_CHARS + " characters");
        }
        Long contentId = fields.wholeNumber("content_id");
        String name = request.name("verdict");
        UUID id = VerdictIds.parse(name);
        Review review = new Review(
                word,
                reason == null ? "" : reason,
                request.origin().actor(),
                log.clock().instant());
        List<Long> contents = id == null ? List.of() : log(request).review(id, contentId, review);
        if (contents.isEmpty()) {
            throw contentId == null
                    ? HttpError.field(404, "verdict", name, "the verdict_id of a row of " + ALL)
                    : HttpError.field(
                            404, "content_id", contentId.toString(), "a content that verdict " + name + " names");
        }
        ObjectNode answer = RowJson.review(Json.object().put("verdict_id", name), review);
        ArrayNode ids = answer.putArray("content_ids");
        contents.forEach(ids::add);
        return Response.json(200, answer);
    }
}
