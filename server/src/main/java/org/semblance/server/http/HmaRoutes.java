package org.semblance.server.http;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.ContentHasher;
import org.semblance.engine.Digests;
import org.semblance.engine.HashReport;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.Match;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;
import org.semblance.server.work.Worker;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * The dialect of Hasher-Matcher-Actioner 1.1.7: its paths, parameters, statuses and bodies, so that its clients work
 * unchanged. Where HMA would lose a match or answer 500 for a strange file this is right instead; the README's
 * compatibility table lists each such place.
 */
final class HmaRoutes {
    static final String PDQ = "pdq";
    static final String VIDEO_MD5 = "video_md5";
    private static final String PHOTO = "photo";
    private static final String VIDEO = "video";

    static final String NO_URLS = "Fetching URLs is switched off on this server, send the file instead";
    private static final Pattern PDQ_VALUE = Pattern.compile("[0-9a-f]{64}");
    private static final Pattern MD5_VALUE = Pattern.compile("[0-9a-f]{32}");
    private static final Set<String> TRUE = Set.of("1", "on", "t", "true", "y", "yes");
    private static final Set<String> FALSE = Set.of("0", "off", "f", "false", "n", "no");

    private final HashDb db;

    HmaRoutes(HashDb db) {
        this.db = db;
    }

    List<Route> routes() {
        Route.Immediate alive = unused -> Response.html(200, "I-AM-ALIVE");
        List<Route> routes = new ArrayList<>(List.of(
                new Route(Dialect.HMA, "GET", "/status", null, Route.Takes.NOTHING, alive),
                new Route(Dialect.HMA, "GET", "/status/live", null, Route.Takes.NOTHING, alive),
                work("GET", "/h/hash", (request, worker) -> hashUrl(request)),
                upload("POST", "/h/hash", this::hash),
                work("GET", "/m/raw_lookup", (request, worker) -> rawLookup(request)),
                work("GET", "/m/lookup", (request, worker) -> lookup(request)),
                upload("POST", "/m/lookup", this::lookupFile)));
        routes.addAll(new HmaCuration(db).routes());
        return routes;
    }

    static Route work(String method, String pattern, Route.Work action) {
        return new Route(Dialect.HMA, method, pattern, null, Route.Takes.NOTHING, action);
    }

    static Route json(String method, String pattern, Route.Work action) {
        return new Route(Dialect.HMA, method, pattern, null, Route.Takes.JSON, action);
    }

    static Route upload(String method, String pattern, Route.Work action) {
        return new Route(Dialect.HMA, method, pattern, null, Route.Takes.UPLOAD, action);
    }

    // Hashing

    private static Response hashUrl(Request request) {
        if (request.query("url") == null) {
            throw new HmaValidationError(
                    List.of(HmaValidationError.missing("url", given(request, "content_type", "types"))));
        }
        throw new HttpError(403, NO_URLS);
    }

    private Response hash(Request request, Worker worker) {
        return Response.sortedJson(
                200, hashFile(request, worker.exact()).orRefuse().values());
    }

    /**
     * The hashes of an uploaded file.
     *
     * @param values by HMA's signal type name; the empty string for a picture of low quality, as HMA has it
     * @param signals all that is known of the file, without a PDQ hash of low quality
     * @param failure why there is no value, or null
     */
    record HashedFile(
            Map<String, String> values,
            List<Signal> signals,
            @Nullable String failure) {
        HashedFile orRefuse() {
            if (failure != null) {
                throw new HttpError(400, failure);
            }
            return this;
        }
    }

    static HashedFile hashFile(Request request, ContentHasher hasher) {
        Body body = request.body();
        String contentType = body.fileField();
        if (contentType == null) {
            throw new HttpError(400, "Missing multipart/form-data file upload");
        }
        if (body.files() > 1) {
            throw new HttpError(400, "Only one file allowed per request");
        }
        if (!contentType.equals(PHOTO) && !contentType.equals(VIDEO)) {
            throw new HttpError(400, "no such content_type: '" + contentType + "'");
        }
        String own = contentType.equals(PHOTO) ? PDQ : VIDEO_MD5;
        checkTypes(request.query("types"), own);
        if (own.equals(VIDEO_MD5)) {
            Digests digests = Digests.of(body.bytes());
            return new HashedFile(Map.of(own, digests.md5()), digests.signals(), null);
        }
        HashReport report = hasher.hash(body.bytes(), request.deadline());
        List<Signal> signals = new ArrayList<>(report.signals());
        signals.removeIf(Signal::isTooFlat);
        String pdq = signals.stream()
                .filter(signal -> signal.type() == SignalType.PDQ)
                .map(Signal::value)
                .findFirst()
                .orElse("");
        String failure = report.failure() == null
                ? null
                : "cannot hash this photo: " + report.failure().wireName() + ": " + report.reason();
        return new HashedFile(Map.of(own, pdq), signals, failure);
    }

