package org.semblance.hashdb.document;

import java.io.IOException;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A small document that is replaced as a whole: readers, and a crash, see the old one or the new one. Its text names it in
 * messages. Safe for many threads, and for many processes.
 */
public interface Document {
    /**
     * The content; null if it was never written, or is gone.
     *
     * @throws IOException if it cannot be read
     */
    byte @Nullable [] read() throws IOException;

    /**
     * Replaces the content by what the change makes of it; no other change runs beside. The content is durable when this returns.
     *
     * @param change takes null if there is no content; what it throws is thrown, and nothing is changed then
     * @throws IOException if it cannot be read or written
     */
    void change(UnaryOperator<byte @Nullable []> change) throws IOException;

    /** Whether there ever was such a document, even if it is gone. */
    boolean wasThere() throws IOException;

    /** Remembers that there is such a document, which may have come by another way than {@link #change}. */
    void remember() throws IOException;
}
