package org.semblance.hashdb;

/** The same on PostgreSQL. */
class BankedVideoOnPostgresTest extends BankedVideoTest {
    @Override
    Databases databases() {
        return Databases.postgres();
    }
}
