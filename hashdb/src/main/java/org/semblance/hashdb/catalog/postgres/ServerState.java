package org.semblance.hashdb.catalog.postgres;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A server of PostgreSQL as an operator should know it.
 *
 * @param version as in 15.20
 * @param clockAhead how far its clock is ahead of this process's, less than 0 if behind; as exact as a round trip
 * @param synchronousCommit the setting
 * @param fsync whether it waits for its disk
 * @param fullPageWrites whether a page that was half written can be repaired
 * @param standbys the setting {@code synchronous_standby_names}: empty if a change is acknowledged before another server has it
 */
public record ServerState(
        String version,
        Duration clockAhead,
        String synchronousCommit,
        boolean fsync,
        boolean fullPageWrites,
        String standbys) {
    /**
     * Asks the server at that address.
     *
     * @throws org.semblance.hashdb.catalog.StorageFailedException if it cannot be reached
     */
    public static ServerState of(PostgresAddress address, @Nullable String password) {
        Servers servers = new Servers(address, password);
        try {
            return read(servers);
        } catch (SQLException e) {
            throw servers.failure(e);
        }
    }

    private static ServerState read(Servers servers) throws SQLException {
        try (Connection connection = servers.connect(Servers.Use.LISTEN);
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT 1");
            Instant before = Instant.now();
            try (ResultSet row = statement.executeQuery("SELECT extract(epoch FROM clock_timestamp()) * 1000,"
                    + " current_setting('server_version'), current_setting('synchronous_commit'),"
                    + " current_setting('fsync'), current_setting('full_page_writes'),"
                    + " current_setting('synchronous_standby_names')")) {
                row.next();
                Instant middle =
                        before.plus(Duration.between(before, Instant.now()).dividedBy(2));
                return new ServerState(
                        row.getString(2).replaceFirst(" .*", ""),
                        Duration.between(middle, Instant.ofEpochMilli((long) row.getDouble(1))),
                        row.getString(3),
                        "on".equals(row.getString(4)),
                        "on".equals(row.getString(5)),
                        row.getString(6));
            }
        }
    }
}
