package org.semblance.server.hma;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.BankingDraft;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Applied;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.BankContent;
import org.semblance.hashdb.catalog.BankFields;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ChangeRefusedException;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.ContentFields;
import org.semblance.hashdb.catalog.ContentStatus;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.exchange.Exchange;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;
import org.semblance.server.auth.Role;
import org.semblance.server.auth.ScopedDb;
import org.semblance.server.exchange.Exchanges;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Json;
import org.semblance.server.http.Response;
import org.semblance.server.recent.EarlierUploads;
import org.semblance.server.record.BankingGuard;
import org.semblance.server.route.Request;
import org.semblance.server.route.Route;
import org.semblance.server.work.Worker;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** HMA's {@code /c}: banks and what is in them. */
final class HmaCuration {
    private static final Set<String> METADATA_KEYS = Set.of("content_id", "content_uri", "json", "json_data");
    private static final int MAX_NOTE_CHARS = 255;
    private static final long FIVE_YEARS_S = 5L * 365 * 24 * 3600;

    private final HashDb db;
    private final Exchanges exchanges;
    private final EarlierUploads earlier;
    private final BankingGuard guard;
    private final boolean features;

    /**
     * Curates that database.
     *
     * @param guard holds back what must not be banked silently
     * @param earlier tells of uploads that show a content that is banked
     * @param features whether local features are banked with a file
     */
    HmaCuration(HashDb db, Exchanges exchanges, EarlierUploads earlier, BankingGuard guard, boolean features) {
        this.db = db;
        this.exchanges = exchanges;
        this.earlier = earlier;
        this.guard = guard;
        this.features = features;
    }

    List<Route> routes() {
        return List.of(
                HmaRoutes.work(Role.CURATE, "GET", "/c/banks", (request, worker) -> banks(request)),
                HmaRoutes.json(Role.ADMIN, "POST", "/c/banks", (request, worker) -> createBank(request)),
                HmaRoutes.work(
                        Role.CURATE,
                        "GET",
                        "/c/bank/{bank}",
                        (request, worker) -> Response.sortedJson(200, json(bank(request)))),
                HmaRoutes.json(Role.ADMIN, "PUT", "/c/bank/{bank}", (request, worker) -> updateBank(request)),
                HmaRoutes.work(Role.ADMIN, "DELETE", "/c/bank/{bank}", (request, worker) -> deleteBank(request)),
                new Route(
                        Dialect.HMA,
                        "POST",
                        "/c/bank/{bank}/content",
                        Set.of("url", "content_type", "types"),
                        Route.Takes.BANKED_UPLOAD,
                        Role.CURATE,
                        (Route.Work) this::addFile),
                HmaRoutes.json(Role.CURATE, "POST", "/c/bank/{bank}/signal", (request, worker) -> addSignals(request)),
                HmaRoutes.work(
                        Role.CURATE,
                        "GET",
                        "/c/bank/{bank}/content/{id:int}",
                        Set.of("include_signals", "include_metadata"),
                        (request, worker) -> content(request)),
                HmaRoutes.json(
                        Role.CURATE,
                        "PUT",
                        "/c/bank/{bank}/content/{id:int}",
                        (request, worker) -> updateContent(request)),
                HmaRoutes.work(
                        Role.CURATE,
                        "DELETE",
                        "/c/bank/{bank}/content/{id:int}",
                        (request, worker) -> deleteContent(request)));
    }

    // Banks

    /** The database as the caller of that request may see it. */
    private ScopedDb db(Request request) {
        return new ScopedDb(db, request.caller());
    }

    private Response banks(Request request) {
        return Response.sortedJson(
                200, db(request).banks().stream().map(HmaCuration::json).toList());
    }

    /**
     * A bank of allowed content says so in a field that HMA does not have, and which its clients pass over. Any other is HMA's
     * to the byte.
     */
    private static Map<String, Object> json(Bank bank) {
        return json(bank.name(), bank.enabledRatio(), bank.kind());
    }

    private static Map<String, Object> json(String name, Object ratio, BankKind kind) {
        return kind == BankKind.MATCH
                ? Map.of("matching_enabled_ratio", ratio, "name", name)
                : Map.of("kind", kind.wireName(), "matching_enabled_ratio", ratio, "name", name);
    }

    private Bank bank(Request request) {
        String name = request.name("bank");
        return db(request).bank(name).orElseThrow(() -> new HttpError(404, "bank '" + name + "' not found"));
    }

