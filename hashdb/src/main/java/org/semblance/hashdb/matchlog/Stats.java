package org.semblance.hashdb.matchlog;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Sums of the hourly counters. */
public final class Stats {
    /** Contents that matched. */
    public static final String HITS = "hits";

    /** Matches that allowed content suppressed. */
    public static final String SUPPRESSED = "suppressed";

    public static final String LIKELY = "likely";

    /** Allowed contents that suppressed a match. */
    public static final String SUPPRESSING = "suppressing";

    /** Contents that would have matched, but were in quarantine. */
    public static final String QUARANTINED = "quarantined";

    /** Files that were asked about. */
    public static final String FILES = "files";

    /** Hashes, digests and features that were asked about. */
    public static final String HASHES = "hash_lookups";

    public static final String CONFIRMED = "confirmed";
    public static final String FALSE_MATCH = "false_match";
    public static final String ADDITIONS = "additions";
    public static final String WITHDRAWALS = "withdrawals";

    /** Rows that the log does not have: those that a kill lost, that did not fit, and that were too many of one verdict. */
    public static final List<String> MISSING = List.of("lost", "dropped", "cut");

    private static final List<String> OUTCOMES = List.of(HITS, SUPPRESSED, LIKELY, SUPPRESSING, QUARANTINED);
    private static final List<String> WORDS = List.of(CONFIRMED, FALSE_MATCH);
    private static final long HOURS_A_DAY = 24;

    private Stats() {}

    /** What figures are told apart by. */
    public enum By {
        BANK,
        CONTENT,
        LABEL,
        VERDICT,
        KEY,
        /** What the log does not have, by cause. */
        MISSING
    }

    /** The length of the stretches that figures are told for. */
    public enum Step {
        HOUR,
        DAY,
        /** The period as a whole. */
        PERIOD
    }

    /**
     * What is asked for.
     *
     * @param from a full hour
     * @param to a full hour, not included
     * @param visible as {@link LogFilter#visible}
     * @param banks ids of the banks whose hits, reviews and changes count, or null for all
     * @param uploadsOf the key whose uploads are seen, "" for those without one; or null for all uploads
     * @param most figures are given at most
     */
    public record Query(
            By by,
            Step step,
            Instant from,
            Instant to,
            @Nullable Set<Long> visible,
            @Nullable Set<Long> banks,
            @Nullable String uploadsOf,
            int most) {}

    /**
     * The counts of one stretch.
     *
     * @param bankId 0 if that is not told apart
     * @param contentId 0 if that is not told apart, or for all contents beyond the most of an hour
     * @param name of the label, verdict, key or cause, or ""
     * @param counts by the names that this class has; those of 0 are left out
     */
    public record Figure(Instant from, long bankId, long contentId, String name, Map<String, Long> counts) {
        /** The count of that name, 0 if it is left out. */
        public long count(String count) {
            return counts.getOrDefault(count, 0L);
        }
    }

    /** A time, or the full hour before it. */
    public static Instant hourOf(Instant time) {
        return Instant.ofEpochMilli(Math.floorDiv(time.toEpochMilli(), LogStore.HOUR_MS) * LogStore.HOUR_MS);
    }

    /** A time, or the full hour after it. */
    public static Instant hourAfter(Instant time) {
        return hourOf(time.plusMillis(LogStore.HOUR_MS - 1));
    }

    private record Place(long hour, long bank, long content, String name) {}

    private record Column(String table, String bank, String content, String name, String count) {}

    /** Sorted by time, bank, content and name. */
    static List<Figure> read(Connection connection, Query query) throws SQLException {
        Map<Place, Map<String, Long>> sums = new HashMap<>();
        Visibility visibility = new Visibility(query.visible());
        String seen = visibility.seen("t");
        if (query.banks() != null) {
            seen += " AND " + Visibility.in("t.bank_id", query.banks());
        }
        String outcome = visibility.outcome("t");
        switch (query.by()) {
            case BANK -> {
                add(connection, query, new Column("hit_hour", "bank_id", "0", "''", outcome), seen, OUTCOMES, sums);
                String bank = banksOnly(query);
                add(connection, query, new Column("review_hour", "bank_id", "0", "''", "word"), bank, WORDS, sums);
                add(
                        connection,
                        query,
                        new Column("change_hour", "bank_id", "0", "''", "withdrawn"),
                        bank,
                        List.of(ADDITIONS, WITHDRAWALS),
                        sums);
            }
            case CONTENT ->
                add(
                        connection,
                        query,
                        new Column("content_hour", "bank_id", "content_id", "''", outcome),
                        seen,
                        OUTCOMES,
                        sums);
            case LABEL ->
                add(connection, query, new Column("label_hour", "0", "0", "label", outcome), seen, OUTCOMES, sums);
            case VERDICT -> addUploads(connection, query, "verdict", sums);
            case KEY -> {
                add(connection, query, new Column("hit_hour", "0", "0", "key", outcome), seen, OUTCOMES, sums);
                if (query.banks() == null) {
                    addUploads(connection, query, "key", sums);
                }
            }
            case MISSING ->
                add(connection, query, new Column("missing_hour", "0", "0", "cause", "0"), "1", List.of("rows"), sums);
        }
        List<Figure> figures = new ArrayList<>();
        sums.forEach((place, counts) -> figures.add(new Figure(
                Instant.ofEpochMilli(place.hour * LogStore.HOUR_MS), place.bank, place.content, place.name, counts)));
        figures.sort(Comparator.comparing(Figure::from)
                .thenComparingLong(Figure::bankId)
                .thenComparingLong(Figure::contentId)
                .thenComparing(Figure::name));
        return figures;
    }

