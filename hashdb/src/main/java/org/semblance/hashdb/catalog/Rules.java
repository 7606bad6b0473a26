package org.semblance.hashdb.catalog;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.ChangeRefusedException.Reason;
import org.semblance.hashdb.features.BankedPicture;
import org.semblance.hashdb.hash.FrameSpan;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;
import org.semblance.hashdb.json.StrictJson;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** The rules for the values of a change, and the one form in which they are stored. */
public final class Rules {
    /** As HMA has them. */
    private static final Pattern BANK_NAME = Pattern.compile("[A-Z_][A-Z0-9_]*");

    private static final int MAX_BANK_NAME = 255;
    private static final int MAX_DESCRIPTION = 4096;
    private static final int MAX_NOTE = 255;
    private static final int MAX_SOURCE = 255;
    private static final int MAX_HANDLING = 255;
    private static final int MAX_LEGAL_BASIS = 255;
    private static final int MAX_QUARANTINE = 1024;
    private static final int MAX_METADATA = 65_536;
    private static final int MAX_LABELS = 100;
    private static final int MAX_LABEL = 128;
    private static final int MAX_SIGNALS = 100_000;
    private static final int MAX_ACTOR = 255;
    private static final int MAX_REASON = 4096;

    private Rules() {}

    public static ChangeRefusedException invalid(String field, String message) {
        return new ChangeRefusedException(Reason.INVALID, field, message);
    }

    public static void origin(Origin origin) {
        if (origin.actor().isBlank()) {
            throw invalid("actor", "actor: empty (expected: who makes the change)");
        }
        text("actor", origin.actor(), MAX_ACTOR);
        text("reason", origin.reason(), MAX_REASON);
    }

    /** The fields of a bank that are given. */
    public static void bank(BankFields fields) {
        if (fields.name() != null) {
            bankName(fields.name());
        }
        Double ratio = fields.enabledRatio();
        if (ratio != null && !(ratio >= 0 && ratio <= 1)) {
            throw invalid("enabled_ratio", "enabled_ratio: " + ratio + " (expected: 0 to 1)");
        }
        if (fields.description() != null) {
            text("description", fields.description(), MAX_DESCRIPTION);
        }
        given(fields.handling(), handling -> text("handling", handling, MAX_HANDLING));
        given(fields.legalBasis(), basis -> text("legal_basis", basis, MAX_LEGAL_BASIS));
        given(fields.distanceThreshold(), Rules::threshold);
    }

    private static <T> void given(@Nullable Given<T> given, Consumer<T> rule) {
        if (given != null && given.value() != null) {
            rule.accept(given.value());
        }
    }

    private static void threshold(int threshold) {
        if (threshold < 0 || threshold > Hash256.BITS) {
            throw invalid(
                    "distance_threshold",
                    "distance_threshold: " + threshold + " (expected: 0 to " + Hash256.BITS + ")");
        }
    }

    private static void bankName(String name) {
        if (!BANK_NAME.matcher(name).matches()) {
            throw invalid("name", "Bank names must be UPPER_WITH_UNDERSCORE");
        }
        if (name.length() > MAX_BANK_NAME) {
            throw invalid(
                    "name", "bank name: " + name.length() + " characters (expected: at most " + MAX_BANK_NAME + ")");
        }
    }

    /** The draft as it is stored; see {@link ContentDraft}. */
    public static ContentDraft content(ContentDraft draft) {
        if (draft.signals().isEmpty() && draft.video() == null) {
            throw invalid("signals", "signals: none (expected: at least one, or a video)");
        }
        if (draft.signals().size() > MAX_SIGNALS) {
            throw invalid("signals", "signals: " + draft.signals().size() + " (expected: at most " + MAX_SIGNALS + ")");
        }
        for (Signal signal : draft.signals()) {
            if (signal.isOfEmptyFile()) {
                throw invalid(
                        "signals",
                        "signals: " + signal.type().wireName()
                                + ": the digest of the empty file (expected: the digest of"
                                + " a file with content; every empty upload would match)");
            }
        }
        return new ContentDraft(
                distinct(draft.signals()),
                labels(draft.labels()),
                note(draft.note()),
                source(draft.source()),
                metadata(draft.metadata()),
                draft.video() == null ? null : video(draft.video()),
                pictures(draft.pictures()),
                treatment(draft.treatment()));
    }

    private static Treatment treatment(Treatment treatment) {
        if (treatment.confirmedBy() != null) {
            throw invalid("confirmed", "confirmed: true (expected: none for a content that is yet to be added)");
        }
        if (treatment.distanceThreshold() != null) {
            threshold(treatment.distanceThreshold());
        }
        return new Treatment(
                treatment.distanceThreshold(),
                optional("handling", treatment.handling(), MAX_HANDLING),
                quarantine(treatment.quarantine()),
                null);
    }

    private static @Nullable Quarantine quarantine(@Nullable Quarantine quarantine) {
        if (quarantine == null) {
            return null;
        }
        if (quarantine.reason().isBlank()) {
            throw invalid("quarantine", "quarantine: no reason (expected: why the content must not match)");
        }
        text("quarantine", quarantine.reason(), MAX_QUARANTINE);
        return quarantine;
    }

