package org.semblance.hashdb.document;

import java.io.IOException;

/** What one of several nodes may do at a time. Ends by itself if its holder is gone. Safe for many threads. */
public interface Lease {
    /** The lease of something that no other node could do. */
    Lease OWN = new Lease() {
        @Override
        public boolean take() {
            return true;
        }

        @Override
        public boolean isHeld() {
            return true;
        }

        @Override
        public void leave() {}
    };

    /**
     * Takes the lease, or takes it for longer.
     *
     * @return whether this node has it now
     * @throws IOException if that cannot be told
     */
    boolean take() throws IOException;

    /** Whether this node has it at this moment, as far as it can tell without asking. */
    boolean isHeld();

    /** Gives the lease back, so that another node need not wait for its end. */
    void leave();
}
