package org.semblance.hashdb.exchange;

import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.MappingIterator;
import tools.jackson.databind.ObjectReader;
import tools.jackson.dataformat.csv.CsvMapper;
import tools.jackson.dataformat.csv.CsvReadFeature;

/**
 * The rows of a hash list in CSV.
 *
 * <p>Columns are known by their header, in any order and case, others are ignored:
 *
 * <ul>
 *   <li>the hash: {@code pdq}, {@code md5}, {@code sha1}, {@code sha256} (several make one content of several signals), or
 *       {@code hash}, {@code value}, {@code signal}, {@code signal_str}, {@code hash_digest} with its type in
 *       {@code type}, {@code signal_type} or {@code algorithm} (PDQ if there is none);
 *   <li>{@code quality} of the PDQ hash; {@code note}; {@code source} or {@code collab};
 *   <li>{@code labels} or {@code tags}, separated by semicolons if there is any, otherwise by spaces.
 * </ul>
 */
final class HashListTable {
    private static final List<String> VALUE = List.of("hash", "value", "signal", "signal_str", "hash_digest");
    private static final List<String> TYPE = List.of("type", "signal_type", "algorithm");

    private static final CsvMapper CSV = CsvMapper.builder()
            .enable(CsvReadFeature.WRAP_AS_ARRAY)
            .enable(CsvReadFeature.SKIP_EMPTY_LINES)
            .build();

    private final Map<String, Integer> columns = new HashMap<>();
    private final Map<SignalType, Integer> typedColumns = new EnumMap<>(SignalType.class);
    private final @Nullable Integer valueColumn;
    private final MappingIterator<String[]> rows;
    private final long headerLine;

    /**
     * @param header the line with the column names
     * @param headerLine its number in the file
     * @param rest what follows it
     */
    HashListTable(String header, long headerLine, Reader rest) throws IOException {
        this.headerLine = headerLine;
        ObjectReader reader = CSV.readerFor(String[].class);
        String[] names;
        try (MappingIterator<String[]> first = reader.readValues(header)) {
            names = first.hasNext() ? first.next() : new String[0];
        } catch (JacksonException e) {
            throw new IOException("line " + headerLine + ": neither a hash nor a CSV header", e);
        }
        for (int i = 0; i < names.length; i++) {
            columns.putIfAbsent(names[i].strip().toLowerCase(Locale.ROOT), i);
        }
        for (SignalType type : SignalType.values()) {
            Integer column = columns.get(type.wireName());
            if (column != null) {
                typedColumns.put(type, column);
            }
        }
        this.valueColumn = VALUE.stream()
                .filter(columns::containsKey)
                .map(columns::get)
                .findFirst()
                .orElse(null);
        if (typedColumns.isEmpty() && valueColumn == null) {
            throw new IOException(
                    "line " + headerLine + ": '" + header + "' (expected: a hash, '<type> <hash>', or a CSV"
                            + " header with one of pdq, md5, sha1, sha256, " + String.join(", ", VALUE) + ")");
        }
        this.rows = reader.readValues(rest);
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
            return new HashListEntry.Usable(line, content(row));
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
        String quality = cell(row, List.of("quality"));
        typedColumns.forEach((type, column) -> {
            String value = column < row.length ? row[column].strip() : "";
            if (!value.isEmpty()) {
                signals.add(HashListReader.signal(type, value, quality));
            }
        });
        if (valueColumn != null) {
            String type = cell(row, TYPE);
            String value = valueColumn < row.length ? row[valueColumn].strip() : "";
            signals.add(
                    HashListReader.signal(type.isEmpty() ? SignalType.PDQ : HashListReader.type(type), value, quality));
        }
        if (signals.isEmpty()) {
            throw new IllegalArgumentException("no hash in the row");
        }
        String together = cell(row, List.of("labels", "tags"));
        List<String> labels = Arrays.stream(together.split(together.contains(";") ? ";" : " "))
                .map(String::strip)
                .filter(label -> !label.isEmpty())
                .toList();
        return new ContentDraft(
                signals,
                labels,
                emptyToNull(cell(row, List.of("note"))),
                emptyToNull(cell(row, List.of("source", "collab"))),
                null);
    }

    private String cell(String[] row, List<String> names) {
        for (String name : names) {
            Integer column = columns.get(name);
            if (column != null && column < row.length) {
                return row[column].strip();
            }
        }
        return "";
    }

    private static @Nullable String emptyToNull(String text) {
        return text.isEmpty() ? null : text;
    }
}
