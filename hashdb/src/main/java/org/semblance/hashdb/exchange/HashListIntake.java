package org.semblance.hashdb.exchange;

import java.io.IOException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.ChangeRefusedException;
import org.semblance.hashdb.catalog.ContentDraft;

/** A hash list as one bank takes it: what belongs in the bank, and a count of all that does not. */
public final class HashListIntake {
    private final HashListReader list;
    private final BankKind kind;
    private final UnaryOperator<ContentDraft> stamp;
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
        this(list, kind, UnaryOperator.identity(), complaints);
    }

    /**
     * A list of which each content is changed before it is taken.
     *
     * @param list left open
     * @param kind of the bank
     * @param stamp gives the content as it is to be banked
     * @param complaints told each entry that cannot be banked
     */
    public HashListIntake(
            HashListReader list,
            BankKind kind,
            UnaryOperator<ContentDraft> stamp,
            Consumer<HashListEntry.Unusable> complaints) {
        this.list = list;
        this.kind = kind;
        this.stamp = stamp;
        this.complaints = complaints;
    }

    /** Passes over as many entries, or all there are; they are not counted as left out. */
    public void skip(long count) throws IOException {
        while (entries < count && list.next() != null) {
            entries++;
        }
    }

    /** The next entry of the list that belongs in the bank, or null at the list's end. */
    public HashListEntry.@Nullable Usable next() throws IOException {
        for (HashListEntry entry = list.next(); entry != null; entry = list.next()) {
            entries++;
            switch (entry) {
                case HashListEntry.Usable usable -> {
                    if (!usable.category().fits(kind)) {
                        leftOut.merge(usable.category(), 1L, Long::sum);
                    } else {
                        HashListEntry.Usable stamped = stamped(usable);
                        if (stamped != null) {
                            return stamped;
                        }
                    }
                }
                case HashListEntry.Unusable bad -> complain(bad);
            }
        }
        return null;
    }

    /** The entry as it is to be banked; null if it cannot be, which was complained of. */
    private HashListEntry.@Nullable Usable stamped(HashListEntry.Usable entry) {
        ContentDraft draft = stamp.apply(entry.content());
        if (draft != entry.content()) {
            try {
                draft.check();
            } catch (ChangeRefusedException e) {
                complain(new HashListEntry.Unusable(entry.line(), String.valueOf(e.getMessage())));
                return null;
            }
        }
        return entry.with(draft);
    }

    private void complain(HashListEntry.Unusable bad) {
        unusable++;
        complaints.accept(bad);
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

    /** As {@link HashListReader#columns}. */
    public List<HashListColumn> columns() {
        return list.columns();
    }

    /** As {@link HashListReader#ignoredColumns}. */
    public List<String> ignoredColumns() {
        return list.ignoredColumns();
    }
}
