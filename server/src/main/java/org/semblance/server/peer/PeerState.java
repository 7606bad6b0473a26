package org.semblance.server.peer;

import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.file.SnapshotFormat;
import org.semblance.hashdb.follow.IndexKind;
import org.semblance.hashdb.hash.Hash256;

/**
 * What a peer says when it is asked which snapshots it has.
 *
 * @param problem in a few words; null if it answers as a node does
 * @param snapshots what it has; none if there is a problem
 */
public record PeerState(URI peer, Outcome outcome, @Nullable String problem, List<Snapshot> snapshots) {
    public PeerState {
        snapshots = List.copyOf(snapshots);
    }

    /** How far the question went. */
    public enum Outcome {
        ANSWERED,
        /** Nobody answers at that address, or not in time. */
        AWAY,
        /** The certificate is not one that this node trusts, or is of another name. */
        UNTRUSTED,
        /** The key is missing, or is not one that may read snapshots. */
        REFUSED,
        /** Somebody answers, and not as a node of this release does. */
        STRANGE
    }

    /**
     * A snapshot that a peer has.
     *
     * @param seq the change up to which it holds everything
     * @param mark the hash of that change in the journal
     * @param format the version of the file; 0 if the peer does not tell
     */
    public record Snapshot(IndexKind kind, long bytes, long seq, Hash256 mark, int format) {
        /** Why this release cannot read it; null if it can, as far as the peer tells. */
        public @Nullable String unreadable() {
            return format == 0 || format == SnapshotFormat.VERSION
                    ? null
                    : "of format " + format + " (expected: " + SnapshotFormat.VERSION + ")";
        }
    }

    static PeerState answered(URI peer, List<Snapshot> snapshots) {
        return new PeerState(peer, Outcome.ANSWERED, null, snapshots);
    }

    static PeerState failed(URI peer, Outcome outcome, @Nullable String problem) {
        return new PeerState(peer, outcome, String.valueOf(problem), List.of());
    }
}
