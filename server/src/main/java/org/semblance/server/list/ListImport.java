package org.semblance.server.list;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.video.Vpdq;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.exchange.HashListEntry;
import org.semblance.hashdb.exchange.HashListIntake;
import org.semblance.hashdb.exchange.HashListReader;
import org.semblance.hashdb.exchange.ListCategory;
import org.semblance.hashdb.hash.SignalType;

/**
 * Banks a hash list, some entries at a time, so that memory stays bounded. What has been banked when it ends early is durable,
 * and the summary says after how many entries to go on.
 */
public final class ListImport {
    private static final int ENTRIES_AT_ONCE = 1_000;

    /** Bytes of a list that are banked at once, unless a single entry is longer: as objects they are several times that. */
    private static final long BYTES_AT_ONCE = 4_000_000;

    private static final int ERRORS_TOLD = 100;

    private final List<HashListEntry.Unusable> errors = new ArrayList<>();
    private final SignalType bareType;
    private final BankKind kind;
    private final Sink sink;

    /** Banks contents. */
    @FunctionalInterface
    public interface Sink {
        /**
         * Banks all of them or none, and says how many of them are held in quarantine.
         *
         * @param part how many times contents were banked before: a list that comes again is cut at the same entries
         */
        long bank(List<ContentDraft> contents, int part);
    }

    /**
     * What came of a list.
     *
     * @param reason why it ended early, or null if it did not
     * @param entries how many were read, those passed over among them
     * @param imported how many are banked
     * @param held how many of those that are banked are in quarantine, as they would match what they must not
     * @param unusable how many cannot be, of which {@code errors} tell the first ones
     * @param leftOut how many do not belong in a bank of that kind, by what the list thinks of them
     * @param ignoredColumns of which nothing is taken
     */
    public record Summary(
            @Nullable String reason,
            long entries,
            long imported,
            long held,
            long unusable,
            Map<ListCategory, Long> leftOut,
            List<String> ignoredColumns,
            List<HashListEntry.Unusable> errors) {}

    /**
     * @param bareType the type of hashes that come without one
     * @param kind of the bank
     */
    public ListImport(SignalType bareType, BankKind kind, Sink sink) {
        this.bareType = bareType;
        this.kind = kind;
        this.sink = sink;
    }

    /**
     * Banks the list; once.
     *
     * @param after entries to pass over, which an earlier import has banked
     * @param outOfTime asked between two steps; once it says so, the import ends early
     * @throws IOException if it is no list, before anything was banked
     * @throws RuntimeException of the sink, before anything was banked
     */
    public Summary run(InputStream in, long after, BooleanSupplier outOfTime) throws IOException {
        try (HashListReader reader = new HashListReader(in, bareType, Vpdq::listed)) {
            HashListIntake list = new HashListIntake(reader, kind, this::complain);
            list.skip(after);
            long imported = 0;
            long held = 0;
            long entries = list.entries();
            String reason = null;
            try {
                List<ContentDraft> some = next(list, reader);
                for (int part = 0; !some.isEmpty(); part++) {
                    if (outOfTime.getAsBoolean()) {
                        reason = "time ran out";
                        break;
                    }
                    held += sink.bank(some, part);
                    imported += some.size();
                    entries = list.entries();
                    some = next(list, reader);
                }
            } catch (IOException | RuntimeException e) {
                if (imported == 0) {
                    throw e;
                }
                reason = String.valueOf(e.getMessage());
            }
            return new Summary(
                    reason,
                    reason == null ? list.entries() : entries,
                    imported,
                    held,
                    list.unusable(),
                    list.leftOut(),
                    list.ignoredColumns(),
                    errors);
        }
    }

    private static List<ContentDraft> next(HashListIntake list, HashListReader reader) throws IOException {
        List<ContentDraft> some = new ArrayList<>();
        long begun = reader.bytesRead();
        for (ContentDraft next = list.next(); next != null; next = list.next()) {
            some.add(next);
            if (some.size() == ENTRIES_AT_ONCE || reader.bytesRead() - begun > BYTES_AT_ONCE) {
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
