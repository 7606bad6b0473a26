package org.semblance.hashdb;

import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.postgres.PostgresAddress;

/**
 * A catalog that several nodes have open: a database of PostgreSQL.
 *
 * @param password null if the database asks for none; never part of a message
 */
public record SharedCatalog(
        PostgresAddress address, @Nullable String password) {
    @Override
    public String toString() {
        return address.toString();
    }
}
