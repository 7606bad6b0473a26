package org.semblance.hashdb;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.CatalogRefusedException;
import org.semblance.hashdb.catalog.postgres.PostgresAddress;
import org.semblance.hashdb.catalog.postgres.ServerState;
import org.semblance.hashdb.catalog.postgres.SharedDocuments;
import org.semblance.hashdb.document.Documents;

/**
 * A catalog that several nodes have open: a database of PostgreSQL.
 *
 * @param password null if the database asks for none; never part of a message
 */
public record SharedCatalog(
        PostgresAddress address, @Nullable String password) {
    /**
     * Asks the server of the database for what an operator should know: version, clock, settings of durability.
     *
     * @throws org.semblance.hashdb.catalog.StorageFailedException if it cannot be reached
     */
    public ServerState serverState() {
        return ServerState.of(address, password);
    }

    /**
     * Opens the documents that nodes share beside their banks, such as keys, in the same database.
     *
     * @param folder of the node, for messages
     * @throws DatabaseRefusedException if it cannot be reached, is something else, or is of a newer release
     */
    public Documents documents(Path folder) {
        try {
            return new SharedDocuments(address, password);
        } catch (CatalogRefusedException e) {
            throw new DatabaseRefusedException(folder, String.valueOf(e.getMessage()), e);
        }
    }

    @Override
    public String toString() {
        return address.toString();
    }
}
