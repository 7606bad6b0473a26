package org.semblance.hashdb.catalog.query;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.BankContent;
import org.semblance.hashdb.catalog.ContentFilter;
import org.semblance.hashdb.catalog.ContentStatus;
import org.semblance.hashdb.catalog.JournalFilter;
import org.semblance.hashdb.catalog.Page;
import org.semblance.hashdb.catalog.Paging;
import org.semblance.hashdb.catalog.rows.Dialect;
import org.semblance.hashdb.catalog.rows.Readers;
import org.semblance.hashdb.catalog.rows.Rows;

/**
 * Finds contents of a bank, by id. The property that is likely to leave the fewest is asked of its index, and gives candidates in
 * the order of their ids; the others are compared row by row. One page looks at {@value #MOST_CANDIDATES} candidates at most, so that
 * its time is bounded however few of them pass.
 */
public final class ContentSearch {
    private static final int MOST_CANDIDATES = 20_000;

    /** Who added a content takes longer to find out than the rest. */
    private static final int MOST_CANDIDATES_BY_ACTOR = 5_000;

    private final Rows.Preparer db;
    private final Dialect dialect;
    private final Bank bank;
    private final ContentFilter filter;
    private final long @Nullable [] among;
    private final Paging paging;
    private final Candidates candidates;

    /**
     * A search.
     *
     * @param among the ids of the contents that have the hash of the filter; null if it asks for none
     */
    public ContentSearch(Readers.Reader db, Bank bank, ContentFilter filter, long @Nullable [] among, Paging paging) {
        this.db = db::prepare;
        this.dialect = db.dialect();
        this.bank = bank;
        this.filter = filter;
        this.among = among;
        this.paging = paging;
        this.candidates = candidates();
    }

    /**
     * Where candidates come from.
     *
     * @param sql gives ids that meet a condition; a condition on the id and the order are appended
     * @param id the name of the id in it
     * @param parameters of it, in order
     */
    private record Candidates(String sql, String id, List<Object> parameters) {
        Candidates(String sql, String id, Object... parameters) {
            this(sql, id, List.of(parameters));
        }
    }

    private Candidates candidates() {
        if (among != null) {
            return new Candidates("SELECT j.value AS id FROM json_each(?) j WHERE TRUE", "j.value", dialect.ids(among));
        }
        if (filter.text() != null) {
            return new Candidates(
                    "SELECT rowid AS id FROM content_text WHERE content_text MATCH ?",
                    "rowid",
                    dialect.phrase(filter.text()));
        }
        if (filter.label() != null) {
            return new Candidates(
                    "SELECT y.content_id AS id FROM label x CROSS JOIN content_label y ON y.label_id = x.id"
                            + " WHERE x.name = ?",
                    "y.content_id",
                    filter.label());
        }
        if (filter.source() != null) {
            return new Candidates(
                    "SELECT c.id FROM source s CROSS JOIN content c ON c.source_id = s.id"
                            + " WHERE s.name = ? AND c.source_id IS NOT NULL",
                    "c.id",
                    filter.source());
        }
        String ofBank = "SELECT c.id FROM content c WHERE c.bank_id = ?";
        if (filter.status() != null && filter.status() != ContentStatus.ENABLED) {
            return new Candidates(ofBank + status(), "c.id", bank.id());
        }
        if (Boolean.TRUE.equals(filter.quarantined())) {
            return new Candidates(ofBank + " AND c.quarantine IS NOT NULL AND c.status <> 2", "c.id", bank.id());
        }
        if (Boolean.TRUE.equals(filter.exactOnly())) {
            return new Candidates(ofBank + " AND c.form <> 0 AND c.status <> 2 AND c.form = 2", "c.id", bank.id());
        }
        return new Candidates(ofBank, "c.id", bank.id());
    }

    /** As the indexes have it: they cover contents that are not enabled, so a query of those says so as well. */
    private String status() {
        return switch (filter.status()) {
            case null -> " AND c.status <> 2";
            case ENABLED -> " AND c.status = 0";
            case DISABLED -> " AND c.status <> 0 AND c.status = 1";
            case WITHDRAWN -> " AND c.status <> 0 AND c.status = 2";
            case PROPOSED -> " AND c.status <> 0 AND c.status = 3";
        };
    }

