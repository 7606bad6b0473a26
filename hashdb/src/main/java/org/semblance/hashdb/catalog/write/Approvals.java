package org.semblance.hashdb.catalog.write;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.Applied;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ChangeRefusedException;
import org.semblance.hashdb.catalog.ChangeRefusedException.Reason;
import org.semblance.hashdb.catalog.ContentFields;
import org.semblance.hashdb.catalog.ContentStatus;
import org.semblance.hashdb.catalog.JournalEntry;
import org.semblance.hashdb.catalog.JournalPayload;
import org.semblance.hashdb.catalog.JournalPayload.ChangeProposed;
import org.semblance.hashdb.catalog.JournalPayload.ContentsAdded;
import org.semblance.hashdb.catalog.JournalPayload.ProposalDecided;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.catalog.ProposalState;
import org.semblance.hashdb.catalog.rows.Codes;
import org.semblance.hashdb.catalog.rows.Rows;

/**
 * Changes that wait for a second person, and what becomes of them. Added contents are stored at once, but proposed: a second
 * person enables them. Every other change is kept in its row of the journal, and made when it is approved.
 */
final class Approvals {
    private static final int OPEN = Codes.of(ProposalState.OPEN);

    private final ChangeWriter writer;

    Approvals(ChangeWriter writer) {
        this.writer = writer;
    }

    /** Whether a change of the bank by that origin waits for a second person. */
    static boolean isNeeded(Bank bank, Origin origin) {
        return bank.needsApproval() && !origin.automatic();
    }

    /**
     * The bank whose second person the change waits for; null if it waits for nobody. Added contents do not wait: they are stored
     * as proposed ones.
     */
    @Nullable
    Bank waiting(Change change, Origin origin) throws SQLException {
        Bank bank = switch (change) {
            case Change.UpdateBank update -> writer.requireBank(update.name());
            case Change.DeleteBank delete -> writer.requireBank(delete.name());
            case Change.UpdateContent update -> isConfirmation(update) ? null : writer.requireBank(update.bank());
            case Change.WithdrawContent withdraw ->
                withdrawsProposed(withdraw) ? null : writer.requireBank(withdraw.bank());
            case Change.Undo undo -> bankOf(undo);
            case Change.CreateBank create -> null;
            case Change.AddContents add -> null;
            case Change.Decide decide -> null;
        };
        return bank != null && isNeeded(bank, origin) ? bank : null;
    }

    /** Whether the update does nothing but confirm: it is the word of a second person itself. */
    private static boolean isConfirmation(Change.UpdateContent update) {
        return update.confirmed() != null
                && update.status() == null
                && update.fields().equals(ContentFields.NONE);
    }

    private boolean withdrawsProposed(Change.WithdrawContent withdraw) throws SQLException {
        Bank bank = writer.requireBank(withdraw.bank());
        return writer.requireContent(bank, withdraw.contentId()).status() == ContentStatus.PROPOSED;
    }

    /** The bank of the change that is to be undone; null if it was only proposed, or its bank is deleted. */
    private @Nullable Bank bankOf(Change.Undo undo) throws SQLException {
        JournalEntry entry = writer.undoing().entry(undo.seq());
        return isOpen(writer.statements(), undo.seq())
                ? null
                : Rows.bank(writer.statements()::prepare, entry.change().bankId());
    }

    /**
     * Keeps the change for a second person.
     *
     * @throws ChangeRefusedException if it could not be made now
     */
    Applied propose(Bank bank, Change change, ChangeWriter.Occasion occasion) throws SQLException {
        switch (change) {
            case Change.UpdateBank update -> writer.checked(bank, update.to());
            case Change.UpdateContent update ->
                writer.checked(writer.requireAnyContent(bank, update.contentId()), update, occasion.origin());
            default -> {
                // Whether it can be made was seen when its bank was looked for.
            }
        }
        long seq = writer.journal(new ChangeProposed(bank.id(), bank.name(), change), occasion);
        open(seq, bank);
        return new Applied(seq, 0, 0, bank.id(), true);
    }

    /** Notes that the row of that number waits for a second person. */
    void open(long seq, Bank bank) throws SQLException {
        writer.statements().update("INSERT INTO proposal (seq, bank_id, state) VALUES (?, ?, ?)", seq, bank.id(), OPEN);
    }

    /** Whether the row of that number is a proposal, decided or not. */
    boolean isProposal(long seq) throws SQLException {
        return state(writer.statements(), seq) != null;
    }

    /** Whether the row of that number is a proposal that waits. */
    static boolean isOpen(Statements statements, long seq) throws SQLException {
        Integer state = state(statements, seq);
        return state != null && state == OPEN;
    }

