package org.semblance.engine.guard;

import org.semblance.hashdb.hash.Hash256;

/** How many of the recent uploads are near a hash. */
public interface RecentNeighbours {
    /** No upload is remembered. */
    RecentNeighbours NONE = new RecentNeighbours() {
        @Override
        public int near(Hash256 hash, int maxDistance, int most) {
            return 0;
        }

        @Override
        public long uploads() {
            return 0;
        }
    };

    /**
     * How many uploads have a hash within that distance.
     *
     * @param most counting may end there
     */
    int near(Hash256 hash, int maxDistance, int most);

    /** How many uploads are remembered. */
    long uploads();
}
