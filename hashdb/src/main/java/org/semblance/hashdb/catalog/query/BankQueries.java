package org.semblance.hashdb.catalog.query;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.BankCounts;
import org.semblance.hashdb.catalog.Page;
import org.semblance.hashdb.catalog.Paging;
import org.semblance.hashdb.catalog.Proposal;
import org.semblance.hashdb.catalog.ProposalState;
import org.semblance.hashdb.catalog.rows.Codes;
import org.semblance.hashdb.catalog.rows.Rows;

/** What is asked of banks as a whole: how many contents they have, and what waits for a second person. */
public final class BankQueries {
    private BankQueries() {}

    /** Counts the contents of a bank, each number from an index. */
    public static BankCounts counts(Rows.Preparer db, long bankId) throws SQLException {
        long all = count(db, "SELECT count(*) FROM content WHERE bank_id = ?", bankId);
        long disabled =
                count(db, "SELECT count(*) FROM content WHERE bank_id = ? AND status <> 0 AND status = 1", bankId);
        long withdrawn =
                count(db, "SELECT count(*) FROM content WHERE bank_id = ? AND status <> 0 AND status = 2", bankId);
        long proposed =
                count(db, "SELECT count(*) FROM content WHERE bank_id = ? AND status <> 0 AND status = 3", bankId);
        String form = "SELECT count(*) FROM content WHERE bank_id = ? AND form <> 0 AND status <> 2 AND form = ";
        return new BankCounts(
                all - disabled - withdrawn - proposed,
                disabled,
                proposed,
                withdrawn,
                count(
                        db,
                        "SELECT count(*) FROM content WHERE bank_id = ? AND quarantine IS NOT NULL AND status <> 2",
                        bankId),
                count(db, form + 1, bankId),
                count(db, form + 2, bankId));
    }

    private static long count(Rows.Preparer db, String sql, long bankId) throws SQLException {
        PreparedStatement select = db.prepare(sql);
        select.setLong(1, bankId);
        return Rows.number(select);
    }

    /**
     * Proposals of banks that are not deleted, by their number.
     *
     * @param banks the names of the banks; empty for all
     * @param state null for every state
     */
    public static Page<Proposal> proposals(
            Rows.Preparer db, Set<String> banks, @Nullable ProposalState state, Paging paging) throws SQLException {
        PreparedStatement select = db.prepare("SELECT p.seq, b.name, p.state, p.decided_seq FROM proposal p"
                + " CROSS JOIN bank b ON b.id = p.bank_id WHERE p.seq > ? AND p.seq < ? AND b.deleted = 0"
                + (state == null ? "" : " AND p.state = " + Codes.of(state)) + " ORDER BY p.seq"
                + (paging.newestFirst() ? " DESC" : ""));
        select.setLong(1, paging.newestFirst() ? Long.MIN_VALUE : paging.bound());
        select.setLong(2, paging.newestFirst() ? paging.bound() : Long.MAX_VALUE);
        List<Proposal> found = new ArrayList<>();
        try (ResultSet row = select.executeQuery()) {
            while (found.size() < paging.limit() && row.next()) {
                String bank = Rows.text(row, 2);
                if (banks.isEmpty() || banks.contains(bank)) {
                    long decided = row.getLong(4);
                    found.add(new Proposal(
                            Objects.requireNonNull(Rows.journalEntry(db, row.getLong(1))),
                            bank,
                            Codes.proposalState(row.getInt(3)),
                            Rows.journalEntry(db, decided)));
                }
            }
        }
        return new Page<>(
                found,
                found.size() == paging.limit()
                        ? Long.valueOf(found.getLast().entry().seq())
                        : null);
    }
}