    private Response createBank(Request request) {
        GivenBank fields = GivenBank.of(request, "BankCreateRequest", true);
        String name = fields.name == null ? "" : fields.name;
        // The ratio's default wins over "enabled", unless the ratio is null: HMA's own order.
        double ratio = 1.0;
        if (fields.ratio != null) {
            ratio = fields.ratio;
        } else if (fields.ratioGiven && fields.enabled != null) {
            ratio = fields.enabled ? 1.0 : 0.0;
        }
        try {
            db(request).apply(new Change.CreateBank(name, BankKind.MATCH, ratio, "", null), request.origin());
        } catch (ChangeRefusedException e) {
            throw conflict(e, "Bank already exists");
        }
        return Response.sortedJson(201, json(name, ratio, BankKind.MATCH));
    }

    private Response updateBank(Request request) {
        GivenBank fields = GivenBank.of(request, "BankUpdateRequest", false);
        String name = request.name("bank");
        Bank bank = db(request).bank(name).orElseThrow(() -> new HttpError(404, "Bank not found"));
        Double ratio = fields.ratio;
        if (ratio == null && fields.enabled != null) {
            ratio = fields.enabled ? 1.0 : 0.0;
        }
        String newName = fields.name == null ? name : fields.name;
        try {
            db(request)
                    .apply(
                            new Change.UpdateBank(
                                    name, new BankFields(fields.name, ratio, null, null, null, null, null)),
                            request.origin());
        } catch (ChangeRefusedException e) {
            throw conflict(e, "Bank name already exists");
        }
        Object shown = ratio == null ? bank.enabledRatio() : ratio;
        if (fields.ratio == null && fields.enabled != null) {
            shown = fields.enabled ? 1 : 0; // an integer here and nowhere else, as HMA has it
        }
        return Response.sortedJson(200, json(newName, shown, bank.kind()));
    }

    private static RuntimeException conflict(ChangeRefusedException refused, String message) {
        return refused.reason() == ChangeRefusedException.Reason.CONFLICT ? new HttpError(403, message) : refused;
    }

    private Response deleteBank(Request request) {
        try {
            db(request).apply(new Change.DeleteBank(request.name("bank")), request.origin());
        } catch (ChangeRefusedException e) {
            if (e.reason() != ChangeRefusedException.Reason.NOT_FOUND) {
                throw e;
            }
        }
        return Response.sortedJson(200, Map.of("message", "Done"));
    }

    /** The fields of HMA's bank models, read as pydantic reads them: leniently, and all errors at once. */
    private record GivenBank(
            @Nullable String name,
            @Nullable Double ratio,
            boolean ratioGiven,
            @Nullable Boolean enabled) {
        static GivenBank of(Request request, String model, boolean nameRequired) {
            JsonNode body = HmaRoutes.jsonOrNull(request);
            if (body == null || !body.isObject()) {
                throw new HmaValidationError(
                        List.of(HmaValidationError.noModel(model, body == null ? null : Json.plain(body))));
            }
            List<Map<String, @Nullable Object>> errors = new ArrayList<>();
            JsonNode name = body.get("name");
            if (name == null && nameRequired) {
                errors.add(HmaValidationError.missing("name", input(body)));
            } else if (name != null && !name.isString() && !(name.isNull() && !nameRequired)) {
                errors.add(HmaValidationError.noString("name", Json.plain(name)));
            }
            JsonNode ratio = body.get("enabled_ratio");
            Double number = null;
            if (ratio != null && !ratio.isNull()) {
                number = number(ratio);
                if (number == null) {
                    errors.add(HmaValidationError.noFloat("enabled_ratio", Json.plain(ratio)));
                }
            }
            JsonNode enabled = body.get("enabled");
            Boolean flag = null;
            if (enabled != null && !enabled.isNull()) {
                flag = enabled.isBoolean()
                        ? Boolean.valueOf(enabled.booleanValue())
                        : HmaRoutes.bool(enabled.asString(""));
                if (flag == null) {
                    errors.add(HmaValidationError.noBoolean("enabled", Json.plain(enabled)));
                }
            }
            if (!errors.isEmpty()) {
                throw new HmaValidationError(errors);
            }
            return new GivenBank(
                    name == null || name.isNull() ? null : name.stringValue(), number, ratio != null, flag);
        }

        private static Object input(JsonNode body) {
            Object plain = Json.plain(body);
            return plain == null ? Map.of() : plain;
        }

        private static @Nullable Double number(JsonNode node) {
            if (node.isNumber()) {
                return node.asDouble(Double.NaN);
            }
            if (node.isBoolean()) {
                return node.booleanValue() ? 1.0 : 0.0;
            }
            try {
                return node.isString() ? Double.valueOf(node.stringValue().strip()) : null;
            } catch (NumberFormatException e) {
                return null;
            }
        }
    }

