package org.semblance.server.hma;

import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.ContentCounts;
import org.semblance.hashdb.catalog.ContentCounts.Count;
import org.semblance.server.auth.Role;
import org.semblance.server.auth.ScopedDb;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Response;
import org.semblance.server.route.Request;
import org.semblance.server.route.Route;
import tools.jackson.databind.JsonNode;

/**
 * What HMA tells of its types of signals and contents and of their indexes. Here the index is changed with the database, so
 * that it is never out of date.
 */
final class HmaTypes {
    /** A count that took longer than this is told again until it is this many times older than it took to take. */
    private static final long LONG_NANOS = 500_000_000;

    private static final int REST = 20;

    private static final List<String> SIGNAL_TYPES = List.of(HmaRoutes.PDQ, HmaRoutes.VIDEO_MD5, HmaVpdq.NAME);

    private final HashDb db;
    private final ReentrantLock counting = new ReentrantLock();
    private volatile @Nullable Counted counted;

    /** @param seq of the newest change before they were counted */
    private record Counted(ContentCounts counts, long seq, long tookNanos, long atNanos) {}

    HmaTypes(HashDb db) {
        this.db = db;
    }

    List<Route> routes() {
        return List.of(
                HmaRoutes.work(
                                Role.MATCH,
                                "GET",
                                "/m/index/status",
                                Set.of("signal_type"),
                                (request, worker) -> indexStatus(request))
                        .forOpsToo(),
                HmaRoutes.work(Role.CURATE, "GET", "/c/signal_type", (request, worker) -> signalTypes()),
                HmaRoutes.json(Role.ADMIN, "PUT", "/c/signal_type/{type}", (request, worker) -> setRatio(request)),
                HmaRoutes.work(
                                Role.CURATE,
                                "GET",
                                "/c/signal_type/index",
                                Set.of("signal_type"),
                                (request, worker) -> signalTypeIndex(request))
                        .forOpsToo(),
                HmaRoutes.work(Role.CURATE, "GET", "/c/content_type", (request, worker) -> contentTypes()));
    }

    private static Response signalTypes() {
        return Response.sortedJson(
                200,
                SIGNAL_TYPES.stream()
                        .map(type -> Map.of("enabled_ratio", 1.0, "name", type))
                        .toList());
    }

    private static Response contentTypes() {
        return Response.sortedJson(
                200,
                List.of(
                        Map.of("enabled", true, "name", HmaRoutes.PHOTO),
                        Map.of("enabled", true, "name", HmaRoutes.VIDEO)));
    }

    /** In HMA a ratio has no effect. Here none but 1 is taken, rather than one that would let known content pass. */
    private static Response setRatio(Request request) {
        JsonNode body = HmaRoutes.json(request);
        JsonNode ratio = body.get("enabled_ratio");
        if (ratio == null || ratio.isNull()) {
            throw new HttpError(400, "enabled_ratio is required");
        }
        String type = request.name("type");
        if (!SIGNAL_TYPES.contains(type)) {
            throw new HttpError(404, "No such signal type '" + type + "'");
        }
        double value;
        try {
            value = ratio.isNumber() ? ratio.asDouble(Double.NaN) : Double.parseDouble(ratio.asString(""));
        } catch (NumberFormatException e) {
            throw new HttpError(400, "Invalid float: '" + ratio.asString("") + "'");
        }
        if (value != 1) {
            throw new HttpError(
                    400,
                    "enabled_ratio: " + value + " (expected: 1; a signal type cannot be switched off, a bank can)");
        }
        return new Response(204, "application/json", new byte[0], Map.of());
    }

    private Response indexStatus(Request request) {
        return perType(request, count -> Map.of("built_to", seconds(count), "present", true, "size", count.contents()));
    }

    private Response signalTypeIndex(Request request) {
        return perType(
                request,
                count -> Map.of(
                        "db_size", count.contents(),
                        "index_built_to", seconds(count),
                        "index_out_of_date", false,
                        "index_size", count.contents(),
                        "newest_db_item", seconds(count)));
    }

    @FunctionalInterface
    private interface Shown {
        Map<String, Object> of(Count count);
    }

    private Response perType(Request request, Shown shown) {
        // They are of all banks.
        request.caller().requiresAllBanks();
        String only = request.query("signal_type");
        if (only != null && !SIGNAL_TYPES.contains(only)) {
            throw new HttpError(400, "No such signal type '" + only + "'");
        }
        ContentCounts counts = counts(new ScopedDb(db, request.caller()));
        Map<String, Object> answer = new HashMap<>();
        answer.put(HmaRoutes.PDQ, shown.of(counts.pictures()));
        answer.put(HmaRoutes.VIDEO_MD5, shown.of(counts.files()));
        answer.put(HmaVpdq.NAME, shown.of(counts.videos()));
        if (only != null) {
            answer.keySet().retainAll(List.of(only));
        }
        return Response.sortedJson(200, answer);
    }

    private static long seconds(Count count) {
        Instant newest = count.newest();
        return newest == null ? -1 : newest.getEpochSecond();
    }

    private ContentCounts counts(ScopedDb visible) {
        Counted last = counted;
        if (last != null && isGood(last, visible.seq())) {
            return last.counts;
        }
        counting.lock();
        try {
            last = counted;
            if (last != null && isGood(last, visible.seq())) {
                return last.counts;
            }
            long seq = visible.seq();
            long start = System.nanoTime();
            ContentCounts counts = visible.counts().orElseThrow();
            long end = System.nanoTime();
            counted = new Counted(counts, seq, end - start, end);
            return counts;
        } finally {
            counting.unlock();
        }
    }

    private static boolean isGood(Counted last, long seq) {
        return last.seq == seq
                || (last.tookNanos > LONG_NANOS && System.nanoTime() - last.atNanos < REST * last.tookNanos);
    }
}
