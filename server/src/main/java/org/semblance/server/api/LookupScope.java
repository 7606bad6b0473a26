package org.semblance.server.api;

import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.SignalMatcher;
import org.semblance.engine.explain.Explainer;
import org.semblance.engine.judge.Finding;
import org.semblance.engine.judge.Judgement;
import org.semblance.engine.media.Deadline;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.hash.Signal;
import org.semblance.server.auth.Role;
import org.semblance.server.auth.ScopedList;
import org.semblance.server.http.HttpError;
import org.semblance.server.json.ExplanationJson;
import org.semblance.server.json.ReportJson;
import org.semblance.server.record.VerdictRecorder;
import org.semblance.server.route.Request;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What the lookups of one request are made in: the database as its caller may see it, the banks and the verdicts asked for. */
final class LookupScope {
    /** The parameter that asks for all that is known of a hit. */
    static final String DETAILS = "details";

    private final ScopedList visible;
    private final @Nullable Explainer explainer;
    private final boolean details;
    private final boolean seesNotes;
    private final SignalMatcher matcher;
    private final boolean features;
    private final VerdictRecorder.Lookups verdicts;

    /**
     * As that request asks.
     *
     * @param features whether local features are looked up
     */
    LookupScope(HashDb db, VerdictRecorder verdicts, boolean features, Request request) {
        request.caller().requiresDistance();
        this.visible = NativeRoutes.list(request, db);
        Set<String> banks = NativeRoutes.wantedBanks(request, visible);
        this.matcher = visible.signals(banks, request.flag(NativeRoutes.LIKELY, false));
        this.explainer = NativeRoutes.explains(request)
                ? new Explainer(visible.list(), visible.matchOptions(banks), visible.visible())
                : null;
        this.details = request.flag(DETAILS, false);
        this.seesNotes = request.caller().may(Role.CURATE);
        this.features = features;
        this.verdicts = verdicts.lookups(request, NativeRoutes.reference(request));
    }

    /** Where the verdicts of this request are logged. */
    VerdictRecorder.Lookups verdicts() {
        return verdicts;
    }

    /** The newest change that lookups from now on see. */
    long seq() {
        return visible.seq();
    }

    /** Looks up the hashes among those queries, in their order. */
    Iterator<Judgement> lookup(List<LookupQuery> queries) {
        return matcher.match(LookupQuery.hashes(queries)).iterator();
    }

    /** Whether the question is about an earlier time, so that nothing of it is logged. */
    boolean isPast() {
        return visible.isPast();
    }

    boolean explains() {
        return explainer != null;
    }

    /** Why a query found what it found; null unless that was asked for. */
    @Nullable
    ObjectNode explain(LookupQuery query, Judgement judgement, Deadline deadline) {
        return explainer == null ? null : ExplanationJson.of(explainer.explain(query.hashed(), judgement, deadline));
    }

    /** The hits of one query as an answer tells them. */
    ArrayNode hits(LookupQuery query, List<Finding> findings) {
        ArrayNode hits = details
                ? ReportJson.findings(findings)
                : query.features() == null ? ReportJson.hits(findings) : ReportJson.featureHits(findings);
        if (details && !seesNotes) {
            ReportJson.hideNotes(hits);
        }
        return hits;
    }

    /**
     * Judges the next query.
     *
     * @param found gives what the hashes among the queries have found, in their order
     * @throws HttpError 400 for features if they are switched off: an answer would say that there is no match
     */
    Judgement judge(LookupQuery query, Iterator<Judgement> found, Deadline deadline) {
        Features picture = query.features();
        if (picture != null) {
            if (!features) {
                throw HttpError.field(
                        400, "features", picture.count() + " features", "hashes alone, as the setting features is off");
            }
            return matcher.match(picture, deadline);
        }
        Signal digest = query.digest();
        return digest == null ? found.next() : matcher.matchContent(List.of(digest));
    }
}
