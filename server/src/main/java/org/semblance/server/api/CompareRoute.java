package org.semblance.server.api;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.HashReport;
import org.semblance.engine.HashRequest;
import org.semblance.engine.Reading;
import org.semblance.engine.video.QueryVideo;
import org.semblance.engine.video.VideoComparison;
import org.semblance.engine.video.VideoMatch;
import org.semblance.engine.video.VideoPolicy;
import org.semblance.hashdb.DistanceThreshold;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.BankContent;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.hash.FrameSpan;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;
import org.semblance.server.auth.Role;
import org.semblance.server.auth.ScopedDb;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.Fields;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Json;
import org.semblance.server.http.Response;
import org.semblance.server.json.ExplanationJson;
import org.semblance.server.route.Request;
import org.semblance.server.route.Route;
import org.semblance.server.work.Worker;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code POST /v1/compare}: how alike two things are, of which each is a file, a hash or a banked content. */
final class CompareRoute {
    private static final String OF = "of";
    private static final Set<String> SIDE = Set.of("hash", "bank", "content_id");

    private final HashDb db;

    CompareRoute(HashDb db) {
        this.db = db;
    }

    Route route() {
        return new Route(
                Dialect.NATIVE,
                "POST",
                "/v1/compare",
                Set.of("deadline_ms"),
                Route.Takes.UPLOAD,
                Role.CURATE,
                (Route.Work) this::compare);
    }

    /**
     * One of the two.
     *
     * @param hashes each with what was done to the content for it
     * @param digests of the bytes
     * @param video the frames, or null
     * @param asUpload the frames as those of an upload, or null
     * @param content the banked content, or null
     */
    private record Side(
            List<Variant> hashes,
            Set<Signal> digests,
            @Nullable KnownVideo video,
            @Nullable QueryVideo asUpload,
            @Nullable BankContent content) {}

    private record Variant(Hash256 hash, String transform) {}

    private record Pair(Variant one, Variant other) {
        int distance() {
            return one.hash.distance(other.hash);
        }
    }

    private Response compare(Request request, Worker worker) {
        request.caller().requiresDistance();
        List<Side> sides = request.mediaType().equals("application/json") ? ofJson(request) : ofForm(request, worker);
        Side one = sides.getFirst();
        Side other = sides.getLast();
        ObjectNode answer = Json.object();
        BankContent content = one.content == null ? other.content : one.content;
        DistanceThreshold threshold = content == null
                ? DistanceThreshold.STANDARD
                : DistanceThreshold.of(
                        new ScopedDb(db, request.caller()).bank(content.bank()).orElseThrow(), content.treatment());
        boolean sameBytes = one.digests.stream().anyMatch(other.digests::contains);
        Pair nearest = nearest(one, other);
        boolean isNear = nearest != null && nearest.distance() <= threshold.bits();
        boolean areVideos = one.video != null && other.video != null;
        List<VideoMatch> aligned = areVideos ? aligned(one, other, threshold.bits()) : List.of();
        boolean isMatch = sameBytes || (areVideos ? aligned.stream().anyMatch(VideoMatch::isMatch) : isNear);
        answer.put("match", isMatch).put("same_bytes", sameBytes);
        answer.put("threshold", threshold.bits())
                .put("threshold_of", threshold.from().wireName());
        if (nearest != null) {
            answer.put("distance", nearest.distance())
                    .put("transform", nearest.one.transform)
                    .put("hash", nearest.one.hash.toHex())
                    .put("other_hash", nearest.other.hash.toHex());
            answer.set("difference", ExplanationJson.difference(nearest.one.hash, nearest.other.hash));
        }
        aligned.forEach(video -> putVideo(answer, video));
        return Response.json(200, answer);
    }

    private static void putVideo(ObjectNode answer, VideoMatch video) {
        answer.put("query_match_percent", Math.round(video.queryMatchPercent() * 100) / 100.0)
                .put("bank_match_percent", Math.round(video.bankMatchPercent() * 100) / 100.0);
        ArrayNode spans = answer.putArray("spans");
        for (VideoMatch.Span span : video.spans()) {
            ObjectNode node = spans.addObject();
            node.putArray("query").add(span.queryFrom()).add(span.queryUntil());
            node.putArray("bank").add(span.bankFrom()).add(span.bankUntil());
        }
    }

    /** Null if one of the two has no hash. */
    private static @Nullable Pair nearest(Side one, Side other) {
        Pair nearest = null;
        for (Variant variant : one.hashes) {
            for (Variant second : other.hashes) {
                Pair pair = new Pair(variant, second);
                if (nearest == null || pair.distance() < nearest.distance()) {
                    nearest = pair;
                }
            }
        }
        return nearest;
    }

