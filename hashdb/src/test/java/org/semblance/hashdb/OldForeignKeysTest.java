package org.semblance.hashdb;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.catalog.postgres.PostgresDialect;
import org.semblance.hashdb.follow.DatabaseEvents;
import org.semblance.hashdb.follow.PeerSnapshots;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;
import org.slf4j.LoggerFactory;

/** A catalog on PostgreSQL that was made with the foreign keys which newer ones do without. */
@Timeout(90)
class OldForeignKeysTest {
    private static final Origin ANYONE = new Origin("test", "");
    private static final String KEPT = "content_source_id_fkey";
    private static final String OF_CONTENT = "content_bank_id_fkey";
    private static final String OF_SIGNAL = "signal_content_id_fkey";

    @TempDir
    private Path folder;

    private final TestPostgres server = TestPostgres.shared();
    private final String database = server.createDatabase();
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

    @BeforeEach
    void listen() {
        log.start();
        logger().addAppender(log);
    }

    @AfterEach
    void stopListening() {
        logger().detachAppender(log);
    }

    private static Logger logger() {
        return (Logger) LoggerFactory.getLogger(PostgresDialect.class.getPackageName() + ".PostgresSchema");
    }

    /** About this database; others are opened beside it. */
    private List<String> warnings() {
        synchronized (log) {
            return log.list.stream()
                    .filter(event -> event.getLevel() == Level.WARN)
                    .map(ILoggingEvent::getFormattedMessage)
                    .filter(text -> text.startsWith(server.catalog(database) + ": "))
                    .toList();
        }
    }

    private HashDb open(String node) {
        return HashDb.open(folder.resolve(node), server.catalog(database), DatabaseEvents.NONE, PeerSnapshots.NONE);
    }

    private void makeOldKeys() throws SQLException {
        try (Connection connection = server.connect(database);
                Statement statement = connection.createStatement()) {
            statement.execute("ALTER TABLE content ADD FOREIGN KEY (bank_id) REFERENCES bank (id)");
            statement.execute("ALTER TABLE signal ADD FOREIGN KEY (content_id) REFERENCES content (id)");
        }
        assertThat(keys()).containsExactly(OF_CONTENT, KEPT, OF_SIGNAL);
    }

    private List<String> keys() throws SQLException {
        List<String> keys = new ArrayList<>();
        try (Connection connection = server.connect(database);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT conname FROM pg_constraint WHERE contype = 'f'"
                        + " AND conrelid IN ('content'::regclass, 'signal'::regclass) ORDER BY 1")) {
            while (row.next()) {
                keys.add(row.getString(1));
            }
        }
        return keys;
    }

    private static void add(HashDb db) {
        Signal signal = new Signal(SignalType.PDQ, "12".repeat(32));
        db.apply(new Change.AddContents("A", List.of(new ContentDraft(List.of(signal)))), ANYONE);
    }

    @Test
    void aNodeDropsThemBesideOneThatRuns() throws SQLException {
        try (HashDb before = open("before")) {
            before.apply(new Change.CreateBank("A"), ANYONE);
            add(before);
            makeOldKeys();
            add(before);
            try (HashDb node = open("node")) {
                assertThat(keys()).containsExactly(KEPT);
                add(before);
                add(node);
                assertThat(node.verify().problems()).isEmpty();
            }
            try (HashDb again = open("node")) {
                add(again);
            }
        }
        assertThat(warnings()).isEmpty();
    }

    @Test
    void aNodeGoesOnWithThemWhileTheTablesAreInUse() throws SQLException {
        makeOldKeys();
        try (Connection reader = server.connect(database);
                Statement statement = reader.createStatement()) {
            reader.setAutoCommit(false);
            statement.execute("SELECT count(*) FROM signal");
            try (HashDb node = open("node")) {
                assertThat(keys()).containsExactly(KEPT, OF_SIGNAL);
                node.apply(new Change.CreateBank("A"), ANYONE);
                add(node);
            }
            assertThat(warnings())
                    .containsExactly(server.catalog(database)
                            + ": changes stay slower, as old foreign keys cannot be dropped; the next start tries again:"
                            + " ERROR: canceling statement due to lock timeout");
        }
        open("node").close();
        assertThat(keys()).containsExactly(KEPT);
    }

    @Test
    void aProcessThatIsNoNodeLeavesTheKeys() throws SQLException {
        makeOldKeys();
        PostgresDialect.open(server.catalog(database).address(), null, null, true);
        server.catalog(database).documents(folder).close();
        assertThat(keys()).containsExactly(OF_CONTENT, KEPT, OF_SIGNAL);
    }
}
