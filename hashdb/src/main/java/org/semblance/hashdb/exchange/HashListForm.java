package org.semblance.hashdb.exchange;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.hash.SignalType;

/**
 * How a hash list is to be read.
 *
 * @param bareType the type of hashes that come without one
 * @param videos reads the frames of videos
 * @param columns names of columns of a CSV list by the fields that they are read as, whatever their names say
 * @param json reads lines that are JSON objects, or null if such a list is refused
 */
public record HashListForm(
        SignalType bareType,
        VideoSignals videos,
        Map<String, String> columns,
        @Nullable JsonEntries json) {
    /** Lines and CSV, with the columns as they are named. */
    public HashListForm(SignalType bareType, VideoSignals videos) {
        this(bareType, videos, Map.of(), null);
    }

    /** Reads an entry that is a JSON object: which fields one has is not the business of this package. */
    @FunctionalInterface
    public interface JsonEntries {
        /**
         * The entry of that line.
         *
         * @throws IllegalArgumentException naming the field, what came and what was expected
         */
        HashListEntry.Usable entry(long line, String json);
    }
}
