package org.semblance.server.matchlog;

import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.matchlog.LogRow;
import org.semblance.hashdb.matchlog.LoggedHit;
import org.semblance.hashdb.matchlog.LoggedVerdict;
import org.semblance.hashdb.matchlog.Review;
import org.semblance.server.auth.Caller;
import org.semblance.server.http.Json;
import org.semblance.server.json.ReportJson;
import tools.jackson.databind.node.ObjectNode;

/** Rows of the match log as JSON. */
final class RowJson {
    private RowJson() {}

    /** A row; without distance, spans and hash for a caller that is not to be told how near something is. */
    static ObjectNode row(LogRow row, String bank, Caller caller) {
        LoggedVerdict verdict = row.verdict();
        LoggedHit hit = row.hit();
        boolean seesDistance = caller.seesDistance();
        ObjectNode json = Json.object()
                .put("id", row.id())
                .put("at", row.at().toString())
                .put("verdict_id", verdict.id().toString())
                .put("verdict", verdict.verdict())
                .put("outcome", hit.outcome().wireName())
                .put("bank", bank)
                .put("content_id", hit.contentId());
        ReportJson.putLabels(json, hit.labels());
        json.put("signal_type", hit.signalType());
        if (hit.distance() != null && seesDistance) {
            json.put("distance", hit.distance());
        }
        json.put("transform", hit.transform());
        if (hit.spans() != null && seesDistance) {
            json.set("spans", Json.read(hit.spans()));
        }
        put(json, "key", verdict.key());
        put(json, "reference", verdict.reference());
        put(json, "content_type", verdict.contentType());
        json.put("list_version", verdict.listVersion()).put("route", verdict.route());
        Hash256 hash = verdict.hash();
        if (hash != null && seesDistance) {
            json.put("hash", hash.toHex());
        }
        Review review = row.review();
        if (review != null) {
            json.set("review", review(Json.object(), review));
        }
        return json;
    }

    static ObjectNode review(ObjectNode json, Review review) {
        return json.put("review", review.word().wireName())
                .put("reason", review.reason())
                .put("actor", review.actor())
                .put("at", review.at().toString());
    }

    private static void put(ObjectNode json, String name, @Nullable String value) {
        if (value != null) {
            json.put(name, value);
        }
    }
}
