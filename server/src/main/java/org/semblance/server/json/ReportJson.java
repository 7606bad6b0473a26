package org.semblance.server.json;

import java.util.List;
import java.util.Map;
import org.semblance.engine.HashReport;
import org.semblance.engine.MatchReport;
import org.semblance.engine.Verdict;
import org.semblance.engine.pdq.Transform;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.Match;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Reports as JSON objects, with the field names of the native API: snake_case, a unit in the name of each time. */
public final class ReportJson {
    /** Writes and reads all JSON of the server. */
    public static final JsonMapper MAPPER = JsonMapper.builder().build();

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private ReportJson() {}

    /** {@code [{"type":"pdq","hash":…,"quality":…},{"type":"md5","hash":…},…]}. */
    public static ArrayNode signals(List<Signal> signals) {
        ArrayNode array = NODES.arrayNode();
        signals.forEach(signal -> array.add(signal(signal)));
        return array;
    }

    private static ObjectNode signal(Signal signal) {
        ObjectNode node =
                NODES.objectNode().put("type", signal.type().wireName()).put("hash", signal.value());
        if (signal.quality() != null) {
            node.put("quality", signal.quality());
        }
        return node;
    }

    /** The signals of a hashed content, the PDQ one with its dihedral variants if they were asked for. */
    public static ArrayNode signals(HashReport report) {
        ArrayNode array = NODES.arrayNode();
        for (Signal signal : report.signals()) {
            ObjectNode node = signal(signal);
            if (signal.type() == SignalType.PDQ && !report.dihedral().isEmpty()) {
                node.set("dihedral", dihedral(report.dihedral()));
            }
            array.add(node);
        }
        return array;
    }

    private static ObjectNode dihedral(Map<Transform, Hash256> hashes) {
        ObjectNode node = NODES.objectNode();
        for (Transform transform : Transform.values()) {
            Hash256 hash = hashes.get(transform);
            if (hash != null && transform != Transform.ORIG) {
                node.put(transform.wireName(), hash.toHex());
            }
        }
        return node;
    }

    /** A bank; one without a threshold of its own shows the default. */
    public static ObjectNode bank(Bank bank) {
        Integer threshold = bank.distanceThreshold();
        return NODES.objectNode()
                .put("id", bank.id())
                .put("name", bank.name())
                .put("kind", bank.kind().wireName())
                .put("enabled_ratio", bank.enabledRatio())
                .put("description", bank.description())
                .put("distance_threshold", threshold == null ? HashDb.DEFAULT_DISTANCE_THRESHOLD : threshold);
    }

    /** Adds {@code labels}, an empty array for none. */
    public static void putLabels(ObjectNode target, List<String> labels) {
        ArrayNode array = target.putArray("labels");
        labels.forEach(array::add);
    }

    /** One hit: bank, content, by which signal and how near. */
    public static ObjectNode match(Match match) {
        ObjectNode node = NODES.objectNode()
                .put("bank", match.bank().name())
                .put("content_id", match.content().id())
                .put("signal_type", match.signalType().wireName())
                .put("distance", match.distance())
                .put("threshold", match.threshold())
                .put("transform", "none");
        putLabels(node, match.content().labels());
        if (match.content().note() != null) {
            node.put("note", match.content().note());
        }
        return node;
    }

    /** The hits in the order they come. */
    public static ArrayNode matches(List<Match> matches) {
        ArrayNode array = NODES.arrayNode();
        matches.forEach(match -> array.add(match(match)));
        return array;
    }

    /** Adds what hashing gave; {@code verdict} is {@code hashed} or what stood against it. */
    public static ObjectNode addHash(ObjectNode target, HashReport report) {
        Verdict failure = report.failure();
        target.put("verdict", failure == null ? "hashed" : failure.wireName());
        if (!report.reason().isEmpty()) {
            target.put("reason", report.reason());
        }
        if (report.contentType() != null) {
            target.put("content_type", report.contentType().wireName());
        }
        target.put("format", report.format());
        target.set("signals", signals(report));
        return target;
    }

    /** Adds a verdict and all that explains it, but for the times, which the caller may know more of. */
    public static ObjectNode addMatch(ObjectNode target, MatchReport report) {
        target.put("verdict", report.verdict().wireName());
        if (!report.reason().isEmpty()) {
            target.put("reason", report.reason());
        }
        if (report.hashed().contentType() != null) {
            target.put("content_type", report.hashed().contentType().wireName());
        }
        target.put("list_version", report.listVersion());
        target.set("signals", signals(report.hashed()));
        target.set("matches", matches(report.matches()));
        target.set("suppressed_by", matches(report.suppressedBy()));
        return target;
    }

    /** Whether the verdict says that the content itself could not be judged. */
    public static boolean isFailure(Verdict verdict) {
        return verdict == Verdict.UNSUPPORTED || verdict == Verdict.CORRUPT || verdict == Verdict.TOO_LARGE;
    }
}
