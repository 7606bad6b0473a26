package org.semblance.hashdb.catalog.query;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.JournalEntry;
import org.semblance.hashdb.catalog.JournalFilter;
import org.semblance.hashdb.catalog.JournalRow;
import org.semblance.hashdb.catalog.Page;
import org.semblance.hashdb.catalog.Paging;
import org.semblance.hashdb.catalog.PayloadCodec;
import org.semblance.hashdb.catalog.rows.Rows;

/** Finds rows of the journal, by their number. One page looks at {@value #MOST_ROWS} rows at most. */
public final class JournalSearch {
    private static final int MOST_ROWS = 20_000;
    private static final String ROW = "SELECT j.seq, j.at, j.actor, j.reason, j.kind, j.payload, j.prev_hash, j.hash,"
            + " j.bank_id FROM journal j";
    private static final int BANK_ID = 9;

    private final Rows.Preparer db;
    private final JournalFilter filter;
    private final Paging paging;
    private final Set<Long> banks;

    public JournalSearch(Rows.Preparer db, JournalFilter filter, Paging paging) throws SQLException {
        this.db = db;
        this.filter = filter;
        this.paging = paging;
        this.banks = banks();
    }

    /** The ids of the banks of those names, deleted ones among them. */
    private Set<Long> banks() throws SQLException {
        Set<Long> ids = new HashSet<>();
        for (String name : filter.banks()) {
            if (!Rows.isText(name)) {
                continue;
            }
            PreparedStatement select = db.prepare("SELECT id FROM bank WHERE name = ?");
            select.setString(1, name);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    ids.add(row.getLong(1));
                }
            }
        }
        return ids;
    }

    public Page<JournalRow> page() throws SQLException {
        if (!filter.banks().isEmpty() && banks.isEmpty()) {
            return new Page<>(List.of(), null);
        }
        return filter.contentId() == null ? scan() : ofContent(filter.contentId());
    }

    private Page<JournalRow> scan() throws SQLException {
        boolean oneBank = banks.size() == 1;
        PreparedStatement select = db.prepare(ROW + " WHERE j.seq > ? AND j.seq < ?"
                + (oneBank ? " AND j.bank_id = ?" : "") + " ORDER BY j.seq" + (paging.newestFirst() ? " DESC" : "")
                + " LIMIT " + MOST_ROWS);
        select.setLong(1, paging.newestFirst() ? Long.MIN_VALUE : paging.bound());
        select.setLong(2, paging.newestFirst() ? paging.bound() : Long.MAX_VALUE);
        if (oneBank) {
            select.setLong(3, banks.iterator().next());
        }
        List<JournalEntry> found = new ArrayList<>();
        long last = 0;
        int rows = 0;
        boolean full = false;
        try (ResultSet row = select.executeQuery()) {
            while (!full && row.next()) {
                rows++;
                last = row.getLong(1);
                if (passes(row)) {
                    found.add(Rows.journalEntry(row));
                    full = found.size() == paging.limit();
                }
            }
        }
        return new Page<>(rows(found), full || rows == MOST_ROWS ? Long.valueOf(last) : null);
    }

    private boolean passes(ResultSet row) throws SQLException {
        long at = row.getLong(2);
        return (banks.isEmpty() || banks.contains(row.getLong(BANK_ID)))
                && (filter.actor() == null || JournalFilter.isBy(Rows.text(row, 3), filter.actor()))
                && (filter.reasonContains() == null || Rows.text(row, 4).contains(filter.reasonContains()))
                && (filter.kind() == null || filter.kind().equals(Rows.text(row, 5)))
                && at >= Rows.millis(filter.from(), Long.MIN_VALUE)
                && at < Rows.millis(filter.before(), Long.MAX_VALUE);
    }

    /** The rows of one content, which are few: those of its own, the one that added it, and those of ranges that it is in. */
    private Page<JournalRow> ofContent(long contentId) throws SQLException {
        PreparedStatement select = db.prepare(ROW + " WHERE j.kind IN (" + PayloadCodec.OF_ONE_CONTENT + ") AND "
                + Rows.CONTENT_ID + " = ? UNION ALL " + ROW
                + " WHERE j.seq IN (SELECT j.seq FROM journal j WHERE j.kind = '"
                + PayloadCodec.ADD_CONTENTS + "' AND " + Rows.FIRST_ID + " <= ? ORDER BY " + Rows.FIRST_ID
                + " DESC LIMIT 1) UNION ALL " + ROW + " WHERE j.kind IN (" + PayloadCodec.OF_MANY_CONTENTS
                + ") AND j.bank_id = (SELECT bank_id FROM content WHERE id = ?) AND (json_extract(j.payload, '$.first_id')"
                + " IS NULL AND j.kind IN (" + PayloadCodec.OF_BANK
                + ") OR ? BETWEEN json_extract(j.payload, '$.first_id')"
                + " AND json_extract(j.payload, '$.last_id'))");
        for (int parameter = 1; parameter <= 4; parameter++) {
            select.setLong(parameter, contentId);
        }
        List<JournalEntry> found = new ArrayList<>();
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                long seq = row.getLong(1);
                boolean wanted = paging.newestFirst() ? seq < paging.bound() : seq > paging.bound();
                if (wanted && passes(row)) {
                    found.add(Rows.journalEntry(row));
                }
            }
        }
        Comparator<JournalEntry> bySeq = Comparator.comparingLong(JournalEntry::seq);
        found.sort(paging.newestFirst() ? bySeq.reversed() : bySeq);
        boolean more = found.size() > paging.limit();
        List<JournalEntry> part = more ? found.subList(0, paging.limit()) : found;
        return new Page<>(rows(part), more ? Long.valueOf(part.getLast().seq()) : null);
    }

    private List<JournalRow> rows(List<JournalEntry> entries) throws SQLException {
        List<JournalRow> rows = new ArrayList<>(entries.size());
        for (JournalEntry entry : entries) {
            rows.add(new JournalRow(entry, undoneBy(entry.seq())));
        }
        return rows;
    }

    private @Nullable Long undoneBy(long seq) throws SQLException {
        PreparedStatement select = db.prepare("SELECT min(seq) FROM journal WHERE undoes = ? AND undoes IS NOT NULL");
        select.setLong(1, seq);
        return Rows.numberOrNull(select);
    }
}
