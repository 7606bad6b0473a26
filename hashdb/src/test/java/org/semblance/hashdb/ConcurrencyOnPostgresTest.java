package org.semblance.hashdb;

/** The same on PostgreSQL. */
class ConcurrencyOnPostgresTest extends ConcurrencyTest {
    @Override
    Databases databases() {
        return Databases.postgres();
    }
}
