package org.semblance.hashdb.catalog.write;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.semblance.hashdb.catalog.Applied;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.BankContent;
import org.semblance.hashdb.catalog.BankFields;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ChangeRefusedException;
import org.semblance.hashdb.catalog.ChangeRefusedException.Reason;
import org.semblance.hashdb.catalog.ContentFields;
import org.semblance.hashdb.catalog.ContentStatus;
import org.semblance.hashdb.catalog.JournalEntry;
import org.semblance.hashdb.catalog.JournalPayload;
import org.semblance.hashdb.catalog.JournalPayload.BankCreated;
import org.semblance.hashdb.catalog.JournalPayload.BankDeleted;
import org.semblance.hashdb.catalog.JournalPayload.BankRestored;
import org.semblance.hashdb.catalog.JournalPayload.BankUpdated;
import org.semblance.hashdb.catalog.JournalPayload.ChangeProposed;
import org.semblance.hashdb.catalog.JournalPayload.ContentRestored;
import org.semblance.hashdb.catalog.JournalPayload.ContentUpdated;
import org.semblance.hashdb.catalog.JournalPayload.ContentWithdrawn;
import org.semblance.hashdb.catalog.JournalPayload.ContentsAdded;
import org.semblance.hashdb.catalog.JournalPayload.ContentsRestored;
import org.semblance.hashdb.catalog.JournalPayload.ContentsWithdrawn;
import org.semblance.hashdb.catalog.JournalPayload.ProposalDecided;
import org.semblance.hashdb.catalog.query.Standings;
import org.semblance.hashdb.catalog.rows.Rows;

/**
 * Undoes earlier changes: finds the change that puts back what a row of the journal changed, and makes it if nothing has
 * changed it again since.
 */
final class Undoing {
    private final ChangeWriter writer;

    Undoing(ChangeWriter writer) {
        this.writer = writer;
    }

    /**
     * Undoes the change of that number.
     *
     * @throws ChangeRefusedException if there is none, it was undone, or what it changed is not as it left it
     */
    Applied undo(long seq, ChangeWriter.Occasion occasion) throws SQLException {
        JournalEntry entry = entry(seq);
        requireNotUndone(seq);
        ChangeWriter.Occasion undoing = new ChangeWriter.Occasion(occasion.origin(), occasion.at(), seq);
        return switch (entry.change()) {
            case BankCreated created -> undoCreation(bank(created), seq, undoing);
            case BankUpdated updated -> undoUpdate(bank(updated), updated, seq, undoing);
            case BankDeleted deleted -> undoDeletion(deleted, seq, undoing);
            case BankRestored restored -> writer.deleteBank(bank(restored), undoing);
            case ContentsAdded added -> undoAddition(bank(added), added, seq, undoing);
            case ContentUpdated updated -> undoUpdate(bank(updated), updated, seq, undoing);
            case ContentWithdrawn withdrawn -> undoWithdrawal(bank(withdrawn), withdrawn.contentId(), seq, undoing);
            case ContentRestored restored ->
                writer.make(new Change.WithdrawContent(bank(restored).name(), restored.contentId()), undoing);
            case ContentsWithdrawn withdrawn ->
                writer.restoreRange(bank(withdrawn), withdrawn.firstId(), withdrawn.lastId(), seq, undoing);
            case ContentsRestored restored ->
                writer.withdrawRange(bank(restored), restored.firstId(), restored.lastId(), undoing);
            case ChangeProposed proposed -> writer.make(new Change.Decide(seq, false), undoing);
            case ProposalDecided decided ->
                throw refused(
                        seq,
                        decided.approved()
                                ? "approved a proposal (expected: the change that was made by it)"
                                : "rejected a proposal, which can be made again");
        };
    }

