package org.semblance.server.api;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.BankingDraft;
import org.semblance.engine.HashReport;
import org.semblance.engine.media.MediaSource;
import org.semblance.engine.video.Vpdq;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;
import org.semblance.server.http.Fields;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Json;
import org.semblance.server.route.Request;
import org.semblance.server.work.Worker;
import tools.jackson.databind.JsonNode;

/** Reads what a request asks to bank. */
final class Draft {
    private static final Set<String> FORM_FIELDS =
            Set.of("labels", "note", "source", "metadata", "distance_threshold", "handling");

    private static final Set<String> JSON_FIELDS =
            Set.of("signals", "duration_ms", "labels", "note", "source", "metadata", "distance_threshold", "handling");

    private static final String VPDQ = "vpdq";

    private Draft() {}

    /**
     * By its signals, of the types that {@code /v1/hash} gives. A {@code vpdq} one are the frames of a video, as a JSON array
     * of {@code "hash,quality,seconds"} or as the text of one.
     *
     * @throws HttpError 400 if a field is not what it should be, 422 if nothing worth banking is left
     */
    static BankingDraft ofSignals(JsonNode body) {
        Fields fields = Fields.of(body, JSON_FIELDS);
        List<Signal> signals = new ArrayList<>();
        String frames = null;
        for (Fields signal : fields.objects("signals", Set.of("type", "hash", "quality"))) {
            String type = signal.text("type");
            String hash = VPDQ.equals(type) ? signal.textOrArray("hash") : signal.text("hash");
            if (type == null || hash == null) {
                throw HttpError.field(400, "signals", null, "type and hash of each signal");
            }
            if (!type.equals(VPDQ)) {
                signals.add(signal(type, hash, signal.integer("quality")));
            } else if (frames == null) {
                frames = hash;
            } else {
                throw HttpError.field(400, "signals", "two of type vpdq", "at most one");
            }
        }
        Integer durationMs = fields.integer("duration_ms");
        if (durationMs != null && frames == null) {
            throw HttpError.field(400, "duration_ms", durationMs.toString(), "none without a vpdq signal");
        }
        KnownVideo video = frames == null ? null : video(frames, durationMs);
        BankingDraft draft = BankingDraft.of(
                signals,
                video,
                frames != null,
                new BankingDraft.Details(
                        fields.texts("labels"),
                        fields.text("note"),
                        fields.text("source"),
                        fields.json("metadata"),
                        fields.integer("distance_threshold"),
                        fields.text("handling")));
        if (draft.isEmpty() && !draft.warnings().isEmpty()) {
            throw HttpError.of(422, "signals", "signals: " + draft.warnings().getFirst());
        }
        return draft;
    }

    private static Signal signal(String type, String hash, @Nullable Integer quality) {
        try {
            return new Signal(SignalType.parse(type), hash, quality);
        } catch (IllegalArgumentException e) {
            throw HttpError.of(400, "signals", String.valueOf(e.getMessage()));
        }
    }

    private static @Nullable KnownVideo video(String vpdq, @Nullable Integer durationMs) {
        try {
            return Vpdq.known(vpdq, durationMs).orElse(null);
        } catch (IllegalArgumentException e) {
            String why = String.valueOf(e.getMessage());
            throw why.startsWith("duration_ms")
                    ? HttpError.of(400, "duration_ms", why)
                    : HttpError.of(400, "signals", "signals: vpdq: " + why);
        }
    }

    /**
     * By a file, raw or in a form. One that does not decode would be found by exact copies alone, and hardly anybody means
     * that: refused.
     *
     * @param features whether its local features are banked as well
     * @throws HttpError 400 if a field is not what it should be, 422 if the file does not decode
     */
    static BankingDraft ofFile(Request request, Worker worker, boolean features) {
        Map<String, String> fields = request.body().fields();
        for (String field : fields.keySet()) {
            if (!FORM_FIELDS.contains(field)) {
                throw HttpError.field(400, "body", field, "fields file, " + String.join(", ", FORM_FIELDS));
            }
        }
        MediaSource file = request.file();
        HashReport report =
                worker.toBank(file).hashToBank(file, request.body().digests(), features, request.deadline());
        request.trace().hashed(report);
        if (report.failure() != null) {
            throw HttpError.of(422, "file", "file: " + report.failure().wireName() + ": " + report.reason());
        }
        String labels = fields.get("labels");
        return BankingDraft.of(
                report,
                new BankingDraft.Details(
                        labels == null || labels.isBlank() ? List.of() : labels(labels),
                        fields.get("note"),
                        fields.get("source"),
                        fields.get("metadata"),
                        threshold(fields.get("distance_threshold")),
                        fields.get("handling")));
    }

    private static @Nullable Integer threshold(@Nullable String digits) {
        return digits == null ? null : (int) Request.parse("distance_threshold", digits, 0, Hash256.BITS);
    }

    /** Labels of a form: a JSON array, or names separated by commas. */
    private static List<String> labels(String text) {
        if (text.stripLeading().startsWith("[")) {
            return Fields.of(Json.object().set("labels", Json.read(text)), Set.of("labels"))
                    .texts("labels");
        }
        return Arrays.stream(text.split(",")).map(String::strip).toList();
    }
}
