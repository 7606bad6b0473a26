package org.semblance.server.list;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.video.Vpdq;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.exchange.HashListForm;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;

/**
 * What an import does with a list.
 *
 * @param bareType the type of hashes that come without one
 * @param columns names of columns of a CSV list by the fields that they are read as
 * @param labels added to those of each entry
 * @param note the note of each entry, in place of its own; null for its own
 * @param source the source of each entry, in place of its own; null for its own
 * @param ifKnown what becomes of entries that the bank has
 * @param dryRun whether nothing is banked
 * @param force whether nothing is held in quarantine
 */
public record ListOptions(
        SignalType bareType,
        Map<String, String> columns,
        List<String> labels,
        @Nullable String note,
        @Nullable String source,
        IfKnown ifKnown,
        boolean dryRun,
        boolean force) {
    private static final Signal ANY = new Signal(SignalType.MD5, "00000000000000000000000000000000");

    /** What becomes of an entry that the bank has, exactly. */
    public enum IfKnown {
        /** The entry is banked once more. */
        BANK,
        /** The entry is passed over. */
        SKIP;

        /** The name in requests: lower case. */
        public String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** The one of that name. */
        public static Optional<IfKnown> of(String wireName) {
            return Arrays.stream(values())
                    .filter(value -> value.wireName().equals(wireName))
                    .findFirst();
        }
    }

    /** @throws org.semblance.hashdb.catalog.ChangeRefusedException naming the field, if no content could have such a label, note or source */
    public ListOptions {
        columns = Map.copyOf(columns);
        labels = List.copyOf(labels);
        new ContentDraft(List.of(ANY), labels, note, source, null).check();
    }

    /**
     * The columns that a text names, as {@code field:Column name}, separated by commas.
     *
     * @throws IllegalArgumentException naming the part that is of another form
     */
    public static Map<String, String> columns(String text) {
        Map<String, String> columns = new LinkedHashMap<>();
        for (String pair : text.split(",")) {
            int colon = pair.indexOf(':');
            String field = pair.substring(0, Math.max(0, colon)).strip();
            String column = pair.substring(colon + 1).strip();
            if (field.isEmpty() || column.isEmpty() || columns.put(field, column) != null) {
                throw new IllegalArgumentException(
                        "columns: '" + pair.strip() + "' (expected: field:Column name, each field once)");
            }
        }
        return columns;
    }

    /** How the list is read. */
    HashListForm form() {
        return new HashListForm(bareType, Vpdq::listed, columns, ContentJson::entry);
    }

    /** A content of the list as it is to be banked. */
    ContentDraft stamped(ContentDraft content) {
        if (labels.isEmpty() && note == null && source == null) {
            return content;
        }
        Set<String> all = new LinkedHashSet<>(content.labels());
        all.addAll(labels);
        return new ContentDraft(
                content.signals(),
                List.copyOf(all),
                note == null ? content.note() : note,
                source == null ? content.source() : source,
                content.metadata(),
                content.video(),
                content.pictures(),
                content.treatment());
    }
}
