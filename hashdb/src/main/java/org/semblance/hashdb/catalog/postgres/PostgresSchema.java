package org.semblance.hashdb.catalog.postgres;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.semblance.hashdb.catalog.CatalogRefusedException;
import org.semblance.hashdb.catalog.rows.Schema;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes the tables of a catalog, tells them from others, and sees whether this release may use them. */
final class PostgresSchema {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresSchema.class);

    private static final String SCRIPT = "/org/semblance/hashdb/catalog/postgres/V8__catalog.sql";

    /** Held by the node that makes tables, so that nodes which start together do not both make them. */
    private static final long LOCK = 0x73656D626C616E63L;

    private PostgresSchema() {}

    /** @throws CatalogRefusedException if the database holds something else, is of a newer release, or cannot be used */
    static void prepare(Servers servers) {
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

    private static String script() throws IOException {
        try (InputStream in = PostgresSchema.class.getResourceAsStream(SCRIPT)) {
            if (in == null) {
                throw new FileNotFoundException(SCRIPT);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
