package org.semblance.server.hma;

import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.ContentHasher;
import org.semblance.engine.ContentType;
import org.semblance.engine.Digests;
import org.semblance.engine.HashReport;
import org.semblance.engine.judge.Verdict;
import org.semblance.engine.media.MediaFormat;
import org.semblance.engine.video.VideoHashes;
import org.semblance.engine.video.Vpdq;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;
import org.semblance.server.auth.Role;
import org.semblance.server.body.Body;
import org.semblance.server.body.FetchedFile;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Json;
import org.semblance.server.route.Request;
import org.semblance.server.route.Route;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** What the routes of the dialect have in common: how they read a request, and how they hash a file. */
final class HmaRoutes {
    static final String PDQ = "pdq";
    static final String VIDEO_MD5 = "video_md5";
    static final String PHOTO = "photo";
    static final String VIDEO = "video";

    /** In place of a distance or hash that is not there, or not to be told. */
    static final String NONE = "-";

    private static final Set<String> TRUE = Set.of("1", "on", "t", "true", "y", "yes");
    private static final Set<String> FALSE = Set.of("0", "off", "f", "false", "n", "no");

    private HmaRoutes() {}

    static Route work(Role role, String method, String pattern, Route.Work action) {
        return work(role, method, pattern, Set.of(), action);
    }

    static Route work(Role role, String method, String pattern, Set<String> parameters, Route.Work action) {
        return new Route(Dialect.HMA, method, pattern, parameters, Route.Takes.NOTHING, role, action);
    }

    static Route json(Role role, String method, String pattern, Route.Work action) {
        return new Route(Dialect.HMA, method, pattern, Set.of(), Route.Takes.JSON, role, action);
    }

    static Route upload(Role role, String pattern, Set<String> parameters, Route.Takes takes, Route.Work action) {
        return new Route(Dialect.HMA, "POST", pattern, parameters, takes, role, action);
    }

    // Hashing

    /**
     * The hashes of an uploaded file.
     *
     * @param values by HMA's signal type name; the empty string for a picture of low quality, as HMA has it
     * @param signals all that is known of the file
     * @param report what hashing gave; null where no more than digests was asked for
     * @param failure why there is no value, or null
     */
    record HashedFile(
            Map<String, String> values,
            List<Signal> signals,
            @Nullable HashReport report,
            @Nullable String failure) {
        HashedFile orRefuse() {
            if (failure != null) {
                throw new HttpError(400, failure);
            }
            return this;
        }
    }

    /**
     * Hashes the file of the request to the types that were asked for.
     *
     * @param toBank whether the frames of a video are wanted in any case
     * @param features whether local features are to be banked
     */
    static HashedFile hashFile(Request request, ContentHasher hasher, boolean toBank, boolean features) {
        String contentType = contentType(request);
        return hashFile(request, hasher, types(request, contentType), toBank, features);
    }

    static HashedFile hashFile(
            Request request, ContentHasher hasher, List<String> types, boolean toBank, boolean features) {
        Body body = request.body();
        return contentType(request).equals(PHOTO)
                ? hashPhoto(request, hasher, body, toBank, features)
                : hashVideo(request, hasher, body, types, toBank, features);
    }

    private static HashedFile hashPhoto(
            Request request, ContentHasher hasher, Body body, boolean toBank, boolean features) {
        HashReport report = toBank
                ? hasher.hashToBank(body.file(), body.digests(), features, request.deadline())
                : hasher.hash(body.file(), body.digests(), request.deadline());
        request.trace().hashed(report);
        Optional<Signal> signal = report.signal(SignalType.PDQ);
        if (signal.filter(Signal::isTooFlat).isPresent()) {
            request.trace().verdict(Verdict.UNDECIDABLE);
        }
        String pdq = signal.filter(s -> !s.isTooFlat()).map(Signal::value).orElse("");
        String failure = report.failure() == null && report.contentType() == ContentType.VIDEO
                ? "cannot hash this photo: " + report.format() + ": a video, not a picture"
                : failure(report, "photo");
        return new HashedFile(Map.of(PDQ, pdq), report.signals(), report, failure);
    }

    private static @Nullable String failure(HashReport report, String what) {
        return report.failure() == null
                ? null
                : "cannot hash this " + what + ": " + report.failure().wireName() + ": " + report.reason();
    }

    /** HMA takes any bytes for a video; only who asks for its frames by name is told that there are none. */
    private static HashedFile hashVideo(
            Request request, ContentHasher hasher, Body body, List<String> types, boolean toBank, boolean features) {
        Digests digests = body.digests();
        Map<String, String> values = new HashMap<>();
        if (types.contains(VIDEO_MD5)) {
            values.put(VIDEO_MD5, digests.md5());
        }
        boolean frames = types.contains(HmaVpdq.NAME);
        if (!frames && !toBank) {
            return new HashedFile(values, digests.signals(), null, null);
        }
        HashReport report = toBank
                ? hasher.hashToBank(body.file(), digests, features, request.deadline())
                : hasher.hash(body.file(), digests, request.deadline());
        request.trace().hashed(report);
        VideoHashes video = report.video();
        KnownVideo known = toBank && frames && video != null ? video.known().orElse(null) : null;
        String failure = null;
        if (frames) {
            failure = failure(report, "video");
            if (failure == null && report.isPartial()) {
                failure = "cannot hash all of this video: " + report.reason();
            }
            if (failure == null && toBank && known == null) {
                failure = "Invalid vpdq signal: the video's quality is too low to be matched";
            }
            if (known != null) {
                values.put(HmaVpdq.NAME, HmaVpdq.signal(known));
            } else if (video != null) {
                values.put(HmaVpdq.NAME, Vpdq.toJson(video.vpdqFrames()));
            }
        }
        return new HashedFile(values, digests.signals(), report, failure);
    }

