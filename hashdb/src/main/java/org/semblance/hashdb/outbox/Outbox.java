package org.semblance.hashdb.outbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.file.DurableFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConfig.JournalMode;
import org.sqlite.SQLiteConfig.SynchronousMode;
import org.sqlite.SQLiteDataSource;

/**
 * Events that wait to be told, in the file {@code outbox.db}: an SQLite file of its own, so that a receiver that is away does
 * not weigh on the catalog. What {@link #put} was given is on the disk when it returns, and stays until {@link #done}, over
 * kills and power cuts. Safe for many threads.
 *
 * <p>It is bounded: an event that is too old, or that the newest ones leave no room for, is given up and counted.
 */
public final class Outbox implements AutoCloseable {
    /** How long an event waits, and how many do. */
    public record Limits(Duration age, long events) {}

    /**
     * An event whose turn it is.
     *
     * @param attempts how often it was tried
     */
    public record Due(long row, Event event, int attempts) {}

    /**
     * How it is.
     *
     * @param oldest when the oldest one was put; null if none waits
     * @param givenUp events that were given up since it was opened
     */
    public record State(long waiting, @Nullable Instant oldest, long givenUp) {}

    /** The events cannot be stored, or not be read. */
    public static final class FailedException extends RuntimeException {
        FailedException(Path file, SQLException cause) {
            super(file + ": " + cause.getMessage(), cause);
        }
    }

    private static final Logger LOG = LoggerFactory.getLogger(Outbox.class);

    /** The file in the data folder. */
    public static final String FILE_NAME = "outbox.db";

    /** "SmbO", so that another program's file is never taken for one of these. */
    private static final int APPLICATION_ID = 0x536D624F;

    private static final int VERSION = 1;

    private static final String SCHEMA = """
            CREATE TABLE event (
                row INTEGER PRIMARY KEY AUTOINCREMENT,
                id TEXT NOT NULL UNIQUE,
                kind TEXT NOT NULL,
                body TEXT NOT NULL,
                put_ms INTEGER NOT NULL,
                attempts INTEGER NOT NULL,
                not_before_ms INTEGER NOT NULL
            );
            CREATE INDEX event_by_time ON event (not_before_ms, row)""";

    private final Path file;
    private final Limits limits;
    private final InstantSource clock;
    private final Connection connection;
    private long givenUp;

    private Outbox(Path file, Limits limits, InstantSource clock, Connection connection) {
        this.file = file;
        this.limits = limits;
        this.clock = clock;
        this.connection = connection;
    }

    /**
     * Copies the outbox of a data folder to another folder, in one consistent state, while it is written.
     *
     * @return false if there is no outbox
     * @throws IOException if the outbox cannot be read or the copy cannot be written, or exists
     */
    public static boolean copy(Path folder, Path target) throws IOException {
        Path file = folder.resolve(FILE_NAME);
        if (!Files.exists(file)) {
            return false;
        }
        Path copy = target.resolve(FILE_NAME);
        try (Connection connection = connect(file);
                PreparedStatement vacuum = connection.prepareStatement("VACUUM INTO ?")) {
            vacuum.setString(1, copy.toAbsolutePath().toString());
            vacuum.execute();
            return true;
        } catch (SQLException e) {
            Files.deleteIfExists(copy);
            throw new IOException(file + ": cannot be copied: " + e.getMessage(), e);
        }
    }