    public Page<BankContent> page() throws SQLException {
        if (!Rows.isText(filter.label()) || !Rows.isText(filter.source()) || !Rows.isText(filter.text())) {
            return new Page<>(List.of(), null);
        }
        long first = paging.newestFirst() ? Long.MIN_VALUE : paging.bound();
        long last = paging.newestFirst() ? paging.bound() : Long.MAX_VALUE;
        // Not every id between the bounds was banked between the times, as clocks go back; the rows are compared as
        // well.
        if (filter.createdFrom() != null) {
            first = Math.max(first, id("min", ">=", Rows.millis(filter.createdFrom(), 0), Long.MAX_VALUE) - 1);
        }
        if (filter.createdBefore() != null) {
            last = Math.min(last, id("max", "<", Rows.millis(filter.createdBefore(), 0), Long.MIN_VALUE) + 1);
        }
        String of = candidates.sql() + " AND " + candidates.id() + " > ? AND " + candidates.id() + " < ? ORDER BY "
                + candidates.id() + (paging.newestFirst() ? " DESC" : "") + " LIMIT " + mostCandidates();
        List<BankContent> found = new ArrayList<>();
        PreparedStatement select = db.prepare(
                Rows.CONTENT.replace("FROM content c", "FROM (" + of + ") d CROSS JOIN content c ON c.id = d.id")
                        + " WHERE c.bank_id = ? AND c.created_at >= ? AND c.created_at < ?" + status()
                        + conditions() + order());
        int next = bind(select, first, last);
        select.setLong(next++, bank.id());
        select.setLong(next++, Rows.millis(filter.createdFrom(), Long.MIN_VALUE));
        select.setLong(next++, Rows.millis(filter.createdBefore(), Long.MAX_VALUE));
        if (filter.label() != null) {
            select.setString(next++, filter.label());
        }
        if (filter.source() != null) {
            select.setString(next++, filter.source());
        }
        if (filter.text() != null && among != null) {
            select.setString(next, dialect.phrase(filter.text()));
        }
        try (ResultSet row = select.executeQuery()) {
            while (found.size() < paging.limit() && row.next()) {
                if (isByActor(row)) {
                    found.add(Rows.content(db, row));
                }
            }
        }
        return new Page<>(
                found,
                found.size() == paging.limit() ? Long.valueOf(found.getLast().id()) : more(of, first, last));
    }

    /** SQLite joins in the order that is written, so that the candidates' order is that of the rows; others say so. */
    private String order() {
        return dialect.isShared() ? " ORDER BY c.id" + (paging.newestFirst() ? " DESC" : "") : "";
    }

    private int bind(PreparedStatement statement, long first, long last) throws SQLException {
        int next = 1;
        for (Object parameter : candidates.parameters()) {
            statement.setObject(next++, parameter);
        }
        statement.setLong(next++, first);
        statement.setLong(next++, last);
        return next;
    }

    private long id(String function, String comparison, long millis, long none) throws SQLException {
        PreparedStatement select = db.prepare("SELECT " + function
                + "(id) FROM content INDEXED BY content_created WHERE bank_id = ? AND created_at " + comparison + " ?");
        select.setLong(1, bank.id());
        select.setLong(2, millis);
        Long id = Rows.numberOrNull(select);
        return id == null ? none : id;
    }

    private int mostCandidates() {
        return filter.actor() == null ? MOST_CANDIDATES : MOST_CANDIDATES_BY_ACTOR;
    }

    /** What the candidates do not all have. */
    private String conditions() {
        StringBuilder sql = new StringBuilder();
        if (filter.label() != null) {
            sql.append(" AND EXISTS (SELECT 1 FROM content_label y JOIN label x ON x.id = y.label_id"
                    + " WHERE y.content_id = c.id AND x.name = ?)");
        }
        if (filter.source() != null) {
            sql.append(" AND s.name = ?");
        }
        if (filter.quarantined() != null) {
            sql.append(" AND c.quarantine IS ").append(filter.quarantined() ? "NOT NULL" : "NULL");
        }
        if (filter.exactOnly() != null) {
            sql.append(" AND c.form ").append(filter.exactOnly() ? "=" : "<>").append(" 2");
        }
        if (filter.text() != null && among != null) {
            sql.append(" AND c.id IN (SELECT rowid FROM content_text WHERE content_text MATCH ?)");
        }
        return sql.toString();
    }

    private boolean isByActor(ResultSet row) throws SQLException {
        if (filter.actor() == null) {
            return true;
        }
        String actor = row.getString(Rows.ADDED_BY);
        return actor != null && JournalFilter.isBy(actor, filter.actor());
    }

    /** The last candidate, if there may be more behind it. */
    private @Nullable Long more(String of, long first, long last) throws SQLException {
        PreparedStatement select = db.prepare(
                "SELECT count(*), " + (paging.newestFirst() ? "min" : "max") + "(id) FROM (" + of + ") AS d");
        bind(select, first, last);
        try (ResultSet row = select.executeQuery()) {
            row.next();
            return row.getInt(1) < mostCandidates() ? null : Long.valueOf(row.getLong(2));
        }
    }
}
