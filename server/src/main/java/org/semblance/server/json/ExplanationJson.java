package org.semblance.server.json;

import org.semblance.engine.explain.Explanation;
import org.semblance.engine.explain.Explanation.ByFeatures;
import org.semblance.engine.explain.Explanation.ByHash;
import org.semblance.engine.explain.Explanation.ExplainedSignal;
import org.semblance.engine.explain.Explanation.Neighbour;
import org.semblance.engine.features.Placement;
import org.semblance.hashdb.hash.Hash256;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Explanations as JSON. */
public final class ExplanationJson {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final int SIDE = 16;

    private ExplanationJson() {}

    /** {@code {"signals":[{"type":"pdq","hash":…,"nearest":[…]},…],"off":[…]}}. */
    public static ObjectNode of(Explanation explanation) {
        ObjectNode node = NODES.objectNode();
        ArrayNode signals = node.putArray("signals");
        explanation.signals().forEach(signal -> signals.add(signal(signal)));
        ArrayNode off = node.putArray("off");
        explanation.off().forEach(off::add);
        return node;
    }

    private static ObjectNode signal(ExplainedSignal signal) {
        ObjectNode node = NODES.objectNode().put("type", signal.type());
        if (signal.value() != null) {
            node.put("hash", signal.value());
        }
        if (signal.quality() != null) {
            node.put("quality", signal.quality());
        }
        if (signal.notLookedUp() != null) {
            node.put("not_looked_up", signal.notLookedUp());
        }
        ArrayNode nearest = node.putArray("nearest");
        signal.nearest().forEach(neighbour -> nearest.add(neighbour(neighbour)));
        return node;
    }

    private static ObjectNode neighbour(Neighbour neighbour) {
        ObjectNode node = NODES.objectNode()
                .put("outcome", neighbour.outcome().wireName())
                .put("bank", neighbour.bank().name())
                .put("kind", neighbour.bank().kind().wireName())
                .put("content_id", neighbour.content().id())
                .put("status", neighbour.content().status().wireName());
        ReportJson.putQuarantine(node, neighbour.content().treatment());
        ByHash hash = neighbour.hash();
        if (hash != null) {
            putHash(node, hash);
        }
        ByFeatures features = neighbour.features();
        if (features != null) {
            node.put("votes", features.votes());
            Placement placement = features.placement();
            if (placement != null) {
                ReportJson.putPlacement(node, placement);
            }
        }
        return node;
    }

    private static void putHash(ObjectNode node, ByHash hash) {
        node.put("distance", hash.distance()).put("threshold", hash.threshold().bits());
        if (hash.query() != null && hash.banked() != null) {
            node.put("threshold_of", hash.threshold().from().wireName())
                    .put("transform", hash.transform())
                    .put("query_hash", hash.query().toHex())
                    .put("bank_hash", hash.banked().toHex());
            node.set("difference", difference(hash.query(), hash.banked()));
        }
        if (hash.seconds() != null) {
            node.put("seconds", hash.seconds());
        }
    }

    /**
     * The bits in which two hashes differ, as the 16x16 that PDQ takes them from: digit {@code j} of row {@code i} is 1 if bit
     * {@code 16 i + j} differs.
     */
    public static ArrayNode difference(Hash256 one, Hash256 other) {
        ArrayNode rows = NODES.arrayNode();
        for (int row = 0; row < SIDE; row++) {
            StringBuilder digits = new StringBuilder(SIDE);
            for (int column = 0; column < SIDE; column++) {
                int bit = row * SIDE + column;
                digits.append(one.bit(bit) == other.bit(bit) ? '0' : '1');
            }
            rows.add(digits.toString());
        }
        return rows;
    }
}
