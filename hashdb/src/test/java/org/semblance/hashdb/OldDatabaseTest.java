package org.semblance.hashdb;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.catalog.JournalEntry;
import org.semblance.hashdb.catalog.JournalPayload;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.catalog.PayloadCodec;
import org.slf4j.LoggerFactory;

/** A database that an older build has written, with each kind of change in its journal, and each of its files. */
class OldDatabaseTest {
    private static final String HEAD_HASH = "acec2b6e0cb6dd1a0887773aa5f62849fa155194980af93d910d3b6475cf803a";

    @TempDir
    private Path folder;

    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

    private final Logger logger = (Logger) LoggerFactory.getLogger("org.semblance.hashdb");

    @BeforeEach
    void unpack() throws IOException {
        try (InputStream file = OldDatabaseTest.class.getResourceAsStream("database-2026-11-30.zip");
                ZipInputStream zip = new ZipInputStream(Objects.requireNonNull(file))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                Files.copy(zip, folder.resolve(entry.getName()));
            }
        }
        log.start();
        logger.addAppender(log);
        logger.setLevel(Level.INFO);
    }

    @AfterEach
    void detach() {
        logger.detachAppender(log);
        logger.setLevel(null);
    }

    @Test
    void opensWithAllItsFiles() throws InterruptedException {
        try (HashDb db = HashDb.open(folder)) {
            db.awaitView();
            assertThat(db.verify()).isEqualTo(new VerifyReport(18, HEAD_HASH, 45, 2, List.of()));
        }
        assertThat(log.list)
                .filteredOn(event -> event.getLevel().isGreaterOrEqual(Level.WARN))
                .extracting(ILoggingEvent::getFormattedMessage)
                .containsExactly(
                        folder.resolve("view.clean")
                                + ": the mark of a view of version 2 (expected: 3; written by an older release); the view is built anew");
        assertThat(log.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .contains(
                        folder.resolve("index.snapshot") + ": 45 hashes, 0 of them read from the catalog",
                        folder.resolve("features.snapshot") + ": 24 features, 0 of them read from the catalog");
    }

    @Test
    void itsPayloadsAreReadAndWrittenAsTheyStand() {
        try (HashDb db = HashDb.open(folder)) {
            List<JournalEntry> entries = db.journal(0, 100);
            assertThat(entries).hasSize(18);
            assertThat(entries.getLast().hash()).isEqualTo(HEAD_HASH);
            for (JournalEntry entry : entries) {
                assertThat(entry.computeHash()).isEqualTo(entry.hash());
                JournalPayload change = entry.change();
                assertThat(PayloadCodec.kind(change)).isEqualTo(entry.kind());
                assertThat(JournalEntry.chained(
                                entry.prevHash(),
                                entry.seq(),
                                entry.at(),
                                new Origin(entry.actor(), entry.reason()),
                                change,
                                null))
                        .isEqualTo(entry);
            }
        }
    }
}
