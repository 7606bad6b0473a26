package org.semblance.server.list;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.Applied;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.catalog.RequestKey;
import org.semblance.hashdb.exchange.HashListEntry;
import org.semblance.server.auth.ScopedDb;

/** Banks the entries of a list in a database, as the options say. */
public final class ListBanking implements ListImport.Sink {
    private final ScopedDb db;
    private final Bank bank;
    private final ListOptions options;
    private final UnaryOperator<List<ContentDraft>> guard;
    private final boolean features;
    private final LongFunction<Origin> origin;
    private final @Nullable RequestKey key;
    private final List<Long> proposals = new ArrayList<>();

    /**
     * Banks in that bank.
     *
     * @param guard holds back what must not be banked silently
     * @param features whether local features are banked, where the bank takes them
     * @param origin who banks, and why, by how many entries of the list are read
     * @param key what the caller calls the request, or null
     */
    public ListBanking(
            ScopedDb db,
            Bank bank,
            ListOptions options,
            UnaryOperator<List<ContentDraft>> guard,
            boolean features,
            LongFunction<Origin> origin,
            @Nullable RequestKey key) {
        this.db = db;
        this.bank = bank;
        this.options = options;
        this.guard = guard;
        this.features = features && bank.features();
        this.origin = origin;
        this.key = key;
    }

    /** The numbers of the proposals that were made, in a bank that needs a second person. */
    public List<Long> proposals() {
        return List.copyOf(proposals);
    }

    @Override
    public ListImport.Banked bank(List<HashListEntry.Usable> entries, int part, long entriesRead) {
        List<ContentDraft> drafts = entries.stream()
                .map(entry -> features ? entry.content() : entry.content().withPictures(List.of()))
                .toList();
        List<Boolean> known = new KnownContents(db, bank.name()).of(drafts);
        List<ContentDraft> checked = guard.apply(drafts);
        List<HashListEntry.Usable> wanted = new ArrayList<>();
        for (int i = 0; i < entries.size(); i++) {
            if (options.ifKnown() == ListOptions.IfKnown.BANK || !known.get(i)) {
                wanted.add(entries.get(i).with(checked.get(i)));
            }
        }
        if (!options.dryRun() && !wanted.isEmpty()) {
            Applied applied = new Addition(db, bank, origin.apply(entriesRead))
                    .apply(wanted, key == null ? null : key.part(part));
            if (applied.proposed()) {
                proposals.add(applied.seq());
            }
        }
        return new ListImport.Banked(
                wanted.size(),
                wanted.stream()
                        .filter(entry -> entry.content().treatment().isQuarantined())
                        .count(),
                known.stream().filter(one -> one).count(),
                known);
    }
}
