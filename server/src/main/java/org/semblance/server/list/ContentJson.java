package org.semblance.server.list;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.BankingDraft;
import org.semblance.engine.video.Vpdq;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.ChangeRefusedException;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.ContentFields;
import org.semblance.hashdb.catalog.ContentStatus;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.catalog.Quarantine;
import org.semblance.hashdb.catalog.Treatment;
import org.semblance.hashdb.exchange.HashListEntry;
import org.semblance.hashdb.exchange.HashListReader;
import org.semblance.hashdb.exchange.ListCategory;
import org.semblance.hashdb.exchange.VideoSignals;
import org.semblance.hashdb.features.BankedPicture;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;
import org.semblance.server.http.Fields;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Json;
import org.semblance.server.json.ReportJson;
import org.semblance.server.route.Request;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A content as a JSON object: what adds one, a line of a bulk or of a list, and what an export writes, so that what left a bank comes
 * back as it was.
 *
 * <pre>
 * {"signals":[{"type":"pdq","hash":…,"quality":100},{"type":"md5","hash":…},
 *             {"type":"vpdq","hash":"[\"hash,quality,seconds\",…]","until_ms":[…]},
 *             {"type":"orb","features":…,"ms":0}],
 *  "duration_ms":…,"labels":[…],"note":…,"source":…,"metadata":{…},"distance_threshold":…,"handling":…,
 *  "quarantine":{"reason":…,"exact":false},"status":"disabled","disabled_until":…,"category":"NEGATIVE_CLASS"}
 * </pre>
 */
public final class ContentJson {
    /** The longest line that is read: a video with as many local features as can be banked, with some room. */
    public static final int MAX_BYTES = 128_000_000;

    private static final Set<String> FIELDS = Set.of(
            "signals",
            "duration_ms",
            "labels",
            "note",
            "source",
            "metadata",
            "distance_threshold",
            "handling",
            "quarantine",
            "status",
            "disabled_until",
            "category");

    private static final Set<String> SIGNAL_FIELDS =
            Set.of("type", "hash", "quality", "until_ms", "features", "version", "count", "ms");

    private ContentJson() {}

    // Reading

    /**
     * The content of a line of a list.
     *
     * @throws IllegalArgumentException naming the field, what came and what was expected
     */
    static HashListEntry.Usable entry(long line, String json) {
        try {
            HashListEntry.Usable entry = read(line, Json.read(json, MAX_BYTES));
            entry.content().check();
            return entry;
        } catch (HttpError | ChangeRefusedException e) {
            throw new IllegalArgumentException(String.valueOf(e.getMessage()), e);
        } catch (JacksonException e) {
            throw new IllegalArgumentException(e.getOriginalMessage() + " (expected: a JSON object)", e);
        }
    }

    /**
     * The content of a line of a bulk.
     *
     * @throws HttpError 400 if a field is not what it should be, 413 if the line is too long, 422 if nothing worth banking is left
     * @throws JacksonException if the line is not valid JSON
     */
    public static HashListEntry.Usable read(long line, ByteBuffer json) {
        return read(line, Json.read(json, MAX_BYTES));
    }

    /**
     * The content of that object, by its signals, of the types that {@code /v1/hash} gives.
     *
     * @throws HttpError 400 if a field is not what it should be, 422 if nothing worth banking is left
     */
    public static HashListEntry.Usable read(long line, JsonNode body) {
        Fields fields = Fields.of(body, FIELDS);
        Signals signals = new Signals();
        fields.objects("signals", SIGNAL_FIELDS).forEach(signals::add);
        Integer durationMs = fields.integer("duration_ms");
        KnownVideo video = signals.video(durationMs);
        String category = fields.text("category");
        Set<String> labels = new LinkedHashSet<>(fields.texts("labels"));
        labels.addAll(category == null ? List.of() : HashListReader.labels(category));
        BankingDraft draft = BankingDraft.of(
                signals.plain,
                video,
                signals.frames != null,
                new BankingDraft.Details(
                        List.copyOf(labels),
                        fields.text("note"),
                        fields.text("source"),
                        fields.json("metadata"),
                        fields.integer("distance_threshold"),
                        fields.text("handling")));
        if (draft.isEmpty() && !draft.warnings().isEmpty()) {
            throw HttpError.of(422, "signals", "signals: " + draft.warnings().getFirst());
        }
        Treatment treatment = draft.content().treatment();
        ContentDraft content = draft.content()
                .withPictures(signals.pictures.stream()
                        .sorted(Comparator.comparingInt(BankedPicture::ms))
                        .toList())
                .withTreatment(
                        new Treatment(treatment.distanceThreshold(), treatment.handling(), quarantine(fields), null));
        return new HashListEntry.Usable(line, content, category(category), state(fields), draft.warnings());
    }

