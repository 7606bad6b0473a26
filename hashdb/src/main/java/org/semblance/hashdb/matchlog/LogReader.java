package org.semblance.hashdb.matchlog;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.json.StrictJson;
import tools.jackson.core.type.TypeReference;

/** Reads rows of the log. For any number of threads. */
final class LogReader {
    /** Ids that are looked through in one step, and for one page, if no index finds the rows. */
    private static final long STEP_IDS = 20_000;

    private static final long MOST_IDS = 1_000_000;

    private static final TypeReference<List<String>> TEXTS = new TypeReference<>() {};

    private final LogReaders readers;

    LogReader(LogReaders readers) {
        this.readers = readers;
    }

    /** SQL, and the values of its question marks. */
    private static final class Condition {
        final StringBuilder sql = new StringBuilder();
        final List<Object> values = new ArrayList<>();

        void and(String part, Object... more) {
            sql.append(sql.isEmpty() ? "" : " AND ").append(part);
            values.addAll(List.of(more));
        }

        void andIf(String part, @Nullable Object value) {
            if (value != null) {
                and(part, value);
            }
        }

        void bind(PreparedStatement statement) throws SQLException {
            for (int i = 0; i < values.size(); i++) {
                statement.setObject(i + 1, values.get(i));
            }
        }
    }

    private static Condition condition(LogFilter filter, Visibility visibility) {
        Condition condition = new Condition();
        condition.and(visibility.seen("m"));
        Set<Long> banks = filter.banks();
        if (banks != null) {
            condition.and(Visibility.in("m.bank_id", banks));
        }
        condition.andIf("m.content_id = ?", filter.contentId());
        condition.andIf("m.key = ?", filter.key());
        condition.andIf("m.reference = ?", filter.reference());
        if (filter.verdictId() != null) {
            condition.and("m.verdict_id = ?", LogStore.bytes(filter.verdictId()));
        }
        condition.andIf("m.at_ms >= ?", millis(filter.from()));
        condition.andIf("m.at_ms < ?", millis(filter.to()));
        condition.andIf("EXISTS (SELECT 1 FROM json_each(m.labels) WHERE value = ?)", filter.label());
        condition.andIf(visibility.verdict("m") + " = ?", filter.verdict());
        return condition;
    }

    private static @Nullable Long millis(@Nullable Instant time) {
        return time == null ? null : time.toEpochMilli();
    }

    /** As {@link MatchLog#page}. */
    LogPage page(LogFilter filter, boolean newestFirst, long cursor, int limit) {
        return readers.read(connection -> page(connection, filter, newestFirst, cursor, limit));
    }

    private static LogPage page(Connection connection, LogFilter filter, boolean newestFirst, long cursor, int limit)
            throws SQLException {
        Visibility visibility = new Visibility(filter.visible());
        Condition condition = condition(filter, visibility);
        long newest = number(connection, "SELECT max(id) FROM match");
        long oldest = number(connection, "SELECT min(id) FROM match");
        List<LogRow> rows = new ArrayList<>();
        if (oldest == 0) {
            return new LogPage(rows, null, newestFirst ? cursor : Math.max(cursor, newest));
        }
        // The bounds of what is still to be looked through, both included.
        long low = newestFirst ? oldest : Math.max(oldest, cursor == Long.MAX_VALUE ? cursor : cursor + 1);
        long high = newestFirst ? Math.min(newest, cursor - 1) : newest;
        long looked = 0;
        while (low <= high && rows.size() < limit && looked < MOST_IDS) {
            long step = filter.isNarrow() ? high - low + 1 : Math.min(STEP_IDS, high - low + 1);
            long from = newestFirst ? high - step + 1 : low;
            long to = newestFirst ? high : low + step - 1;
            read(connection, visibility, condition, newestFirst, from, to, limit, rows);
            looked += filter.isNarrow() ? 0 : step;
            if (newestFirst) {
                high = from - 1;
            } else {
                low = to + 1;
            }
        }
        boolean full = rows.size() >= limit;
        if (full || low <= high) {
            long last = full ? rows.getLast().id() : newestFirst ? high + 1 : low - 1;
            return new LogPage(rows, last, last);
        }
        return new LogPage(rows, null, newestFirst ? oldest : Math.max(cursor, newest));
    }

