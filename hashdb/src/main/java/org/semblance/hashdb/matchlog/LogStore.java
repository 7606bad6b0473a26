package org.semblance.hashdb.matchlog;

import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.JournalEntry;
import org.semblance.hashdb.catalog.JournalPayload;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.json.StrictJson;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteConfig;

/**
 * Writes the log and its counters, both in the same transactions, so that they agree. For one thread, that of {@link LogWriter}.
 */
final class LogStore implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LogStore.class);

    static final long HOUR_MS = Duration.ofHours(1).toMillis();

    /** Contents that are counted one by one in an hour; those beyond are counted together, under the id 0. */
    static final int CONTENTS_AN_HOUR = 1_000;

    private static final Duration COUNTERS_KEPT = Duration.ofDays(400);

    /** Rows that are deleted in one transaction. */
    private static final int DELETED_AT_ONCE = 2_000;

    private static final String INSERT_ROW = "INSERT INTO match (at_ms, verdict_id, verdict, route, key, reference,"
            + " content_type, list_version, hash, outcome, across, bank_id, bank, content_id, labels, signal_type, distance,"
            + " transform, spans) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";

    private final LogFile file;
    private final Connection connection;
    private final Map<String, PreparedStatement> prepared = new HashMap<>();

    /** What the transaction under way adds to the counters. */
    private final Map<Tally, Long> tallies = new HashMap<>();

    /** The newest names of banks, as they are stored and as the transaction under way will store them. */
    private final Map<Long, String> bankNames = new HashMap<>();

    private final Map<Long, String> newNames = new HashMap<>();

    /** The contents that are counted one by one in that hour. */
    private final Set<Long> counted = new HashSet<>();

    private long countedHour = -1;

    /** Where a counter is: the statement that adds to it, and its key. */
    private record Tally(String sql, List<Object> key) {}

    LogStore(LogFile file) throws SQLException {
        this.file = file;
        connection = file.connect(SQLiteConfig.SynchronousMode.NORMAL, false);
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA wal_autocheckpoint = 0"); // Checkpoints sync; rows must not wait for that.
            try (ResultSet rows = statement.executeQuery("SELECT bank_id, name FROM bank_name")) {
                while (rows.next()) {
                    bankNames.put(rows.getLong(1), rows.getString(2));
                }
            }
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
        connection.setAutoCommit(false);
    }

    private PreparedStatement prepare(String sql) throws SQLException {
        PreparedStatement statement = prepared.get(sql);
        if (statement == null) {
            statement = connection.prepareStatement(sql);
            prepared.put(sql, statement);
        }
        return statement;
    }

    private int update(String sql, @Nullable Object... values) throws SQLException {
        PreparedStatement statement = prepare(sql);
        for (int i = 0; i < values.length; i++) {
            statement.setObject(i + 1, values[i]);
        }
        return statement.executeUpdate();
    }

    private long number(String sql, Object... values) throws SQLException {
        PreparedStatement statement = prepare(sql);
        for (int i = 0; i < values.length; i++) {
            statement.setObject(i + 1, values[i]);
        }
        try (ResultSet row = statement.executeQuery()) {
            return row.next() ? row.getLong(1) : 0;
        }
    }

    static byte[] bytes(UUID id) {
        return ByteBuffer.allocate(16)
                .putLong(id.getMostSignificantBits())
                .putLong(id.getLeastSignificantBits())
                .array();
    }

    static UUID uuid(byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        return new UUID(buffer.getLong(), buffer.getLong());
    }

    // The transaction

    /** Makes what was written durable against a kill of the process. */
    void commit() throws SQLException {
        for (Map.Entry<Tally, Long> tally : tallies.entrySet()) {
            PreparedStatement statement = prepare(tally.getKey().sql());
            int i = 1;
            for (Object value : tally.getKey().key()) {
                statement.setObject(i++, value);
            }
            statement.setLong(i, tally.getValue());
            statement.executeUpdate();
        }
        for (Map.Entry<Long, String> name : newNames.entrySet()) {
            update("INSERT OR REPLACE INTO bank_name VALUES (?, ?)", name.getKey(), name.getValue());
        }
        connection.commit();
        bankNames.putAll(newNames);
        newNames.clear();
        tallies.clear();
    }

    /** Drops what was written and not committed. */
    void rollBack() {
        tallies.clear();
        newNames.clear();
        countedHour = -1;
        try {
            connection.rollback();
        } catch (SQLException e) {
            LOG.debug("{}: cannot be rolled back", file.path(), e);
        }
    }

    /** As {@link #commit}, and against a cut of power as well: what was acknowledged to a person must stay. */
    void commitDurably() throws SQLException {
        commit();
        connection.setAutoCommit(true);
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA synchronous = FULL");
            // A commit syncs the log of SQLite with all that was written to it before.
            statement.executeUpdate("UPDATE meta SET synced = synced + 1");
            statement.execute("PRAGMA synchronous = NORMAL");
        } finally {
            connection.setAutoCommit(false);
        }
    }

    private void tally(String table, String columns, long by, Object... key) {
        String sql = "INSERT INTO " + table + " (" + columns + ", n) VALUES (" + "?, ".repeat(key.length)
                + "?) ON CONFLICT DO UPDATE SET n = n + excluded.n";
        tallies.merge(new Tally(sql, List.of(key)), by, Long::sum);
    }

    private void name(long bankId, String name) {
        if (!name.equals(newNames.getOrDefault(bankId, bankNames.get(bankId)))) {
            newNames.put(bankId, name);
        }
    }

    // What is written

    /** The number of the session that the mark of offered rows must have, and how many of its rows are settled. */
    long session() throws SQLException {
        return number("SELECT session FROM meta");
    }

    long settled() throws SQLException {
        return number("SELECT settled FROM meta");
    }

    /** Begins a session. */
    void beginSession(long session) throws SQLException {
        update("UPDATE meta SET session = ?, settled = 0", session);
    }

    /** So many rows of this session are stored, or known to be missing. */
    void settle(long rows) throws SQLException {
        update("UPDATE meta SET settled = settled + ?", rows);
    }

    /** So many rows are missing, for that cause. */
    void missing(String cause, long rows, long atMs) {
        tally("missing_hour", "hour, cause", rows, atMs / HOUR_MS, cause);
    }

    /**
     * Writes a verdict's rows, and counts them.
     *
     * @param rows whether rows are kept, or only counted
     */
    void write(LoggedVerdict verdict, boolean rows) throws SQLException {
        String allowing = banks(verdict, Outcome.SUPPRESSED_BY);
        String suppressed = banks(verdict, Outcome.SUPPRESSED);
        for (LoggedHit hit : verdict.hits()) {
            String across = switch (hit.outcome()) {
                case SUPPRESSED -> allowing;
                case SUPPRESSED_BY -> suppressed;
                case MATCH, LIKELY, QUARANTINED -> "";
            };
            if (rows) {
                write(verdict, hit, across);
            }
            count(verdict, hit, across);
        }
    }

    /** Writes a verdict and takes it back, so that the first one that comes is stored as fast as the others. */
    void warmUp(long atMs) throws SQLException {
        LoggedHit hit = new LoggedHit(Outcome.MATCH, 1, "", 1, List.of(""), "pdq", 0, "none", null);
        try {
            write(
                    new LoggedVerdict(
                            VerdictIds.next(atMs), atMs, "match", "", null, null, null, 0, null, List.of(hit)),
                    true);
        } finally {
            rollBack();
        }
    }

    /** The banks of the contents that were that in the verdict. */
    private static String banks(LoggedVerdict verdict, Outcome outcome) {
        Set<Long> ids = new TreeSet<>();
        for (LoggedHit hit : verdict.hits()) {
            if (hit.outcome() == outcome) {
                ids.add(hit.bankId());
            }
        }
        StringBuilder text = new StringBuilder();
        ids.forEach(id -> text.append(text.isEmpty() ? "," : "").append(id).append(','));
        return text.toString();
    }

    private void write(LoggedVerdict verdict, LoggedHit hit, String across) throws SQLException {
        PreparedStatement insert = prepare(INSERT_ROW);
        Hash256 hash = verdict.hash();
        int i = 1;
        insert.setLong(i++, verdict.atMs());
        insert.setBytes(i++, bytes(verdict.id()));
        insert.setString(i++, verdict.verdict());
        insert.setString(i++, verdict.route());
        insert.setString(i++, verdict.key());
        insert.setString(i++, verdict.reference());
        insert.setString(i++, verdict.contentType());
        insert.setLong(i++, verdict.listVersion());
        insert.setBytes(i++, hash == null ? null : hash.toBytes());
        insert.setInt(i++, hit.outcome().ordinal());
        insert.setString(i++, across.isEmpty() ? null : across);
        insert.setLong(i++, hit.bankId());
        insert.setString(i++, hit.bank());
        insert.setLong(i++, hit.contentId());
        insert.setString(i++, hit.labels().isEmpty() ? "[]" : StrictJson.COMPACT.writeValueAsString(hit.labels()));
        insert.setString(i++, hit.signalType());
        if (hit.distance() == null) {
            insert.setNull(i++, Types.INTEGER);
        } else {
            insert.setInt(i++, hit.distance());
        }
        insert.setString(i++, hit.transform());
        insert.setString(i, hit.spans());
        insert.executeUpdate();
    }

    private void count(LoggedVerdict verdict, LoggedHit hit, String across) throws SQLException {
        long hour = verdict.atMs() / HOUR_MS;
        int outcome = hit.outcome().ordinal();
        String key = verdict.key() == null ? UploadCounts.NO_KEY : verdict.key();
        long bank = hit.bankId();
        name(bank, hit.bank());
        tally("hit_hour", "hour, bank_id, key, outcome, across", 1, hour, bank, key, outcome, across);
        for (String label : hit.labels()) {
            tally("label_hour", "hour, bank_id, label, outcome, across", 1, hour, bank, label, outcome, across);
        }
        long content = isCounted(hour, hit.contentId()) ? hit.contentId() : 0;
        tally("content_hour", "hour, bank_id, content_id, outcome, across", 1, hour, bank, content, outcome, across);
    }

    private boolean isCounted(long hour, long content) throws SQLException {
        if (hour != countedHour) {
            countedHour = hour;
            counted.clear();
            PreparedStatement select = prepare("SELECT DISTINCT content_id FROM content_hour WHERE hour = ?");
            select.setLong(1, hour);
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    counted.add(rows.getLong(1));
                }
            }
            counted.remove(0L);
        }
        return counted.contains(content) || (counted.size() < CONTENTS_AN_HOUR && counted.add(content));
    }

    /** So many were asked with that key and got that verdict. */
    void asked(String key, boolean hashes, String verdict, long more, long atMs) {
        tally("upload_hour", "hour, key, hashes, verdict", more, atMs / HOUR_MS, key, hashes ? 1 : 0, verdict);
    }

    /** The newest change that is counted. */
    long journalSeq() throws SQLException {
        return number("SELECT journal_seq FROM meta");
    }

    /** Changes up to that one are counted. */
    void journalSeq(long seq) throws SQLException {
        update("UPDATE meta SET journal_seq = ?", seq);
    }

    /** Counts a change of the catalog. */
    void changed(JournalEntry entry) throws SQLException {
        JournalPayload change;
        try {
            change = entry.change();
        } catch (IllegalArgumentException e) {
            LOG.debug("change {} is not counted", entry.seq(), e);
            return;
        }
        long at = entry.at().toEpochMilli();
        if (change instanceof JournalPayload.ContentsAdded added) {
            name(added.bankId(), added.bank());
            changes(at, added.bankId(), false, added.contents());
        } else if (change instanceof JournalPayload.ContentWithdrawn withdrawn) {
            name(withdrawn.bankId(), withdrawn.bank());
            changes(at, withdrawn.bankId(), true, 1);
            update(
                    "INSERT OR IGNORE INTO withdrawn SELECT ?1, ?2 WHERE EXISTS"
                            + " (SELECT 1 FROM match WHERE content_id = ?1)",
                    withdrawn.contentId(),
                    at);
        } else if (change instanceof JournalPayload.ContentsWithdrawn withdrawn) {
            name(withdrawn.bankId(), withdrawn.bank());
            changes(at, withdrawn.bankId(), true, withdrawn.contents());
            update(
                    "INSERT OR IGNORE INTO withdrawn SELECT DISTINCT content_id, ?4 FROM match"
                            + " WHERE bank_id = ?1 AND content_id BETWEEN ?2 AND ?3",
                    withdrawn.bankId(),
                    withdrawn.firstId(),
                    withdrawn.lastId(),
                    at);
        } else if (change instanceof JournalPayload.ContentRestored restored) {
            update("DELETE FROM withdrawn WHERE content_id = ?", restored.contentId());
        } else if (change instanceof JournalPayload.ContentsRestored restored) {
            update("DELETE FROM withdrawn WHERE content_id BETWEEN ? AND ?", restored.firstId(), restored.lastId());
        } else if (change instanceof JournalPayload.BankRestored restored) {
            update(
                    "DELETE FROM withdrawn WHERE content_id IN (SELECT content_id FROM match WHERE bank_id = ?)",
                    restored.bankId());
        } else if (change instanceof JournalPayload.BankDeleted deleted) {
            name(deleted.bankId(), deleted.bank());
            changes(at, deleted.bankId(), true, deleted.contents());
            update(
                    "INSERT OR IGNORE INTO withdrawn SELECT DISTINCT content_id, ?2 FROM match WHERE bank_id = ?1",
                    deleted.bankId(),
                    at);
        }
    }

    private void changes(long atMs, long bank, boolean withdrawn, int contents) {
        if (contents > 0) {
            tally("change_hour", "hour, bank_id, withdrawn", contents, atMs / HOUR_MS, bank, withdrawn ? 1 : 0);
        }
    }

    /** A row that a review is about. */
    record Reviewed(long bankId, long contentId) {}

    /** Stores a person's word on those contents in a verdict, which counts in place of any word before. */
    void review(UUID verdictId, List<Reviewed> contents, Review review) throws SQLException {
        byte[] id = bytes(verdictId);
        long at = review.at().toEpochMilli();
        for (Reviewed content : contents) {
            PreparedStatement select = prepare("SELECT word, at_ms FROM review WHERE verdict_id = ? AND content_id = ?"
                    + " ORDER BY id DESC LIMIT 1");
            select.setBytes(1, id);
            select.setLong(2, content.contentId());
            try (ResultSet row = select.executeQuery()) {
                if (row.next()) {
                    tallyReview(row.getLong(2), content.bankId(), row.getInt(1), -1);
                }
            }
            update(
                    "INSERT INTO review (verdict_id, content_id, bank_id, word, reason, actor, at_ms)"
                            + " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    id,
                    content.contentId(),
                    content.bankId(),
                    review.word().ordinal(),
                    review.reason(),
                    review.actor(),
                    at);
            tallyReview(at, content.bankId(), review.word().ordinal(), 1);
        }
    }

    private void tallyReview(long atMs, long bank, int word, long by) {
        tally("review_hour", "hour, bank_id, word", by, atMs / HOUR_MS, bank, word);
    }

    // What is deleted

    /**
     * Deletes some of the rows that are too old or too many, the oldest first.
     *
     * @return whether there are more of them
     */
    boolean prune(long beforeMs, long mostBytes) throws SQLException {
        long oldest = number("SELECT min(id) FROM match");
        if (oldest == 0) {
            return false;
        }
        long last = number("SELECT max(id) FROM (SELECT id FROM match ORDER BY id LIMIT " + DELETED_AT_ONCE + ")");
        boolean tooMany = usedBytes() > mostBytes;
        String aged = tooMany ? "" : " AND at_ms < " + beforeMs;
        // Rows of one verdict go together with its reviews.
        update("DELETE FROM review WHERE verdict_id IN (SELECT verdict_id FROM match WHERE id <= ?" + aged + ")", last);
        int deleted = update("DELETE FROM match WHERE id <= ?" + aged, last);
        if (deleted > 0) {
            update("DELETE FROM withdrawn WHERE NOT EXISTS"
                    + " (SELECT 1 FROM match WHERE match.content_id = withdrawn.content_id)");
        }
        return deleted > 0 && (tooMany || deleted == DELETED_AT_ONCE);
    }

    private long usedBytes() throws SQLException {
        return (number("PRAGMA page_count") - number("PRAGMA freelist_count")) * number("PRAGMA page_size");
    }

    /** Deletes counters that are too old. */
    void pruneCounters(long nowMs) throws SQLException {
        long oldest = (nowMs - COUNTERS_KEPT.toMillis()) / HOUR_MS;
        for (String table : List.of(
                "hit_hour",
                "label_hour",
                "content_hour",
                "upload_hour",
                "review_hour",
                "change_hour",
                "missing_hour")) {
            update("DELETE FROM " + table + " WHERE hour < ?", oldest);
        }
    }

    @Override
    public void close() {
        List<AutoCloseable> all = new ArrayList<>(prepared.values());
        all.add(connection);
        for (AutoCloseable one : all) {
            try {
                one.close();
            } catch (Exception e) {
                LOG.warn("{}: cannot be closed", file.path(), e);
            }
        }
    }
}
