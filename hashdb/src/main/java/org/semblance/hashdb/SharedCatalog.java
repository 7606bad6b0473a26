package org.semblance.hashdb;

import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.postgres.PostgresAddress;
import org.semblance.hashdb.catalog.postgres.ServerState;

/**
 * A catalog that several nodes have open: a database of PostgreSQL.
 *
 * @param password null if the database asks for none; never part of a message
 */
public record SharedCatalog(
        PostgresAddress address, @Nullable String password) {
    /**
     * What an operator should know of its server.
     *
     * @throws org.semblance.hashdb.catalog.StorageFailedException if it cannot be reached
     */
    public ServerState serverState() {
        return ServerState.of(address, password);
    }

    @Override
    public String toString() {
        return address.toString();
    }
}