    private static String banksOnly(Query query) {
        String both = query.visible() == null ? "1" : Visibility.in("t.bank_id", query.visible());
        return query.banks() == null ? both : both + " AND " + Visibility.in("t.bank_id", query.banks());
    }

    private static void addUploads(Connection connection, Query query, String name, Map<Place, Map<String, Long>> sums)
            throws SQLException {
        String key = query.uploadsOf();
        add(
                connection,
                query,
                new Column("upload_hour", "0", "0", name, "hashes"),
                key == null ? "1" : "t.key = '" + key.replace("'", "''") + "'",
                List.of(FILES, HASHES),
                sums);
    }

    /** Adds the sums of a table; its count column is the place of the count's name in that list. */
    private static void add(
            Connection connection,
            Query query,
            Column column,
            String condition,
            List<String> names,
            Map<Place, Map<String, Long>> sums)
            throws SQLException {
        long from = query.from().toEpochMilli() / LogStore.HOUR_MS;
        long to = query.to().toEpochMilli() / LogStore.HOUR_MS;
        String bucket = switch (query.step()) {
            case HOUR -> "t.hour";
            case DAY -> "t.hour / " + HOURS_A_DAY + " * " + HOURS_A_DAY;
            case PERIOD -> Long.toString(from);
        };
        String sql = "SELECT " + bucket + ", " + column.bank + ", " + column.content + ", " + column.name + ", "
                + column.count + ", sum(n) FROM " + column.table + " AS t WHERE t.hour >= " + from + " AND t.hour < "
                + to + " AND " + condition + " GROUP BY 1, 2, 3, 4, 5 LIMIT " + OUTCOMES.size() * (query.most() + 1L);
        try (PreparedStatement select = connection.prepareStatement(sql);
                ResultSet row = select.executeQuery()) {
            while (row.next()) {
                long sum = row.getLong(6);
                if (sum > 0) {
                    Place place = new Place(row.getLong(1), row.getLong(2), row.getLong(3), row.getString(4));
                    sums.computeIfAbsent(place, unused -> new LinkedHashMap<>())
                            .merge(names.get(row.getInt(5)), sum, Long::sum);
                }
            }
        }
    }

    /**
     * The uploads of a period that a content matched which was withdrawn since, or of which the newest review says that it was a
     * false match; as far as rows are kept.
     */
    static Reinstatable reinstatable(Connection connection, Instant from, Instant to, @Nullable Set<Long> visible)
            throws SQLException {
        Visibility visibility = new Visibility(visible);
        String rows = " FROM match AS m WHERE m.at_ms >= " + from.toEpochMilli() + " AND m.at_ms < "
                + to.toEpochMilli() + " AND " + visibility.seen("m") + " AND " + visibility.outcome("m") + " = "
                + Outcome.MATCH.ordinal() + " AND (EXISTS (SELECT 1 FROM withdrawn AS w WHERE w.content_id ="
                + " m.content_id) OR (SELECT word FROM review AS r WHERE r.verdict_id = m.verdict_id AND r.content_id ="
                + " m.content_id ORDER BY r.id DESC LIMIT 1) = " + Review.Word.FALSE_MATCH.ordinal() + ")";
        return new Reinstatable(
                LogReader.number(connection, "SELECT count(DISTINCT m.reference)" + rows),
                LogReader.number(
                        connection, "SELECT count(DISTINCT m.verdict_id)" + rows + " AND m.reference IS NULL"));
    }

    /**
     * How many uploads could be reinstated.
     *
     * @param references callers' own ids, each once
     * @param withoutReference verdicts on uploads that came without one
     */
    public record Reinstatable(long references, long withoutReference) {}
}
