package org.semblance.hashdb;

/** The same on PostgreSQL. */
class IndexSnapshotOnPostgresTest extends IndexSnapshotTest {
    @Override
    Databases databases() {
        return Databases.postgres();
    }
}
