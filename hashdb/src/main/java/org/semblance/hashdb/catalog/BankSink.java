package org.semblance.hashdb.catalog;

/** Receives the banks of contents. */
@FunctionalInterface
public interface BankSink {
    /** Contents from the first id to the last; not every id between need be one. */
    void contents(long first, long last, long bankId);
}
