package org.semblance.server.matchlog;

import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.matchlog.MatchLog;
import org.semblance.hashdb.matchlog.Stats;
import org.semblance.server.auth.Role;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Json;
import org.semblance.server.http.Response;
import org.semblance.server.route.Request;
import org.semblance.server.route.Route;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /v1/stats} and {@code /v1/report}: how often what matched. */
public final class StatsRoutes {
    /** Figures of one answer. */
    private static final int MOST_FIGURES = 50_000;

    private static final List<String> HITS =
            List.of(Stats.HITS, Stats.SUPPRESSED, Stats.LIKELY, Stats.QUARANTINED, Stats.SUPPRESSING);
    private static final List<String> UPLOADS = List.of(Stats.FILES, Stats.HASHES);
    private static final List<String> CURATION =
            List.of(Stats.CONFIRMED, Stats.FALSE_MATCH, Stats.ADDITIONS, Stats.WITHDRAWALS);

    /** What a caller may ask figures by. */
    private static final Set<Stats.By> ASKED = EnumSet.complementOf(EnumSet.of(Stats.By.MISSING));

    private static final Set<Stats.Step> STEPS = EnumSet.of(Stats.Step.HOUR, Stats.Step.DAY);

    private final MatchLog log;
    private final HashDb db;

    public StatsRoutes(MatchLog log, HashDb db) {
        this.log = log;
        this.db = db;
    }

    public List<Route> routes() {
        return List.of(
                route("/v1/stats", Set.of("by", "step", "from", "to", "bank"), (request, worker) -> stats(request)),
                route("/v1/report", Set.of("from", "to", "format"), (request, worker) -> report(request)));
    }

    private static Route route(String pattern, Set<String> parameters, Route.Work action) {
        return new Route(Dialect.NATIVE, "GET", pattern, parameters, Route.Takes.NOTHING, Role.CURATE, action);
    }

    private ScopedMatchLog log(Request request) {
        return new ScopedMatchLog(log, db, request.caller());
    }

    /** Full hours. */
    private record Period(Instant from, Instant to) {
        static Period of(Request request, Duration otherwise) {
            Instant to = request.time("to");
            Instant end = Stats.hourAfter(to == null ? Instant.now() : to);
            Instant from = request.time("from");
            Instant start = Stats.hourOf(from == null ? end.minus(otherwise) : from);
            if (!start.isBefore(end)) {
                throw HttpError.field(400, "from", start.toString(), "a time before " + end);
            }
            return new Period(start, end);
        }
    }

    private Response stats(Request request) {
        Stats.By by = word("by", request.query("by"), Stats.By.BANK, ASKED);
        Stats.Step step = word("step", request.query("step"), Stats.Step.DAY, STEPS);
        String bank = request.query("bank");
        if (bank != null && by == Stats.By.VERDICT) {
            throw HttpError.field(400, "bank", bank, "none with by=verdict: a verdict is on an upload, not of a bank");
        }
        Period period = Period.of(request, Duration.ofDays(step == Stats.Step.DAY ? 30 : 1));
        ScopedMatchLog.Figures stats = log(request).stats(by, step, period.from, period.to, bank, MOST_FIGURES);
        ObjectNode answer = Json.object()
                .put("by", name(by))
                .put("step", name(step))
                .put("from", period.from.toString())
                .put("to", period.to.toString());
        ArrayNode figures = answer.putArray("figures");
        for (Stats.Figure figure : stats.figures()) {
            put(figures.addObject().put("from", figure.from().toString()), by, figure, stats.names());
        }
        return Response.json(200, answer);
    }

    private static void put(ObjectNode json, Stats.By by, Stats.Figure figure, Map<Long, String> names) {
        switch (by) {
            case BANK, CONTENT -> json.put("bank", names.getOrDefault(figure.bankId(), ""));
            case LABEL, VERDICT -> json.put(name(by), figure.name());
            case KEY -> json.put("key", figure.name().isEmpty() ? null : figure.name());
            case MISSING -> throw new IllegalArgumentException("not asked by clients");
        }
        if (by == Stats.By.CONTENT) {
            if (figure.contentId() == 0) {
                json.put("others", true);
            } else {
                json.put("content_id", figure.contentId());
            }
        }
        if (by != Stats.By.VERDICT) {
            HITS.forEach(name -> json.put(name, figure.count(name)));
        }
        if (by == Stats.By.VERDICT || by == Stats.By.KEY) {
            UPLOADS.forEach(name -> json.put(name, figure.count(name)));
        }
        if (by == Stats.By.BANK) {
            CURATION.forEach(name -> json.put(name, figure.count(name)));
        }
    }

    private Response report(Request request) {
        String format = request.query("format");
        if (format != null && !format.equals("csv") && !format.equals("json")) {
            throw HttpError.field(400, "format", format, "json or csv");
        }
        Period period = Period.of(request, Duration.ofDays(30));
        TransparencyReport report = TransparencyReport.of(log(request), period.from, period.to);
        boolean csv = format == null ? request.accepts("text/csv") : format.equals("csv");
        return csv
                ? new Response(200, "text/csv; charset=utf-8; header=present", report.csv(), Map.of())
                : Response.json(200, report.json());
    }

    private static <E extends Enum<E>> E word(String field, @Nullable String text, E otherwise, Set<E> words) {
        if (text == null) {
            return otherwise;
        }
        for (E word : words) {
            if (name(word).equals(text)) {
                return word;
            }
        }
        throw HttpError.field(
                400, field, text, words.stream().map(StatsRoutes::name).collect(Collectors.joining(", ")));
    }

    private static String name(Enum<?> word) {
        return word.name().toLowerCase(Locale.ROOT);
    }
}
