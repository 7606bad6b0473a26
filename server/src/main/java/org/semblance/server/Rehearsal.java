package org.semblance.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;
import org.semblance.server.record.BankingGuard;
import org.semblance.server.record.Records;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes changes in a database of its own, which is thrown away: in a fresh process the first change loads and interprets what later
 * ones find compiled, and an analyst waits for it.
 */
final class Rehearsal {
    private static final Logger LOG = LoggerFactory.getLogger(Rehearsal.class);
    /** Each waits for the disk. */
    private static final int CHANGES = 40;

    private static final String BANK = "REHEARSAL";
    private static final Origin ORIGIN = Origin.ofProgram("rehearsal", "");

    private final SplittableRandom random = new SplittableRandom(1);

    /** Changes nothing that lasts. May run beside other work. */
    void run(Records records) {
        try {
            Path folder = Files.createTempDirectory("semblance-rehearsal");
            try {
                change(folder, records);
            } finally {
                delete(folder);
            }
        } catch (IOException e) {
            LOG.debug("the first change will be slow, as there is no room for a rehearsal", e);
        }
    }

    private void change(Path folder, Records records) {
        try (HashDb db = HashDb.open(folder)) {
            db.apply(new Change.CreateBank(BANK), ORIGIN);
            BankingGuard guard = BankingGuard.standard(db);
            Bank bank = db.bank(BANK).orElseThrow();
            for (int i = 0; i < CHANGES; i++) {
                Hash256 hash = new Hash256(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong());
                ContentDraft draft = new ContentDraft(
                        List.of(new Signal(SignalType.PDQ, hash.toHex()), new Signal(SignalType.SHA256, hash.toHex())),
                        List.of("label"),
                        "note",
                        "source",
                        null);
                long id = db.apply(
                                new Change.AddContents(BANK, guard.check(bank, List.of(draft), Set.of(), null, false)),
                                ORIGIN)
                        .firstContentId();
                records.uploads().rehearse(hash);
                db.apply(new Change.WithdrawContent(BANK, id), ORIGIN);
            }
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
