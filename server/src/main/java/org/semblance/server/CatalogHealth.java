package org.semblance.server;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.follow.FollowState;
import org.semblance.server.config.ServerConfig;

/** Whether this node follows the catalog that it shares with others closely enough to be asked. */
final class CatalogHealth {
    private CatalogHealth() {}

    /** Tells why the node must not be asked, in words; null if it may. */
    static Supplier<@Nullable String> of(HashDb db, ServerConfig config) {
        long maxLag = config.catalogMaxLagS();
        return () -> {
            FollowState state = db.followState();
            if (state.unready() != null) {
                return state.unready();
            }
            return state.lag().toSeconds() > maxLag
                    ? "the list may be behind the catalog for " + state.lag().toSeconds() + " s (expected: at most "
                            + maxLag + ")"
                    : null;
        };
    }
}
