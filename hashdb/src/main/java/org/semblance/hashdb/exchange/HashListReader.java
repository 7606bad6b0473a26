package org.semblance.hashdb.exchange;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.ChangeRefusedException;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.hash.HashAndQuality;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;

/**
 * Reads a hash list as partners write them, one entry at a time, so that a list of any length fits in memory.
 *
 * <p>The first line that is neither empty nor a comment ({@code #}) decides what the file is:
 *
 * <ul>
 *   <li>a hash, with its type or without, and what tools print of one: a {@link HashListLine};
 *   <li>a JSON object: such an object in each line, see {@link HashListForm#json};
 *   <li>anything else: CSV (RFC 4180) with a header, see {@link HashListTable}.
 * </ul>
 *
 * <p>A bad entry does not end the reading: it comes back as {@link HashListEntry.Unusable}, because a list of millions
 * with one bad line must still protect.
 */
public final class HashListReader implements Closeable {
    /** A video of as many frames as can be banked, with some room. */
    private static final int MAX_ENTRY_BYTES = 20_000_000;

    /** A video with as many local features as can be banked, with some room. */
    private static final int MAX_JSON_BYTES = 128_000_000;

    /** Characters of a text's beginning, or its end. */
    private static final int LONGEST_END = 200;

    private final CountingStream bytes;
    private final BufferedReader lines;
    private final HashListForm form;
    private final boolean isJson;
    private final @Nullable HashListTable table;
    private final Set<String> ignored = new LinkedHashSet<>();
    private @Nullable String pending;
    private long line;

    /**
     * Opens the list.
     *
     * @param bareType the type of hashes that come without one
     * @throws IOException if it cannot be read, or is CSV whose header has no hash column
     */
    public HashListReader(Path file, SignalType bareType, VideoSignals videos) throws IOException {
        this(Files.newInputStream(file), new HashListForm(bareType, videos));
    }

    /**
     * Opens the list that the stream gives. The stream is closed with the reader.
     *
     * @throws WrongColumnException if a column is named that the list does not have
     * @throws IOException if the stream cannot be read, or is CSV whose header has no hash column
     */
    public HashListReader(InputStream in, HashListForm form) throws IOException {
        this.bytes = new CountingStream(in, form.json() == null ? MAX_ENTRY_BYTES : MAX_JSON_BYTES);
        this.form = form;
        this.lines = new BufferedReader(new InputStreamReader(bytes, StandardCharsets.UTF_8), 1 << 16);
        String first = nextLine();
        this.isJson = form.json() != null && first != null && first.startsWith("{");
        if (first == null || isJson || HashListLine.opensList(first, form.bareType())) {
            if (!form.columns().isEmpty()) {
                throw new WrongColumnException("columns: '"
                        + String.join(", ", form.columns().values()) + "' (expected: none, as the list has no header)");
            }
            this.pending = first;
            this.table = null;
        } else {
            this.table = new HashListTable(first, line, lines, form);
        }
    }

    /** The next entry, or null at the end of the list. */
    public @Nullable HashListEntry next() throws IOException {
        bytes.beginEntry();
        if (table != null) {
            return table.next();
        }
        String text = pending != null ? pending : nextLine();
        pending = null;
        return text == null ? null : parse(text);
    }

    /** The columns of a list in CSV, in their order; none of another list. */
    public List<HashListColumn> columns() {
        return table == null ? List.of() : table.columns();
    }

    /** The columns, in all entries so far, of which nothing is taken. */
    public List<String> ignoredColumns() {
        return table != null ? table.ignoredColumns() : List.copyOf(ignored);
    }

    /** Bytes of the file taken in so far, for a progress bar. */
    public long bytesRead() {
        return bytes.count;
    }

    @Override
    public void close() throws IOException {
        lines.close();
    }

    private @Nullable String nextLine() throws IOException {
        for (String text = lines.readLine(); text != null; text = lines.readLine()) {
            line++;
            String stripped = text.strip();
            if (line == 1 && stripped.startsWith("\uFEFF")) {
                stripped = stripped.substring(1);
            }
            if (!stripped.isEmpty() && stripped.charAt(0) != '#') {
                return stripped;
            }
        }
        return null;
    }

    private HashListEntry parse(String text) {
        HashListForm.JsonEntries json = form.json();
        try {
            return isJson && json != null
                    ? json.entry(line, text)
                    : new HashListLine(text, form.bareType(), form.videos(), ignored).entry(line);
        } catch (IllegalArgumentException e) {
            return new HashListEntry.Unusable(line, String.valueOf(e.getMessage()));
        }
    }

    /**
     * The signal type that a list calls by that name, in any case.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static SignalType type(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return lower.equals("video_md5") ? SignalType.MD5 : SignalType.parse(lower);
    }

    /** A text of a list as it is told, be it a whole file without a line break: its beginning and its end. */
    static String shortened(String text) {
        // A picture that is taken for a list would otherwise send its bytes to a terminal.
        String printable = text.replaceAll("\\p{Cntrl}", "\uFFFD");
        int last = printable.length() - LONGEST_END;
        return last <= LONGEST_END ? printable : printable.substring(0, LONGEST_END) + "…" + printable.substring(last);
    }

    /** An entry that can be banked, unless the catalog would refuse it. */
    static HashListEntry entry(long line, ContentDraft content, ListCategory category) {
        try {
            content.check();
            return new HashListEntry.Usable(line, content, category);
        } catch (ChangeRefusedException e) {
            return new HashListEntry.Unusable(line, String.valueOf(e.getMessage()));
        }
    }

    /** The labels that stand for what a list says in a category. */
    public static List<String> labels(String category) {
        return ListCategory.of(category)
                .map(known -> switch (known) {
                    case DISPUTED, INVESTIGATION_SEED -> List.of(known.name().toLowerCase(Locale.ROOT));
                    case UNSTATED, POSITIVE_CLASS, NEGATIVE_CLASS -> List.<String>of();
                })
                .orElseGet(() -> category.isEmpty() ? List.of() : List.of(category));
    }

    /**
     * A signal of which the list tells the quality; empty text means that it does not.
     *
     * @throws IllegalArgumentException if value or quality cannot be banked
     */
    static Signal signal(SignalType type, String value, String quality) {
        if (quality.isBlank() || type.isDigest()) {
            return new Signal(type, value);
        }
        int q;
        try {
            q = Integer.parseInt(quality.strip());
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("quality: '" + quality + "' (expected: 0 to 100)", e);
        }
        Signal signal = new Signal(type, value, q);
        if (signal.isTooFlat()) {
            throw new IllegalArgumentException("quality: " + q + " (expected: at least " + HashAndQuality.MIN_QUALITY
                    + "; a flatter picture would match other flat pictures)");
        }
        return signal;
    }

    private static final class CountingStream extends FilterInputStream {
        private final int mostOfAnEntry;
        private volatile long count;
        private long begun;

        CountingStream(InputStream in, int mostOfAnEntry) {
            super(in);
            this.mostOfAnEntry = mostOfAnEntry;
        }

        /** What was read before is not of the entry that comes. */
        void beginEntry() {
            begun = count;
        }

        @Override
        @SuppressWarnings("NonAtomicVolatileUpdate") // one reader writes, a progress bar reads
        public int read(byte[] target, int offset, int length) throws IOException {
            if (count - begun > mostOfAnEntry) {
                throw new IOException("an entry of more than " + mostOfAnEntry + " bytes");
            }
            int n = super.read(target, offset, length);
            count += Math.max(0, n);
            return n;
        }
    }
}
