package org.semblance.server.auth;

import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.semblance.engine.MatchOptions;
import org.semblance.engine.SignalMatcher;
import org.semblance.hashdb.BankedList;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Bank;

/**
 * The list as one caller may see it, of now or of an earlier change: lookups in banks that the caller may not see find nothing,
 * at the time that a lookup takes where they are empty.
 */
public final class ScopedList {
    /** A name that no bank can have: for a caller whose banks did not exist. */
    private static final String NO_BANK = "";

    private final BankedList list;
    private final Set<String> visible;
    private final boolean isPast;

    private ScopedList(BankedList list, Set<String> visible, boolean isPast) {
        this.list = list;
        this.visible = Set.copyOf(visible);
        this.isPast = isPast;
    }

    static ScopedList now(HashDb db, Caller caller) {
        return new ScopedList(db, caller.banks(), false);
    }

    /**
     * The list as it stood after that change. A caller who sees some banks sees those under the names that they had.
     *
     * @throws org.semblance.hashdb.catalog.ChangeRefusedException if there is no such change
     */
    static ScopedList asOf(HashDb db, Caller caller, long seq) {
        BankedList then = db.asOf(seq);
        if (caller.seesAllBanks()) {
            return new ScopedList(then, Set.of(), true);
        }
        Set<Long> ids = db.banks().stream()
                .filter(bank -> caller.sees(bank.name()))
                .map(Bank::id)
                .collect(Collectors.toSet());
        Set<String> names = then.banks().stream()
                .filter(bank -> ids.contains(bank.id()))
                .map(Bank::name)
                .collect(Collectors.toSet());
        return new ScopedList(then, names.isEmpty() ? Set.of(NO_BANK) : names, true);
    }

    /** What is looked up in, with {@link #visible}. */
    public BankedList list() {
        return list;
    }

    /** The names of the banks that may be seen, whether they exist or not; empty for all of them. */
    public Set<String> visible() {
        return visible;
    }

    /** Whether this is the list of an earlier change. */
    public boolean isPast() {
        return isPast;
    }

    /** The bank of that name, if it may be seen. */
    public Optional<Bank> bank(String name) {
        return visible.isEmpty() || visible.contains(name) ? list.bank(name) : Optional.empty();
    }

    /** The number of the newest change that lookups see. */
    public long seq() {
        return list.seq();
    }

    /** The options of a match in those banks, or in all that may be seen if none are named. */
    public MatchOptions matchOptions(Set<String> named) {
        if (named.isEmpty() || visible.isEmpty()) {
            return new MatchOptions(named.isEmpty() ? visible : named);
        }
        Set<String> both = new LinkedHashSet<>(visible);
        both.retainAll(named);
        if (both.isEmpty()) {
            throw new IllegalArgumentException("banks: none of the caller's");
        }
        return new MatchOptions(both);
    }

    /** Looks signals up in the named banks, or in all that may be seen if none are named. */
    public SignalMatcher signals(Set<String> named, boolean likely) {
        MatchOptions options = matchOptions(named);
        return new SignalMatcher(list, likely ? options.withLikely() : options);
    }
}
