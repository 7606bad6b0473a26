package org.semblance.hashdb.catalog.sql;

import java.nio.file.Path;
import org.semblance.hashdb.SharedCatalog;
import org.semblance.hashdb.TestPostgres;
import org.semblance.hashdb.catalog.postgres.PostgresDialect;

/** The same on PostgreSQL. */
class CatalogOnPostgresTest extends CatalogTest {
    @Override
    Catalog open(Path of) {
        TestPostgres server = TestPostgres.shared();
        SharedCatalog shared = server.catalog(server.createDatabase());
        return Catalog.openShared(PostgresDialect.open(shared.address(), shared.password(), of, true), of);
    }
}
