package org.semblance.hashdb.exchange;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.semblance.hashdb.catalog.BankKind;

/** The opinion of a list on an entry, in the categories of python-threatexchange. */
public enum ListCategory {
    /** The list says nothing, as most do; its entries are what the list is of. */
    UNSTATED,
    /** The entry is of the content that the list is of. */
    POSITIVE_CLASS,
    /** The entry leads to such content and has to be verified. */
    INVESTIGATION_SEED,
    /** Some partners call the entry right, some wrong. */
    DISPUTED,
    /** The entry finds harmless content, or is an example. */
    NEGATIVE_CLASS;

    private static final Pattern BETWEEN_WORDS = Pattern.compile("[^A-Z0-9]+");

    /** The category of that name, in any case and however its words are set apart: a spreadsheet has {@code Negative class}. */
    public static Optional<ListCategory> of(String name) {
        String words = words(name);
        return Arrays.stream(values())
                .filter(category ->
                        category != UNSTATED && words(category.name()).equals(words))
                .findFirst();
    }

    private static String words(String name) {
        return BETWEEN_WORDS
                .matcher(name.toUpperCase(Locale.ROOT))
                .replaceAll(" ")
                .strip();
    }

    /**
     * Whether an entry belongs in a bank of that kind: what is known to be harmless never among what is known to be bad, and
     * nothing else that has a category among what is allowed.
     */
    public boolean fits(BankKind kind) {
        return switch (kind) {
            case MATCH -> this != NEGATIVE_CLASS;
            case ALLOW -> this == NEGATIVE_CLASS || this == UNSTATED;
        };
    }
}
