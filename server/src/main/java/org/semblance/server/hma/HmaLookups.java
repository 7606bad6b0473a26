package org.semblance.server.hma;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.ContentType;
import org.semblance.engine.MatchOptions;
import org.semblance.engine.MatchReport;
import org.semblance.engine.NoDecoderException;
import org.semblance.engine.SignalMatcher;
import org.semblance.engine.judge.Alignment;
import org.semblance.engine.judge.Finding;
import org.semblance.engine.judge.Judgement;
import org.semblance.engine.judge.Verdict;
import org.semblance.engine.media.DeadlinePassedException;
import org.semblance.engine.video.FrameHash;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.Match;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.ContentRecord;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.server.auth.Role;
import org.semblance.server.auth.ScopedDb;
import org.semblance.server.auth.ScopedList;
import org.semblance.server.body.Body;
import org.semblance.server.config.HmaEdited;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Response;
import org.semblance.server.metrics.RequestTrace.Stage;
import org.semblance.server.record.VerdictRecorder;
import org.semblance.server.route.Request;
import org.semblance.server.route.Route;
import org.semblance.server.work.Worker;

/** HMA's lookups, {@code /m/raw_lookup} and {@code /m/lookup}. */
final class HmaLookups {
    private static final Response NO_MATCH = Response.sortedJson(200, Map.of());

    private final HashDb db;
    private final VerdictRecorder verdicts;
    private final HmaEdited edited;

    /** @param edited where contents are told that a photo shows turned, mirrored or edited */
    HmaLookups(HashDb db, VerdictRecorder verdicts, HmaEdited edited) {
        this.db = db;
        this.verdicts = verdicts;
        this.edited = edited;
    }

    List<Route> routes() {
        return List.of(
                HmaRoutes.work(
                        Role.MATCH,
                        "GET",
                        "/m/raw_lookup",
                        Set.of("signal", "signal_type", "banks", "include_distance"),
                        Route.quick(
                                request -> isMiss(request) ? rawLookup(request) : null,
                                (request, worker) -> rawLookup(request))),
                HmaRoutes.work(
                        Role.MATCH,
                        "GET",
                        "/m/lookup",
                        Set.of(
                                "signal",
                                "signal_type",
                                "url",
                                "content_type",
                                "types",
                                "banks",
                                "seed",
                                "bypass_coinflip"),
                        Route.quick(request -> isMiss(request) ? lookup(request) : null, this::lookup)),
                HmaRoutes.upload(
                        Role.MATCH,
                        "/m/lookup",
                        Set.of("banks", "seed", "types", "bypass_coinflip"),
                        Route.Takes.MATCHED_UPLOAD,
                        this::lookupFile));
    }

    /**
     * What a lookup found.
     *
     * @param version the newest change that the lookup saw at least
     */
    private record Found(Judgement judgement, long version) {
        List<Finding> standing() {
            return judgement.standing();
        }
    }

    /** A content that was found, and how far it is in HMA's words. */
    private record Hit(Bank bank, ContentRecord content, String distance) {
        Map<String, Object> json() {
            return Map.of("bank_content_id", content.id(), "distance", distance);
        }
    }

    private Response rawLookup(Request request) {
        request.caller().requiresDistance();
        List<Map<String, @Nullable Object>> errors = new ArrayList<>();
        Map<String, String> given = HmaRoutes.given(request, "signal", "signal_type", "banks", "include_distance");
        for (String field : List.of("signal", "signal_type")) {
            if (request.query(field) == null) {
                errors.add(HmaValidationError.missing(field, given));
            }
        }
        boolean withDistance = HmaRoutes.flag(request, "include_distance", errors);
        String signal = request.query("signal");
        String type = request.query("signal_type");
        if (!errors.isEmpty() || signal == null || type == null) {
            throw new HmaValidationError(errors);
        }
        List<Object> matches = new ArrayList<>();
        for (Hit hit : find(type, signal, request, 0)) {
            matches.add(withDistance ? hit.json() : hit.content.id());
        }
        return Response.sortedJson(200, Map.of("matches", matches));
    }

    /** Whether the request asks for one hash that certainly finds nothing. */
    private boolean isMiss(Request request) {
        String signal = request.query("signal");
        return signal != null
                && request.body().fetched() == null
                && HmaRoutes.PDQ.equals(request.query("signal_type"))
                && HmaRoutes.isPdq(signal)
                && new ScopedDb(db, request.caller()).surelyMisses(List.of(Hash256.parse(signal)));
    }

