package org.semblance.hashdb.exchange;

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
}
