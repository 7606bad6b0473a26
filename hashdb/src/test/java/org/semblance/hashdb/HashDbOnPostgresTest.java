package org.semblance.hashdb;

/** The same on PostgreSQL. */
class HashDbOnPostgresTest extends HashDbTest {
    @Override
    Databases databases() {
        return Databases.postgres();
    }
}
