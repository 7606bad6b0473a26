package org.semblance.hashdb.document;

import java.time.Duration;

/** Where documents are that several nodes share, and who of them may do what. */
public interface Documents extends AutoCloseable {
    /** The document of that name, which need not exist yet. */
    Document document(String name);

    /**
     * The lease of that name, for this process.
     *
     * @param length how long it lasts unless it is taken again
     */
    Lease lease(String name, Duration length);

    @Override
    void close();
}
