package org.semblance.hashdb.catalog;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationState;
import org.flywaydb.core.api.logging.Log;
import org.flywaydb.core.api.logging.LogFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

/** Makes the catalog's file, tells it from others, and brings it to this release's schema. */
final class Schema {
    private static final Logger LOG = LoggerFactory.getLogger(Schema.class);

    /** "Smbl", in SQLite's header, so that another program's database is never taken for a catalog. */
    private static final int APPLICATION_ID = 0x536D626C;

    private static final String SCRIPTS = "/org/semblance/hashdb/catalog/";

    /**
     * The migrations of this release, in order. A new file is made by them alone: Flyway, which brings older files up to date,
     * takes longer than everything else that is done to open a small database.
     */
    static final List<String> MIGRATIONS = List.of(
            "V1__catalog.sql", "V2__content_status.sql", "V3__video.sql", "V4__request_key.sql", "V5__features.sql");

    /** The newest of them, noted in SQLite's header when it has been applied. */
    static final int VERSION = MIGRATIONS.size();

    private static final int BUSY_TIMEOUT_MS = 30_000;

    private Schema() {}

    /** A connection with what each one needs; the journal mode is kept in the file itself. */
    static Connection connect(Path file) throws SQLException {
        return dataSource(file).getConnection();
    }

    /** A connection that changes nothing, not even when it is the last one to be closed. */
    static Connection connectReadOnly(Path file) throws SQLException {
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
    static void prepare(Path file) {
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
        Path building = file.resolveSibling(file.getFileName() + ".new");
        try {
            for (String suffix : new String[] {"", "-wal", "-shm", "-journal"}) {
                Files.deleteIfExists(building.resolveSibling(building.getFileName() + suffix));
            }
            try (Connection connection = unsynced(building).getConnection();
                    Statement statement = connection.createStatement()) {
                statement.execute("PRAGMA journal_mode = WAL");
                statement.execute("PRAGMA application_id = " + APPLICATION_ID);
                statement.executeUpdate("BEGIN");
                for (String migration : MIGRATIONS) {
                    statement.executeUpdate(script(migration));
                }
                statement.executeUpdate("PRAGMA user_version = " + VERSION);
                statement.executeUpdate("COMMIT");
            }
            publish(building, file);
        } catch (SQLException | IOException e) {
            throw new CatalogRefusedException(file.getFileName() + " cannot be created: " + e.getMessage(), e);
        }
    }

    /** Gives a finished file its name, durably. */
    static void publish(Path building, Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(building, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        Files.move(building, file, StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel folder = FileChannel.open(file.toAbsolutePath().getParent())) {
            folder.force(true);
        } catch (IOException e) {
            LOG.debug("this system does not sync folders", e);
        }
    }

    static String script(String migration) throws IOException {
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

    /** @param version that the file has: of one that was made without Flyway, Flyway knows nothing */
    static void migrate(Path file, int version) {
        LogFactory.setLogCreator(QuietLog::new);
        Flyway flyway = Flyway.configure(Schema.class.getClassLoader())
                .dataSource(dataSource(file))
                .locations("classpath:" + SCRIPTS.substring(1))
                .baselineOnMigrate(version > 0)
                .baselineVersion(Integer.toString(version))
                .load();
        try {
            Arrays.stream(flyway.info().applied())
                    .filter(applied -> applied.getState() == MigrationState.FUTURE_SUCCESS)
                    .map(MigrationInfo::getVersion)
                    .findFirst()
                    .ifPresent(later -> {
                        throw newer(file, later.toString());
                    });
            flyway.migrate();
            noteVersion(file);
        } catch (FlywayException | SQLException e) {
            throw new CatalogRefusedException(
                    file.getFileName() + " cannot be brought to this release's schema: " + e.getMessage(), e);
        }
    }

    private static void noteVersion(Path file) throws SQLException {
        try (Connection connection = connect(file);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA user_version = " + VERSION);
        }
    }

    static int pragma(Statement statement, String name) throws SQLException {
        try (ResultSet row = statement.executeQuery("PRAGMA " + name)) {
            return row.getInt(1);
        }
    }

    static void closeQuietly(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            LOG.warn("closing a catalog connection failed", e);
        }
    }

    /** Flyway tells of each step at INFO; here that is a detail. */
    private record QuietLog(Logger logger) implements Log {
        QuietLog(Class<?> clazz) {
            this(LoggerFactory.getLogger(clazz));
        }

        @Override
        public boolean isDebugEnabled() {
            return logger.isDebugEnabled();
        }

        @Override
        public void debug(String message) {
            logger.debug(message);
        }

        @Override
        public void info(String message) {
            logger.debug(message);
        }

        @Override
        public void notice(String message) {
            logger.debug(message);
        }

        @Override
        public void warn(String message) {
            logger.warn(message);
        }

        @Override
        public void error(String message) {
            logger.error(message);
        }

        @Override
        public void error(String message, Exception e) {
            logger.error(message, e);
        }
    }
}
