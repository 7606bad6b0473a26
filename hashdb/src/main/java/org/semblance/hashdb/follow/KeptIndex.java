package org.semblance.hashdb.follow;

import java.io.IOException;
import java.nio.file.Path;
import org.semblance.hashdb.catalog.sql.Catalog;
import org.semblance.hashdb.hash.Hash256;

/**
 * An index that follows the catalog and is saved now and then by an {@link IndexKeeper}. Its unit is what it counts by: a hash
 * or a feature. All but {@link #save} is called with the writers' lock held.
 */
public interface KeptIndex extends AutoCloseable {
    /** How many units it holds. */
    long size();

    /** From now on what {@link #save} writes stays as it is, until {@link #settle} has moved all changes over. */
    void hold();

    boolean isHeld();

    /** How many changes wait to be moved over; any thread. */
    int unsettled();

    /** Moves so many changes over that came while the index was held. When none is left it is no longer held. */
    void settle(int changes);

    /** Writes what the index held when it was held, or what it holds now if nothing changes it. Changes may go on beside. */
    void save(Path file, long seq, Hash256 mark) throws IOException;

    @Override
    void close();

    /** How an index of one kind comes about. */
    interface Source<I extends KeptIndex> {
        IndexKind kind();

        /** The index that a snapshot holds, which names the change up to which it holds everything, and its hash. */
        Opened<I> open(Path file) throws IOException;

        /** The index of everything that the catalog has. */
        Filled<I> build(Catalog catalog);

        /** Takes in what the catalog did after that change. */
        Filled<I> replay(I index, long afterSeq, Catalog catalog);
    }

    /** An index from a snapshot. */
    record Opened<I>(I index, long seq, Hash256 mark) {}

    /**
     * An index, and the state of the catalog that it holds.
     *
     * @param changes units that were read from the catalog
     */
    record Filled<I>(I index, Catalog.State state, long changes) {}
}
