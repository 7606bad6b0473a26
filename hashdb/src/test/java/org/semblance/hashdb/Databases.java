package org.semblance.hashdb;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.semblance.hashdb.follow.DatabaseEvents;
import org.semblance.hashdb.follow.IndexKeeper;
import org.semblance.hashdb.follow.PeerSnapshots;

/** Where tests have the catalogs of their databases, so that the same tests run on SQLite and on PostgreSQL. */
interface Databases {
    Databases SQLITE = new InFolders();

    HashDb open(Path folder, InstantSource clock, IndexKeeper.Saving saving);

    default HashDb open(Path folder, InstantSource clock) {
        return open(folder, clock, IndexKeeper.Saving.STANDARD);
    }

    default HashDb open(Path folder) {
        return open(folder, InstantSource.system());
    }

    /** For looking at a catalog and changing it behind the database's back, in ways that foreign keys forbid as well. */
    Connection connect(Path folder) throws SQLException;

    /** A statement that is written for SQLite. */
    String sql(String text);

    /** Lets a field of the journal be NULL. */
    void allowNull(Path folder, String column) throws SQLException;

    /** Payloads that no row of the journal has, as far as the database can store them. */
    List<String> unreadable();

    /** Puts a copy of a catalog that is closed in the place of another, as if it had always been there. */
    void copy(Path from, Path to) throws IOException;

    /** In a database of PostgreSQL for each folder. */
    static Databases postgres() {
        return new OnServer();
    }

    /** Each in its folder. */
    final class InFolders implements Databases {
        private InFolders() {}

        @Override
        public HashDb open(Path folder, InstantSource clock, IndexKeeper.Saving saving) {
            return HashDb.open(folder, clock, saving);
        }

        @Override
        public Connection connect(Path folder) throws SQLException {
            // Unless it is told to, SQLite does not look at foreign keys.
            return DriverManager.getConnection("jdbc:sqlite:" + folder.resolve(DatabaseFolder.CATALOG));
        }

        @Override
        public String sql(String text) {
            return text;
        }

        /** A flipped bit can make a value NULL where the schema forbids it; SQLite checks that only when it writes. */
        @Override
        public void allowNull(Path folder, String column) throws SQLException {
            try (Connection connection = connect(folder);
                    Statement statement = connection.createStatement()) {
                statement.execute("PRAGMA writable_schema = ON");
                statement.execute("UPDATE sqlite_schema SET sql = replace(sql, 'NOT NULL', '') WHERE name = 'journal'");
            }
        }

        @Override
        public List<String> unreadable() {
            return List.of("{", "{}", "[]");
        }

        @Override
        public void copy(Path from, Path to) throws IOException {
            Files.copy(
                    from.resolve(DatabaseFolder.CATALOG),
                    to.resolve(DatabaseFolder.CATALOG),
                    StandardCopyOption.REPLACE_EXISTING);
            Files.deleteIfExists(to.resolve("catalog.head"));
        }
    }

    /** Each in a database of the server that tests share. */
    final class OnServer implements Databases {
        private static final Map<Path, String> NAMES = new ConcurrentHashMap<>();

        private final TestPostgres server = TestPostgres.shared();

        private OnServer() {}

        private String name(Path folder) {
            return NAMES.computeIfAbsent(folder, unused -> server.createDatabase());
        }

        @Override
        public HashDb open(Path folder, InstantSource clock, IndexKeeper.Saving saving) {
            return HashDb.open(
                    folder, server.catalog(name(folder)), clock, true, saving, DatabaseEvents.NONE, PeerSnapshots.NONE);
        }

        @Override
        public Connection connect(Path folder) throws SQLException {
            Connection connection = server.connect(name(folder));
            try (Statement statement = connection.createStatement()) {
                statement.execute("SET session_replication_role = replica"); // Without foreign keys.
            }
            return connection;
        }

        @Override
        public String sql(String text) {
            return text.replaceAll("zeroblob\\((\\d+)\\)", "decode(repeat('00', $1), 'hex')")
                    .replaceAll("\\bx'([0-9a-f]*)'", "decode('$1', 'hex')")
                    .replaceAll("\\bhex\\((\\w+)\\)", "encode($1, 'hex')");
        }

        @Override
        public void allowNull(Path folder, String column) throws SQLException {
            try (Connection connection = connect(folder);
                    Statement statement = connection.createStatement()) {
                statement.execute("ALTER TABLE journal ALTER COLUMN " + column + " DROP NOT NULL");
            }
        }

        /** Others are refused: columns of the journal are computed from its payload. */
        @Override
        public List<String> unreadable() {
            return List.of("{}", "[]");
        }

        @Override
        public void copy(Path from, Path to) throws IOException {
            NAMES.put(to, server.copyDatabase(Objects.requireNonNull(NAMES.get(from))));
            Files.deleteIfExists(to.resolve("catalog.head"));
        }
    }
}