    /** The fields that the update gives, as they are stored; who confirmed is for the catalog to say. */
    public static ContentFields update(Change.UpdateContent update) {
        if (update.status() == ContentStatus.WITHDRAWN) {
            throw invalid("status", "status: withdrawn (expected: enabled or disabled)");
        }
        if (update.disabledUntil() != null && update.status() != ContentStatus.DISABLED) {
            throw invalid("disabled_until", "disabled_until: given without status disabled");
        }
        ContentFields fields = update.fields();
        given(fields.distanceThreshold(), Rules::threshold);
        return new ContentFields(
                update.status() == null ? null : new ContentFields.State(update.status(), update.disabledUntil()),
                fields.labels() == null ? null : labels(fields.labels()),
                stored(fields.note(), Rules::note),
                stored(fields.source(), Rules::source),
                stored(fields.metadata(), Rules::metadata),
                fields.distanceThreshold(),
                stored(fields.handling(), text -> optional("handling", text, MAX_HANDLING)),
                fields.quarantine() == null
                        ? null
                        : new Given<>(quarantine(fields.quarantine().value())),
                null);
    }

    private static @Nullable Given<String> stored(
            @Nullable Given<String> given, Function<@Nullable String, @Nullable String> rule) {
        return given == null ? null : new Given<>(rule.apply(given.value()));
    }

    private static List<BankedPicture> pictures(List<BankedPicture> pictures) {
        if (pictures.size() > ContentDraft.MAX_PICTURES) {
            throw invalid(
                    "pictures",
                    "pictures: " + pictures.size() + " (expected: at most " + ContentDraft.MAX_PICTURES + ")");
        }
        long features = 0;
        for (int i = 0; i < pictures.size(); i++) {
            features += pictures.get(i).features().count();
            if (i > 0 && pictures.get(i).ms() <= pictures.get(i - 1).ms()) {
                String field = "pictures[" + i + "].ms";
                throw invalid(
                        field,
                        field + ": " + pictures.get(i).ms() + " (expected: more than that of the picture before, "
                                + pictures.get(i - 1).ms() + ")");
            }
        }
        if (features > ContentDraft.MAX_FEATURES) {
            throw invalid(
                    "pictures",
                    "pictures: " + features + " features (expected: at most " + ContentDraft.MAX_FEATURES
                            + " in all pictures together)");
        }
        return pictures;
    }

    private static KnownVideo video(KnownVideo video) {
        List<FrameSpan> frames = video.frames();
        for (int i = 0; i < frames.size(); i++) {
            if (frames.get(i).untilMs() > video.durationMs()) {
                String field = "video.frames[" + i + "].until_ms";
                throw invalid(
                        field,
                        field + ": " + frames.get(i).untilMs() + " (expected: at most duration_ms, "
                                + video.durationMs() + ")");
            }
        }
        return new KnownVideo(
                video.durationMs(),
                frames.stream()
                        .sorted(Comparator.comparingInt(FrameSpan::fromMs))
                        .toList());
    }

    /** The first signal of each type and value. */
    private static List<Signal> distinct(List<Signal> signals) {
        if (signals.size() == 1) {
            return signals;
        }
        record Key(SignalType type, String value) {}
        Map<Key, Signal> first = new LinkedHashMap<>();
        for (Signal signal : signals) {
            first.putIfAbsent(new Key(signal.type(), signal.value()), signal);
        }
        return new ArrayList<>(first.values());
    }

    private static List<String> labels(List<String> labels) {
        if (labels.isEmpty()) {
            return labels;
        }
        TreeSet<String> sorted = new TreeSet<>(labels);
        if (sorted.size() > MAX_LABELS) {
            throw invalid("labels", "labels: " + sorted.size() + " (expected: at most " + MAX_LABELS + ")");
        }
        for (String label : sorted) {
            if (label.isBlank()) {
                throw invalid("labels", "labels: an empty one (expected: 1 to " + MAX_LABEL + " characters each)");
            }
            text("labels", label, MAX_LABEL);
            if (label.chars().anyMatch(Character::isISOControl)) {
                throw invalid("labels", "labels: a control character (expected: printable text)");
            }
        }
        return List.copyOf(sorted);
    }

    private static @Nullable String note(@Nullable String note) {
        if (note != null && characters(note) > MAX_NOTE) {
            throw invalid("note", "note must be at most " + MAX_NOTE + " characters");
        }
        return optional("note", note, MAX_NOTE);
    }

    private static @Nullable String source(@Nullable String source) {
        return optional("source", source, MAX_SOURCE);
    }

    private static @Nullable String metadata(@Nullable String metadata) {
        String text = optional("metadata", metadata, MAX_METADATA);
        if (text != null) {
            JsonNode node;
            try {
                node = StrictJson.COMPACT.readTree(text);
            } catch (JacksonException e) {
                throw invalid("metadata", "metadata: not valid JSON: " + e.getOriginalMessage());
            }
            if (!node.isObject()) {
                throw invalid(
                        "metadata",
                        "metadata: JSON " + node.getNodeType().name().toLowerCase(Locale.ROOT)
                                + " (expected: a JSON object)");
            }
        }
        return text;
    }

    private static @Nullable String optional(String field, @Nullable String text, int max) {
        if (text == null || text.isEmpty()) {
            return null;
        }
        text(field, text, max);
        return text;
    }

    /** As people and HMA count them: a character beyond the first plane, such as an emoji, is one. */
    private static int characters(String text) {
        return text.codePointCount(0, text.length());
    }

    /** Text that SQL and UTF-8 give back as it came. */
    private static void text(String field, String text, int max) {
        if (characters(text) > max) {
            throw invalid(field, field + ": " + characters(text) + " characters (expected: at most " + max + ")");
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == 0) {
                throw invalid(field, field + ": a NUL character at position " + i + " (expected: text)");
            }
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(c)) {
                throw invalid(field, field + ": half a surrogate pair at position " + i + " (expected: Unicode text)");
            }
        }
    }
}
