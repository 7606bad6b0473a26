package org.semblance.hashdb.catalog.postgres;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.rows.Schema;
import org.semblance.hashdb.document.Document;
import org.semblance.hashdb.document.Documents;
import org.semblance.hashdb.document.Lease;

/**
 * Documents and leases beside the catalog that several nodes share. All of it goes over one connection, which is made when it is
 * needed and made anew when it was lost.
 */
public final class SharedDocuments implements Documents {
    /** The share of a lease at whose end its holder takes itself to have lost it, so that it never does so too late. */
    private static final int SAFETY_SHARE = 6;

    /** A connection that was idle for so long may be gone without a word. */
    private static final long ASKED_AFTER_NANOS = 1_000_000_000;

    private static final int VALIDATION_SECONDS = 2;

    private final Servers servers;
    private final LongSupplier nanoTime;
    private final String holder = UUID.randomUUID().toString();
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Connection connection;
    private long usedNanos;
    private boolean closed;

    /** What is done in a transaction of its own. */
    private interface Step<T extends @Nullable Object> {
        T run(Connection connection) throws SQLException;
    }

    /**
     * Looks at the database, and makes the tables of a catalog in it if it has none.
     *
     * @param password null if the database asks for none
     * @throws org.semblance.hashdb.catalog.CatalogRefusedException if it cannot be reached, holds something else, or is of a newer
     *     release
     */
    public SharedDocuments(PostgresAddress address, @Nullable String password) {
        this(address, password, System::nanoTime);
    }

    /**
     * As {@link #SharedDocuments(PostgresAddress, String)}, for tests.
     *
     * @param nanoTime by which this node takes a lease to have ended
     */
    public SharedDocuments(PostgresAddress address, @Nullable String password, LongSupplier nanoTime) {
        this.servers = new Servers(address, password);
        this.nanoTime = nanoTime;
        PostgresSchema.prepare(servers, false);
    }

    @Override
    public Document document(String name) {
        return new Shared(name);
    }

    @Override
    public Lease lease(String name, Duration length) {
        return new Held(name, length);
    }

    /** The address, without a password. */
    @Override
    public String toString() {
        return servers.toString();
    }

    private <T extends @Nullable Object> T inTransaction(Step<T> step) throws IOException {
        lock.lock();
        try {
            Connection db = connected();
            boolean done = false;
            try {
                T result = step.run(db);
                db.commit();
                done = true;
                usedNanos = System.nanoTime();
                return result;
            } finally {
                if (!done) {
                    disconnect();
                }
            }
        } catch (SQLException e) {
            throw new IOException(String.valueOf(servers.failure(e).getMessage()), e);
        } finally {
            lock.unlock();
        }
    }

    private Connection connected() throws SQLException {
        Connection open = connection;
        if (open != null && System.nanoTime() - usedNanos > ASKED_AFTER_NANOS && !open.isValid(VALIDATION_SECONDS)) {
            disconnect();
            open = null;
        }
        if (open == null) {
            if (closed) {
                throw new SQLException("closed", "08003");
            }
            open = servers.connect(Servers.Use.LISTEN);
            connection = open;
            open.setAutoCommit(false);
        }
        return open;
    }

    private void disconnect() {
        if (connection != null) {
            Schema.closeQuietly(connection);
            connection = null;
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            disconnect();
        } finally {
            lock.unlock();
        }
    }

    /** A row that is replaced as a whole. */
    private final class Shared implements Document {
        private final String name;

        Shared(String name) {
            this.name = name;
        }

        @Override
        public byte @Nullable [] read() throws IOException {
            return SharedDocuments.this.<byte @Nullable []>inTransaction(
                    db -> content(db, "SELECT content FROM document WHERE name = ?"));
        }

        private byte @Nullable [] content(Connection db, String sql) throws SQLException {
            try (PreparedStatement select = db.prepareStatement(sql)) {
                select.setString(1, name);
                try (ResultSet row = select.executeQuery()) {
                    return row.next() ? row.getBytes(1) : null;
                }
            }
        }

        /** A change whose commit got no answer fails: whether it was made is seen in the document. */
        @Override
        public void change(UnaryOperator<byte @Nullable []> change) throws IOException {
            inTransaction(db -> {
                execute(db, "INSERT INTO document (name, content) VALUES (?, NULL) ON CONFLICT DO NOTHING");
                byte[] changed = change.apply(content(db, "SELECT content FROM document WHERE name = ? FOR UPDATE"));
                try (PreparedStatement update = db.prepareStatement("UPDATE document SET content = ? WHERE name = ?")) {
                    update.setBytes(1, changed);
                    update.setString(2, name);
                    return update.executeUpdate();
                }
            });
        }

        private void execute(Connection db, String sql) throws SQLException {
            try (PreparedStatement statement = db.prepareStatement(sql)) {
                statement.setString(1, name);
                statement.executeUpdate();
            }
        }

        /** A row is emptied and never removed. */
        @Override
        public boolean wasThere() throws IOException {
            return read() != null;
        }

        @Override
        public void remember() {
            // The row does.
        }

        @Override
        public String toString() {
            return name + " in " + servers;
        }
    }

    private final class Held implements Lease {
        private final String name;
        private final Duration length;
        private volatile boolean held;
        private volatile long untilNanos;

        Held(String name, Duration length) {
            this.name = name;
            this.length = length;
        }

        @Override
        public boolean take() throws IOException {
            long asked = nanoTime.getAsLong();
            if (held && untilNanos - asked > length.toNanos() / 2) {
                return true;
            }
            held = inTransaction(db -> {
                try (PreparedStatement take = db.prepareStatement(
                        "INSERT INTO lease AS l (name, holder, until) VALUES (?, ?, clock_timestamp() + ? * interval '1 ms')"
                                + " ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until"
                                + " WHERE l.holder = excluded.holder OR l.until < clock_timestamp()")) {
                    take.setString(1, name);
                    take.setString(2, holder);
                    take.setLong(3, length.toMillis());
                    return take.executeUpdate() == 1;
                }
            });
            untilNanos = asked + length.toNanos() / SAFETY_SHARE * (SAFETY_SHARE - 1);
            return held;
        }

        @Override
        public boolean isHeld() {
            return held && nanoTime.getAsLong() - untilNanos < 0;
        }

        @Override
        public void leave() {
            if (!held) {
                return;
            }
            held = false;
            try {
                inTransaction(db -> {
                    try (PreparedStatement leave =
                            db.prepareStatement("DELETE FROM lease WHERE name = ? AND holder = ?")) {
                        leave.setString(1, name);
                        leave.setString(2, holder);
                        return leave.executeUpdate();
                    }
                });
            } catch (IOException e) {
                // The lease ends by itself.
            }
        }
    }
}
