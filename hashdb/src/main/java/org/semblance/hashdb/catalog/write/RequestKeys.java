package org.semblance.hashdb.catalog.write;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.Applied;
import org.semblance.hashdb.catalog.ChangeRefusedException;
import org.semblance.hashdb.catalog.ChangeRefusedException.Reason;
import org.semblance.hashdb.catalog.RequestKey;
import org.semblance.hashdb.catalog.rows.Dialect;
import org.semblance.hashdb.catalog.rows.RowInsert;
import org.semblance.hashdb.catalog.rows.Rows;

/**
 * The keys of requests, and what their changes came to. Those of many changes that are made together are looked for at once, and what
 * was found is known to the end of the transaction.
 */
final class RequestKeys {
    /** Keys that are remembered no longer are removed so often, and when one of them comes again. */
    private static final Duration FORGETTING = Duration.ofMinutes(1);

    private final Statements statements;
    private final Dialect dialect;

    /** By key, what this transaction has found and made. */
    private final Map<String, List<Made>> known = new HashMap<>();

    private @Nullable Instant forgotten;

    /** A change of a request. */
    private record Made(int part, String requestSha256, long atMillis, Applied applied) {
        boolean isForgotten(Instant now) {
            return atMillis < now.minus(RequestKey.REMEMBERED).toEpochMilli();
        }
    }

    RequestKeys(Statements statements, Dialect dialect) {
        this.statements = statements;
        this.dialect = dialect;
    }

    /** Knows nothing any more: another transaction begins. */
    void begin() {
        known.clear();
    }

    /** Looks for the keys, within a transaction. */
    void look(Collection<String> keys) throws SQLException {
        keys.forEach(key -> known.put(key, new ArrayList<>(1)));
        PreparedStatement select = statements.prepare("SELECT k.key, k.part, k.request, k.at, k.seq, k.first_id,"
                + " k.contents, k.bank_id, p.seq IS NOT NULL FROM request_key k LEFT JOIN proposal p ON p.seq = k.seq"
                + " WHERE k.key IN (SELECT t.value FROM json_each(?) t)");
        select.setString(1, dialect.texts(keys));
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                Applied applied =
                        new Applied(row.getLong(5), row.getLong(6), row.getInt(7), row.getLong(8), row.getBoolean(9));
                known.computeIfAbsent(Rows.text(row, 1), unused -> new ArrayList<>(1))
                        .add(new Made(
                                row.getInt(2), HexFormat.of().formatHex(Rows.bytes(row, 3)), row.getLong(4), applied));
            }
        }
    }

    /**
     * What the change of that key came to; null if it was not made.
     *
     * @throws ChangeRefusedException if the key was that of another request
     */
    @Nullable
    Applied before(RequestKey key, Instant now) throws SQLException {
        if (!known.containsKey(key.key())) {
            look(List.of(key.key()));
        }
        Applied before = null;
        for (Made made : known.getOrDefault(key.key(), List.of())) {
            if (!made.isForgotten(now)) {
                if (!made.requestSha256.equals(key.requestSha256())) {
                    throw new ChangeRefusedException(
                            Reason.KEY_REUSED,
                            "Idempotency-Key",
                            "Idempotency-Key: used by another request within the last 24 hours (expected: a new key, or the"
                                    + " same request)");
                }
                before = made.part == key.part() ? made.applied : before;
            }
        }
        return before;
    }

    /** Remembers what the change of that key has come to; {@link #before} was asked for it. */
    void remember(RequestKey key, Applied applied, Instant now) throws SQLException {
        List<Made> made = known.computeIfAbsent(key.key(), unused -> new ArrayList<>(1));
        Instant last = forgotten;
        boolean stale = made.removeIf(some -> some.isForgotten(now));
        if (stale || last == null || now.isAfter(last.plus(FORGETTING))) {
            statements.update(
                    "DELETE FROM request_key WHERE at < ?",
                    now.minus(RequestKey.REMEMBERED).toEpochMilli());
            forgotten = now;
        }
        made.add(new Made(key.part(), key.requestSha256(), now.toEpochMilli(), applied));
        RowInsert insert = statements.insert(
                "request_key", "key", "part", "request", "at", "seq", "bank_id", "first_id", "contents");
        insert.setString(1, key.key());
        insert.setInt(2, key.part());
        insert.setBytes(3, HexFormat.of().parseHex(key.requestSha256()));
        insert.setLong(4, now.toEpochMilli());
        insert.setLong(5, applied.seq());
        insert.setLong(6, applied.bankId());
        insert.setLong(7, applied.firstContentId());
        insert.setInt(8, applied.contents());
        statements.add(insert);
    }
}
