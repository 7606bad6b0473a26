package org.semblance.hashdb.catalog.postgres;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.JournalEntry;

/** Looks changes up in the journal of a shared catalog without opening the catalog. */
public final class JournalHashes {
    private JournalHashes() {}

    /**
     * The hashes of those changes, 64 hex digits each, by their numbers; without the changes that the journal does not have.
     *
     * @throws org.semblance.hashdb.catalog.StorageFailedException if the database cannot be reached, or has no journal
     */
    public static Map<Long, String> of(PostgresAddress address, @Nullable String password, Collection<Long> seqs) {
        Servers servers = new Servers(address, password);
        try (Connection connection = servers.connect(Servers.Use.LISTEN);
                PreparedStatement select = connection.prepareStatement(
                        "SELECT seq, encode(hash, 'hex') FROM journal WHERE seq = ANY(?)")) {
            Array wanted = connection.createArrayOf("bigint", seqs.toArray());
            select.setArray(1, wanted);
            Map<Long, String> hashes = new HashMap<>();
            if (seqs.contains(0L)) {
                hashes.put(0L, JournalEntry.GENESIS);
            }
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    hashes.put(row.getLong(1), row.getString(2));
                }
            }
            return hashes;
        } catch (SQLException e) {
            throw servers.failure(e);
        }
    }
}
