package org.semblance.bench.robustness;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.semblance.bench.edits.Projection;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What {@code POST /v1/match} answered. */
record Answer(String verdict, String reason, List<Match> matches) {
    /**
     * @param isLikely whether a person has to look at it: it does not decide
     * @param matrix maps fractions of the banked picture's width and height to those of the upload's; null if none is told
     * @param counts that explain it, for a person
     * @param spans of an upload and a banked video, in seconds: from and until in the upload, from and until in the banked one
     */
    record Match(
            long contentId,
            String signalType,
            boolean isLikely,
            @Nullable Projection matrix,
            String counts,
            List<double[]> spans) {}

    static Answer parse(String json) {
        JsonNode root = JsonMapper.shared().readTree(json);
        List<Match> matches = new ArrayList<>();
        for (String list : List.of("matches", "likely")) {
            for (JsonNode match : root.path(list)) {
                matches.add(match(match));
            }
        }
        return new Answer(root.path("verdict").asString(), root.path("reason").asString(""), matches);
    }

    private static Match match(JsonNode match) {
        JsonNode placement = match.path("placement");
        StringBuilder counts = new StringBuilder();
        for (String field : List.of("distance", "votes", "inliers", "visible", "found", "share")) {
            JsonNode count = match.path(field).isMissingNode() ? placement.path(field) : match.path(field);
            if (!count.isMissingNode()) {
                counts.append(counts.isEmpty() ? "" : " ")
                        .append(field)
                        .append('=')
                        .append(count);
            }
        }
        List<double[]> spans = new ArrayList<>();
        for (JsonNode span : match.path("spans")) {
            if (span.has("query") && span.has("bank")) {
                spans.add(numbers(List.of(span.get("query"), span.get("bank"))));
            }
        }
        JsonNode matrix = placement.path("matrix");
        return new Match(
                match.path("content_id").asLong(),
                match.path("signal_type").asString(),
                match.path("strength").asString("match").equals("likely"),
                matrix.size() == 9 ? new Projection(numbers(List.of(matrix))) : null,
                counts.toString(),
                spans);
    }

    private static double[] numbers(List<JsonNode> arrays) {
        return arrays.stream()
                .flatMap(array -> array.valueStream())
                .mapToDouble(JsonNode::asDouble)
                .toArray();
    }
}
