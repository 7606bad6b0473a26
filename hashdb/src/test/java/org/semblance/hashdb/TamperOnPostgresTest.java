package org.semblance.hashdb;

/** The same on PostgreSQL. */
class TamperOnPostgresTest extends TamperTest {
    @Override
    Databases databases() {
        return Databases.postgres();
    }
}
