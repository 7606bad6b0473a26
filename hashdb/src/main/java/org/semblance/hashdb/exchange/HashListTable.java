package org.semblance.hashdb.exchange;

import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.MappingIterator;
import tools.jackson.databind.ObjectReader;
import tools.jackson.dataformat.csv.CsvMapper;
import tools.jackson.dataformat.csv.CsvReadFeature;
import tools.jackson.dataformat.csv.CsvSchema;

/**
 * The rows of a hash list in CSV, whose separator is the one of comma, semicolon and tab that its header has most of.
 *
 * <p>Columns are known by their header, in any order and case; the others are {@linkplain #ignoredColumns named}:
 *
 * <ul>
 *   <li>the hash: {@code pdq}, {@code md5}, {@code sha1}, {@code sha256} (several make one content of several signals), or
 *       {@code hash}, {@code value}, {@code signal}, {@code signal_str}, {@code hash_digest} with its type in
 *       {@code type}, {@code signal_type} or {@code algorithm} (PDQ if there is none; {@code vpdq} for the frames of a video);
 *   <li>{@code vpdq}, the frames of a video, and its {@code duration_ms};
 *   <li>{@code quality} of the PDQ hash; {@code note}; {@code source} or {@code collab};
 *   <li>{@code labels} and {@code tags}, separated by semicolons if there is any, otherwise by spaces; {@code label}, which
 *       is one label unless there is a semicolon;
 *   <li>{@code category}: a {@link ListCategory}, of which {@code DISPUTED} and {@code INVESTIGATION_SEED} become a label
 *       as well; any other text is a label alone.
 * </ul>
 */
final class HashListTable {
    private static final List<String> VALUE = List.of("hash", "value", "signal", "signal_str", "hash_digest");
    private static final List<String> TYPE = List.of("type", "signal_type", "algorithm");
    private static final List<String> SOURCE = List.of("source", "collab");
    private static final String DURATION = "duration_ms";
    private static final List<String> READ_BY_NAME =
            List.of("quality", "note", "label", "labels", "tags", "category", VideoSignals.TYPE, DURATION);

    /** What a column can be read as. */
    private static final List<String> FIELDS = Stream.of(
                    Arrays.stream(SignalType.values()).map(SignalType::wireName),
                    VALUE.stream().limit(1),
                    TYPE.stream().limit(1),
                    SOURCE.stream().limit(1),
                    READ_BY_NAME.stream())
            .flatMap(names -> names)
            .toList();

    private static final String SEPARATORS = ",;\t";

    /** All columns that are not read are named in a summary. */
    private static final int MAX_HEADER_CHARS = 100_000;

    private static final CsvMapper CSV = CsvMapper.builder()
            .enable(CsvReadFeature.WRAP_AS_ARRAY)
            .enable(CsvReadFeature.SKIP_EMPTY_LINES)
            .build();

    /** The column of each field, or of each name that is none: the one that was named for the field, or the first so called. */
    private final Map<String, Integer> columns = new LinkedHashMap<>();

    private final Map<SignalType, Integer> typedColumns = new EnumMap<>(SignalType.class);
    private final VideoSignals videos;
    private final @Nullable Integer value;
    private final @Nullable Integer type;
    private final @Nullable Integer source;
    private final List<HashListColumn> header;
    private final MappingIterator<String[]> rows;
    private final long headerLine;

    /**
     * @param header the line with the column names
     * @param headerLine its number in the file
     * @param rest what follows it
     */
    HashListTable(String header, long headerLine, Reader rest, HashListForm form) throws IOException {
        this.headerLine = headerLine;
        this.videos = form.videos();
        if (header.length() > MAX_HEADER_CHARS) {
            throw new IOException("line " + headerLine + ": " + header.length()
                    + " characters, and no hash (expected: a hash, or a CSV header of at most " + MAX_HEADER_CHARS
                    + " characters)");
        }
        ObjectReader reader =
                CSV.readerFor(String[].class).with(CsvSchema.emptySchema().withColumnSeparator(separator(header)));
        String[] names;
        try (MappingIterator<String[]> first = reader.readValues(header)) {
            names = first.hasNext() ? first.next() : new String[0];
        } catch (JacksonException e) {
            throw new IOException("line " + headerLine + ": neither a hash nor a CSV header", e);
        }
        name(names, form.columns());
        for (SignalType signalType : SignalType.values()) {
            Integer column = columns.get(signalType.wireName());
            if (column != null) {
                typedColumns.put(signalType, column);
            }
        }
        this.value = firstOf(VALUE);
        this.type = value == null ? null : firstOf(TYPE);
        this.source = firstOf(SOURCE);
        if (typedColumns.isEmpty() && value == null && !columns.containsKey(VideoSignals.TYPE)) {
            throw new IOException("line " + headerLine + ": '" + HashListReader.shortened(header)
                    + "' (expected: a hash, '<type> <hash>', or a CSV"
                    + " header with one of pdq, md5, sha1, sha256, vpdq, " + String.join(", ", VALUE) + ")");
        }
        this.header = header(names);
        this.rows = reader.readValues(rest);
    }