    /** The only type of a content type may be asked for by name. */
    private static void checkTypes(@Nullable String types, String own) {
        if (types == null || types.isEmpty()) {
            return;
        }
        List<String> names = Arrays.stream(types.split(","))
                .map(String::strip)
                .filter(name -> !name.isEmpty())
                .toList();
        if (names.isEmpty()) {
            throw new HttpError(400, "empty signal type selection");
        }
        for (String name : names) {
            if (!name.equals(own)) {
                throw new HttpError(400, "signal type '" + name + "' doesn't exist or is disabled");
            }
        }
    }

    // Matching

    private Response rawLookup(Request request) {
        List<Map<String, @Nullable Object>> errors = new ArrayList<>();
        Map<String, String> given = given(request, "signal", "signal_type", "banks", "include_distance");
        for (String field : List.of("signal", "signal_type")) {
            if (request.query(field) == null) {
                errors.add(HmaValidationError.missing(field, given));
            }
        }
        boolean withDistance = flag(request, "include_distance", errors);
        String signal = request.query("signal");
        String type = request.query("signal_type");
        if (!errors.isEmpty() || signal == null || type == null) {
            throw new HmaValidationError(errors);
        }
        List<Object> matches = new ArrayList<>();
        for (Match match : find(List.of(parse(type, signal, true)), request)) {
            matches.add(withDistance ? hit(match, type) : match.content().id());
        }
        return Response.sortedJson(200, Map.of("matches", matches));
    }

    private Response lookup(Request request) {
        List<Map<String, @Nullable Object>> errors = new ArrayList<>();
        boolean bypass = flag(request, "bypass_coinflip", errors);
        if (!errors.isEmpty()) {
            throw new HmaValidationError(errors);
        }
        String url = request.query("url");
        if (url != null && !url.isEmpty()) {
            throw new HttpError(403, NO_URLS);
        }
        String signal = request.query("signal");
        String type = request.query("signal_type");
        if (signal == null || type == null || signal.isEmpty() || type.isEmpty()) {
            throw new HttpError(400, "Either url or both signal and signal_type are required");
        }
        List<Match> matches = find(List.of(parse(type, signal, true)), request);
        return Response.sortedJson(200, byBank(matches, type, coin(request, bypass)));
    }

    private Response lookupFile(Request request, Worker worker) {
        HashedFile hashed = hashFile(request, worker.fast());
        String type = hashed.values().keySet().iterator().next();
        boolean bypass = "true".equals(request.query("bypass_coinflip"));
        List<Match> matches = find(hashed.signals(), request);
        if (matches.isEmpty()) {
            hashed.orRefuse(); // after the lookup: a known file is found even if it does not decode
        }
        return Response.sortedJson(200, Map.of(type, byBank(matches, type, coin(request, bypass))));
    }

    /**
     * Each known bad content with one of the signals, once, in the banks that were asked for and are not switched off.
     * HMA has no allowed content, so a match that is suppressed ({@link org.semblance.engine.ContentMatcher} has the
     * rule) is no match here.
     */
    private List<Match> find(List<Signal> signals, Request request) {
        String named = request.query("banks");
        Set<String> banks =
                named == null || named.isEmpty() ? Set.of() : new HashSet<>(Arrays.asList(named.split(",")));
        List<Match> hits = new ArrayList<>();
        for (Signal signal : signals) {
            for (Match match : signal.type().isDigest() ? db.lookupDigest(signal) : db.lookup(signal.hash())) {
                Bank bank = match.bank();
                if (bank.enabled() && (banks.isEmpty() || banks.contains(bank.name()))) {
                    hits.add(match);
                }
            }
        }
        boolean knownBytes = hits.stream()
                .anyMatch(hit -> hit.signalType().isDigest() && hit.bank().kind() == BankKind.MATCH);
        boolean suppressed = hits.stream()
                .anyMatch(hit -> hit.bank().kind() == BankKind.ALLOW
                        && (!knownBytes || hit.signalType().isDigest()));
        Set<Long> seen = new HashSet<>();
        return suppressed
                ? List.of()
                : hits.stream()
                        .filter(hit -> hit.bank().kind() == BankKind.MATCH
                                && seen.add(hit.content().id()))
                        .toList();
    }

