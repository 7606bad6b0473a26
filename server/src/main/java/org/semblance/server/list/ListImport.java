package org.semblance.server.list;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.exchange.HashListColumn;
import org.semblance.hashdb.exchange.HashListEntry;
import org.semblance.hashdb.exchange.HashListIntake;
import org.semblance.hashdb.exchange.HashListReader;
import org.semblance.hashdb.exchange.ListCategory;

/**
 * Banks a hash list, some entries at a time, so that memory stays bounded. What has been banked when the import ends early is
 * durable, and the summary says after how many entries to go on.
 */
public final class ListImport {
    /** How many entries a summary shows of a dry run. */
    public static final int PREVIEWED = 20;

    /** Entries that one change adds unless somebody says otherwise. */
    public static final int ENTRIES_AT_ONCE = 1_000;

    /** Bytes of a list that are banked at once, unless a single entry is longer: as objects they are several times that. */
    private static final long BYTES_AT_ONCE = 4_000_000;

    private static final int ERRORS_TOLD = 100;

    private final List<HashListEntry.Unusable> errors = new ArrayList<>();
    private final List<Remark> warnings = new ArrayList<>();
    private final List<Previewed> preview = new ArrayList<>();
    private final ListOptions options;
    private final BankKind kind;
    private final Sink sink;
    private final int entriesAtOnce;
    private long imported;
    private long held;
    private long known;
    private int part;

    /** Banks contents. */
    @FunctionalInterface
    public interface Sink {
        /**
         * Banks entries, all of them or none; only looks which are known in a dry run.
         *
         * @param part how many times entries were banked before: a list that comes again is cut at the same entries
         * @param entriesRead how many entries of the list there are up to the last of these
         */
        Banked bank(List<HashListEntry.Usable> entries, int part, long entriesRead);
    }

    /**
     * What came of some entries.
     *
     * @param imported how many are banked, or would be but for the dry run
     * @param held how many of these are in quarantine, as they would match what they must not
     * @param known how many the bank had already, each with all its signals in one content
     * @param firstKnown of each entry whether it was known; of the first {@value #PREVIEWED} at least
     */
    public record Banked(long imported, long held, long known, List<Boolean> firstKnown) {
        public Banked {
            firstKnown = List.copyOf(firstKnown);
        }
    }

    /** Something about an entry of the list that does not keep it from being banked. */
    public record Remark(long line, String text) {}

    /** An entry as it would be banked. */
    public record Previewed(HashListEntry.Usable entry, boolean known) {}

    /**
     * What came of a list.
     *
     * @param failure why it ended early, or null if it did not, or if time ran out
     * @param complete whether the list was read to its end
     * @param entries how many were read, those passed over among them
     * @param imported how many are banked
     * @param held how many of those that are banked are in quarantine, as they would match what they must not
     * @param known how many the bank had already
     * @param unusable how many cannot be, of which {@code errors} tell the first ones
     * @param leftOut how many do not belong in a bank of that kind, by what the list thinks of them
     * @param columns of a list in CSV
     * @param ignoredColumns of which nothing is taken
     * @param warnings the first things that are not as the list has them
     * @param preview the first entries, as they would be banked
     */
    public record Summary(
            @Nullable Exception failure,
            boolean complete,
            long entries,
            long imported,
            long held,
            long known,
            long unusable,
            Map<ListCategory, Long> leftOut,
            List<HashListColumn> columns,
            List<String> ignoredColumns,
            List<HashListEntry.Unusable> errors,
            List<Remark> warnings,
            List<Previewed> preview) {}

    /**
     * @param kind of the bank
     * @param entriesAtOnce how many the sink takes at a time
     */
    public ListImport(ListOptions options, BankKind kind, Sink sink, int entriesAtOnce) {
        this.options = options;
        this.kind = kind;
        this.sink = sink;
        this.entriesAtOnce = entriesAtOnce;
    }

    /**
     * Banks the list; once.
     *
     * @param after entries to pass over, which an earlier import has banked
     * @param outOfTime asked between two steps; once it says so, the import ends early
     * @param progress told how many bytes of the list were read
     * @throws org.semblance.hashdb.exchange.WrongColumnException if a column is named that the list does not have
     * @throws IOException if it is no list, before anything was banked
     * @throws RuntimeException of the sink, before anything was banked
     */
    public Summary run(InputStream in, long after, BooleanSupplier outOfTime, LongConsumer progress)
            throws IOException {
        try (HashListReader reader = new HashListReader(in, options.form())) {
            HashListIntake list = new HashListIntake(reader, kind, options::stamped, this::complain);
            list.skip(after);
            long entries = list.entries();
            boolean complete = false;
            Exception failure = null;
            try {
                List<HashListEntry.Usable> some = next(list, reader);
                while (!some.isEmpty() && !outOfTime.getAsBoolean()) {
                    bank(some, list.entries());
                    entries = list.entries();
                    progress.accept(reader.bytesRead());
                    some = next(list, reader);
                }
                complete = some.isEmpty();
            } catch (IOException | RuntimeException e) {
                if (imported == 0) {
                    throw e;
                }
                failure = e;
            }
            return new Summary(
                    failure,
                    complete,
                    complete ? list.entries() : entries,
                    imported,
                    held,
                    known,
                    list.unusable(),
                    list.leftOut(),
                    list.columns(),
                    list.ignoredColumns(),
                    errors,
                    warnings,
                    preview);
        }
    }

    private void bank(List<HashListEntry.Usable> some, long entriesRead) {
        Banked banked = sink.bank(some, part++, entriesRead);
        imported += banked.imported;
        held += banked.held;
        known += banked.known;
        for (int i = 0; i < some.size() && i < banked.firstKnown.size() && preview.size() < PREVIEWED; i++) {
            preview.add(new Previewed(some.get(i), banked.firstKnown.get(i)));
        }
        for (HashListEntry.Usable entry : some) {
            for (String warning : entry.warnings()) {
                if (warnings.size() < ERRORS_TOLD) {
                    warnings.add(new Remark(entry.line(), warning));
                }
            }
        }
    }

    private List<HashListEntry.Usable> next(HashListIntake list, HashListReader reader) throws IOException {
        List<HashListEntry.Usable> some = new ArrayList<>();
        long begun = reader.bytesRead();
        for (HashListEntry.Usable next = list.next(); next != null; next = list.next()) {
            some.add(next);
            if (some.size() == entriesAtOnce || reader.bytesRead() - begun > BYTES_AT_ONCE) {
                break;
            }
        }
        return some;
    }

    private void complain(HashListEntry.Unusable bad) {
        if (errors.size() < ERRORS_TOLD) {
            errors.add(bad);
        }
    }
}