    private static List<VideoMatch> aligned(Side one, Side other, int threshold) {
        QueryVideo upload = one.asUpload == null ? QueryVideo.of(known(one)) : one.asUpload;
        VideoComparison comparison = new VideoComparison(upload, VideoPolicy.ALIGNED);
        comparison.add(0, known(other), threshold);
        return comparison.matches(new int[upload.moments().size()]);
    }

    private static KnownVideo known(Side side) {
        if (side.video == null) {
            throw new IllegalArgumentException("no video");
        }
        return side.video;
    }

    private List<Side> ofJson(Request request) {
        List<Fields> sides = Fields.of(request.json(), Set.of(OF)).required(OF).objects(OF, SIDE);
        if (sides.size() != 2) {
            throw HttpError.field(400, OF, sides.size() + " objects", "two, each with hash, or bank and content_id");
        }
        List<Side> read = new ArrayList<>();
        for (Fields side : sides) {
            Integer id = side.integer("content_id");
            read.add(side(request, side.text("hash"), side.text("bank"), id == null ? null : id.toString()));
        }
        return read;
    }

    private List<Side> ofForm(Request request, Worker worker) {
        Map<String, String> fields = request.body().fields();
        for (String field : fields.keySet()) {
            if (!SIDE.contains(field)) {
                throw HttpError.field(400, "body", field, "fields file, hash, bank and content_id");
            }
        }
        HashReport report = worker.fast()
                .hash(
                        request.file(),
                        request.body().digests(),
                        HashRequest.Variants.FOR_LOOKUP,
                        null,
                        request.deadline());
        request.trace().hashed(report);
        if (report.failure() != null) {
            throw HttpError.of(422, "file", "file: " + report.failure().wireName() + ": " + report.reason());
        }
        return List.of(side(report), side(request, fields.get("hash"), fields.get("bank"), fields.get("content_id")));
    }

    private static Side side(HashReport report) {
        List<Variant> hashes = new ArrayList<>();
        report.signal(SignalType.PDQ).ifPresent(pdq -> hashes.add(new Variant(pdq.hash(), "none")));
        for (Reading reading : report.others()) {
            hashes.add(new Variant(reading.hash(), reading.wireName()));
        }
        Set<Signal> digests = new HashSet<>();
        report.signals().stream().filter(signal -> signal.type().isDigest()).forEach(digests::add);
        KnownVideo known =
                report.video() == null ? null : report.video().known().orElse(null);
        if (known != null) {
            frames(known).forEach(hashes::add);
        }
        QueryVideo upload = report.video() == null ? null : QueryVideo.of(report.video(), VideoPolicy.ALIGNED);
        return new Side(hashes, digests, known, upload, null);
    }

    private static List<Variant> frames(KnownVideo video) {
        return video.frames().stream()
                .map(FrameSpan::hash)
                .distinct()
                .map(hash -> new Variant(hash, "none"))
                .toList();
    }

    private Side side(Request request, @Nullable String hash, @Nullable String bank, @Nullable String contentId) {
        if ((hash == null) == (contentId == null)) {
            throw HttpError.field(400, "hash", hash, "64 hex digits, or bank and content_id in its place");
        }
        if (hash != null) {
            try {
                return new Side(List.of(new Variant(Hash256.parse(hash), "none")), Set.of(), null, null, null);
            } catch (IllegalArgumentException e) {
                throw HttpError.field(400, "hash", hash, "64 hex digits");
            }
        }
        long id = Request.parse("content_id", String.valueOf(contentId), 0, Long.MAX_VALUE);
        ScopedDb visible = new ScopedDb(db, request.caller());
        if (bank == null) {
            throw HttpError.field(400, "bank", null, "the bank of the content");
        }
        BankContent content = visible.content(bank, id)
                .orElseThrow(
                        () -> HttpError.field(404, "content_id", contentId, "the id of a content of bank " + bank));
        List<Variant> hashes = new ArrayList<>();
        Set<Signal> digests = new HashSet<>();
        for (Signal signal : content.signals()) {
            if (signal.type().isDigest()) {
                digests.add(signal);
            } else {
                hashes.add(new Variant(signal.hash(), "none"));
            }
        }
        KnownVideo video = visible.video(bank, id).orElse(null);
        if (video != null) {
            hashes.addAll(frames(video));
        }
        hashes.sort(Comparator.comparing(variant -> variant.hash.toHex()));
        return new Side(hashes, digests, video, null, content);
    }
}