    private Response lookup(Request request, Worker worker) {
        if (request.body().fetched() == null) {
            return lookup(request);
        }
        Map<String, Object> byType = lookupFile(request, worker, coin(request, bypassesCoin(request)));
        String type = request.query("signal_type");
        return Response.sortedJson(200, type == null || type.isEmpty() ? byType : byType.getOrDefault(type, Map.of()));
    }

    private static boolean bypassesCoin(Request request) {
        List<Map<String, @Nullable Object>> errors = new ArrayList<>();
        boolean bypass = HmaRoutes.flag(request, "bypass_coinflip", errors);
        if (!errors.isEmpty()) {
            throw new HmaValidationError(errors);
        }
        return bypass;
    }

    private Response lookup(Request request) {
        double coin = coin(request, bypassesCoin(request));
        String signal = request.query("signal");
        String type = request.query("signal_type");
        request.caller().requiresDistance();
        if (signal == null || type == null || signal.isEmpty() || type.isEmpty()) {
            throw new HttpError(400, "Either url or both signal and signal_type are required");
        }
        List<Hit> hits = find(type, signal, request, coin);
        return hits.isEmpty() ? NO_MATCH : Response.sortedJson(200, byBank(hits, coin));
    }

    private Response lookupFile(Request request, Worker worker) {
        boolean bypass = "true".equals(request.query("bypass_coinflip"));
        return Response.sortedJson(200, lookupFile(request, worker, coin(request, bypass)));
    }

    /** The hits in each bank, by signal type. */
    private Map<String, Object> lookupFile(Request request, Worker worker, double coin) {
        if (HmaRoutes.contentType(request).equals(HmaRoutes.VIDEO)) {
            return lookupVideo(request, worker, coin);
        }
        List<Signal> signals;
        Found found;
        try {
            HmaRoutes.HashedFile hashed = HmaRoutes.hashFile(request, worker.fast(), false, false);
            if (hashed.report() != null) {
                verdicts.upload(request, hashed.report());
            }
            signals = hashed.signals();
            found = judge(request, hashed.signals());
            if (found.standing().isEmpty()) {
                hashed.orRefuse(); // after the lookup: a known file is found even if it does not decode
            }
        } catch (DeadlinePassedException | NoDecoderException e) {
            signals = request.body().digests().signals();
            found = judge(request, signals);
            if (found.standing().isEmpty()) {
                throw e; // or it could not be decoded just now
            }
        }
        if (!found.standing().isEmpty() || edited == HmaEdited.OFF) {
            log(request, coin, ContentType.IMAGE, signals, found);
            return Map.of(HmaRoutes.PDQ, byBank(hits(found, false, request), coin));
        }
        Map<String, Object> answer = new HashMap<>(Map.of(HmaRoutes.PDQ, Map.of()));
        Found edits = match(request, worker, request.body(), true);
        log(request, coin, ContentType.IMAGE, signals, edits);
        answer.put(edited.key(), byBank(sorted(editedCopies(edits, request), request), coin));
        return answer;
    }

    /** What a photo shows that no hash of its own finds: contents that it shows turned, mirrored or edited. */
    private static List<Hit> editedCopies(Found edits, Request request) {
        List<Hit> hits = new ArrayList<>();
        for (Finding finding : edits.standing()) {
            Match match = finding.match();
            // Features have no distance: what a client reads as the farthest match.
            int distance = match == null ? HashDb.DEFAULT_DISTANCE_THRESHOLD : match.distance();
            hits.add(hit(finding.bank(), finding.content(), Integer.toString(distance), request));
        }
        return hits;
    }

    /**
     * By its bytes, and unless {@code types} asks for those alone by its frames. What was found by frames has a key of its
     * own, which is there if it is asked for or there is something; so an answer without a match is HMA's. To who names no
     * types a distance is a whole number of bits everywhere, since clients that know {@code pdq} alone read no other; who
     * names types gets HMA's words for each.
     */
    private Map<String, Object> lookupVideo(Request request, Worker worker, double coin) {
        Body body = request.body();
        List<String> asked = HmaRoutes.types(request, HmaRoutes.VIDEO);
        boolean both = !HmaRoutes.asksForTypes(request);
        Map<String, List<Hit>> hits = new LinkedHashMap<>();
        asked.forEach(type -> hits.put(type, new ArrayList<>()));
        if (!both && !asked.contains(HmaVpdq.NAME)) {
            List<Signal> digests = body.digests().signals();
            Found found = judge(request, digests);
            log(request, coin, ContentType.VIDEO, digests, found);
            hits.put(HmaRoutes.VIDEO_MD5, hits(found, true, request));
        } else {
            Found found = match(request, worker, body, false);
            List<Finding> told = new ArrayList<>();
            for (Finding finding : found.standing()) {
                // Always there: features are not asked, which HMA has no signal type for.
                Match match = Objects.requireNonNull(finding.match());
                Map<String, String> distances = new HashMap<>(keysAndDistances(match, finding.alignment(), both));
                if (!both) {
                    distances.keySet().retainAll(asked);
                }
                distances.forEach((type, distance) ->
                        hits.computeIfAbsent(type, unused -> new ArrayList<>()).add(hit(match, distance, request)));
                if (!distances.isEmpty()) {
                    told.add(finding);
                }
            }
            log(request, coin, ContentType.VIDEO, body.digests().signals(), with(found, told));
        }
        Map<String, Object> answer = new HashMap<>();
        hits.forEach((type, all) -> answer.put(type, byBank(sorted(all, request), coin)));
        return answer;
    }