    /**
     * What the one file of the request is: the field of the form that it is in; of one that was fetched what the caller says,
     * or else its first bytes, or else its host.
     *
     * @throws HttpError 400 if there is no such file, or it is neither a photo nor a video
     */
    static String contentType(Request request) {
        FetchedFile fetched = request.body().fetched();
        String contentType = fetched == null ? fileField(request.body()) : request.query("content_type");
        if (contentType == null || (fetched != null && contentType.isEmpty())) {
            return contentType(Objects.requireNonNull(fetched));
        }
        if (!contentType.equals(PHOTO) && !contentType.equals(VIDEO)) {
            throw new HttpError(400, "no such content_type: '" + contentType + "'");
        }
        return contentType;
    }

    private static String fileField(Body body) {
        String field = body.fileField();
        if (field == null) {
            throw new HttpError(400, "Missing multipart/form-data file upload");
        }
        if (body.files() > 1) {
            throw new HttpError(400, "Only one file allowed per request");
        }
        return field;
    }

    private static String contentType(FetchedFile fetched) {
        MediaFormat format = fetched.upload().format();
        String type = fetched.mediaType();
        if (format.isVideo() || (!format.isSupportedImage() && type.startsWith("video/"))) {
            return VIDEO;
        }
        if (format.isSupportedImage() || type.startsWith("image/")) {
            return PHOTO;
        }
        throw new HttpError(
                400,
                "unsupported url ContentType: '" + type
                        + "', if you know the expected type, provide it with the content_type query param");
    }

    static List<String> typesOf(String contentType) {
        return contentType.equals(PHOTO) ? List.of(PDQ) : List.of(VIDEO_MD5, HmaVpdq.NAME);
    }

    /** Whether the caller names signal types. */
    static boolean asksForTypes(Request request) {
        String types = request.query("types");
        return types != null && !types.isEmpty();
    }

    /** The signal types that were asked for, or the one that HMA has by default: frames of a video only by name. */
    static List<String> types(Request request, String contentType) {
        List<String> own = typesOf(contentType);
        String types = request.query("types");
        if (!asksForTypes(request) || types == null) {
            return own.subList(0, 1);
        }
        List<String> names = Arrays.stream(types.split(","))
                .map(String::strip)
                .filter(name -> !name.isEmpty())
                .toList();
        if (names.isEmpty()) {
            throw new HttpError(400, "empty signal type selection");
        }
        for (String name : names) {
            if (!own.contains(name)) {
                throw new HttpError(400, "signal type '" + name + "' doesn't exist or is disabled");
            }
        }
        return names;
    }

    // Signals

    /** Whether that is a PDQ hash as HMA writes it. */
    static boolean isPdq(String value) {
        return isHex(value, SignalType.PDQ);
    }

    /** Tells whether a text is a value of the type in lower-case hex digits. A regular expression is slow beside a lookup. */
    private static boolean isHex(String text, SignalType type) {
        return text.length() == type.hexDigits()
                && text.chars().allMatch(c -> c >= '0' && c <= '9' || c >= 'a' && c <= 'f');
    }

    /** A PDQ hash as HMA validates it: in lower case only. */
    static Signal pdq(String value, String what) {
        if (!isPdq(value)) {
            throw new HttpError(400, what + ": invalid PDQ hash");
        }
        return new Signal(SignalType.PDQ, value);
    }

    /** An MD5 as HMA validates it: trimmed and of either case. */
    static Signal md5(String value, String what) {
        String md5 = value.strip().toLowerCase(Locale.ROOT);
        if (!isHex(md5, SignalType.MD5)) {
            throw new HttpError(400, what + ": invalid Video MD5 hash");
        }
        return new Signal(SignalType.MD5, md5);
    }

    // Parameters and bodies

    /** The parameters of a model that came, in the model's order. */
    static Map<String, String> given(Request request, String... parameters) {
        Map<String, String> given = new LinkedHashMap<>();
        for (String parameter : parameters) {
            String value = request.query(parameter);
            if (value != null) {
                given.put(parameter, value);
            }
        }
        return given;
    }

    static boolean flag(Request request, String parameter, List<Map<String, @Nullable Object>> errors) {
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

    static JsonNode json(Request request) {
        if (!request.isJson()) {
            throw new HttpError(
                    415,
                    "Did not attempt to load JSON data because the request Content-Type was not 'application/json'.");
        }
        return Json.read(request.body().bytes());
    }

    static @Nullable JsonNode jsonOrNull(Request request) {
        if (!request.isJson()) {
            return null;
        }
        try {
            return Json.read(request.body().bytes());
        } catch (JacksonException e) {
            return null;
        }
    }
}
