package org.semblance.hashdb;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.semblance.hashdb.catalog.JournalEntry;
import org.semblance.hashdb.catalog.StorageFailedException;
import org.semblance.hashdb.catalog.audit.Audit;
import org.semblance.hashdb.catalog.sql.Catalog;
import org.semblance.hashdb.features.FeatureIndex;
import org.semblance.hashdb.follow.Followers;
import org.semblance.hashdb.verify.FeatureComparison;
import org.semblance.hashdb.verify.IndexComparison;
import org.semblance.hashdb.verify.ViewComparison;

/** Proves the catalog, and compares with it what is derived from it; see {@link HashDb#verify}. */
final class Verification {
    private static final int LOOKS = 5;

    private final Catalog catalog;
    private final ReentrantLock writing;
    private final Runnable requireOpen;
    private final Followers followers;
    private final LiveStock stock;

    /**
     * A verification that has not begun.
     *
     * @param writing held by whoever changes the catalog
     * @param requireOpen throws if the database is closed
     */
    Verification(Catalog catalog, ReentrantLock writing, Runnable requireOpen, Followers followers, LiveStock stock) {
        this.stock = stock;
        this.catalog = catalog;
        this.writing = writing;
        this.requireOpen = requireOpen;
        this.followers = followers;
    }

    VerifyReport run() {
        writing.lock();
        Audit audit;
        IndexComparison comparison;
        FeatureComparison featureComparison;
        ViewComparison viewComparison;
        try {
            // First, as the lock is given back meanwhile: from here on the catalog and the indexes stay as they are.
            followers.hashes().awaitSettled();
            requireOpen.run();
            try {
                audit = catalog.beginAudit();
            } catch (StorageFailedException e) {
                return new VerifyReport(0, JournalEntry.GENESIS, 0, 0, List.of(String.valueOf(e.getMessage())));
            }
            catchUp(audit);
            comparison = new IndexComparison(audit.maxContentId());
            comparison.addAll(followers.hashes().index().settled());
            featureComparison = new FeatureComparison(audit.maxContentId());
            featureComparison.addAll(followers.features().index().index());
            viewComparison = new ViewComparison(followers.views().view());
        } finally {
            writing.unlock();
        }
        try (audit;
                comparison;
                featureComparison) {
            Audit.Report report = audit.run(
                    viewComparison,
                    (contentId, live, hash) -> {
                        if (live) {
                            comparison.subtract(contentId, hash);
                        }
                    },
                    featureComparison);
            List<String> problems = new ArrayList<>(report.problems());
            problems.addAll(comparison.differences());
            problems.addAll(featureComparison.differences());
            problems.addAll(faultyTables());
            writing.lock();
            try {
                problems.addAll(viewDifferences(viewComparison));
            } catch (StorageFailedException e) {
                problems.add(String.valueOf(e.getMessage()));
            } finally {
                writing.unlock();
            }
            return new VerifyReport(
                    report.journalRows(),
                    report.headHash(),
                    comparison.catalogPairs(),
                    featureComparison.pictures(),
                    problems);
        }
    }

    /** Takes in what other nodes have changed up to the state that is audited, as it is in that state. */
    private void catchUp(Audit audit) {
        if (catalog.isShared()) {
            Catalog.State state;
            do {
                state = followers.follow(stock.seen().seq, audit);
                stock.see(new Seen(state));
            } while (state.seq() < state.newest());
        }
    }

    /** What others change between a look at the catalog and one at the view differs; it does so once. */
    private List<String> viewDifferences(ViewComparison comparison) {
        List<String> differences = List.of();
        for (int look = 0; look < LOOKS; look++) {
            differences = comparison.differences(catalog, followers.views().view());
            if (differences.isEmpty() || !catalog.isShared()) {
                return differences;
            }
            stock.see(new Seen(followers.follow(stock.seen().seq, null)));
        }
        return differences;
    }

    /** Table by table, so that changes do not wait for all of them. */
    private List<String> faultyTables() {
        List<String> problems = new ArrayList<>();
        for (int table = 0; table < FeatureIndex.TABLES; table++) {
            writing.lock();
            try {
                requireOpen.run();
                if (!followers.features().index().index().isSound(table)) {
                    problems.add("features: table " + table + " does not hold what it should");
                }
            } finally {
                writing.unlock();
            }
        }
        return problems;
    }
}