    /** Finds the column of each field: a column that was named for a field is read as nothing else. */
    private void name(String[] names, Map<String, String> wanted) throws IOException {
        Set<Integer> taken = new HashSet<>();
        for (Map.Entry<String, String> one : wanted.entrySet()) {
            String field = one.getKey().toLowerCase(Locale.ROOT);
            int at = 0;
            while (at < names.length && !names[at].strip().equalsIgnoreCase(one.getValue())) {
                at++;
            }
            if (!FIELDS.contains(field)) {
                throw new WrongColumnException(
                        "columns: '" + one.getKey() + "' (expected: one of " + String.join(", ", FIELDS) + ")");
            }
            if (at == names.length) {
                throw new WrongColumnException(
                        "columns: '" + one.getValue() + "' (expected: a column of the list, one of "
                                + HashListReader.shortened(String.join(", ", names)) + ")");
            }
            columns.put(field, at);
            taken.add(at);
        }
        for (int i = 0; i < names.length; i++) {
            if (!taken.contains(i)) {
                columns.putIfAbsent(names[i].strip().toLowerCase(Locale.ROOT), i);
            }
        }
    }

    private static char separator(String header) {
        char most = SEPARATORS.charAt(0);
        for (char separator : SEPARATORS.toCharArray()) {
            if (count(header, separator) > count(header, most)) {
                most = separator;
            }
        }
        return most;
    }

    private static long count(String text, char wanted) {
        return text.chars().filter(c -> c == wanted).count();
    }

    private @Nullable Integer firstOf(List<String> names) {
        return names.stream()
                .filter(columns::containsKey)
                .map(columns::get)
                .findFirst()
                .orElse(null);
    }

    private List<HashListColumn> header(String[] names) {
        Map<Integer, String> read = new HashMap<>();
        typedColumns.forEach((signalType, column) -> read.put(column, signalType.wireName()));
        put(read, value, VALUE);
        put(read, type, TYPE);
        put(read, source, SOURCE);
        READ_BY_NAME.forEach(name -> put(read, columns.get(name), List.of(name)));
        List<HashListColumn> all = new ArrayList<>();
        for (int i = 0; i < names.length; i++) {
            String name = names[i].strip();
            all.add(new HashListColumn(name.isEmpty() ? "column " + (i + 1) + " without a name" : name, read.get(i)));
        }
        return List.copyOf(all);
    }

    private static void put(Map<Integer, String> read, @Nullable Integer column, List<String> names) {
        if (column != null) {
            read.putIfAbsent(column, names.getFirst());
        }
    }

    /** The columns in their order, the second one of a name as one that is not read. */
    List<HashListColumn> columns() {
        return header;
    }

    /** The names of the columns that are not read, in their order. */
    List<String> ignoredColumns() {
        return header.stream()
                .filter(column -> column.as() == null)
                .map(HashListColumn::name)
                .toList();
    }

    @Nullable
    HashListEntry next() throws IOException {
        long line = headerLine;
        try {
            if (!rows.hasNext()) {
                return null;
            }
            String[] row = rows.next();
            line = headerLine + rows.currentLocation().getLineNr() - 1;
            return HashListReader.entry(line, content(row), category(row));
        } catch (IllegalArgumentException e) {
            return new HashListEntry.Unusable(line, String.valueOf(e.getMessage()));
        } catch (JacksonException e) {
            throw new IOException(
                    "line " + (headerLine + rows.currentLocation().getLineNr()) + ": not CSV: "
                            + e.getOriginalMessage(),
                    e);
        }
    }

    private ContentDraft content(String[] row) {
        List<Signal> signals = new ArrayList<>();
        KnownVideo video = null;
        String quality = cell(row, "quality");
        typedColumns.forEach((signalType, column) -> {
            String text = cell(row, column);
            if (!text.isEmpty()) {
                signals.add(HashListReader.signal(signalType, text, quality));
            }
        });
        if (!cell(row, VideoSignals.TYPE).isEmpty()) {
            video = videos.known(cell(row, VideoSignals.TYPE), durationMs(row));
        }
        if (value != null) {
            String named = cell(row, type);
            if (named.equalsIgnoreCase(VideoSignals.TYPE)) {
                video = videos.known(cell(row, value), durationMs(row));
            } else {
                SignalType signalType = named.isEmpty() ? SignalType.PDQ : HashListReader.type(named);
                signals.add(HashListReader.signal(signalType, cell(row, value), quality));
            }
        }
        if (signals.isEmpty() && video == null) {
            throw new IllegalArgumentException("no hash in the row");
        }
        return new ContentDraft(
                signals, labels(row), emptyToNull(cell(row, "note")), emptyToNull(cell(row, source)), null, video);
    }

    private @Nullable Integer durationMs(String[] row) {
        String text = cell(row, DURATION);
        try {
            return text.isEmpty() ? null : Integer.valueOf(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(DURATION + ": '" + text + "' (expected: milliseconds)", e);
        }
    }

    private List<String> labels(String[] row) {
        Set<String> labels = new LinkedHashSet<>(split(cell(row, "labels"), " "));
        labels.addAll(split(cell(row, "tags"), " "));
        labels.addAll(split(cell(row, "label"), ";"));
        labels.addAll(HashListReader.labels(cell(row, "category")));
        return List.copyOf(labels);
    }

    private static List<String> split(String together, String otherwise) {
        return Arrays.stream(together.split(together.contains(";") ? ";" : otherwise))
                .map(String::strip)
                .filter(label -> !label.isEmpty())
                .toList();
    }

    private ListCategory category(String[] row) {
        return ListCategory.of(cell(row, "category")).orElse(ListCategory.UNSTATED);
    }

    private String cell(String[] row, String name) {
        return cell(row, columns.get(name));
    }

    private static String cell(String[] row, @Nullable Integer column) {
        return column != null && column < row.length ? row[column].strip() : "";
    }

    private static @Nullable String emptyToNull(String text) {
        return text.isEmpty() ? null : text;
    }
}