    private static Map<String, List<Object>> byBank(List<Match> matches, String type, double coin) {
        Map<String, List<Object>> byBank = new TreeMap<>();
        for (Match match : matches) {
            if (match.bank().enabledRatio() >= coin) {
                byBank.computeIfAbsent(match.bank().name(), unused -> new ArrayList<>())
                        .add(hit(match, type));
            }
        }
        return byBank;
    }

    private static Map<String, Object> hit(Match match, String type) {
        return Map.of(
                "bank_content_id",
                match.content().id(),
                "distance",
                type.equals(VIDEO_MD5) ? "-" : Integer.toString(match.distance()));
    }

    private static double coin(Request request, boolean bypass) {
        if (bypass) {
            return 0;
        }
        String seed = request.query("seed");
        return seed == null ? ThreadLocalRandom.current().nextDouble() : HmaCoin.toss(seed);
    }

    /** A signal as HMA validates it: PDQ in lower case only, MD5 trimmed and of either case. */
    static Signal parse(String type, String value, boolean lookup) {
        return switch (type) {
            case PDQ -> {
                if (!PDQ_VALUE.matcher(value).matches()) {
                    throw new HttpError(400, (lookup ? "invalid signal" : "Invalid pdq signal") + ": invalid PDQ hash");
                }
                yield new Signal(SignalType.PDQ, value);
            }
            case VIDEO_MD5 -> {
                String md5 = value.strip().toLowerCase(Locale.ROOT);
                if (!MD5_VALUE.matcher(md5).matches()) {
                    throw new HttpError(
                            400, (lookup ? "invalid signal" : "Invalid video_md5 signal") + ": invalid Video MD5 hash");
                }
                yield new Signal(SignalType.MD5, md5);
            }
            default ->
                throw new HttpError(400, lookup ? "No such SignalType '" + type + "'" : "No such signal type " + type);
        };
    }

    // Parameters and bodies

    /** The parameters of a model that came, in the model's order. */
    private static Map<String, String> given(Request request, String... parameters) {
        Map<String, String> given = new LinkedHashMap<>();
        for (String parameter : parameters) {
            String value = request.query(parameter);
            if (value != null) {
                given.put(parameter, value);
            }
        }
        return given;
    }

    private static boolean flag(Request request, String parameter, List<Map<String, @Nullable Object>> errors) {
        String value = request.query(parameter);
        if (value == null) {
            return false;
        }
        Boolean flag = bool(value);
        if (flag == null) {
            errors.add(HmaValidationError.noBoolean(parameter, value));
            return false;
        }
        return flag;
    }

    /** Pydantic's lenient truth, or null. */
    static @Nullable Boolean bool(String text) {
        String value = text.toLowerCase(Locale.ROOT);
        return TRUE.contains(value) ? Boolean.TRUE : FALSE.contains(value) ? Boolean.FALSE : null;
    }

    static boolean isTrue(Request request, String parameter, boolean otherwise) {
        String value = request.query(parameter);
        return value == null ? otherwise : value.equalsIgnoreCase("true");
    }

    private static boolean isJson(Request request) {
        String type = request.mediaType();
        return type.equals("application/json") || (type.startsWith("application/") && type.endsWith("+json"));
    }

    static JsonNode json(Request request) {
        if (!isJson(request)) {
            throw new HttpError(
                    415,
                    "Did not attempt to load JSON data because the request Content-Type was not 'application/json'.");
        }
        return Json.read(request.body().bytes());
    }

    static @Nullable JsonNode jsonOrNull(Request request) {
        if (!isJson(request)) {
            return null;
        }
        try {
            return Json.read(request.body().bytes());
        } catch (JacksonException e) {
            return null;
        }
    }
}