    // Contents

    private Response addFile(Request request, Worker worker) {
        Bank bank = bank(request);
        boolean fetched = request.body().fetched() != null;
        if (!fetched && request.body().files() == 0) {
            throw new HttpError(400, "Neither `url` nor multipart file upload was received");
        }
        Map<String, String> fields =
                fetched ? besideUrl(request) : request.body().fields();
        String metadata = metadata(fields.get("metadata"));
        String note = note(fields.get("note"));
        HmaRoutes.HashedFile hashed = HmaRoutes.hashFile(
                        request, worker.toBank(request.body().file()), true, features && bank.features())
                .orRefuse();
        if (hashed.values().containsValue("")) {
            throw new HttpError(400, "Invalid pdq signal: the photo's quality is too low to be matched");
        }
        BankingDraft draft = BankingDraft.of(
                Objects.requireNonNull(hashed.report(), "hashed to bank"),
                new BankingDraft.Details(List.of(), note, null, metadata));
        return added(request, bank, draft, hashed.values());
    }

    /** What comes with a URL: fields of a form, or of a JSON object, where metadata is one itself. */
    private static Map<String, String> besideUrl(Request request) {
        JsonNode body = HmaRoutes.jsonOrNull(request);
        if (body == null) {
            return request.body().fields();
        }
        Map<String, String> fields = new HashMap<>();
        for (String name : List.of("metadata", "note")) {
            JsonNode value = body.path(name);
            if (name.equals("note") && !value.isMissingNode() && !value.isNull() && !value.isString()) {
                throw new HttpError(400, "note should be a string");
            }
            if (!value.isMissingNode() && !value.isNull()) {
                fields.put(name, value.isString() ? value.stringValue() : value.toString());
            }
        }
        return fields;
    }

    private Response addSignals(Request request) {
        Bank bank = bank(request);
        JsonNode body = HmaRoutes.json(request);
        if (!body.isObject()) {
            throw new HttpError(400, "No signals given");
        }
        List<Signal> signals = new ArrayList<>();
        Map<String, String> values = new HashMap<>();
        KnownVideo video = null;
        String note = null;
        for (Map.Entry<String, JsonNode> field : body.properties()) {
            JsonNode value = field.getValue();
            if (field.getKey().equals("note")) {
                if (!value.isNull() && !value.isString()) {
                    throw new HttpError(400, "note should be a string");
                }
                note = note(value.isNull() ? null : value.stringValue());
                continue;
            }
            String type = field.getKey();
            String text = value.isString() ? value.stringValue() : "";
            String what = "Invalid " + type + " signal";
            switch (type) {
                case HmaRoutes.PDQ -> signals.add(HmaRoutes.pdq(text, what));
                case HmaRoutes.VIDEO_MD5 -> {
                    Signal md5 = HmaRoutes.md5(text, what);
                    signals.add(md5);
                    text = md5.value();
                }
                case HmaVpdq.NAME -> video = HmaVpdq.known(text, what);
                default -> throw new HttpError(400, "No such signal type " + type);
            }
            values.put(type, text);
        }
        if (values.isEmpty()) {
            throw new HttpError(400, "No signals given");
        }
        BankingDraft draft =
                BankingDraft.of(signals, video, video != null, new BankingDraft.Details(List.of(), note, null, null));
        return added(request, bank, draft, values);
    }

    private Response added(Request request, Bank bank, BankingDraft draft, Map<String, String> values) {
        List<ContentDraft> checked =
                guard.check(bank, List.of(draft.content()), request.caller().banks(), earlier, false);
        Applied applied = db(request).apply(new Change.AddContents(bank.name(), checked), request.origin());
        earlier.of(bank, applied.firstContentId(), checked.getFirst(), applied.seq(), request.deadline()::passed);
        return Response.sortedJson(200, Map.of("id", applied.firstContentId(), "signals", shown(request, values)));
    }

