package org.semblance.hashdb.follow;

import java.time.Duration;

/**
 * Told what a database does. Called by the thread that does it, some of them with the lock of the writers held: an
 * implementation counts and returns.
 */
public interface DatabaseEvents {
    /** Tells nobody. */
    DatabaseEvents NONE = new DatabaseEvents() {};

    /** A group of changes was made durable, with one sync of the disk, or tried to be. */
    default void committed(int changes, Duration took) {}

    /** An index could not be had from its snapshot, or there was none, and was built from the catalog. */
    default void built(IndexKind index, Duration took) {}

    /** An index began with the snapshot of a peer, which was fetched and loaded in that time. */
    default void fetched(IndexKind index, Duration took) {}

    /** A snapshot that a peer has could not be had, or was not right. */
    default void fetchFailed(IndexKind index) {}

    /** An index was written to its snapshot. */
    default void saved(IndexKind index, Duration took) {}

    /** An index could not be written; the next start reads more from the catalog. */
    default void saveFailed(IndexKind index) {}

    /** The view could not be opened, or was outgrown, and was built from the catalog. */
    default void viewBuilt(Duration took) {}

    /** The view failed, or could not be built; the catalog answers in its place. */
    default void viewFailed() {}
}
