package org.semblance.server.auth;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.Match;
import org.semblance.hashdb.VerifyReport;
import org.semblance.hashdb.catalog.Applied;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.BankContent;
import org.semblance.hashdb.catalog.BankCounts;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ChangeRefusedException;
import org.semblance.hashdb.catalog.ContentCounts;
import org.semblance.hashdb.catalog.ContentFilter;
import org.semblance.hashdb.catalog.JournalEntry;
import org.semblance.hashdb.catalog.JournalFilter;
import org.semblance.hashdb.catalog.JournalPayload;
import org.semblance.hashdb.catalog.JournalRow;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.catalog.Page;
import org.semblance.hashdb.catalog.Paging;
import org.semblance.hashdb.catalog.Proposal;
import org.semblance.hashdb.catalog.ProposalState;
import org.semblance.hashdb.catalog.RequestKey;
import org.semblance.hashdb.features.BankedPicture;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;

/**
 * The database as one caller may see it: a bank outside its scope is answered in each way as one that does not exist. The
 * routes know the database by this alone, so that the check is made on the object, here, and cannot be forgotten.
 *
 * <p>Two numbers are of the whole database and so tell how busy it is, though not who is in it: content ids and the list
 * version count on over all banks.
 */
public final class ScopedDb {
    /** Each takes some 10 microseconds in a list of {@link #LONG_LIST}. */
    private static final int FEW_HASHES = 4;

    private static final int LONG_LIST = 12_000_000;

    private final HashDb db;
    private final Caller caller;

    public ScopedDb(HashDb db, Caller caller) {
        this.db = db;
        this.caller = caller;
    }

    /**
     * Whether these hashes certainly find nothing, told in microseconds and without the disk. False also where that is not to be
     * known so fast: of many hashes, in a very long list, and for a caller who does not see all banks.
     */
    public boolean surelyMisses(List<Hash256> hashes) {
        return hashes.size() <= FEW_HASHES
                && db.size() <= LONG_LIST
                && caller.seesAllBanks()
                && hashes.stream().allMatch(db::isFar);
    }

    /** Its banks by name. */
    public List<Bank> banks() {
        return db.banks().stream().filter(bank -> caller.sees(bank.name())).toList();
    }

    /** Its bank of that name. */
    public Optional<Bank> bank(String name) {
        return caller.sees(name) ? db.bank(name) : Optional.empty();
    }

    /** As {@link HashDb#newestBank}. */
    public Optional<Bank> newestBank(String name) {
        return caller.sees(name) ? db.newestBank(name) : Optional.empty();
    }

    /** As {@link HashDb#content}. */
    public Optional<BankContent> content(String bank, long contentId) {
        return caller.sees(bank) ? db.content(bank, contentId) : Optional.empty();
    }

    /** As {@link HashDb#anyContent}. */
    public Optional<BankContent> anyContent(String bank, long contentId) {
        return caller.sees(bank) ? db.anyContent(bank, contentId) : Optional.empty();
    }

    /** As {@link HashDb#contents(String, ContentFilter, Paging)}. */
    public Page<BankContent> contents(String bank, ContentFilter filter, Paging paging) {
        return caller.sees(bank) ? db.contents(bank, filter, paging) : new Page<>(List.of(), null);
    }

    /** As {@link HashDb#counts(String)}. */
    public Optional<BankCounts> counts(String bank) {
        return caller.sees(bank) ? db.counts(bank) : Optional.empty();
    }

    /** As {@link HashDb#video}, of a content of that bank. */
    public Optional<KnownVideo> video(String bank, long contentId) {
        return caller.sees(bank) ? db.video(contentId) : Optional.empty();
    }

    /** As {@link HashDb#pictures}, of a content of that bank. */
    public List<BankedPicture> pictures(String bank, long contentId) {
        return caller.sees(bank) ? db.pictures(contentId) : List.of();
    }

    /** Contents of that bank with exactly these hashes, as {@link HashDb#lookupBanked(List, Set, int)}. */
    public List<List<Match>> lookupSame(List<Hash256> hashes, String bank) {
        return db.lookupBanked(hashes, banks(bank), 0);
    }

    /** Contents near these hashes in all banks that its caller sees, as {@link HashDb#lookupBanked(List, Set, int)}. */
    public List<List<Match>> lookupBanked(List<Hash256> hashes) {
        return db.lookupBanked(hashes, banks(null), Hash256.BITS);
    }

    /** As {@link HashDb#lookupBankedWithin}, in that bank. */
    public List<List<Match>> lookupBankedWithin(List<Hash256> hashes, String bank, int maxDistance) {
        return db.lookupBankedWithin(hashes, banks(bank), maxDistance);
    }

    /** As {@link HashDb#lookupBanked(Signal, Set)}, in that bank, or in all that its caller sees if none is named. */
    public List<Match> lookupBanked(Signal digest, @Nullable String bank) {
        return db.lookupBanked(digest, banks(bank));
    }

    private Set<String> banks(@Nullable String one) {
        if (one != null) {
            requireSeen(one);
        }
        return one == null ? caller.banks() : Set.of(one);
    }

    /** The list that its lookups see. */
    public ScopedList list() {
        return ScopedList.now(db, caller);
    }

    /**
     * The list as it stood after that change.
     *
     * @throws ChangeRefusedException if there is no such change
     */
    public ScopedList asOf(long seq) {
        return ScopedList.asOf(db, caller, seq);
    }

