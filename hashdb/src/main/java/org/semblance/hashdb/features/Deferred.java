package org.semblance.hashdb.features;

import java.util.ArrayDeque;
import java.util.Queue;
import org.semblance.hashdb.offheap.Limbo;
import org.semblance.hashdb.offheap.Readers;

/** What the writer does when no lookup can hold any more what it has unlinked. */
final class Deferred {
    private final Limbo limbo;
    private final Queue<Runnable> actions = new ArrayDeque<>();

    Deferred(Readers readers) {
        limbo = new Limbo(readers);
    }

    /** Does this when all lookups of now have ended. */
    void later(Runnable action) {
        actions.add(action);
        limbo.retire(0);
    }

    /** Does what has become due. */
    void runDue() {
        while (limbo.poll() != Limbo.NONE) {
            actions.remove().run();
        }
    }
}