    /** The row of the journal of that number. */
    JournalEntry entry(long seq) throws SQLException {
        JournalEntry entry = Rows.journalEntry(writer.statements()::prepare, seq);
        if (entry == null) {
            throw new ChangeRefusedException(Reason.NOT_FOUND, "seq", "change " + seq + " not found in the journal");
        }
        return entry;
    }

    private void requireNotUndone(long seq) throws SQLException {
        PreparedStatement select =
                writer.statements().prepare("SELECT min(seq) FROM journal WHERE undoes = ? AND undoes IS NOT NULL");
        select.setLong(1, seq);
        long by = Rows.number(select);
        if (by > 0) {
            throw refused(seq, "was undone by change " + by);
        }
    }

    /** The bank of a change by its present name. */
    private Bank bank(JournalPayload change) throws SQLException {
        return writer.requireBank(change.bankId());
    }

    private Applied undoCreation(Bank bank, long seq, ChangeWriter.Occasion undoing) throws SQLException {
        PreparedStatement select =
                writer.statements().prepare("SELECT 1 FROM content WHERE bank_id = ? AND status <> 2 LIMIT 1");
        select.setLong(1, bank.id());
        try (ResultSet row = select.executeQuery()) {
            if (row.next()) {
                throw refused(seq, "created bank '" + bank.name() + "', which has contents now");
            }
        }
        return writer.deleteBank(bank, undoing);
    }

    private Applied undoUpdate(Bank bank, BankUpdated updated, long seq, ChangeWriter.Occasion undoing)
            throws SQLException {
        if (!BankFields.of(bank).givenIn(updated.to()).equals(updated.to())) {
            throw refused(seq, "changed bank '" + bank.name() + "', which was changed again since");
        }
        return writer.make(new Change.UpdateBank(bank.name(), updated.from()), undoing);
    }

    private Applied undoDeletion(BankDeleted deleted, long seq, ChangeWriter.Occasion undoing) throws SQLException {
        return writer.restoreBank(Rows.anyBank(writer.statements()::prepare, deleted.bankId()), seq, undoing);
    }

    private Applied undoAddition(Bank bank, ContentsAdded added, long seq, ChangeWriter.Occasion undoing)
            throws SQLException {
        if (added.proposed() && Approvals.isOpen(writer.statements(), seq)) {
            return writer.make(new Change.Decide(seq, false), undoing);
        }
        return added.contents() == 1
                ? writer.make(new Change.WithdrawContent(bank.name(), added.firstId()), undoing)
                : writer.withdrawRange(bank, added.firstId(), added.lastId(), undoing);
    }

    private Applied undoUpdate(Bank bank, ContentUpdated updated, long seq, ChangeWriter.Occasion undoing)
            throws SQLException {
        BankContent content = writer.requireContent(bank, updated.contentId());
        if (!ContentFields.of(content).givenIn(updated.to()).equals(updated.to())) {
            throw refused(seq, "changed content '" + content.id() + "', which was changed again since");
        }
        return writer.set(bank, content, updated.from(), undoing);
    }

    private Applied undoWithdrawal(Bank bank, long contentId, long seq, ChangeWriter.Occasion undoing)
            throws SQLException {
        BankContent content = writer.requireAnyContent(bank, contentId);
        if (content.status() != ContentStatus.WITHDRAWN || withdrawnBy(contentId) != seq) {
            throw refused(seq, "withdrew content '" + contentId + "', which was restored since");
        }
        return writer.restore(
                bank,
                contentId,
                Standings.of(writer.statements()::prepare, bank.id(), contentId, seq - 1)
                        .state(),
                undoing);
    }

    private long withdrawnBy(long contentId) throws SQLException {
        PreparedStatement select = writer.statements().prepare("SELECT withdrawn_seq FROM content WHERE id = ?");
        select.setLong(1, contentId);
        return Rows.number(select);
    }

    private static ChangeRefusedException refused(long seq, String why) {
        return new ChangeRefusedException(Reason.CONFLICT, "seq", "change " + seq + " " + why);
    }
}
