package org.semblance.hashdb.catalog.rows;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.semblance.hashdb.catalog.CatalogRefusedException;
import org.semblance.hashdb.file.DurableFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

/** Makes the catalog's file, tells it from others, and brings it to this release's schema. */
public final class Schema {
    private static final Logger LOG = LoggerFactory.getLogger(Schema.class);

    /** "Smbl", in SQLite's header, so that another program's database is never taken for a catalog. */
    public static final int APPLICATION_ID = 0x536D626C;

    private static final String SCRIPTS = "/org/semblance/hashdb/catalog/sql/";

    /**
     * The migrations of this release, in order; each brings a file from the version before to its own. A new file goes through
     * all of them.
     */
    public static final List<String> MIGRATIONS = List.of(
            "V1__catalog.sql",
            "V2__content_status.sql",
            "V3__video.sql",
            "V4__request_key.sql",
            "V5__features.sql",
            "V6__bank_features.sql",
            "V7__treatment.sql",
            "V8__desk.sql");

    /** The newest of them, noted in SQLite's header when it has been applied. */
    public static final int VERSION = MIGRATIONS.size();

    private static final int BUSY_TIMEOUT_MS = 30_000;

    private Schema() {}

    /** A connection with what each one needs; the journal mode is kept in the file itself. */
    public static Connection connect(Path file) throws SQLException {
        return dataSource(file).getConnection();
    }

    /** A connection that changes nothing, not even when it is the last one to be closed. */
    public static Connection connectReadOnly(Path file) throws SQLException {
        SQLiteConfig config = new SQLiteConfig();
        config.setReadOnly(true);
        return dataSource(file, config, SQLiteConfig.SynchronousMode.FULL).getConnection();
    }

    private static SQLiteDataSource dataSource(Path file) {
        return dataSource(file, new SQLiteConfig(), SQLiteConfig.SynchronousMode.FULL);
    }

    /** For a file that has another name than a catalog's until it is whole, and is synced then. */
    private static SQLiteDataSource unsynced(Path building) {
        return dataSource(building, new SQLiteConfig(), SQLiteConfig.SynchronousMode.OFF);
    }

    private static SQLiteDataSource dataSource(
            Path file, SQLiteConfig config, SQLiteConfig.SynchronousMode synchronous) {
        config.setBusyTimeout(BUSY_TIMEOUT_MS);
        config.setSynchronous(synchronous);
        SQLiteDataSource source = new SQLiteDataSource(config);
        source.setUrl("jdbc:sqlite:" + file.toAbsolutePath());
        return source;
    }

    /**
     * Makes the file ready. A new one is built under another name, so that an empty file of the right name is always
     * damage.
     *
     * @throws CatalogRefusedException if the file is no catalog of this or an older release
     */
    public static void prepare(Path file) {
        if (!Files.exists(file)) {
            create(file);
            return;
        }
        int version;
        try (Connection connection = connect(file);
                Statement statement = connection.createStatement()) {
            int id = pragma(statement, "application_id");
            version = pragma(statement, "user_version");
            if (Files.size(file) == 0) {
                throw new CatalogRefusedException(file.getFileName() + " is empty", null);
            }
            if (id != APPLICATION_ID) {
                throw new CatalogRefusedException(
                        file.getFileName() + " is an SQLite database, but not a Semblance catalog", null);
            }
        } catch (SQLException e) {
            throw new CatalogRefusedException(
                    file.getFileName() + " is not an SQLite database, or its header is damaged: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new CatalogRefusedException(file.getFileName() + " cannot be read: " + e.getMessage(), e);
        }
        if (version > VERSION) {
            throw newer(file, Integer.toString(version));
        }
        if (version < VERSION) {
            migrate(file, version);
        }
    }

    private static void create(Path file) {
        Path building = DurableFile.aside(file);
        try {
            for (String suffix : new String[] {"", "-wal", "-shm", "-journal"}) {
                Files.deleteIfExists(building.resolveSibling(building.getFileName() + suffix));
            }
            try (Connection connection = unsynced(building).getConnection();
                    Statement statement = connection.createStatement()) {
                statement.execute("PRAGMA journal_mode = WAL");
                statement.execute("PRAGMA application_id = " + APPLICATION_ID);
                migrate(statement, 0);
            }
            DurableFile.publish(building, file);
        } catch (SQLException | IOException e) {
            throw new CatalogRefusedException(file.getFileName() + " cannot be created: " + e.getMessage(), e);
        }
    }

    /** Brings a file of an older release to this release's schema, in one transaction. */
    public static void migrate(Path file, int version) {
        try (Connection connection = connect(file);
                Statement statement = connection.createStatement()) {
            int from = version == 0 ? firstVersion(statement) : version;
            if (from > VERSION) {
                throw newer(file, Integer.toString(from));
            }
            migrate(statement, from);
            LOG.info("{}: brought from schema version {} to {}", file, from, VERSION);
        } catch (SQLException | IOException e) {
            throw new CatalogRefusedException(
                    file.getFileName() + " cannot be brought to this release's schema: " + e.getMessage(), e);
        }
    }

    private static void migrate(Statement statement, int from) throws SQLException, IOException {
        statement.executeUpdate("BEGIN IMMEDIATE");
        for (String migration : MIGRATIONS.subList(from, VERSION)) {
            statement.executeUpdate(script(migration));
        }
        statement.executeUpdate("PRAGMA user_version = " + VERSION);
        statement.executeUpdate("COMMIT");
    }

    /** The version of a file whose header has none: the first releases kept it in a table. */
    private static int firstVersion(Statement statement) throws SQLException {
        try (ResultSet table =
                statement.executeQuery("SELECT 1 FROM sqlite_schema WHERE name = 'flyway_schema_history'")) {
            if (!table.next()) {
                return 0;
            }
        }
        try (ResultSet version = statement.executeQuery(
                "SELECT max(CAST(version AS INTEGER)) FROM flyway_schema_history WHERE success")) {
            return version.getInt(1);
        }
    }

    /** Fills the index of texts of a catalog whose contents were written without it; the last migration has the same words. */
    public static String fillTexts() throws IOException {
        String script = script(MIGRATIONS.getLast());
        int begin = script.indexOf("INSERT INTO content_text");
        return script.substring(begin, script.indexOf(';', begin));
    }

    public static String script(String migration) throws IOException {
        try (InputStream in = Schema.class.getResourceAsStream(SCRIPTS + migration)) {
            if (in == null) {
                throw new FileNotFoundException(migration);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static CatalogRefusedException newer(Path file, String version) {
        return new CatalogRefusedException(
                file.getFileName() + " has schema version " + version
                        + ", written by a newer release (this one knows up to version " + VERSION + ")",
                null);
    }

    public static int pragma(Statement statement, String name) throws SQLException {
        try (ResultSet row = statement.executeQuery("PRAGMA " + name)) {
            return row.getInt(1);
        }
    }

    public static void closeQuietly(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            LOG.warn("closing a catalog connection failed", e);
        }
    }
}