    private static Map<String, String> shown(Request request, Map<String, String> signals) {
        Map<String, String> shown = new HashMap<>(signals);
        if (!request.caller().seesDistance()) {
            shown.replaceAll((type, value) -> HmaRoutes.NONE);
        }
        return shown;
    }

    private static @Nullable String note(@Nullable String note) {
        if (note != null && note.codePointCount(0, note.length()) > MAX_NOTE_CHARS) {
            throw new HttpError(400, "note must be at most " + MAX_NOTE_CHARS + " characters");
        }
        return note == null || note.isEmpty() ? null : note;
    }

    /** The form field {@code metadata}, in the form in which it is stored. */
    private static @Nullable String metadata(@Nullable String text) {
        if (text == null || text.isEmpty()) {
            return null;
        }
        JsonNode metadata;
        try {
            metadata = Json.read(text);
        } catch (JacksonException e) {
            throw new HttpError(400, "metadata form field must be valid JSON");
        }
        if (!metadata.isObject()) {
            throw new HttpError(400, "metadata should be a json object");
        }
        ObjectNode stored = Json.object();
        for (Map.Entry<String, JsonNode> field : metadata.properties()) {
            String key = field.getKey();
            JsonNode value = field.getValue();
            if (key.equals("collab") || value.isNull()) {
                continue;
            }
            boolean object = key.startsWith("json");
            if (!METADATA_KEYS.contains(key) || (object ? !value.isObject() : !value.isString())) {
                throw new HttpError(
                        400,
                        "Invalid metadata: 1 validation error for BankedContentMetadata\n" + key + "\n  "
                                + (!METADATA_KEYS.contains(key)
                                        ? "Extra inputs are not permitted"
                                        : object
                                                ? "Input should be a valid dictionary"
                                                : "Input should be a valid string"));
            }
            stored.set(object ? "json" : key, value);
        }
        return stored.toString();
    }

    private Response content(Request request) {
        Bank bank = bank(request);
        BankContent content = content(bank, request);
        Map<String, @Nullable Object> answer = new HashMap<>();
        answer.put("bank", json(bank));
        answer.put("disable_until_ts", disableUntil(content));
        answer.put("id", content.id());
        answer.put("original_media_uri", null);
        if (HmaRoutes.isTrue(request, "include_signals", false)) {
            Map<String, String> signals = signals(content);
            if (content.video() != null) {
                db(request)
                        .video(bank.name(), content.id())
                        .ifPresent(video -> signals.put(HmaVpdq.NAME, HmaVpdq.signal(video)));
            }
            answer.put("signals", shown(request, signals));
        }
        Map<String, List<String>> collab = collab(request, bank, content);
        if ((content.metadata() != null || !collab.isEmpty()) && HmaRoutes.isTrue(request, "include_metadata", true)) {
            answer.put("metadata", shownMetadata(content.metadata(), collab));
        }
        if (content.note() != null) {
            answer.put("note", content.note());
        }
        return Response.sortedJson(200, answer);
    }

    private BankContent content(Bank bank, Request request) {
        return db(request)
                .content(bank.name(), request.id("id"))
                .orElseThrow(() -> new HttpError(404, "content '" + request.name("id") + "' not found"));
    }

    /** HMA knows one signal of a type, and an MD5 of videos only: a photo's is not shown. */
    private static Map<String, String> signals(BankContent content) {
        Map<String, String> signals = new HashMap<>();
        boolean photo = content.signals().stream().anyMatch(signal -> signal.type() == SignalType.PDQ)
                && content.signals().stream().anyMatch(signal -> signal.type() == SignalType.SHA256);
        for (Signal signal : content.signals()) {
            switch (signal.type()) {
                case PDQ -> signals.putIfAbsent(HmaRoutes.PDQ, signal.value());
                case MD5 -> {
                    if (!photo) {
                        signals.putIfAbsent(HmaRoutes.VIDEO_MD5, signal.value());
                    }
                }
                case SHA1, SHA256 -> {}
            }
        }
        return signals;
    }

