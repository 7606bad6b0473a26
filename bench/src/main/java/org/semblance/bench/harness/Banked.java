package org.semblance.bench.harness;

import java.util.List;
import java.util.SplittableRandom;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;

/** The contents that runs bank, each with one random hash. */
public final class Banked {
    /** The seed of the hashes that the verb {@code import} banks, so that other runs know these hashes. */
    public static final long SEED = 20261124;

    /** The bank of these. */
    public static final String BANK = "BENCH";

    /** Who banks. */
    public static final Origin ORIGIN = new Origin("bench", "");

    private Banked() {}

    public static Hash256 hash(SplittableRandom random) {
        return new Hash256(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong());
    }

    public static ContentDraft draft(Hash256 hash) {
        return new ContentDraft(List.of(new Signal(SignalType.PDQ, hash.toHex(), 100)));
    }
}
