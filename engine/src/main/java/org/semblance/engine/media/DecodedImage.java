package org.semblance.engine.media;

import java.lang.foreign.Arena;
import org.semblance.engine.pdq.Luma;

/**
 * A decoded picture, in native memory until it is closed. Reading its luma afterwards is refused, not undefined.
 *
 * @param luma what to hash
 * @param from the first row that was decoded; rows before it are of one colour, whatever the picture shows there
 * @param until the row behind the last that was decoded; {@code luma.height()} if nothing is missing below
 * @param note what is peculiar about the way the picture was decoded, or empty
 * @param memory owns the pixels
 */
public record DecodedImage(Luma luma, int from, int until, String note, Arena memory) implements AutoCloseable {
    /** A picture of which every row was decoded. */
    public DecodedImage(Luma luma, String note, Arena memory) {
        this(luma, 0, luma.height(), note, memory);
    }

    /** This picture with another note. */
    public DecodedImage noted(String other) {
        return new DecodedImage(luma, from, until, other, memory);
    }

    /** Whether rows are missing, or seem to be. */
    public boolean lacksRows() {
        return until - from < luma.height();
    }

    /**
     * The share of its rows that were decoded, above 0 and at most 1. Rows that seem to be missing count as decoded if nothing
     * else, and so no note, says that the file is damaged: a picture may end in mid-grey.
     */
    public double seen() {
        return note.isEmpty() ? 1 : (until - from) / (double) luma.height();
    }

    @Override
    public void close() {
        memory.close();
    }
}
