package org.semblance.server.doctor;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.semblance.hashdb.SharedCatalog;
import org.semblance.hashdb.catalog.postgres.ServerState;
import org.semblance.server.config.ServerConfig;

/** The server of the catalog that this node shares with others: whether what it acknowledges is kept. */
final class CatalogServer {
    private static final Duration CLOCKS = Duration.ofSeconds(1);

    private final ServerConfig config;

    CatalogServer(ServerConfig config) {
        this.config = config;
    }

    List<Finding> check() {
        SharedCatalog catalog = config.catalog();
        if (catalog == null) {
            return List.of();
        }
        ServerState state;
        try {
            state = catalog.serverState();
        } catch (RuntimeException e) {
            return List.of(Finding.fail(
                    "catalog",
                    String.valueOf(e.getMessage()),
                    "Set catalog and catalog_password_file, and let this machine reach PostgreSQL."));
        }
        List<Finding> findings = new ArrayList<>();
        findings.add(Finding.ok("catalog", catalog + ": PostgreSQL " + state.version()));
        findings.add(
                state.clockAhead().abs().compareTo(CLOCKS) < 0
                        ? Finding.ok("clocks", state.clockAhead().abs().toMillis() + " ms apart")
                        : Finding.fail(
                                "clocks",
                                "that of PostgreSQL is " + state.clockAhead().toMillis()
                                        + " ms ahead of this machine's",
                                "Set both by NTP: a content that is disabled until a time comes back at different ones."));
        findings.add(durability(state));
        findings.add(
                state.standbys().isEmpty()
                        ? Finding.warn(
                                "standby",
                                "synchronous_standby_names is empty: a change is acknowledged before another server has it",
                                "With a standby set synchronous_standby_names, or a failover may lose acknowledged changes.")
                        : Finding.ok("standby", "synchronous_standby_names = " + state.standbys()));
        return findings;
    }

    private static Finding durability(ServerState state) {
        if (!state.fsync() || !state.fullPageWrites()) {
            return Finding.fail(
                    "durability",
                    "fsync = " + (state.fsync() ? "on" : "off") + ", full_page_writes = "
                            + (state.fullPageWrites() ? "on" : "off"),
                    "Switch both on: a power cut may destroy the catalog.");
        }
        return "off".equals(state.synchronousCommit())
                ? Finding.warn(
                        "durability",
                        "synchronous_commit = off; this server asks for on itself",
                        "Set it to on for the database, as other clients rely on it.")
                : Finding.ok("durability", "synchronous_commit = " + state.synchronousCommit());
    }
}
