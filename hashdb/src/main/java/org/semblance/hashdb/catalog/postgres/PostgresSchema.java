package org.semblance.hashdb.catalog.postgres;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;
import org.semblance.hashdb.catalog.CatalogRefusedException;
import org.semblance.hashdb.catalog.rows.Schema;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes the tables of a catalog, tells them from others, sees whether this release may use them, and brings older ones up to date. */
final class PostgresSchema {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresSchema.class);

    private static final String SCRIPT = "/org/semblance/hashdb/catalog/postgres/V8__catalog.sql";

    /** Held by the node that makes tables, so that nodes which start together do not both make them. */
    private static final long LOCK = 0x73656D626C616E63L;

    /**
     * How long a node that starts waits for a table, and others wait behind it. PostgreSQL looks for deadlocks after a second; by then
     * the node has given up.
     */
    private static final int LOCK_MS = 500;

    /** The foreign keys that catalogs were made with at first, and what drops each. */
    private static final String OLD_KEYS = "SELECT conname,"
            + " format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS %I', conrelid::regclass, conname)"
            + " FROM pg_constraint WHERE contype = 'f'"
            + " AND ((conrelid = to_regclass('content') AND confrelid = to_regclass('bank'))"
            + " OR (conrelid = to_regclass('signal') AND confrelid = to_regclass('content'))) ORDER BY conname";

    private PostgresSchema() {}

    /**
     * Sees to the tables.
     *
     * @param asNode whether older tables are brought up to date, for which others wait a moment
     * @throws CatalogRefusedException if the database holds something else, is of a newer release, or cannot be used
     */
    static void prepare(Servers servers, boolean asNode) {
        try (Connection connection = servers.connect(Servers.Use.READ);
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("SELECT pg_advisory_xact_lock(" + LOCK + ")");
            boolean made = !isThere(statement, "catalog_meta");
            if (made) {
                if (isThere(statement, "content") || isThere(statement, "journal")) {
                    throw new CatalogRefusedException(
                            servers + ": holds tables of something else (expected: an empty database)", null);
                }
                statement.execute(script());
            }
            check(statement, servers);
            connection.commit();
            if (made) {
                LOG.info("{}: a new catalog", servers);
                indexTexts(connection, statement, servers);
            } else if (asNode) {
                connection.setAutoCommit(true);
                dropOldKeys(statement, servers);
            }
        } catch (SQLException e) {
            throw new CatalogRefusedException(String.valueOf(servers.failure(e).getMessage()), e);
        } catch (IOException e) {
            throw new CatalogRefusedException(servers + ": no tables could be made: " + e.getMessage(), e);
        }
    }

    private static boolean isThere(Statement statement, String table) throws SQLException {
        try (ResultSet row = statement.executeQuery("SELECT to_regclass('" + table + "') IS NOT NULL")) {
            row.next();
            return row.getBoolean(1);
        }
    }

    private static void check(Statement statement, Servers servers) throws SQLException {
        try (ResultSet row =
                statement.executeQuery("SELECT schema_version, greatest(min_reader, min_writer) FROM catalog_meta")) {
            if (!row.next()) {
                throw new CatalogRefusedException(servers + ": its table catalog_meta is empty", null);
            }
            if (row.getInt(2) > Schema.VERSION) {
                throw new CatalogRefusedException(
                        servers + ": has schema version " + row.getInt(1)
                                + ", written by a newer release (this one knows up to version " + Schema.VERSION + ")",
                        null);
            }
        }
    }

    /** Without the extension a search of texts reads all of them: slower, with the same answers. */
    private static void indexTexts(Connection connection, Statement statement, Servers servers) throws SQLException {
        try {
            statement.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm");
            statement.execute("CREATE INDEX IF NOT EXISTS content_text_trigrams ON content_text"
                    + " USING gin (text gin_trgm_ops)");
            connection.commit();
        } catch (SQLException e) {
            connection.rollback();
            LOG.warn(
                    "{}: without the extension pg_trgm; searches of texts read all of them: {}",
                    servers,
                    Servers.said(e));
        }
    }

    /**
     * Drops the foreign keys of contents and signals from a catalog that was made with them: the database would look again for what
     * the writer has looked up. Nodes of earlier builds do not need the keys. A node that cannot have the tables at once goes on with
     * the keys, and the next start tries again.
     */
    private static void dropOldKeys(Statement statement, Servers servers) {
        try {
            Map<String, String> drops = new LinkedHashMap<>();
            try (ResultSet row = statement.executeQuery(OLD_KEYS)) {
                while (row.next()) {
                    drops.put(row.getString(1), row.getString(2));
                }
            }
            statement.execute("SET lock_timeout = " + LOCK_MS);
            for (Map.Entry<String, String> drop : drops.entrySet()) {
                statement.execute(drop.getValue());
                LOG.info(
                        "{}: without the foreign key {} from now on, which slowed changes down",
                        servers,
                        drop.getKey());
            }
        } catch (SQLException e) {
            LOG.warn(
                    "{}: changes stay slower, as old foreign keys cannot be dropped; the next start tries again: {}",
                    servers,
                    Servers.said(e));
        }
    }

    private static String script() throws IOException {
        try (InputStream in = PostgresSchema.class.getResourceAsStream(SCRIPT)) {
            if (in == null) {
                throw new FileNotFoundException(SCRIPT);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
