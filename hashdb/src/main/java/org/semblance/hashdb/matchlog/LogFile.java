package org.semblance.hashdb.matchlog;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.StorageFailedException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** The file of the match log. One that cannot be used is set aside: the log must never keep a server from starting. */
final class LogFile {
    static final String FILE_NAME = "matches.db";

    private static final Logger LOG = LoggerFactory.getLogger(LogFile.class);

    /** "SmbM", in SQLite's header. */
    private static final int APPLICATION_ID = 0x536D624D;

    private static final int VERSION = 1;
    private static final int BUSY_TIMEOUT_MS = 5_000;

    /** Ids of a new file begin beyond those of any file before it, so that no reader takes its place in one for that in another. */
    private static final long IDS_A_SECOND = 100_000;

    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final List<String> SUFFIXES = List.of("", "-wal", "-shm");

    private final Path path;
    private final AtomicInteger generation = new AtomicInteger();

    LogFile(Path folder) {
        this.path = folder.resolve(FILE_NAME);
    }

    Path path() {
        return path;
    }

    /**
     * Makes the file ready.
     *
     * @throws StorageFailedException if neither it nor a new one in its place can be used
     */
    void prepare(Instant now) {
        if (Files.exists(path)) {
            String fault = fault();
            if (fault == null) {
                return;
            }
            setAside(now, fault);
        }
        try (Connection connection = connect(SQLiteConfig.SynchronousMode.FULL, false);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA journal_mode = WAL");
            statement.executeUpdate("BEGIN IMMEDIATE");
            statement.execute("PRAGMA application_id = " + APPLICATION_ID);
            statement.executeUpdate(script());
            statement.executeUpdate("INSERT INTO sqlite_sequence (name, seq) VALUES ('match', "
                    + now.getEpochSecond() * IDS_A_SECOND + ")");
            statement.execute("PRAGMA user_version = " + VERSION);
            statement.executeUpdate("COMMIT");
        } catch (SQLException e) {
            throw failure(e);
        } catch (IOException e) {
            throw new StorageFailedException(path + ": " + e.getMessage(), false, e);
        }
    }

    private static String script() throws IOException {
        try (InputStream in = LogFile.class.getResourceAsStream("matches.sql")) {
            if (in == null) {
                throw new FileNotFoundException("matches.sql");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** Why the file cannot be used, or null if it can as far as a look at its head and its newest row tells. */
    private @Nullable String fault() {
        try (Connection connection = connect(SQLiteConfig.SynchronousMode.NORMAL, false);
                Statement statement = connection.createStatement()) {
            if (Files.size(path) == 0) {
                return "is empty";
            }
            if (number(statement, "PRAGMA application_id") != APPLICATION_ID) {
                return "is not a match log";
            }
            long version = number(statement, "PRAGMA user_version");
            if (version != VERSION) {
                return "has version " + version + ", and this release knows version " + VERSION;
            }
            for (String table : List.of("match", "review", "hit_hour", "upload_hour", "meta")) {
                number(statement, "SELECT count(*) FROM (SELECT * FROM " + table + " ORDER BY 1 DESC LIMIT 1)");
            }
            return null;
        } catch (SQLException | IOException e) {
            return "cannot be read (" + e.getMessage() + ")";
        }
    }

    /** Grows when another file takes the place of the one that was there. */
    int generation() {
        return generation.get();
    }

    /** Gives the file another name, under which it stays for who wants to look into it. */
    void setAside(Instant now, String fault) {
        Path aside = path.resolveSibling(FILE_NAME + ".damaged-" + STAMP.format(now));
        for (int i = 2; Files.exists(aside); i++) {
            aside = path.resolveSibling(FILE_NAME + ".damaged-" + STAMP.format(now) + "-" + i);
        }
        try {
            for (String suffix : SUFFIXES) {
                Path part = path.resolveSibling(FILE_NAME + suffix);
                if (Files.exists(part)) {
                    Files.move(part, aside.resolveSibling(aside.getFileName() + suffix));
                }
            }
        } catch (IOException e) {
            throw new StorageFailedException(path + ": " + fault + ", and cannot be set aside: " + e, false, e);
        }
        generation.incrementAndGet();
        LOG.warn("{}: {}; it is now {}, and the match log and its counters begin anew", path, fault, aside);
    }

    Connection connect(SQLiteConfig.SynchronousMode synchronous, boolean readOnly) throws SQLException {
        SQLiteConfig config = new SQLiteConfig();
        config.setBusyTimeout(BUSY_TIMEOUT_MS);
        config.setSynchronous(synchronous);
        config.setReadOnly(readOnly);
        SQLiteDataSource source = new SQLiteDataSource(config);
        source.setUrl("jdbc:sqlite:" + path.toAbsolutePath());
        return source.getConnection();
    }

    /** As {@link MatchLog#copy}. */
    boolean copy(Path target) throws IOException {
        if (!Files.exists(path)) {
            return false;
        }
        try (Connection connection = connect(SQLiteConfig.SynchronousMode.FULL, false);
                PreparedStatement vacuum = connection.prepareStatement("VACUUM INTO ?")) {
            vacuum.setString(1, target.toAbsolutePath().toString());
            vacuum.execute();
            return true;
        } catch (SQLException e) {
            Files.deleteIfExists(target);
            throw new IOException(path + ": cannot be copied: " + e.getMessage(), e);
        }
    }

    static long number(Statement statement, String sql) throws SQLException {
        try (ResultSet row = statement.executeQuery(sql)) {
            return row.next() ? row.getLong(1) : 0;
        }
    }

    StorageFailedException failure(SQLException e) {
        SQLiteErrorCode code = code(e);
        boolean full = code == SQLiteErrorCode.SQLITE_FULL;
        return new StorageFailedException(path + ": " + (full ? "the disk is full" : e.getMessage()), full, e);
    }

    /** Whether the file itself is at fault, so that trying again is of no use. */
    static boolean isDamage(SQLException e) {
        SQLiteErrorCode code = code(e);
        return code != null && (code.name().startsWith("SQLITE_CORRUPT") || code == SQLiteErrorCode.SQLITE_NOTADB);
    }

    private static @Nullable SQLiteErrorCode code(SQLException e) {
        return e instanceof SQLiteException sqlite ? sqlite.getResultCode() : null;
    }

    /** Bytes of the file and of what is not yet copied into it. */
    long bytes() {
        return path.toFile().length() + walBytes();
    }

    /** Bytes of SQLite's log, of which some may be copied into the file already. */
    long walBytes() {
        return path.resolveSibling(FILE_NAME + "-wal").toFile().length();
    }

    /** Problems that SQLite finds in the whole file; empty if there are none, or no file. */
    List<String> problems() {
        List<String> problems = new ArrayList<>();
        if (!Files.exists(path)) {
            return problems;
        }
        try (Connection connection = connect(SQLiteConfig.SynchronousMode.NORMAL, false);
                Statement statement = connection.createStatement()) {
            if (number(statement, "PRAGMA application_id") != APPLICATION_ID) {
                problems.add(FILE_NAME + ": is not a match log");
            }
            try (ResultSet rows = statement.executeQuery("PRAGMA integrity_check(10)")) {
                while (rows.next()) {
                    if (!"ok".equals(rows.getString(1))) {
                        problems.add(FILE_NAME + ": " + rows.getString(1));
                    }
                }
            }
        } catch (SQLException e) {
            problems.add(FILE_NAME + ": cannot be read (" + e.getMessage() + ")");
        }
        return problems;
    }
}
