package org.semblance.server.api;

import java.util.Iterator;
import java.util.List;
import org.semblance.engine.SignalMatcher;
import org.semblance.engine.judge.Finding;
import org.semblance.engine.judge.Judgement;
import org.semblance.engine.media.Deadline;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.server.auth.Caller;
import org.semblance.server.auth.Role;
import org.semblance.server.auth.ScopedDb;
import org.semblance.server.flood.FloodControl;
import org.semblance.server.http.HttpError;
import org.semblance.server.json.ReportJson;
import org.semblance.server.recent.UploadMemory;
import org.semblance.server.route.Request;
import tools.jackson.databind.node.ArrayNode;

/** What the lookups of one request are made in: the database as its caller may see it, the banks and the verdicts asked for. */
final class LookupScope {
    /** The parameter that asks for all that is known of a hit. */
    static final String DETAILS = "details";

    private final UploadMemory uploads;
    private final FloodControl flood;
    private final Caller caller;
    private final ScopedDb visible;
    private final boolean details;
    private final boolean seesNotes;
    private final SignalMatcher matcher;
    private final boolean features;

    /**
     * As that request asks.
     *
     * @param uploads remembers what is looked up
     * @param flood counts what matches
     * @param features whether local features are looked up
     */
    LookupScope(HashDb db, UploadMemory uploads, FloodControl flood, boolean features, Request request) {
        request.caller().requiresDistance();
        this.uploads = uploads;
        this.flood = flood;
        this.caller = request.caller();
        this.visible = new ScopedDb(db, request.caller());
        this.matcher =
                visible.signals(NativeRoutes.wantedBanks(request, visible), request.flag(NativeRoutes.LIKELY, false));
        this.details = request.flag(DETAILS, false);
        this.seesNotes = request.caller().may(Role.CURATE);
        this.features = features;
    }

    /** The newest change that lookups from now on see. */
    long seq() {
        return visible.seq();
    }

    /** Looks up the hashes among those queries, in their order. */
    Iterator<Judgement> lookup(List<LookupQuery> queries) {
        return matcher.match(LookupQuery.hashes(queries)).iterator();
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
        Judgement judgement = judgement(query, found, deadline);
        if (!judgement.matches().isEmpty()) {
            flood.count(judgement.standing());
        }
        return judgement;
    }

    private Judgement judgement(LookupQuery query, Iterator<Judgement> found, Deadline deadline) {
        Features picture = query.features();
        if (picture != null) {
            if (!features) {
                throw HttpError.field(
                        400, "features", picture.count() + " features", "hashes alone, as the setting features is off");
            }
            return matcher.match(picture, deadline);
        }
        Signal digest = query.digest();
        if (digest != null) {
            return matcher.matchContent(List.of(digest));
        }
        Judgement judgement = found.next();
        Hash256 hash = query.hash();
        if (hash != null) {
            uploads.remember(caller, query.reference(), hash);
        }
        return judgement;
    }
}