    /** What matches a file. */
    private Found match(Request request, Worker worker, Body body, boolean byFeatures) {
        Set<String> banks = banks(request);
        if (!banks.isEmpty() && banks.stream().noneMatch(request.caller()::sees)) {
            return new Found(Judgement.NOTHING, 0);
        }
        ScopedList visible = new ScopedDb(db, request.caller()).list();
        MatchOptions asked = request.within(visible.matchOptions(banks));
        MatchOptions options = byFeatures ? asked : asked.withoutFeatures();
        MatchReport report = worker.matcher().match(body.file(), body.digests(), options, request.deadline());
        if (!byFeatures) { // Otherwise the photo was hashed before, and is remembered.
            verdicts.upload(request, report.hashed());
        }
        request.trace().hashed(report.hashed());
        request.trace().took(Stage.LOOKUP, report.lookupUs() * 1_000);
        request.trace().verdict(report.verdict());
        return new Found(report.judgement(), report.listVersion());
    }

    /**
     * Under which type a match is told, with its distance; a video whose very bytes are known is found by frames too.
     *
     * @param inBits whether every distance is to be a number of bits, of a video that of the nearest two frames
     */
    private static Map<String, String> keysAndDistances(Match match, @Nullable Alignment alignment, boolean inBits) {
        String bits = Integer.toString(match.distance());
        if (match.signalType().isDigest()) {
            String md5 = inBits ? bits : HmaRoutes.NONE;
            return match.content().isVideo()
                    ? Map.of(HmaRoutes.VIDEO_MD5, md5, HmaVpdq.NAME, inBits ? bits : HmaVpdq.distance(100, 100))
                    : Map.of(HmaRoutes.VIDEO_MD5, md5);
        }
        if (!match.content().isVideo()) {
            return Map.of(HmaRoutes.PDQ, bits);
        }
        if (inBits) {
            return Map.of(HmaVpdq.NAME, bits);
        }
        return Map.of(HmaVpdq.NAME, alignment == null ? HmaRoutes.NONE : HmaVpdq.distance(alignment));
    }

    private static List<Hit> chosen(int hashes, List<Hit> hits, Request request) {
        request.answersHashes(hashes);
        return hits;
    }

    /** What one signal finds. */
    private List<Hit> find(String type, String value, Request request, double coin) {
        String what = "invalid signal";
        return switch (type) {
            case HmaRoutes.PDQ -> {
                Signal signal = HmaRoutes.pdq(value, what);
                Found found = judge(request, List.of(signal));
                log(request, coin, signal.hash(), found);
                yield chosen(1, hits(found, false, request), request);
            }
            case HmaRoutes.VIDEO_MD5 -> {
                Found found = judge(request, List.of(HmaRoutes.md5(value, what)));
                log(request, coin, null, found);
                yield chosen(1, hits(found, true, request), request);
            }
            case HmaVpdq.NAME -> {
                List<FrameHash> frames = HmaVpdq.parse(value, what);
                yield chosen(frames.size(), findVideos(frames, request, coin), request);
            }
            default -> throw new HttpError(400, "No such SignalType '" + type + "'");
        };
    }

    /**
     * What was found by signals of one content. HMA has no allowed content, so a match that is suppressed is no match here.
     *
     * @param exact whether they are digests alone, for which HMA tells no distance
     */
    private static List<Hit> hits(Found found, boolean exact, Request request) {
        List<Hit> hits = new ArrayList<>();
        for (Finding finding : found.standing()) {
            Match match = Objects.requireNonNull(finding.match());
            hits.add(hit(match, exact ? HmaRoutes.NONE : Integer.toString(match.distance()), request));
        }
        return sorted(hits, request);
    }

