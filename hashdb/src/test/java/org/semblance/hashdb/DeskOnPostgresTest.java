package org.semblance.hashdb;

/** The same on PostgreSQL. */
class DeskOnPostgresTest extends DeskTest {
    @Override
    Databases databases() {
        return Databases.postgres();
    }
}
