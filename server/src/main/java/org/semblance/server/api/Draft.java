package org.semblance.server.api;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.BankingDraft;
import org.semblance.engine.HashReport;
import org.semblance.engine.media.MediaSource;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.server.http.Fields;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Json;
import org.semblance.server.route.Request;
import org.semblance.server.work.Worker;

/** Reads what a request asks to bank by a file; {@link org.semblance.server.list.ContentJson} does by signals. */
final class Draft {
    private static final Set<String> FORM_FIELDS =
            Set.of("labels", "note", "source", "metadata", "distance_threshold", "handling");

    private Draft() {}

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
