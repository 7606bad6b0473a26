package org.semblance.server.record;

import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.guard.PoisonGuard;
import org.semblance.engine.guard.RecentNeighbours;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.Quarantine;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.metrics.Metrics;
import org.semblance.server.recent.EarlierUploads;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The {@link PoisonGuard} as every door that banks asks it. */
public final class BankingGuard {
    private static final Logger LOG = LoggerFactory.getLogger(BankingGuard.class);

    private final HashDb db;
    private final boolean isOn;
    private final int leastUploads;
    private final LongAdder held = new LongAdder();

    private BankingGuard(HashDb db, boolean isOn, int leastUploads) {
        this.db = db;
        this.isOn = isOn;
        this.leastUploads = leastUploads;
    }

    /** As the settings say. */
    public static BankingGuard of(ServerConfig config, HashDb db, Metrics metrics) {
        BankingGuard guard = new BankingGuard(db, config.poisonGuard(), config.poisonUploads());
        metrics.counter(
                "semblance.guard.held",
                "Contents that were banked in quarantine, as they would match what has nothing to do with them",
                guard.held::sum);
        return guard;
    }

    /** Of a command on a folder, where no upload is remembered. */
    public static BankingGuard standard(HashDb db) {
        return new BankingGuard(db, true, 0);
    }

    /**
     * The drafts as they are to be banked.
     *
     * @param visible the banks that may be named in a reason; empty for all
     * @param earlier knows what was uploaded; null not to ask
     * @param force whether nothing is held, as somebody answers for it
     */
    public List<ContentDraft> check(
            Bank bank,
            List<ContentDraft> drafts,
            Set<String> visible,
            @Nullable EarlierUploads earlier,
            boolean force) {
        if (!isOn || force) {
            return drafts;
        }
        RecentNeighbours recent = earlier == null ? RecentNeighbours.NONE : earlier.neighbours(bank);
        List<ContentDraft> checked = new PoisonGuard(db, recent, leastUploads).check(bank, drafts, visible);
        long count = 0;
        for (int i = 0; i < drafts.size(); i++) {
            Quarantine reason = checked.get(i).treatment().quarantine();
            if (reason != null && !drafts.get(i).treatment().isQuarantined()) {
                count++;
                LOG.debug("bank {}: {}", bank.name(), reason.reason());
            }
        }
        if (count > 0) {
            held.add(count);
            LOG.warn("bank {}: {} contents are held in quarantine as they are banked", bank.name(), count);
        }
        return checked;
    }
}
