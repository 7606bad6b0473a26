package org.semblance.hashdb.exchange;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.semblance.hashdb.catalog.BankKind;

/** What a list thinks of an entry, in the categories of python-threatexchange. */
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

    /** The category of that name, in any case. */
    static Optional<ListCategory> of(String name) {
        String upper = name.toUpperCase(Locale.ROOT);
        return Arrays.stream(values())
                .filter(category -> category != UNSTATED && category.name().equals(upper))
                .findFirst();
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
