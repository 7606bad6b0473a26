package org.semblance.server.matchlog;

import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.matchlog.LogFilter;
import org.semblance.hashdb.matchlog.LogPage;
import org.semblance.hashdb.matchlog.LogRow;
import org.semblance.hashdb.matchlog.MatchLog;
import org.semblance.hashdb.matchlog.MatchedReferences;
import org.semblance.hashdb.matchlog.Review;
import org.semblance.hashdb.matchlog.Stats;
import org.semblance.server.auth.Caller;
import org.semblance.server.auth.ScopedDb;
import org.semblance.server.http.HttpError;

/**
 * The match log as one caller may see it: as a log would be that has never had the banks outside the caller's scope. The ids of
 * its rows count on over all banks, as those of contents do ({@link ScopedDb}).
 */
public final class ScopedMatchLog {
    private final MatchLog log;
    private final HashDb db;
    private final Caller caller;

    public ScopedMatchLog(MatchLog log, HashDb db, Caller caller) {
        this.log = log;
        this.db = db;
        this.caller = caller;
    }

    /** The banks that the caller may see, by id: those that exist by their name, others by the last name that they had. */
    private Map<Long, String> names() {
        Map<Long, String> names = new HashMap<>(log.bankNames());
        db.banks().forEach(bank -> names.put(bank.id(), bank.name()));
        names.values().removeIf(name -> !caller.sees(name));
        return names;
    }

    /** Those that exist. */
    private Map<Long, Bank> existing() {
        Map<Long, Bank> banks = new HashMap<>();
        db.banks().stream().filter(bank -> caller.sees(bank.name())).forEach(bank -> banks.put(bank.id(), bank));
        return banks;
    }

    private @Nullable Set<Long> visible(Map<Long, String> names) {
        return caller.seesAllBanks() ? null : names.keySet();
    }

    /** The banks of that name, of which all but one are deleted. */
    private static Set<Long> named(String bank, Map<Long, String> names) {
        Set<Long> ids = new HashSet<>();
        names.forEach((id, name) -> {
            if (name.equals(bank)) {
                ids.add(id);
            }
        });
        if (ids.isEmpty()) {
            throw HttpError.field(400, "bank", bank, "the name of a bank, or of one that there was");
        }
        return ids;
    }

    /** Rows, and the names of their banks. */
    record Rows(LogPage page, Map<Long, String> names) {
        String bank(LogRow row) {
            return names.getOrDefault(row.hit().bankId(), row.hit().bank());
        }
    }

    /** A filter that is still to be told which banks the caller sees. */
    @FunctionalInterface
    interface Filter {
        LogFilter of(@Nullable Set<Long> visible, @Nullable Set<Long> banks);
    }

    /** As {@link MatchLog#page}. */
    Rows page(Filter filter, @Nullable String bank, boolean newestFirst, long cursor, int limit) {
        log.flush(); // so that every bank of a row has a name
        Map<Long, String> names = names();
        return new Rows(log.page(filter(filter, bank, names), newestFirst, cursor, limit), names);
    }

    /** As {@link MatchLog#stored}. */
    Rows stored(Filter filter, @Nullable String bank, long after, int limit) {
        Map<Long, String> names = names();
        return new Rows(log.stored(filter(filter, bank, names), after, limit), names);
    }

    private LogFilter filter(Filter filter, @Nullable String bank, Map<Long, String> names) {
        return filter.of(visible(names), bank == null ? null : named(bank, names));
    }

    /** How many days rows are kept. */
    int days() {
        return log.settings().days();
    }

    long newestId() {
        return log.newestId();
    }

    Runnable follow(Runnable follower) {
        return log.follow(follower);
    }

    /** As {@link MatchLog#review}. */
    List<Long> review(UUID verdict, @Nullable Long contentId, Review review) {
        log.flush();
        return log.review(verdict, contentId, visible(names()), review);
    }

    /** Figures, the names of their banks, and those of the banks that exist. */
    record Figures(List<Stats.Figure> figures, Map<Long, String> names, Map<Long, Bank> existing) {}

    /**
     * As {@link MatchLog#stats}. A key of some banks sees its own uploads alone: those of others were judged by banks that it does
     * not know of.
     *
     * @param most the most figures
     * @throws HttpError 400 if there are more
     */
    Figures stats(Stats.By by, Stats.Step step, Instant from, Instant to, @Nullable String bank, int most) {
        log.flush();
        Map<Long, String> names = names();
        String key = caller.key() == null ? "" : caller.key();
        List<Stats.Figure> figures = log.stats(new Stats.Query(
                by,
                step,
                from,
                to,
                visible(names),
                bank == null ? null : named(bank, names),
                caller.seesAllBanks() ? null : key,
                most));
        if (figures.size() > most) {
            throw HttpError.field(
                    400, "from", from.toString(), "a shorter period, or step=day: at most " + most + " figures");
        }
        return new Figures(figures, names, existing());
    }

    /** As {@link MatchLog#reinstatable}. */
    Stats.Reinstatable reinstatable(Instant from, Instant to) {
        return log.reinstatable(from, to, visible(names()));
    }

    /** Whether rows are kept. */
    boolean keepsRows() {
        return log.settings().keepsRows();
    }

    /** As {@link MatchLog#references}. */
    MatchedReferences references(long contentId, int limit) {
        log.flush();
        return log.references(contentId, visible(names()), limit);
    }

    /** As {@link MatchLog#countReferences}. */
    long countReferences(long bank) {
        log.flush();
        return log.countReferences(bank, visible(names()));
    }
}
