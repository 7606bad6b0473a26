package org.semblance.server.api;

import java.util.List;
import java.util.Set;
import org.semblance.engine.HashReport;
import org.semblance.engine.HashRequest;
import org.semblance.engine.MatchOptions;
import org.semblance.engine.MatchReport;
import org.semblance.engine.explain.Explainer;
import org.semblance.engine.features.Profile;
import org.semblance.engine.media.MediaSource;
import org.semblance.engine.video.VideoPolicy;
import org.semblance.hashdb.HashDb;
import org.semblance.server.auth.Role;
import org.semblance.server.auth.ScopedList;
import org.semblance.server.body.SentFile;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Json;
import org.semblance.server.http.Response;
import org.semblance.server.json.ExplanationJson;
import org.semblance.server.json.ReportJson;
import org.semblance.server.metrics.RequestTrace.Stage;
import org.semblance.server.record.VerdictRecorder;
import org.semblance.server.route.Request;
import org.semblance.server.route.Route;
import org.semblance.server.work.Worker;
import tools.jackson.databind.node.ObjectNode;

/** {@code /v1/match} and {@code /v1/hash}: what is asked of a file. */
final class MatchRoutes {
    private static final String STOP_AT_EXACT = "stop_at_exact";
    static final String FEATURES = "features";
    private static final String POLICY = "video_policy";
    private static final String QUERY_PERCENT = "query_match_percent";
    private static final String BANK_PERCENT = "bank_match_percent";

    private final HashDb db;
    private final VerdictRecorder verdicts;
    private final boolean features;

    /** @param features whether uploads are looked up by local features unless a request says otherwise */
    MatchRoutes(HashDb db, VerdictRecorder verdicts, boolean features) {
        this.db = db;
        this.verdicts = verdicts;
        this.features = features;
    }

    List<Route> routes() {
        return List.of(
                upload(
                        "/v1/match",
                        Set.of(
                                "banks",
                                NativeRoutes.REFERENCE,
                                "deadline_ms",
                                STOP_AT_EXACT,
                                "url",
                                FEATURES,
                                NativeRoutes.LIKELY,
                                NativeRoutes.EXPLAIN,
                                NativeRoutes.AS_OF,
                                Request.MIN_LIST_VERSION,
                                POLICY,
                                QUERY_PERCENT,
                                BANK_PERCENT),
                        Route.Takes.MATCHED_UPLOAD,
                        this::match),
                upload("/v1/hash", Set.of("dihedral", FEATURES, "deadline_ms"), Route.Takes.UPLOAD, MatchRoutes::hash));
    }

    private static Route upload(String pattern, Set<String> parameters, Route.Takes takes, Route.Work action) {
        return new Route(Dialect.NATIVE, "POST", pattern, parameters, takes, Role.MATCH, action);
    }

    private Response match(Request request, Worker worker) {
        String reference = NativeRoutes.reference(request);
        ScopedList visible = NativeRoutes.list(request, db);
        boolean explains = NativeRoutes.explains(request);
        MatchOptions options = request.within(new MatchOptions(
                visible.matchOptions(NativeRoutes.wantedBanks(request, visible)).banks(),
                videoPolicy(request),
                request.flag(STOP_AT_EXACT, false) ? MatchOptions.KnownBytes.ANSWER : MatchOptions.KnownBytes.DECODE,
                features && request.flag(FEATURES, true),
                request.flag(NativeRoutes.LIKELY, false)));
        boolean sent = request.body().fetched() == null;
        if (sent) {
            SentFile.checkType(request.mediaType());
        }
        MatchReport report = worker.matcher()
                .over(visible.list())
                .match(request.body().file(), request.body().digests(), options, request.deadline());
        if (sent && report.matches().isEmpty()) { // Bytes that are known are, however they were sent.
            SentFile.checkBytes(request.mediaType(), request.body().upload());
        }
        request.trace().hashed(report.hashed());
        request.trace().took(Stage.LOOKUP, report.lookupUs() * 1_000);
        request.trace().verdict(report.verdict());
        ObjectNode answer = ReportJson.addMatch(Json.object(), report);
        if (explains) {
            answer.set(
                    "explain",
                    ExplanationJson.of(new Explainer(visible.list(), options, visible.visible())
                            .explain(report.hashed(), report.judgement(), request.deadline())));
        }
        NativeRoutes.hide(request, answer);
        if (!visible.isPast()) {
            answer.put("verdict_id", verdicts.file(request, report, reference).toString());
        }
        NativeRoutes.putText(answer, "reference", reference);
        putTiming(answer, request, report.hashed())
                .put("lookup", report.lookupUs())
                .put("total", request.totalUs());
        return Response.json(200, answer);
    }

    /** What has been measured to be best, or vPDQ's own rule with the least shares that the caller wants. */
    private static VideoPolicy videoPolicy(Request request) {
        String name = request.query(POLICY);
        if (name != null && name.equals("vpdq")) {
            VideoPolicy.Vpdq reference = VideoPolicy.Vpdq.REFERENCE;
            return new VideoPolicy.Vpdq(
                    percent(request, QUERY_PERCENT, reference.queryPercent()),
                    percent(request, BANK_PERCENT, reference.bankPercent()),
                    reference.maxDistance(),
                    reference.minQuality());
        }
        if (name != null && !name.equals("aligned")) {
            throw HttpError.field(400, POLICY, name, "aligned or vpdq");
        }
        for (String parameter : List.of(QUERY_PERCENT, BANK_PERCENT)) {
            String value = request.query(parameter);
            if (value != null) {
                throw HttpError.field(400, parameter, value, "none without " + POLICY + "=vpdq");
            }
        }
        return VideoPolicy.ALIGNED;
    }

    private static double percent(Request request, String parameter, double otherwise) {
        String value = request.query(parameter);
        if (value == null) {
            return otherwise;
        }
        try {
            double percent = Double.parseDouble(value);
            if (percent >= 0 && percent <= 100) {
                return percent;
            }
        } catch (NumberFormatException e) {
            // Answered as any other value that is out of range.
        }
        throw HttpError.field(400, parameter, value, "0 to 100");
    }

    private static Response hash(Request request, Worker worker) {
        request.caller().requiresDistance();
        HashRequest.Variants variants =
                request.flag("dihedral", false) ? HashRequest.Variants.DIHEDRAL : HashRequest.Variants.NONE;
        Profile features = request.flag(FEATURES, false) ? Profile.UPLOADED : null;
        MediaSource file = request.file();
        HashReport report = worker.exact().hash(file, request.body().digests(), variants, features, request.deadline());
        request.trace().hashed(report);
        ObjectNode answer = ReportJson.addHash(Json.object(), report);
        putTiming(answer, request, report).put("total", request.totalUs());
        return Response.json(200, answer);
    }

    private static ObjectNode putTiming(ObjectNode answer, Request request, HashReport report) {
        return answer.putObject("timing_us")
                .put("receive", request.receiveUs())
                .put("queue", request.queueUs())
                .put("decode", report.decodeUs())
                .put("hash", report.hashUs());
    }
}
