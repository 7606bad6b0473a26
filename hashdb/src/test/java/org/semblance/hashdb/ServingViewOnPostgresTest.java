package org.semblance.hashdb;

/** The same on PostgreSQL. */
class ServingViewOnPostgresTest extends ServingViewTest {
    @Override
    Databases databases() {
        return Databases.postgres();
    }
}
