package org.semblance.server.api;

import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.semblance.engine.MatchReport;
import org.semblance.engine.media.Deadline;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.Match;
import org.semblance.hashdb.features.Features;
import org.semblance.server.auth.ScopedDb;
import org.semblance.server.http.HttpError;
import org.semblance.server.route.Request;

/** What the lookups of one request are made in: the database as its caller may see it, the banks and the verdicts asked for. */
final class LookupScope {
    private final ScopedDb visible;
    private final Set<String> banks;
    private final boolean likely;
    private final boolean features;

    /**
     * As that request asks.
     *
     * @param features whether local features are looked up
     */
    LookupScope(HashDb db, boolean features, Request request) {
        request.caller().requiresDistance();
        this.visible = new ScopedDb(db, request.caller());
        this.banks = NativeRoutes.wantedBanks(request, visible);
        this.likely = request.flag(NativeRoutes.LIKELY, false);
        this.features = features;
    }

    /** The names of the banks that count; none for all of the caller's. */
    Set<String> banks() {
        return banks;
    }

    /** The newest change that lookups from now on see. */
    long seq() {
        return visible.seq();
    }

    /** Looks up the hashes among those queries, in their order. */
    Iterator<List<Match>> lookup(List<LookupQuery> queries) {
        return visible.lookup(LookupQuery.hashes(queries)).iterator();
    }

    /**
     * Looks up the features of a picture.
     *
     * @throws HttpError 400 if features are switched off: an answer would say that there is no match
     */
    MatchReport lookup(Features query, Deadline deadline) {
        if (!features) {
            throw HttpError.field(
                    400, "features", query.count() + " features", "hashes alone, as the setting features is off");
        }
        return visible.match(query, banks, likely, deadline);
    }
}
