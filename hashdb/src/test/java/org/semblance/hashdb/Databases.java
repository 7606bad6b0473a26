package org.semblance.hashdb;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.semblance.hashdb.follow.DatabaseEvents;
import org.semblance.hashdb.follow.IndexKeeper;

/** Where tests have the catalogs of their databases, so that the same tests run on SQLite and on PostgreSQL. */
interface Databases {
    /** In the folder itself. */
    Databases SQLITE = HashDb::open;

    HashDb open(Path folder, InstantSource clock, IndexKeeper.Saving saving);

    default HashDb open(Path folder, InstantSource clock) {
        return open(folder, clock, IndexKeeper.Saving.STANDARD);
    }

    default HashDb open(Path folder) {
        return open(folder, InstantSource.system());
    }

    /** In a database of PostgreSQL for each folder. */
    static Databases postgres() {
        TestPostgres server = TestPostgres.shared();
        Map<Path, String> databases = new ConcurrentHashMap<>();
        return (folder, clock, saving) -> HashDb.open(
                folder,
                server.catalog(databases.computeIfAbsent(folder, unused -> server.createDatabase())),
                clock,
                true,
                saving,
                DatabaseEvents.NONE);
    }
}
