package org.semblance.hashdb.follow;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.semblance.hashdb.hash.Hash256;

/**
 * The snapshots that other nodes of the same catalog have. A node that begins without a usable one of its own takes one of theirs, and
 * reads from the catalog only what came after it. A peer is not believed: its snapshot is checked as the node's own is.
 */
@FunctionalInterface
public interface PeerSnapshots {
    /** Of a node that knows no others. */
    PeerSnapshots NONE = kind -> List.of();

    /**
     * What the peers can give now, in any order. Returns within seconds, whatever they do, and logs why one of them gives nothing.
     */
    List<Offer> offers(IndexKind kind);

    /**
     * A snapshot that a peer says it has. By the time it is copied, a newer one may have taken its place.
     *
     * @param peer the address of the peer, for messages
     * @param seq the change up to which it holds everything
     * @param mark the hash of that change in the journal
     * @param bytes its length
     */
    record Offer(String peer, long seq, Hash256 mark, long bytes, Copying copying) {}

    /** How a snapshot comes from a peer. */
    @FunctionalInterface
    interface Copying {
        /**
         * Writes the snapshot to a new file.
         *
         * @throws IOException if it does not come whole, or comes too slowly; the message says why, and part of the file may be there
         */
        void to(Path file) throws IOException;
    }
}
