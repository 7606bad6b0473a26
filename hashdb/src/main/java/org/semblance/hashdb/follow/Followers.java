package org.semblance.hashdb.follow;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.audit.Audit;
import org.semblance.hashdb.catalog.sql.Catalog;
import org.semblance.hashdb.catalog.write.NewContents;
import org.semblance.hashdb.hash.Hash256;

/** Everything that is derived from the catalog and follows it: the indexes, the view, and the banks of contents. */
public final class Followers {
    private final IndexKeeper<LiveIndex> hashes;
    private final IndexKeeper<LiveFeatures> features;
    private final ViewKeeper views;
    private final ContentBanks contentBanks;
    private final Catalog catalog;

    /**
     * Opens them, or begins to build them.
     *
     * @param writing held by whoever changes the catalog
     * @param peers who may have snapshots of the indexes where this node has none
     */
    public Followers(
            Path folder,
            Catalog catalog,
            ReentrantLock writing,
            IndexKeeper.Saving saving,
            DatabaseEvents events,
            PeerSnapshots peers) {
        this.catalog = catalog;
        hashes = new IndexKeeper<>(new LiveIndex.Source(), folder, catalog, writing, saving, events, peers);
        boolean done = false;
        try {
            // A node of a list without features never has their snapshot, and need not ask at each start.
            features = new IndexKeeper<>(
                    new LiveFeatures.Source(),
                    folder,
                    catalog,
                    writing,
                    saving,
                    events,
                    hashes.hasAskedPeers() ? peers : PeerSnapshots.NONE);
            done = true;
        } finally {
            if (!done) {
                hashes.close();
            }
        }
        views = new ViewKeeper(folder, catalog, writing, events);
        contentBanks = new ContentBanks(catalog);
    }

    public IndexKeeper<LiveIndex> hashes() {
        return hashes;
    }

    public IndexKeeper<LiveFeatures> features() {
        return features;
    }

    public ViewKeeper views() {
        return views;
    }

    public ContentBanks contentBanks() {
        return contentBanks;
    }

    /**
     * Takes in the next changes after that one, some thousand contents at most, with the writers' lock held:
     *
     * <ol>
     *   <li>The banks of new contents are known, so that lookups in some banks know the bank of each hit.
     *   <li>The view and then the indexes take in what the changes touched: whoever finds a hit finds what it is.
     *   <li>The keepers of the indexes are told, and may begin to save.
     * </ol>
     *
     * @param within the audit whose state of the catalog is read; null for the present one
     * @return the state that they hold now, and whether there is more
     */
    public Catalog.State follow(long afterSeq, @Nullable Audit within) {
        return follow(afterSeq, Long.MAX_VALUE, within);
    }

    /** As {@link #follow(long, Audit)}, up to that change. */
    public Catalog.State follow(long afterSeq, long untilSeq, @Nullable Audit within) {
        contentBanks.catchUp();
        return follow((contents, hashed, pictures) ->
                catalog.followPage(afterSeq, untilSeq, contents, hashed, pictures, within));
    }

    /**
     * Takes in what this process has just added, with the writers' lock held; it must hold all of what came before. As {@link
     * #follow(long, Audit)} otherwise.
     *
     * @param after the state with it
     */
    public Catalog.State follow(NewContents added, Catalog.State after) {
        contentBanks.take(added);
        return follow((contents, hashed, pictures) -> {
            added.give(contents, hashed, pictures);
            return after;
        });
    }

    private Catalog.State follow(ViewKeeper.Pass pass) {
        Catalog.State state = views.follow(pass, this::change, features.index());
        hashes.reached(state);
        features.changed(features.index().takeChanges());
        features.reached(state);
        return state;
    }

    /**
     * Takes everything from the catalog anew, which has lost what was followed, with the writers' lock held. Lookups have the
     * indexes of before until the new ones are there.
     *
     * @return the state to follow from
     */
    public Catalog.State rebuild() {
        views.rebuild();
        contentBanks.forget();
        Catalog.State state = hashes.rebuild();
        features.rebuild();
        return state;
    }

    private void change(long contentId, boolean live, Hash256 hash) {
        if (hashes.index().change(contentId, live, hash)) {
            hashes.changed(1);
        }
    }

    /**
     * Saves and closes them, when no further change can come; the writers' lock must not be held:
     *
     * <ol>
     *   <li>The indexes begin to be saved, where that is worthwhile.
     *   <li>The view is closed beside that, and leaves its mark.
     *   <li>The indexes are waited for, and their memory is freed.
     * </ol>
     *
     * @param patience how long to wait for the indexes to be saved
     */
    public void close(Duration patience) {
        hashes.beginClose(patience);
        features.beginClose(patience);
        contentBanks.close();
        views.close();
        hashes.close();
        features.close();
    }
}
