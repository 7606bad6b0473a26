package org.semblance.hashdb.catalog.sql;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.CatalogRefusedException;
import org.semblance.hashdb.catalog.rows.Rows;
import org.semblance.hashdb.catalog.rows.Schema;
import org.semblance.hashdb.file.FormatException;
import org.semblance.hashdb.file.SealedText;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The newest change that was acknowledged, in a file beside the catalog. SQLite takes a damaged page of its log for the
 * log's end, and drops without a word what was committed after it; so the catalog is compared with this before SQLite
 * may write.
 *
 * <p>The file has the frame of {@link SealedText} on one line. Its body is the change's number in 19 digits and its hash in
 * the journal. The order of a commit is:
 *
 * <ol>
 *   <li>The catalog is synced.
 *   <li>This file is written in its place, always as long as before, and is not synced.
 *   <li>The change is acknowledged.
 * </ol>
 *
 * <p>So the file names the newest acknowledged change when the process is killed, and is never ahead of the catalog when the
 * power is cut.
 */
final class AcknowledgedHead implements AutoCloseable {
    static final String FILE_NAME = "catalog.head";

    private static final Logger LOG = LoggerFactory.getLogger(AcknowledgedHead.class);
    private static final SealedText FORMAT = new SealedText("the mark of the newest change", "semblance-head", 1);
    private static final Pattern BODY = Pattern.compile(" (\\d{1,19}) ([0-9a-f]{64}) ");

    private final Path file;
    private @Nullable FileChannel channel;
    private volatile @Nullable Mark newest;

    /** @param catalog the catalog's file */
    AcknowledgedHead(Path catalog) {
        this.file = catalog.resolveSibling(FILE_NAME);
    }

    /** The newest change that a node has seen of a catalog that is elsewhere. */
    static AcknowledgedHead in(Path folder) {
        return new AcknowledgedHead(folder.resolve(FILE_NAME));
    }

    /** Takes what the file has for the newest. */
    void recall() {
        newest = read();
    }

    /** The newest change that was noted; null if none was. */
    @Nullable
    Mark newest() {
        return newest;
    }

    /** A change, and the hash of its row of the journal, 64 hex digits. */
    record Mark(long seq, String hash) {}

    /**
     * Compares the catalog with what was acknowledged, without changing either, so that a log that is damaged can still
     * be looked at. Passes if nothing is known of it.
     *
     * @throws CatalogRefusedException if acknowledged changes are missing, or it is another catalog
     */
    void check(Path catalog) {
        Mark head = read();
        if (head == null || head.seq == 0 || !Files.exists(catalog)) {
            return;
        }
        long seq = 0;
        String hash = null;
        try (Connection connection = Schema.connectReadOnly(catalog);
                PreparedStatement select = connection.prepareStatement(
                        "SELECT seq, hash FROM journal WHERE seq <= ? ORDER BY seq DESC LIMIT 1")) {
            select.setLong(1, head.seq);
            try (ResultSet row = select.executeQuery()) {
                if (row.next()) {
                    seq = row.getLong(1);
                    hash = HexFormat.of().formatHex(Rows.bytes(row, 2));
                }
            }
        } catch (SQLException e) {
            LOG.debug("{}: cannot be read; opening it will say why", catalog, e);
            return;
        }
        String accept = "restore a backup to a new folder, or delete " + FILE_NAME + " to go on with it as it is";
        if (seq < head.seq) {
            throw new CatalogRefusedException(
                    catalog.getFileName() + " ends with change " + seq + ", but changes up to " + head.seq
                            + " were acknowledged: changes " + (seq + 1) + " to " + head.seq + " are lost, because "
                            + catalog.getFileName()
                            + "-wal is damaged or missing, or an older file was put in its place; "
                            + accept,
                    null);
        }
        if (!head.hash.equals(hash)) {
            throw new CatalogRefusedException(
                    catalog.getFileName() + " is not the one that was here: its change " + seq + " has the hash " + hash
                            + " (expected: " + head.hash + "); " + accept,
                    null);
        }
    }

    private @Nullable Mark read() {
        try {
            if (!Files.exists(file)) {
                return null;
            }
            String body = FORMAT.open(file, Files.readString(file, StandardCharsets.ISO_8859_1));
            Matcher fields = BODY.matcher(body);
            if (fields.matches()) {
                return new Mark(Long.parseLong(fields.group(1)), fields.group(2));
            }
            LOG.warn("{}: without a change; the file does not tell whether changes were lost", file);
        } catch (FormatException e) {
            LOG.warn("{}; the file does not tell whether changes were lost: verify the database", e.getMessage());
        } catch (IOException e) {
            LOG.warn("{}: cannot be read, so it does not tell whether changes were lost: {}", file, e.toString());
        }
        return null;
    }

    /** Notes a change that is committed. If that fails the change stands all the same, and the log tells. */
    void write(long seq, String hash) {
        newest = new Mark(seq, hash);
        String text = FORMAT.seal(String.format(Locale.ROOT, " %019d %s ", seq, hash));
        try {
            FileChannel out = channel;
            if (out == null) {
                out = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                channel = out;
            }
            out.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)), 0);
        } catch (IOException e) {
            LOG.warn("{}: cannot be written: {}", file, e.toString());
        }
    }

    @Override
    public void close() {
        FileChannel out = channel;
        channel = null;
        if (out != null) {
            try {
                out.close();
            } catch (IOException e) {
                LOG.debug("{}: closing it failed", file, e);
            }
        }
    }
}
