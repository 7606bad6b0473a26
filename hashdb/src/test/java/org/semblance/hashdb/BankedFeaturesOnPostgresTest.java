package org.semblance.hashdb;

/** The same on PostgreSQL. */
class BankedFeaturesOnPostgresTest extends BankedFeaturesTest {
    @Override
    Databases databases() {
        return Databases.postgres();
    }
}
