package org.semblance.hashdb.exchange;

import java.io.Closeable;
import java.io.IOException;
import java.io.Writer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.BankContent;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;
import tools.jackson.databind.SequenceWriter;
import tools.jackson.dataformat.csv.CsvMapper;
import tools.jackson.dataformat.csv.CsvWriteFeature;

/**
 * Writes contents as a hash list in CSV (RFC 4180), which {@link HashListReader} reads back: a row a content, and a further
 * one for each further signal of a type that it has several of. A video's frames are written as well.
 */
public final class HashListWriter implements Closeable {
    /** Quotes what needs it, and not whatever is long. */
    private static final CsvMapper CSV =
            CsvMapper.builder().enable(CsvWriteFeature.STRICT_CHECK_FOR_QUOTING).build();

    private final SequenceWriter rows;
    private final List<String> category;
    private final Function<BankContent, Optional<KnownVideo>> videos;

    /**
     * Writes the header.
     *
     * @param out closed with this
     * @param videos gives the frames of a content that is a video
     * @param kind of the bank; rows of allowed content are of the category {@link ListCategory#NEGATIVE_CLASS}, so that no
     *     import takes them for known bad
     */
    public HashListWriter(Writer out, BankKind kind, Function<BankContent, Optional<KnownVideo>> videos)
            throws IOException {
        this.videos = videos;
        this.category = kind == BankKind.ALLOW ? List.of(ListCategory.NEGATIVE_CLASS.name()) : List.of();
        this.rows = CSV.writerFor(String[].class).writeValues(out);
        List<String> columns = new ArrayList<>();
        for (SignalType type : SignalType.values()) {
            columns.add(type.wireName());
        }
        columns.addAll(List.of("quality", "labels", "note", "source", VideoSignals.TYPE, "duration_ms"));
        if (!category.isEmpty()) {
            columns.add("category");
        }
        rows.write(columns.toArray(String[]::new));
    }

    /** Writes a content. */
    public void write(BankContent content) throws IOException {
        List<Signal> left = new ArrayList<>(content.signals());
        KnownVideo video =
                content.video() == null ? null : videos.apply(content).orElse(null);
        boolean first = video != null;
        while (first || !left.isEmpty()) {
            rows.write(row(content, left, first ? video : null));
            first = false;
        }
    }

    /** Hands on what has been written. */
    public void flush() throws IOException {
        rows.flush();
    }

    /** Takes the first signal of each type. */
    private String[] row(BankContent content, List<Signal> left, @Nullable KnownVideo video) {
        List<String> row = new ArrayList<>();
        String quality = "";
        for (SignalType type : SignalType.values()) {
            Signal first =
                    left.stream().filter(s -> s.type() == type).findFirst().orElse(null);
            left.remove(first);
            row.add(first == null ? "" : first.value());
            if (first != null && first.quality() != null) {
                quality = first.quality().toString();
            }
        }
        // The semicolon at the end tells a label of several words from several labels.
        String labels = content.labels().isEmpty() ? "" : String.join(";", content.labels()) + ";";
        row.addAll(Arrays.asList(quality, labels, text(content.note()), text(content.source())));
        row.add(video == null ? "" : VideoSignals.text(video));
        row.add(video == null ? "" : Integer.toString(video.durationMs()));
        row.addAll(category);
        return row.toArray(String[]::new);
    }

    private static String text(@Nullable String text) {
        return text == null ? "" : text;
    }

    @Override
    public void close() throws IOException {
        rows.close();
    }
}