    /** The four keys; whatever was stored by other means is under {@code json}. */
    private static Map<String, @Nullable Object> shownMetadata(
            @Nullable String text, Map<String, List<String>> collab) {
        JsonNode stored = text == null ? Json.object() : Json.read(text);
        boolean own = METADATA_KEYS.containsAll(new LinkedHashSet<>(stored.propertyNames()));
        Map<String, @Nullable Object> shown = new HashMap<>();
        shown.put("collab", collab.isEmpty() ? null : collab);
        for (String key : List.of("content_id", "content_uri", "json")) {
            JsonNode value = own ? stored.get(key) : null;
            shown.put(key, value == null ? null : Json.plain(value));
        }
        if (!own) {
            shown.put("json", Json.plain(stored));
        }
        return shown;
    }

    /** Which exchange a content came from, and as what: Python's text of the pair of type and value, as HMA has it. */
    private Map<String, List<String>> collab(Request request, Bank bank, BankContent content) {
        for (Exchange exchange : exchanges.all()) {
            if (exchange.bankId() == bank.id() && exchange.owns(content.source())) {
                return Map.of(
                        exchange.name(),
                        shown(request, signals(content)).entrySet().stream()
                                .map(signal -> "('" + signal.getKey() + "', '" + signal.getValue() + "')")
                                .sorted()
                                .toList());
            }
        }
        return Map.of();
    }

    private static long disableUntil(BankContent content) {
        if (content.status() == ContentStatus.ENABLED) {
            return 1;
        }
        Instant until = content.disabledUntil();
        return until == null ? 0 : until.getEpochSecond();
    }

    private Response updateContent(Request request) {
        Bank bank = bank(request);
        BankContent content = content(bank, request);
        JsonNode body = HmaRoutes.json(request);
        if (!body.isObject()) {
            throw new HttpError(400, "the body should be a json object");
        }
        ContentStatus status = null;
        Instant until = null;
        JsonNode disableUntil = body.get("disable_until_ts");
        if (disableUntil != null) {
            long seconds = seconds(disableUntil);
            status = seconds == 1 ? ContentStatus.ENABLED : ContentStatus.DISABLED;
            until = seconds > 1 ? Instant.ofEpochSecond(seconds) : null;
        }
        JsonNode note = body.get("note");
        String newNote = null;
        if (note != null) {
            if (!note.isNull() && !note.isString()) {
                throw new HttpError(400, "note should be a string");
            }
            String text = note(note.isNull() ? null : note.stringValue());
            newNote = text == null ? "" : text;
        }
        if (status != null || newNote != null) {
            db(request)
                    .apply(
                            new Change.UpdateContent(
                                    bank.name(),
                                    content.id(),
                                    status,
                                    until,
                                    null,
                                    newNote == null ? ContentFields.NONE : ContentFields.NONE.withNote(newNote)),
                            request.origin());
            content = content(bank, request);
        }
        Map<String, @Nullable Object> answer = new HashMap<>();
        answer.put("bank", json(bank));
        answer.put("collab_metadata", collab(request, bank, content));
        answer.put("disable_until_ts", disableUntil(content));
        answer.put("id", content.id());
        answer.put("note", content.note());
        answer.put("original_media_uri", null);
        answer.put("user_metadata", content.metadata() == null ? null : Json.plain(Json.read(content.metadata())));
        return Response.sortedJson(200, answer);
    }

    /** Python's {@code int()} of a JSON value, within HMA's bounds. */
    private static long seconds(JsonNode node) {
        String text = node.asString("").strip();
        long seconds;
        try {
            seconds = node.isNumber() ? (long) node.asDouble(Double.MAX_VALUE) : Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new HttpError(400, "Invalid int: '" + text + "'");
        }
        if (seconds < 0) {
            throw new HttpError(400, "disable_until_ts must be a non-negative integer");
        }
        try {
            if (Instant.ofEpochSecond(seconds).isAfter(Instant.now().plusSeconds(FIVE_YEARS_S))) {
                throw new HttpError(400, "disable_until_ts must be less than 5 years in the future");
            }
        } catch (DateTimeException e) {
            throw new HttpError(400, "disable_until_ts must be less than 5 years in the future");
        }
        return seconds;
    }

    private Response deleteContent(Request request) {
        Bank bank = bank(request);
        int deleted;
        try {
            Applied applied =
                    db(request).apply(new Change.WithdrawContent(bank.name(), request.id("id")), request.origin());
            deleted = applied.proposed() ? 0 : 1;
        } catch (ChangeRefusedException e) {
            if (e.reason() != ChangeRefusedException.Reason.NOT_FOUND) {
                throw e;
            }
            deleted = 0;
        }
        return Response.sortedJson(200, Map.of("deleted", deleted));
    }
}
