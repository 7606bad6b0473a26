package org.semblance.hashdb.exchange;

import java.io.IOException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.ContentDraft;

/** A hash list as one bank takes it: what belongs in the bank, and a count of all that does not. */
public final class HashListIntake {
    private final HashListReader list;
    private final BankKind kind;
    private final Consumer<HashListEntry.Unusable> complaints;
    private final Map<ListCategory, Long> leftOut = new EnumMap<>(ListCategory.class);
    private long entries;
    private long unusable;

    /**
     * @param list left open
     * @param kind of the bank
     * @param complaints told each entry that cannot be banked
     */
    public HashListIntake(HashListReader list, BankKind kind, Consumer<HashListEntry.Unusable> complaints) {
        this.list = list;
        this.kind = kind;
        this.complaints = complaints;
    }

    /** Passes over as many entries, or all there are; they are not counted as left out. */
    public void skip(long count) throws IOException {
        while (entries < count && list.next() != null) {
            entries++;
        }
    }

    /** The next content of the list that belongs in the bank, or null at the list's end. */
    public @Nullable ContentDraft next() throws IOException {
        for (HashListEntry entry = list.next(); entry != null; entry = list.next()) {
            entries++;
            switch (entry) {
                case HashListEntry.Usable usable -> {
                    if (usable.category().fits(kind)) {
                        return usable.content();
                    }
                    leftOut.merge(usable.category(), 1L, Long::sum);
                }
                case HashListEntry.Unusable bad -> {
                    unusable++;
                    complaints.accept(bad);
                }
            }
        }
        return null;
    }

    /** Entries that were read or passed over so far. */
    public long entries() {
        return entries;
    }

    /** Entries so far that cannot be banked at all. */
    public long unusable() {
        return unusable;
    }

    /** Entries so far that do not belong in a bank of this kind, by what the list thinks of them. */
    public Map<ListCategory, Long> leftOut() {
        return leftOut;
    }

    /** Of the bank. */
    public BankKind kind() {
        return kind;
    }

    /** As {@link HashListReader#ignoredColumns}. */
    public List<String> ignoredColumns() {
        return list.ignoredColumns();
    }
}
