package org.semblance.hashdb;

/** The same on PostgreSQL. */
class ConcurrencyOnPostgresTest extends ConcurrencyTest {
    /** Fewer, as each takes several round trips. */
    @Override
    int changes() {
        return 30;
    }

    @Override
    Databases databases() {
        return Databases.postgres();
    }
}
