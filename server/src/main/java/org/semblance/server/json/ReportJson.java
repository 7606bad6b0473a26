package org.semblance.server.json;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.HashReport;
import org.semblance.engine.MatchReport;
import org.semblance.engine.features.Placement;
import org.semblance.engine.features.Region;
import org.semblance.engine.judge.Alignment;
import org.semblance.engine.judge.FeatureMatch;
import org.semblance.engine.judge.Finding;
import org.semblance.engine.judge.Verdict;
import org.semblance.engine.pdq.Transform;
import org.semblance.engine.video.VideoHashes;
import org.semblance.engine.video.Vpdq;
import org.semblance.hashdb.DistanceThreshold;
import org.semblance.hashdb.Match;
import org.semblance.hashdb.VerifyReport;
import org.semblance.hashdb.catalog.Applied;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.BankCounts;
import org.semblance.hashdb.catalog.ContentRecord;
import org.semblance.hashdb.catalog.JournalEntry;
import org.semblance.hashdb.catalog.Quarantine;
import org.semblance.hashdb.catalog.Treatment;
import org.semblance.hashdb.catalog.VideoSummary;
import org.semblance.hashdb.features.BankedPicture;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;
import org.semblance.hashdb.json.StrictJson;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Reports as JSON objects, with the field names of the native API: snake_case, a unit in the name of each time. */
public final class ReportJson {
    /** Writes reports, and reads those of another process. */
    public static final JsonMapper MAPPER = StrictJson.ANSWERS;

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private static final Set<String> FAILURES =
            Set.of(Verdict.UNSUPPORTED.wireName(), Verdict.CORRUPT.wireName(), Verdict.TOO_LARGE.wireName());
    private static final List<String> HITS = List.of("matches", "likely", "quarantined", "suppressed_by");
    private static final List<String> SHOWN_OF_SIGNAL = List.of("type", "quality");
    private static final List<String> SHOWN_OF_HIT = List.of(
            "bank",
            "content_id",
            "signal_type",
            "strength",
            "transform",
            "labels",
            "note",
            "source",
            "handling",
            "legal_basis",
            "created_at",
            "confirmations",
            "exact_only",
            "quarantine");

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

    /**
     * The signals of a hashed content, the PDQ one with its dihedral variants if they were asked for; a video's frames in the
     * form of python-threatexchange; an image's local features if they were asked for, as {@code /v1/lookup} takes them.
     */
    public static ArrayNode signals(HashReport report) {
        ArrayNode array = NODES.arrayNode();
        for (Signal signal : report.signals()) {
            ObjectNode node = signal(signal);
            if (signal.type() == SignalType.PDQ && !report.dihedral().isEmpty()) {
                node.set("dihedral", dihedral(report.dihedral()));
            }
            array.add(node);
        }
        VideoHashes video = report.video();
        if (video != null) {
            array.add(NODES.objectNode().put("type", "vpdq").put("hash", Vpdq.toJson(video.vpdqFrames())));
        } else {
            report.pictures().forEach(picture -> array.add(signal(picture.features())));
        }
        return array;
    }

    private static ObjectNode signal(Features features) {
        return NODES.objectNode()
                .put("type", Features.SIGNAL_TYPE)
                .put("version", Features.VERSION)
                .put("count", features.count())
                .put("features", features.toBase64());
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
        ObjectNode node = NODES.objectNode()
                .put("id", bank.id())
                .put("name", bank.name())
                .put("kind", bank.kind().wireName())
                .put("enabled_ratio", bank.enabledRatio())
                .put("description", bank.description())
                .put("distance_threshold", DistanceThreshold.of(bank).bits())
                .put("features", bank.features());
        putText(node, "handling", bank.handling());
        putText(node, "legal_basis", bank.legalBasis());
        return node.put("needs_approval", bank.needsApproval());
    }

    /** Adds {@code counts}: how many contents a bank has. */
    public static void putCounts(ObjectNode target, BankCounts counts) {
        target.putObject("counts")
                .put("enabled", counts.enabled())
                .put("disabled", counts.disabled())
                .put("proposed", counts.proposed())
                .put("withdrawn", counts.withdrawn())
                .put("quarantined", counts.quarantined())
                .put("images", counts.images())
                .put("videos", counts.videos())
                .put("exact_only", counts.exactOnly());
    }

    /** Adds that a change waits for a second person, and under which number. */
    public static ObjectNode putProposal(ObjectNode target, Applied applied) {
        return target.put("proposal", applied.seq()).put("status", "proposed").put("seq", applied.seq());
    }

    /** Adds {@code labels}, an empty array for none. */
    public static void putLabels(ObjectNode target, List<String> labels) {
        ArrayNode array = target.putArray("labels");
        labels.forEach(array::add);
    }

    /** Adds {@code video}, the summary of one that is banked, unless that is null. */
    public static void putVideo(ObjectNode target, @Nullable VideoSummary video) {
        if (video != null) {
            target.putObject("video").put("duration_ms", video.durationMs()).put("frames", video.pictures());
        }
    }

