package org.semblance.server.api;

import java.util.Iterator;
import java.util.List;
import org.semblance.engine.Judgement;
import org.semblance.engine.SignalMatcher;
import org.semblance.engine.media.Deadline;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.features.Features;
import org.semblance.server.auth.ScopedDb;
import org.semblance.server.http.HttpError;
import org.semblance.server.route.Request;

/** What the lookups of one request are made in: the database as its caller may see it, the banks and the verdicts asked for. */
final class LookupScope {
    private final ScopedDb visible;
    private final SignalMatcher matcher;
    private final boolean features;

    /**
     * As that request asks.
     *
     * @param features whether local features are looked up
     */
    LookupScope(HashDb db, boolean features, Request request) {
        request.caller().requiresDistance();
        this.visible = new ScopedDb(db, request.caller());
        this.matcher =
                visible.signals(NativeRoutes.wantedBanks(request, visible), request.flag(NativeRoutes.LIKELY, false));
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

    /**
     * Looks up the features of a picture.
     *
     * @throws HttpError 400 if features are switched off: an answer would say that there is no match
     */
    Judgement lookup(Features query, Deadline deadline) {
        if (!features) {
            throw HttpError.field(
                    400, "features", query.count() + " features", "hashes alone, as the setting features is off");
        }
        return matcher.match(query, deadline);
    }
}