    /** As {@link HashDb#journal(JournalFilter, Paging)}: the rows of its banks. */
    public Page<JournalRow> journal(JournalFilter filter, Paging paging) {
        Set<String> wanted = filter.banks().isEmpty()
                ? caller.banks()
                : filter.banks().stream().filter(caller::sees).collect(Collectors.toSet());
        if (wanted.isEmpty() && !(filter.banks().isEmpty() && caller.seesAllBanks())) {
            return new Page<>(List.of(), null);
        }
        return db.journal(
                new JournalFilter(
                        wanted,
                        filter.actor(),
                        filter.contentId(),
                        filter.kind(),
                        filter.reasonContains(),
                        filter.from(),
                        filter.before()),
                paging);
    }

    /**
     * As {@link HashDb#proposals}, of its banks.
     *
     * @param bank null for all of them
     */
    public Page<Proposal> proposals(@Nullable String bank, @Nullable ProposalState state, Paging paging) {
        if (bank == null && caller.seesAllBanks()) {
            return db.proposals(Set.of(), state, paging);
        }
        Set<String> wanted = bank == null ? caller.banks() : caller.sees(bank) ? Set.of(bank) : Set.of();
        return wanted.isEmpty() ? new Page<>(List.of(), null) : db.proposals(wanted, state, paging);
    }

    /**
     * As {@link HashDb#apply(Change, Origin)}.
     *
     * @throws AccessRefusedException if it would make a bank that its caller may not see, or give a bank such a name;
     *     whether one of that name exists is not told
     * @throws ChangeRefusedException if the change cannot be made as asked, or is of a bank that its caller does not see
     */
    public Applied apply(Change change, Origin origin) {
        return apply(change, origin, null);
    }

    /** Makes a change of the banks that the caller may see, as {@link HashDb#apply(Change, Origin, RequestKey)}. */
    public Applied apply(Change change, Origin origin, @Nullable RequestKey key) {
        switch (change) {
            case Change.CreateBank create -> requireOwn(create.name());
            case Change.UpdateBank update -> {
                requireSeen(update.name());
                requireOwn(update.to().name());
            }
            case Change.DeleteBank delete -> requireSeen(delete.name());
            case Change.AddContents add -> requireSeen(add.bank());
            case Change.UpdateContent update -> requireSeen(update.bank());
            case Change.WithdrawContent withdraw -> requireSeen(withdraw.bank());
            case Change.Undo undo ->
                requireMay(undo.seq(), "seq", "change " + undo.seq() + " not found in the journal");
            case Change.Decide decide ->
                requireMay(decide.proposal(), "proposal", "proposal " + decide.proposal() + " not found");
        }
        return db.apply(change, origin, key);
    }

    /** A change that is undone or decided on is of a bank that the caller sees; one of a bank itself is for admins. */
    private void requireMay(long seq, String field, String notFound) {
        JournalEntry entry = caller.seesAllBanks()
                ? db.journal(Math.max(0, seq - 1), 1).stream().findFirst().orElse(null)
                : journal(
                                new JournalFilter(caller.banks(), null, null, null, null, null, null),
                                Paging.after(seq - 1, 1))
                        .rows()
                        .stream()
                        .findFirst()
                        .map(JournalRow::entry)
                        .orElse(null);
        if (entry == null || entry.seq() != seq) {
            throw new ChangeRefusedException(ChangeRefusedException.Reason.NOT_FOUND, field, notFound);
        }
        switch (entry.change()) {
            case JournalPayload.BankCreated change -> caller.requires(Role.ADMIN);
            case JournalPayload.BankUpdated change -> caller.requires(Role.ADMIN);
            case JournalPayload.BankDeleted change -> caller.requires(Role.ADMIN);
            case JournalPayload.BankRestored change -> caller.requires(Role.ADMIN);
            case JournalPayload.ChangeProposed proposed -> {
                switch (proposed.change()) {
                    case Change.UpdateBank change -> caller.requires(Role.ADMIN);
                    case Change.DeleteBank change -> caller.requires(Role.ADMIN);
                    case Change.Undo undo -> requireMay(undo.seq(), field, notFound);
                    default -> caller.requires(Role.CURATE);
                }
            }
            default -> caller.requires(Role.CURATE);
        }
    }

    /**
     * The outcome of the addition of contents that a request has made before under that key; empty if it has made none.
     *
     * @throws ChangeRefusedException if the key was that of another request
     */
    public Optional<Applied> madeBefore(String bank, RequestKey key) {
        try {
            // Nothing to add is refused, but only where the key is not known yet.
            return Optional.of(apply(new Change.AddContents(bank, List.of()), new Origin("-", ""), key));
        } catch (ChangeRefusedException e) {
            if (e.reason() == ChangeRefusedException.Reason.INVALID) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private void requireOwn(@Nullable String newName) {
        if (newName != null && !caller.sees(newName)) {
            throw AccessRefusedException.forbidden(
                    "key " + caller.key() + ": bank '" + newName + "' is not in its scope");
        }
    }

    /** In the words in which the database says that a bank does not exist. */
    private void requireSeen(String bank) {
        if (!caller.sees(bank)) {
            throw new ChangeRefusedException(
                    ChangeRefusedException.Reason.NOT_FOUND, "bank", "bank '" + bank + "' not found");
        }
    }

    /**
     * As {@link HashDb#verify}.
     *
     * @throws AccessRefusedException if its caller does not see all banks
     */
    public VerifyReport verify() {
        caller.requiresAllBanks();
        return db.verify();
    }

    /** The number of the newest change of the whole database that lookups see. */
    public long seq() {
        return db.seq();
    }

    /** As {@link HashDb#counts}; nothing for a caller that may not count all banks. */
    public Optional<ContentCounts> counts() {
        return caller.seesAllBanks() ? Optional.of(db.counts()) : Optional.empty();
    }

    /** How many perceptual hashes are matchable; nothing for a caller that may not count all banks. */
    public Optional<Long> size() {
        return caller.seesAllBanks() ? Optional.of(db.size()) : Optional.empty();
    }
}