    /** A row of the journal; its payload as the text that was hashed. */
    public static ObjectNode journalEntry(JournalEntry entry) {
        return NODES.objectNode()
                .put("seq", entry.seq())
                .put("at_ms", entry.at().toEpochMilli())
                .put("actor", entry.actor())
                .put("reason", entry.reason())
                .put("kind", entry.kind())
                .put("payload", entry.payload())
                .put("prev_hash", entry.prevHash())
                .put("hash", entry.hash());
    }

    /** Hits of a lookup by a hash, in the order they come: bank and content, and the distance. */
    public static ArrayNode hits(List<Finding> findings) {
        ArrayNode array = NODES.arrayNode();
        for (Finding finding : findings) {
            Match match = Objects.requireNonNull(finding.match(), "a hit by features");
            array.addObject()
                    .put("bank", match.bank().name())
                    .put("content_id", match.content().id())
                    .put("distance", match.distance())
                    .put("threshold", match.threshold());
        }
        return array;
    }

    /** Hits of a lookup by features: bank and content, how sure, and the place in both pictures. */
    public static ArrayNode featureHits(List<Finding> findings) {
        ArrayNode array = NODES.arrayNode();
        for (Finding finding : findings) {
            ObjectNode node = content(finding.bank(), finding.content()).put("signal_type", finding.signalType());
            if (finding.features() != null) {
                putFeatures(node, finding.features());
            }
            array.add(node);
        }
        return array;
    }

    /** One hit: bank, content, by which signal and how near. */
    public static ObjectNode match(Match match) {
        ObjectNode node = content(match.bank(), match.content())
                .put("signal_type", match.signalType().wireName())
                .put("distance", match.distance())
                .put("threshold", match.threshold())
                .put("transform", "none");
        putDetails(node, match.bank(), match.content());
        return node;
    }

    private static ObjectNode content(Bank bank, ContentRecord content) {
        return NODES.objectNode().put("bank", bank.name()).put("content_id", content.id());
    }

    /** What a caller needs to act on a hit, and what curators noted. */
    private static void putDetails(ObjectNode node, Bank bank, ContentRecord content) {
        Treatment treatment = content.treatment();
        putLabels(node, content.labels());
        putText(node, "note", content.note());
        putText(node, "source", content.source());
        putText(node, "handling", treatment.handling() == null ? bank.handling() : treatment.handling());
        putText(node, "legal_basis", bank.legalBasis());
        node.put("created_at", content.createdAt().toString()).put("confirmations", treatment.confirmations());
        if (content.exactOnly()) {
            node.put("exact_only", true);
        }
        putQuarantine(node, treatment);
    }

    private static void putText(ObjectNode node, String name, @Nullable String text) {
        if (text != null) {
            node.put(name, text);
        }
    }

    /** Adds {@code quarantine}, its reason and whether the very bytes are in it as well; nothing if there is none. */
    public static void putQuarantine(ObjectNode node, Treatment treatment) {
        Quarantine quarantine = treatment.quarantine();
        if (quarantine != null) {
            node.putObject("quarantine").put("reason", quarantine.reason()).put("exact", quarantine.exact());
        }
    }

    /**
     * Where a banked picture lies in the upload, and what speaks for it. Points are fractions of width and height, of the
     * banked picture and of the upload; the matrix is 3x3, row by row.
     */
    private static void putFeatures(ObjectNode node, FeatureMatch match) {
        node.put("strength", match.strength().name().toLowerCase(Locale.ROOT)).put("transform", "edited");
        putPlacement(node, match.placement());
    }

    /** Adds {@code placement}. */
    static void putPlacement(ObjectNode node, Placement placement) {
        ObjectNode placed = node.putObject("placement");
        placed.put("votes", placement.votes())
                .put("inliers", placement.inliers())
                .put("visible", placement.visible().cardinality())
                .put("found", placement.found().cardinality())
                .put("share", rounded(placement.share()));
        ArrayNode matrix = placed.putArray("matrix");
        for (double value : placement.map().matrix()) {
            matrix.add(rounded(value));
        }
        placed.put("mirrored", placement.isMirrored());
        putRegion(placed, "query_region", placement.uploadRegion());
        putRegion(placed, "bank_region", placement.bankedRegion());
    }

    private static void putRegion(ObjectNode node, String name, Region region) {
        ArrayNode corners = node.putArray(name);
        region.corners()
                .forEach(corner -> corners.addArray().add(rounded(corner.x())).add(rounded(corner.y())));
    }

    private static double rounded(double fraction) {
        return Math.round(fraction * 100_000) / 100_000.0;
    }

    /** Adds {@code features}: how many are banked, of how many pictures; nothing if none are. */
    public static void putFeatures(ObjectNode target, List<BankedPicture> pictures) {
        if (!pictures.isEmpty()) {
            int count = pictures.stream()
                    .mapToInt(picture -> picture.features().count())
                    .sum();
            target.putObject("features")
                    .put("type", Features.SIGNAL_TYPE)
                    .put("version", Features.VERSION)
                    .put("pictures", pictures.size())
                    .put("count", count);
        }
    }

