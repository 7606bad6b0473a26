package org.semblance.server.cli.database;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.semblance.hashdb.catalog.JournalEntry;
import org.semblance.hashdb.catalog.JournalPayload;

/**
 * The progress of the import of a hash list into a bank.
 *
 * <p>Nothing is kept beside the catalog for it: each batch's journal row says of which file it came and up to which of
 * its entries, in the same transaction as the contents. So an import that was killed goes on after the last batch that
 * is durable, and a list that is imported twice is banked once.
 */
public final class ImportMark {
    private static final int MAX_NAME_CHARS = 60;
    private static final Pattern REASON = Pattern.compile("import .* sha256=([0-9a-f]{64}) entries=([0-9]+)");

    private final String fileName;
    private final String sha256;

    /** The mark of that file, known by its bytes and not by its name. */
    public ImportMark(Path file) throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
        byte[] buffer = new byte[1 << 16];
        try (InputStream in = Files.newInputStream(file)) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
            }
        }
        String name = String.valueOf(file.getFileName());
        this.fileName = name.substring(0, Math.min(name.length(), MAX_NAME_CHARS));
        this.sha256 = HexFormat.of().formatHex(digest.digest());
    }

    /** The reason of a batch that ends with that entry of the file, counted from 1. */
    public String reason(long entries) {
        return "import " + fileName + " sha256=" + sha256 + " entries=" + entries;
    }

    /** The digest by which the file is known, 64 hex digits. */
    String sha256() {
        return sha256;
    }

    /** How many entries of the file a bank holds by these rows; a bank deleted since then, even of the same name, has none. */
    long entriesIn(List<JournalEntry> rows, long bankId) {
        long entries = 0;
        for (JournalEntry row : rows) {
            Matcher reason = REASON.matcher(row.reason());
            if (reason.matches()
                    && reason.group(1).equals(sha256)
                    && row.change() instanceof JournalPayload.ContentsAdded added
                    && added.bankId() == bankId) {
                entries = Math.max(entries, Long.parseLong(reason.group(2)));
            }
        }
        return entries;
    }
}
