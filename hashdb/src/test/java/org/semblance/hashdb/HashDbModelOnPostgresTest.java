package org.semblance.hashdb;

/** The same on PostgreSQL. */
class HashDbModelOnPostgresTest extends HashDbModelTest {
    /** Fewer, as each takes several round trips. */
    @Override
    int steps() {
        return 250;
    }

    @Override
    Databases databases() {
        return Databases.postgres();
    }
}