    private static void read(
            Connection connection,
            Visibility visibility,
            Condition condition,
            boolean newestFirst,
            long from,
            long to,
            int limit,
            List<LogRow> rows)
            throws SQLException {
        String sql = "SELECT m.*, " + visibility.verdict("m") + " AS shown_verdict, " + visibility.outcome("m")
                + " AS shown_outcome, r.word, r.reason, r.actor, r.at_ms AS reviewed_ms FROM match AS m"
                + " LEFT JOIN review AS r ON r.id = (SELECT max(id) FROM review WHERE verdict_id = m.verdict_id"
                + " AND content_id = m.content_id)"
                + " WHERE " + condition.sql + " AND m.id BETWEEN " + from + " AND " + to + " ORDER BY m.id"
                + (newestFirst ? " DESC" : "") + " LIMIT " + (limit - rows.size());
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            condition.bind(select);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    rows.add(row(row));
                }
            }
        }
    }

    private static LogRow row(ResultSet row) throws SQLException {
        byte[] hash = row.getBytes("hash");
        int distance = row.getInt("distance");
        boolean hasDistance = !row.wasNull();
        LoggedHit hit = new LoggedHit(
                Outcome.values()[row.getInt("shown_outcome")],
                row.getLong("bank_id"),
                row.getString("bank"),
                row.getLong("content_id"),
                StrictJson.COMPACT.readValue(row.getString("labels"), TEXTS),
                row.getString("signal_type"),
                hasDistance ? distance : null,
                row.getString("transform"),
                row.getString("spans"));
        LoggedVerdict verdict = new LoggedVerdict(
                LogStore.uuid(row.getBytes("verdict_id")),
                row.getLong("at_ms"),
                row.getString("shown_verdict"),
                row.getString("route"),
                row.getString("key"),
                row.getString("reference"),
                row.getString("content_type"),
                row.getLong("list_version"),
                hash == null ? null : Hash256.fromBytes(hash),
                List.of());
        int word = row.getInt("word");
        Review review = row.wasNull()
                ? null
                : new Review(
                        Review.Word.values()[word],
                        Objects.requireNonNull(row.getString("reason")),
                        Objects.requireNonNull(row.getString("actor")),
                        Instant.ofEpochMilli(row.getLong("reviewed_ms")));
        return new LogRow(row.getLong("id"), verdict, hit, review);
    }

    /** The contents that a verdict names and a person may judge, of those banks. */
    List<LogStore.Reviewed> reviewable(UUID verdictId, @Nullable Long contentId, @Nullable Set<Long> visible) {
        Visibility visibility = new Visibility(visible);
        return readers.read(connection -> {
            List<LogStore.Reviewed> found = new ArrayList<>();
            try (PreparedStatement select = connection.prepareStatement(
                    "SELECT m.bank_id, m.content_id FROM match AS m WHERE m.verdict_id = ? AND m.outcome <> "
                            + Outcome.SUPPRESSED_BY.ordinal() + " AND " + visibility.seen("m")
                            + (contentId == null ? "" : " AND m.content_id = " + contentId))) {
                select.setBytes(1, LogStore.bytes(verdictId));
                try (ResultSet row = select.executeQuery()) {
                    while (row.next()) {
                        found.add(new LogStore.Reviewed(row.getLong(1), row.getLong(2)));
                    }
                }
            }
            return found;
        });
    }

    /** As {@link MatchLog#references}. */
    MatchedReferences references(Set<Long> contents, @Nullable Long bank, @Nullable Set<Long> visible, int limit) {
        Visibility visibility = new Visibility(visible);
        String matched = " FROM match AS m WHERE "
                + (bank == null ? Visibility.in("m.content_id", contents) : "m.bank_id = " + bank) + " AND "
                + visibility.seen("m") + " AND " + visibility.outcome("m") + " = " + Outcome.MATCH.ordinal();
        return readers.read(connection -> {
            List<String> references = new ArrayList<>();
            try (PreparedStatement select = connection.prepareStatement("SELECT m.reference" + matched
                            + " AND m.reference IS NOT NULL GROUP BY m.reference ORDER BY max(m.id) DESC LIMIT "
                            + (limit + 1));
                    ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    references.add(row.getString(1));
                }
            }
            long without =
                    number(connection, "SELECT count(DISTINCT m.verdict_id)" + matched + " AND m.reference IS NULL");
            boolean more = references.size() > limit;
            return new MatchedReferences(more ? references.subList(0, limit) : references, without, more);
        });
    }

    /** How many references and verdicts without one matched a content of that bank. */
    long countReferences(long bank, @Nullable Set<Long> visible) {
        Visibility visibility = new Visibility(visible);
        return readers.read(connection -> number(
                connection,
                "SELECT count(DISTINCT m.reference) + count(DISTINCT CASE WHEN m.reference IS NULL THEN m.verdict_id END)"
                        + " FROM match AS m WHERE m.bank_id = " + bank + " AND " + visibility.seen("m") + " AND "
                        + visibility.outcome("m") + " = " + Outcome.MATCH.ordinal()));
    }

    static long number(Connection connection, String sql) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(sql);
                ResultSet row = select.executeQuery()) {
            return row.next() ? row.getLong(1) : 0;
        }
    }
}
