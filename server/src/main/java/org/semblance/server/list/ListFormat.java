package org.semblance.server.list;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The form of a hash list that leaves a bank. */
public enum ListFormat {
    /** What every tool reads, of enabled contents: without when frames end, local features, metadata and treatment. */
    CSV,
    /** An object a line with all that is banked, of disabled contents as well: see {@link ContentJson}. */
    NDJSON;

    /** The name in requests: lower case. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The form of that name. */
    public static Optional<ListFormat> of(String wireName) {
        return Arrays.stream(values())
                .filter(format -> format.wireName().equals(wireName))
                .findFirst();
    }
}
