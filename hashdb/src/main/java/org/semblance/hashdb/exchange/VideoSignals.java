package org.semblance.hashdb.exchange;

import java.math.BigDecimal;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.KnownVideo;

/** Reads signals of the type {@value #TYPE}: how frames become what is banked is not a list's business. */
@FunctionalInterface
public interface VideoSignals {
    /** As lists name it. */
    String TYPE = "vpdq";

    /**
     * What is banked of a video.
     *
     * @param signal a JSON array of strings {@code "hash,quality,seconds"}
     * @param durationMs the video's length, or null if the list does not tell it
     * @throws IllegalArgumentException if it is not of that form, or nothing of it can be banked
     */
    KnownVideo known(String signal, @Nullable Integer durationMs);

    /** The signal of a video, with all milliseconds, of which python-threatexchange keeps three digits. */
    static String text(KnownVideo video) {
        return video.frames().stream()
                .map(frame -> "\"" + frame.hash().toHex() + "," + frame.quality() + ","
                        + BigDecimal.valueOf(frame.fromMs(), 3) + "\"")
                .collect(Collectors.joining(", ", "[", "]"));
    }
}