    /**
     * That entry, for a bank in which it belongs.
     *
     * @param features whether the bank takes local features; otherwise the entry comes back without them
     * @throws HttpError 400 if its category belongs in a bank of another kind
     */
    public static HashListEntry.Usable fitting(Bank bank, HashListEntry.Usable entry, boolean features) {
        if (!entry.category().fits(bank.kind())) {
            throw HttpError.field(
                    400,
                    "category",
                    entry.category().name(),
                    "one that belongs in a bank of kind " + bank.kind().wireName());
        }
        return features ? entry : entry.with(entry.content().withPictures(List.of()));
    }

    /** The signals of one content, as they come. */
    private static final class Signals {
        private final List<Signal> plain = new ArrayList<>();
        private final List<BankedPicture> pictures = new ArrayList<>();
        private @Nullable String frames;
        private List<Integer> untilMs = List.of();

        void add(Fields signal) {
            String type = signal.text("type");
            if (Features.SIGNAL_TYPE.equals(type)) {
                pictures.add(picture(signal));
                return;
            }
            String hash = VideoSignals.TYPE.equals(type) ? signal.textOrArray("hash") : signal.text("hash");
            if (type == null || hash == null) {
                throw HttpError.field(400, "signals", null, "type and hash of each signal");
            }
            if (!type.equals(VideoSignals.TYPE)) {
                plain.add(plain(type, hash, signal.integer("quality")));
            } else if (frames == null) {
                frames = hash;
                untilMs = signal.integers("until_ms");
            } else {
                throw HttpError.field(400, "signals", "two of type vpdq", "at most one");
            }
        }

        private static Signal plain(String type, String hash, @Nullable Integer quality) {
            try {
                return new Signal(SignalType.parse(type), hash, quality);
            } catch (IllegalArgumentException e) {
                throw HttpError.of(400, "signals", String.valueOf(e.getMessage()));
            }
        }

        private static BankedPicture picture(Fields signal) {
            String features = signal.text("features");
            if (features == null) {
                throw HttpError.field(400, "signals", null, "features of each signal of type orb");
            }
            Integer ms = signal.integer("ms");
            try {
                return new BankedPicture(ms == null ? 0 : ms, Features.ofBase64(features));
            } catch (IllegalArgumentException e) {
                throw HttpError.of(400, "signals", "signals: orb: " + e.getMessage());
            }
        }

        /** The frames worth banking; null if there are none. */
        @Nullable
        KnownVideo video(@Nullable Integer durationMs) {
            if (frames == null) {
                if (durationMs != null) {
                    throw HttpError.field(400, "duration_ms", durationMs.toString(), "none without a vpdq signal");
                }
                return null;
            }
            if (!untilMs.isEmpty() && durationMs == null) {
                throw HttpError.field(400, "duration_ms", null, "the length of a video beside until_ms");
            }
            try {
                return (untilMs.isEmpty() || durationMs == null
                                ? Vpdq.known(frames, durationMs)
                                : Vpdq.known(frames, durationMs, untilMs))
                        .orElse(null);
            } catch (IllegalArgumentException e) {
                String why = String.valueOf(e.getMessage());
                throw why.startsWith("duration_ms")
                        ? HttpError.of(400, "duration_ms", why)
                        : HttpError.of(400, "signals", "signals: vpdq: " + why);
            }
        }
    }

