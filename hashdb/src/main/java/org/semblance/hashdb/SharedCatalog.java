package org.semblance.hashdb;

import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.CatalogRefusedException;
import org.semblance.hashdb.catalog.postgres.JournalHashes;
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
     * Asks the database for the hashes of those changes, by their numbers; changes that its journal does not have are left out.
     *
     * @throws org.semblance.hashdb.catalog.StorageFailedException if it cannot be reached, or has no journal
     */
    public Map<Long, String> journalHashes(Collection<Long> seqs) {
        return JournalHashes.of(address, password, seqs);
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
