package org.semblance.hashdb;

import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.catalog.postgres.PostgresAddress;
import org.semblance.hashdb.follow.DatabaseEvents;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;

/** A node in a process of its own that adds one content after the other, and tells each when it is acknowledged, until it is killed. */
final class KilledNode {
    private KilledNode() {}

    /** @param args the folder, the catalog's address, and what tells its hashes from those of others */
    public static void main(String[] args) {
        HashDb db = HashDb.open(
                Path.of(args[0]), new SharedCatalog(PostgresAddress.parse(args[1]), null), DatabaseEvents.NONE);
        long mark = Long.parseLong(args[2]);
        SplittableRandom random = new SplittableRandom(mark);
        while (true) {
            Hash256 hash = RandomSeed.hash(random);
            long id = db.apply(
                            new Change.AddContents(
                                    "A", List.of(new ContentDraft(List.of(new Signal(SignalType.PDQ, hash.toHex()))))),
                            new Origin("killed", ""))
                    .firstContentId();
            System.out.println(id + " " + hash.toHex());
            System.out.flush();
        }
    }
}