    /**
     * The quarantine of a content; null if none is given.
     *
     * @throws HttpError 400 if it has no reason
     */
    public static @Nullable Quarantine quarantine(Fields content) {
        Fields quarantine = content.object("quarantine", Set.of("reason", "exact"));
        if (quarantine == null) {
            return null;
        }
        String reason = quarantine.text("reason");
        if (reason == null) {
            throw HttpError.field(400, "quarantine.reason", null, "why the content must not match");
        }
        return new Quarantine(reason, Boolean.TRUE.equals(quarantine.flag("exact")));
    }

    private static ContentFields.@Nullable State state(Fields fields) {
        String status = fields.text("status");
        String until = fields.text("disabled_until");
        boolean disabled = ContentStatus.DISABLED.wireName().equals(status);
        if (status != null && !disabled && !ContentStatus.ENABLED.wireName().equals(status)) {
            throw HttpError.field(400, "status", status, "enabled or disabled");
        }
        if (until != null && !disabled) {
            throw HttpError.field(400, "disabled_until", until, "none without the status disabled");
        }
        return disabled
                ? new ContentFields.State(ContentStatus.DISABLED, Request.parseTime("disabled_until", until))
                : null;
    }

    private static ListCategory category(@Nullable String name) {
        return name == null
                ? ListCategory.UNSTATED
                : ListCategory.of(name)
                        .orElseThrow(() -> HttpError.field(
                                400,
                                "category",
                                name,
                                "POSITIVE_CLASS, INVESTIGATION_SEED, DISPUTED or NEGATIVE_CLASS"));
    }

    // Writing

    /** The category of what is in a bank of that kind, so that no import takes what is harmless for known bad. */
    static ListCategory category(BankKind kind) {
        return kind == BankKind.ALLOW ? ListCategory.NEGATIVE_CLASS : ListCategory.UNSTATED;
    }

    /** The object that {@link #read(long, JsonNode)} makes that entry of again. */
    public static ObjectNode of(HashListEntry.Usable entry) {
        ContentDraft content = entry.content();
        ArrayNode signals = ReportJson.signals(content.signals());
        KnownVideo video = content.video();
        ObjectNode json = Json.object();
        json.set("signals", signals);
        if (video != null) {
            ObjectNode vpdq = signals.addObject().put("type", VideoSignals.TYPE).put("hash", VideoSignals.text(video));
            ArrayNode untilMs = vpdq.putArray("until_ms");
            video.frames().forEach(frame -> untilMs.add(frame.untilMs()));
            json.put("duration_ms", video.durationMs());
        }
        for (BankedPicture picture : content.pictures()) {
            signals.addObject()
                    .put("type", Features.SIGNAL_TYPE)
                    .put("features", picture.features().toBase64())
                    .put("ms", picture.ms());
        }
        ReportJson.putLabels(json, content.labels());
        put(json, "note", content.note());
        put(json, "source", content.source());
        if (content.metadata() != null) {
            json.set("metadata", Json.read(content.metadata()));
        }
        Treatment treatment = content.treatment();
        if (treatment.distanceThreshold() != null) {
            json.put("distance_threshold", treatment.distanceThreshold());
        }
        put(json, "handling", treatment.handling());
        ReportJson.putQuarantine(json, treatment);
        ContentFields.State state = entry.state();
        if (state != null) {
            json.put("status", state.status().wireName());
            put(
                    json,
                    "disabled_until",
                    state.disabledUntil() == null ? null : state.disabledUntil().toString());
        }
        if (entry.category() == ListCategory.NEGATIVE_CLASS) {
            json.put("category", entry.category().name());
        }
        return json;
    }

    private static void put(ObjectNode json, String name, @Nullable String text) {
        if (text != null) {
            json.put(name, text);
        }
    }
}