    /**
     * Opens the outbox of a data folder, or makes one. A file that cannot be read is kept under another name, and the log
     * says so.
     *
     * @throws IOException if no file can be made
     */
    public static Outbox open(Path folder, Limits limits, InstantSource clock) throws IOException {
        Path file = folder.resolve(FILE_NAME);
        try {
            return new Outbox(file, limits, clock, connect(file));
        } catch (SQLException e) {
            Path aside = file.resolveSibling(FILE_NAME + ".damaged");
            LOG.error("{}: {}; its events are kept in {} and not told", file, e.getMessage(), aside);
            Files.move(file, aside, StandardCopyOption.REPLACE_EXISTING);
            for (String suffix : new String[] {"-wal", "-shm"}) {
                Files.deleteIfExists(file.resolveSibling(FILE_NAME + suffix));
            }
        }
        try {
            return new Outbox(file, limits, clock, connect(file));
        } catch (SQLException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    private static Connection connect(Path file) throws SQLException, IOException {
        if (!Files.exists(file)) {
            DurableFile.openPrivate(file, StandardOpenOption.CREATE_NEW).close();
        }
        SQLiteConfig config = new SQLiteConfig();
        config.setJournalMode(JournalMode.WAL);
        config.setSynchronous(SynchronousMode.FULL);
        SQLiteDataSource source = new SQLiteDataSource(config);
        source.setUrl("jdbc:sqlite:" + file.toAbsolutePath());
        Connection connection = source.getConnection();
        boolean ready = false;
        try (Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            int id = pragma(statement, "application_id");
            int version = pragma(statement, "user_version");
            if (id == 0 && version == 0) {
                statement.executeUpdate(SCHEMA);
                statement.executeUpdate("PRAGMA application_id = " + APPLICATION_ID);
                statement.executeUpdate("PRAGMA user_version = " + VERSION);
            } else if (id != APPLICATION_ID || version != VERSION) {
                throw new SQLException("not an outbox of this release");
            }
            connection.commit();
            ready = true;
        } finally {
            if (!ready) {
                connection.close();
            }
        }
        return connection;
    }

    private static int pragma(Statement statement, String name) throws SQLException {
        try (ResultSet row = statement.executeQuery("PRAGMA " + name)) {
            return row.getInt(1);
        }
    }

    private interface Transaction<T extends @Nullable Object> {
        T run() throws SQLException;
    }

    private synchronized <T extends @Nullable Object> T transaction(Transaction<T> transaction) {
        try {
            boolean done = false;
            try {
                T result = transaction.run();
                connection.commit();
                done = true;
                return result;
            } finally {
                if (!done) {
                    connection.rollback();
                }
            }
        } catch (SQLException e) {
            throw new FailedException(file, e);
        }
    }

    /**
     * Has these events told. One that waits already is not told twice.
     *
     * @throws FailedException if they cannot be stored; then none of them is
     */
    public void put(Collection<Event> events) {
        long now = clock.millis();
        long over = transaction(() -> {
            try (PreparedStatement insert = connection.prepareStatement(
                    "INSERT OR IGNORE INTO event (id, kind, body, put_ms, attempts, not_before_ms) VALUES (?, ?, ?, ?, 0, 0)")) {
                for (Event event : events) {
                    insert.setString(1, event.id());
                    insert.setString(2, event.kind());
                    insert.setString(3, event.body());
                    insert.setLong(4, now);
                    insert.addBatch();
                }
                insert.executeBatch();
            }
            long excess = number("SELECT count(*) FROM event") - limits.events;
            return excess <= 0
                    ? 0L
                    : (long) update(
                            "DELETE FROM event WHERE row IN (SELECT row FROM event ORDER BY row LIMIT ?)", excess);
        });
        giveUp(over, "there are too many");
    }

    /** The event that was put first of those whose time has come; empty if there is none. Too old ones are given up. */
    public Optional<Due> next() {
        Instant now = clock.instant();
        long old = transaction(() -> (long) update(
                "DELETE FROM event WHERE put_ms < ?", now.minus(limits.age).toEpochMilli()));
        giveUp(old, "they are too old");
        return transaction(() -> {
            try (PreparedStatement select = connection.prepareStatement(
                    "SELECT row, id, kind, body, attempts FROM event WHERE not_before_ms <= ? ORDER BY row LIMIT 1")) {
                select.setLong(1, now.toEpochMilli());
                try (ResultSet row = select.executeQuery()) {
                    return row.next()
                            ? Optional.of(new Due(
                                    row.getLong(1),
                                    new Event(row.getString(2), row.getString(3), row.getString(4)),
                                    row.getInt(5)))
                            : Optional.empty();
                }
            }
        });
    }

    private void giveUp(long events, String why) {
        if (events > 0) {
            LOG.warn("{}: {} events are given up untold, as {}", file, events, why);
            synchronized (this) {
                givenUp += events;
            }
        }
    }

    /** It was told. */
    public void done(Due due) {
        transaction(() -> update("DELETE FROM event WHERE row = ?", due.row));
    }

    /** It could not be told, and is tried again from that time on. */
    public void retry(Due due, Instant notBefore) {
        transaction(() -> update(
                "UPDATE event SET attempts = attempts + 1, not_before_ms = ? WHERE row = ?",
                notBefore.toEpochMilli(),
                due.row));
    }

    private int update(String sql, long... numbers) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < numbers.length; i++) {
                statement.setLong(i + 1, numbers[i]);
            }
            return statement.executeUpdate();
        }
    }

    private long number(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            return row.getLong(1);
        }
    }

    public State state() {
        return transaction(() -> {
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery("SELECT count(*), min(put_ms) FROM event")) {
                long waiting = row.getLong(1);
                return new State(waiting, waiting == 0 ? null : Instant.ofEpochMilli(row.getLong(2)), givenUp);
            }
        });
    }

    @Override
    public synchronized void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            LOG.warn("{}: closing failed", file, e);
        }
    }
}