    /** The known videos that these frames match by vPDQ's rule, those first of which most frames were found. */
    private List<Hit> findVideos(List<FrameHash> frames, Request request, double coin) {
        Found found =
                judge(request, matcher -> HmaVpdq.complete(matcher.match(frames, HmaVpdq.RULE, request.deadline())));
        List<Finding> videos = new ArrayList<>(found.standing());
        videos.removeIf(finding -> !finding.content().isVideo());
        videos.sort(Comparator.comparingDouble((Finding video) -> queryPercent(video))
                .reversed());
        log(request, coin, null, with(found, videos));
        List<Hit> hits = new ArrayList<>();
        for (Finding video : videos) {
            hits.add(hit(
                    video.bank(),
                    video.content(),
                    HmaVpdq.distance(Objects.requireNonNull(video.alignment())),
                    request));
        }
        return sorted(hits, request);
    }

    private static double queryPercent(Finding video) {
        Double percent = Objects.requireNonNull(video.alignment()).queryMatchPercent();
        return percent == null ? 0 : percent;
    }

    private Found judge(Request request, List<Signal> signals) {
        return judge(request, matcher -> matcher.matchContent(signals));
    }

    /** What a lookup in the banks that were asked for finds; nothing if the caller sees none of them. */
    private Found judge(Request request, Function<SignalMatcher, Judgement> lookup) {
        Set<String> banks = banks(request);
        if (!banks.isEmpty() && banks.stream().noneMatch(request.caller()::sees)) {
            request.trace().verdict(Verdict.NO_MATCH);
            return new Found(Judgement.NOTHING, 0);
        }
        long start = System.nanoTime();
        ScopedList visible = new ScopedDb(db, request.caller()).list();
        long version = visible.seq();
        Judgement judgement = lookup.apply(visible.signals(banks, false));
        request.trace().took(Stage.LOOKUP, System.nanoTime() - start);
        request.trace().verdict(judgement.verdict());
        return new Found(judgement, version);
    }

    /** What was found, with those alone of what stands. */
    private static Found with(Found found, List<Finding> standing) {
        return new Found(found.judgement.telling(standing), found.version);
    }

    /** What is told of what was found: banks that the coin leaves out took no part. */
    private static Found told(Found found, double coin) {
        return found.judgement == Judgement.NOTHING
                ? found
                : with(
                        found,
                        found.standing().stream()
                                .filter(finding -> finding.bank().enabledRatio() >= coin)
                                .toList());
    }

    private void log(Request request, double coin, @Nullable Hash256 hash, Found found) {
        Found told = told(found, coin);
        verdicts.hash(request, hash, told.judgement, told.version);
    }

    private void log(Request request, double coin, ContentType contentType, List<Signal> signals, Found found) {
        Found told = told(found, coin);
        verdicts.signals(request, contentType.wireName(), signals, told.judgement, told.version);
    }

    /** Clients expect the field, so a key that is not told distances gets HMA's word for there being none. */
    private static Hit hit(Match match, String distance, Request request) {
        return hit(match.bank(), match.content(), distance, request);
    }

    private static Hit hit(Bank bank, ContentRecord content, String distance, Request request) {
        return new Hit(bank, content, request.caller().seesDistance() ? distance : HmaRoutes.NONE);
    }

    /** As they are, unless their order would tell what is not to be told. */
    private static List<Hit> sorted(List<Hit> hits, Request request) {
        if (request.caller().seesDistance()) {
            return hits;
        }
        List<Hit> byId = new ArrayList<>(hits);
        byId.sort(Comparator.comparingLong(hit -> hit.content.id()));
        return byId;
    }

    private static Set<String> banks(Request request) {
        String named = request.query("banks");
        return named == null || named.isEmpty() ? Set.of() : new HashSet<>(Arrays.asList(named.split(",")));
    }

    private static Map<String, List<Object>> byBank(List<Hit> hits, double coin) {
        Map<String, List<Object>> byBank = new TreeMap<>();
        for (Hit hit : hits) {
            if (hit.bank.enabledRatio() >= coin) {
                byBank.computeIfAbsent(hit.bank.name(), unused -> new ArrayList<>())
                        .add(hit.json());
            }
        }
        return byBank;
    }

    /** One toss of the coin decides which banks take part. */
    private static double coin(Request request, boolean bypass) {
        if (bypass) {
            return 0;
        }
        String seed = request.query("seed");
        return seed == null ? ThreadLocalRandom.current().nextDouble() : HmaCoin.toss(seed);
    }
}
