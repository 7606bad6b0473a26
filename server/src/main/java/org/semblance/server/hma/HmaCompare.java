package org.semblance.server.hma;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.semblance.engine.video.FrameHash;
import org.semblance.engine.video.VideoPolicy;
import org.semblance.engine.video.VpdqComparison;
import org.semblance.engine.video.VpdqComparison.Counting;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.server.auth.Role;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Response;
import org.semblance.server.route.Request;
import org.semblance.server.route.Route;
import tools.jackson.databind.JsonNode;

/** HMA's {@code /m/compare}: two signals of each type, by that type's own rule and threshold. */
final class HmaCompare {
    private static final VideoPolicy.Vpdq VPDQ = VideoPolicy.Vpdq.REFERENCE;

    private HmaCompare() {}

    static Route route() {
        return HmaRoutes.json(Role.MATCH, "POST", "/m/compare", (request, worker) -> compare(request));
    }

    private static Response compare(Request request) {
        request.caller().requiresDistance();
        JsonNode body = HmaRoutes.json(request);
        if (!body.isObject()) {
            throw new HttpError(400, "Request input was not a dict");
        }
        Map<String, List<Object>> answer = new HashMap<>();
        for (Map.Entry<String, JsonNode> entry : body.properties()) {
            String type = entry.getKey();
            JsonNode pair = entry.getValue();
            if (!pair.isArray()) {
                throw new HttpError(400, "Comparison hashes for " + type + " was not a list");
            }
            if (pair.size() != 2) {
                throw new HttpError(400, "Comparison hash list length must be exactly 2");
            }
            answer.put(type, compare(type, text(pair.get(0)), text(pair.get(1))));
        }
        return Response.sortedJson(200, answer);
    }

    /** What is no string is no signal of any type either. */
    private static String text(JsonNode node) {
        return node.isString() ? node.stringValue() : "?";
    }

    /** Whether they match, and how alike they are. */
    private static List<Object> compare(String type, String one, String other) {
        String what = "Invalid " + type + " hash";
        return switch (type) {
            case HmaRoutes.PDQ -> {
                Hash256 first = HmaRoutes.pdq(one, what).hash();
                int distance = first.distance(HmaRoutes.pdq(other, what).hash());
                yield List.of(distance <= HashDb.DEFAULT_DISTANCE_THRESHOLD, Map.of("distance", distance));
            }
            case HmaRoutes.VIDEO_MD5 -> {
                boolean equal = HmaRoutes.md5(one, what)
                        .value()
                        .equals(HmaRoutes.md5(other, what).value());
                yield List.of(equal, Map.of());
            }
            case HmaVpdq.NAME -> {
                List<FrameHash> query = HmaVpdq.parse(one, what);
                VpdqComparison shares = VpdqComparison.of(
                        query, HmaVpdq.parse(other, what), VPDQ.maxDistance(), VPDQ.minQuality(), Counting.EVERY_FRAME);
                yield List.of(
                        shares.queryPercent() >= VPDQ.queryPercent() && shares.targetPercent() >= VPDQ.bankPercent(),
                        Map.of(
                                "compared_match_percent", shares.targetPercent(),
                                "query_match_percent", shares.queryPercent()));
            }
            default -> throw new HttpError(400, "No such SignalType '" + type + "'");
        };
    }
}
