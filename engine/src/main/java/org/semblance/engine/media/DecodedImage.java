package org.semblance.engine.media;

import java.lang.foreign.Arena;
import org.semblance.engine.pdq.Luma;

/**
 * A decoded picture, in native memory until it is closed. Reading its luma afterwards is refused, not undefined.
 *
 * @param luma what to hash
 * @param note what is peculiar about the way it was decoded, or empty
 * @param memory owns the pixels
 */
public record DecodedImage(Luma luma, String note, Arena memory) implements AutoCloseable {
    @Override
    public void close() {
        memory.close();
    }
}
