package org.semblance.hashdb;

/** The same on PostgreSQL. */
class ChangeRefusalOnPostgresTest extends ChangeRefusalTest {
    @Override
    Databases databases() {
        return Databases.postgres();
    }
}