    private static @Nullable Integer state(Statements statements, long seq) throws SQLException {
        PreparedStatement select = statements.prepare("SELECT state FROM proposal WHERE seq = ?");
        select.setLong(1, seq);
        try (ResultSet row = select.executeQuery()) {
            return row.next() ? Integer.valueOf(row.getInt(1)) : null;
        }
    }

    /**
     * Makes the proposed change, or drops it.
     *
     * @throws ChangeRefusedException if there is none, it was decided, it cannot be made any more, or who proposed it approves it
     */
    Applied decide(Change.Decide decide, ChangeWriter.Occasion occasion) throws SQLException {
        long proposal = decide.proposal();
        if (!isProposal(proposal)) {
            throw new ChangeRefusedException(Reason.NOT_FOUND, "proposal", "proposal " + proposal + " not found");
        }
        if (!isOpen(writer.statements(), proposal)) {
            throw new ChangeRefusedException(Reason.CONFLICT, "proposal", "proposal " + proposal + " was decided");
        }
        JournalEntry entry = writer.undoing().entry(proposal);
        if (decide.approve() && occasion.origin().key().equals(new Origin(entry.actor(), "").key())) {
            throw new ChangeRefusedException(
                    Reason.FORBIDDEN,
                    "proposal",
                    "proposal " + proposal + ": by " + entry.actor()
                            + " (expected: the approval of a second person, with a key of their own)");
        }
        JournalPayload change = entry.change();
        Bank bank = writer.requireBank(change.bankId());
        return change instanceof ContentsAdded added
                ? decide(bank, added, decide, occasion)
                : decide(bank, ((ChangeProposed) change).change(), entry, decide, occasion);
    }

    private Applied decide(Bank bank, ContentsAdded added, Change.Decide decide, ChangeWriter.Occasion occasion)
            throws SQLException {
        PreparedStatement update = writer.statements()
                .prepare("UPDATE content SET status = ?, withdrawn_seq = ?, confirmed_by = ?"
                        + " WHERE id BETWEEN ? AND ? AND status <> 0 AND status = 3");
        update.setInt(1, Codes.of(decide.approve() ? ContentStatus.ENABLED : ContentStatus.WITHDRAWN));
        Statements.setLong(update, 2, decide.approve() ? null : Long.valueOf(writer.nextSeq()));
        update.setString(3, decide.approve() ? occasion.origin().actor() : null);
        update.setLong(4, added.firstId());
        update.setLong(5, added.lastId());
        int contents = update.executeUpdate();
        long seq = close(bank, decide, added.firstId(), added.lastId(), occasion);
        return new Applied(seq, decide.approve() ? added.firstId() : 0, contents, bank.id());
    }

    private Applied decide(
            Bank bank, Change change, JournalEntry entry, Change.Decide decide, ChangeWriter.Occasion occasion)
            throws SQLException {
        Applied made = decide.approve()
                ? writer.make(
                        of(bank, change),
                        new ChangeWriter.Occasion(new Origin(entry.actor(), entry.reason()), occasion.at(), null))
                : new Applied(0, 0, 0, bank.id());
        long seq = close(bank, decide, 0, 0, occasion);
        return new Applied(seq, 0, made.contents(), bank.id());
    }

    /** The change of the bank by its present name. */
    private static Change of(Bank bank, Change change) {
        return switch (change) {
            case Change.UpdateBank update -> new Change.UpdateBank(bank.name(), update.to());
            case Change.DeleteBank delete -> new Change.DeleteBank(bank.name());
            case Change.UpdateContent update ->
                new Change.UpdateContent(
                        bank.name(),
                        update.contentId(),
                        update.status(),
                        update.disabledUntil(),
                        update.confirmed(),
                        update.fields());
            case Change.WithdrawContent withdraw -> new Change.WithdrawContent(bank.name(), withdraw.contentId());
            default -> change;
        };
    }

    private long close(Bank bank, Change.Decide decide, long firstId, long lastId, ChangeWriter.Occasion occasion)
            throws SQLException {
        long seq = writer.journal(
                new ProposalDecided(bank.id(), bank.name(), decide.proposal(), decide.approve(), firstId, lastId),
                occasion);
        writer.statements()
                .update(
                        "UPDATE proposal SET state = ?, decided_seq = ? WHERE seq = ?",
                        Codes.of(decide.approve() ? ProposalState.APPROVED : ProposalState.REJECTED),
                        seq,
                        decide.proposal());
        return seq;
    }
}