    /**
     * One thing found: a hit, and where it is. Times are in seconds, and in {@code spans} each has the sides that have time:
     * {@code {"query":[12.0,42.0],"bank":[0.0,30.0]}}.
     */
    public static ObjectNode finding(Finding finding) {
        Match match = finding.match();
        FeatureMatch features = finding.features();
        ObjectNode node = content(finding.bank(), finding.content()).put("signal_type", finding.signalType());
        if (match != null) {
            node.put("distance", match.distance())
                    .put("threshold", match.threshold())
                    .put("transform", finding.transform());
        } else if (features != null) {
            putFeatures(node, features);
        }
        putDetails(node, finding.bank(), finding.content());
        Alignment alignment = finding.alignment();
        if (alignment != null) {
            putPercent(node, "query_match_percent", alignment.queryMatchPercent());
            putPercent(node, "bank_match_percent", alignment.bankMatchPercent());
            ArrayNode spans = node.putArray("spans");
            for (Alignment.Span span : alignment.spans()) {
                ObjectNode both = spans.addObject();
                putStretch(both, "query", span.query());
                putStretch(both, "bank", span.bank());
            }
        }
        if (finding.suppressed()) {
            node.put("suppressed", true);
        }
        return node;
    }

    private static void putPercent(ObjectNode node, String name, @Nullable Double percent) {
        if (percent != null) {
            node.put(name, Math.round(percent * 100) / 100.0);
        }
    }

    private static void putStretch(ObjectNode node, String name, Alignment.@Nullable Stretch stretch) {
        if (stretch != null) {
            node.putArray(name).add(millis(stretch.from())).add(millis(stretch.until()));
        }
    }

    /** To milliseconds: more digits would be of no use. */
    private static double millis(double seconds) {
        return Math.round(seconds * 1000) / 1000.0;
    }

    /** The findings in the order they come. */
    public static ArrayNode findings(List<Finding> findings) {
        ArrayNode array = NODES.arrayNode();
        findings.forEach(finding -> array.add(finding(finding)));
        return array;
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
        if (report.isPartial()) {
            target.put("partial", true);
        }
        target.set("signals", signals(report));
        putFeatures(target, report.bankedPictures());
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
        // Of a video these are hundreds of frames that only served the lookup.
        target.set("signals", signals(report.hashed().signals()));
        if (report.partial()) {
            target.put("partial", true);
        }
        target.set("matches", findings(report.matches()));
        if (!report.likely().isEmpty()) {
            target.set("likely", findings(report.likely()));
        }
        if (!report.quarantined().isEmpty()) {
            target.set("quarantined", findings(report.quarantined()));
        }
        target.set("suppressed_by", findings(report.suppressedBy()));
        return target;
    }

    /**
     * Takes out all that tells how near something is, or what a hash is: of each signal its type and quality stay, of
     * each hit what was hit. Hits are then in the order of their ids, since nearest first tells as well.
     */
    public static void hideDistances(ObjectNode report) {
        for (JsonNode signal : report.path("signals")) {
            ((ObjectNode) signal).retain(SHOWN_OF_SIGNAL);
        }
        for (String list : HITS) {
            if (report.get(list) instanceof ArrayNode hits) {
                List<JsonNode> byId = new ArrayList<>(hits.values());
                byId.sort(Comparator.comparingLong(hit -> hit.path("content_id").longValue()));
                hits.removeAll();
                for (JsonNode hit : byId) {
                    hits.add(((ObjectNode) hit).retain(SHOWN_OF_HIT));
                }
            }
        }
    }

    /** Takes the analysts' notes out, in which names and case numbers stand, and why a content is in quarantine. */
    public static void hideNotes(ObjectNode report) {
        HITS.forEach(list -> hideNotes(report.path(list)));
    }

    /** Takes the notes out of hits. */
    public static void hideNotes(JsonNode hits) {
        hits.forEach(hit -> ((ObjectNode) hit).remove(List.of("note", "quarantine")));
    }

    /**
     * What a verification has found, and how much of it was compared.
     *
     * @param logProblems what is wrong with the match log, which is no part of the list
     */
    public static ObjectNode verification(VerifyReport report, List<String> logProblems) {
        ObjectNode node = NODES.objectNode()
                .put("clean", report.clean())
                .put("journal_rows", report.journalRows())
                .put("hashes", report.hashes())
                .put("feature_pictures", report.pictures());
        ArrayNode problems = node.putArray("problems");
        report.problems().forEach(problems::add);
        ArrayNode ofTheLog = node.putArray("match_log_problems");
        logProblems.forEach(ofTheLog::add);
        return node;
    }

    /** Whether the verdict says that the content itself could not be judged. */
    public static boolean isFailure(Verdict verdict) {
        return isFailure(verdict.wireName());
    }

    /** Whether a verdict of that name says so. */
    public static boolean isFailure(String verdict) {
        return FAILURES.contains(verdict);
    }
}
