package org.semblance.hashdb;

import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.ContentRecord;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.catalog.StorageFailedException;
import org.semblance.hashdb.catalog.sql.Catalog;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.features.PictureVotes;
import org.semblance.hashdb.follow.Followers;
import org.semblance.hashdb.follow.IndexKeeper;
import org.semblance.hashdb.follow.LiveFeatures;
import org.semblance.hashdb.follow.LiveIndex;
import org.semblance.hashdb.follow.ViewKeeper;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.index.HashIndex;
import org.semblance.hashdb.view.ServingView;

/** What is there now: in the indexes and the view, or, where the view has nothing, in the catalog. */
final class LiveStock implements Stock {
    private final Catalog catalog;
    private final InstantSource clock;
    private final IndexKeeper<LiveIndex> hashes;
    private final IndexKeeper<LiveFeatures> features;
    private final ViewKeeper views;
    private final SeenWaits waits = new SeenWaits(() -> seen().seq);
    private volatile Seen seen;

    /** @param seen the state that the followers hold */
    LiveStock(Catalog catalog, InstantSource clock, Followers followers, Seen seen) {
        this.catalog = catalog;
        this.clock = clock;
        this.hashes = followers.hashes();
        this.features = followers.features();
        this.views = followers.views();
        this.seen = seen;
    }

    @Override
    public Seen seen() {
        return seen;
    }

    /** From now on lookups see that state; the indexes hold all of it. */
    void see(Seen newest) {
        seen = newest;
        waits.reached(newest.seq);
    }

    /** See {@link HashDb#whenSeen}. */
    Runnable whenSeen(long seq, Runnable task) {
        return waits.whenSeen(seq, task);
    }

    @Override
    public Instant now() {
        return clock.instant();
    }

    @Override
    public void lookup(
            long[] queries,
            int count,
            int maxDistance,
            HashIndex.@Nullable ContentFilter filter,
            HashIndex.HitSink sink) {
        hashes.index().lookup(queries, count, maxDistance, filter, sink);
    }

    @Override
    public long[] contentsWith(Signal digest) {
        ServingView view = views.view();
        long[] ids = view == null ? null : view.contentsWith(digest);
        return ids == null ? catalog.contentsWith(digest) : ids;
    }

    @Override
    public List<PictureVotes> lookupFeatures(
            Features query, int maxDistance, HashIndex.@Nullable ContentFilter filter, int minVotes, int maxPictures) {
        return features.index().index().lookup(query, maxDistance, filter, minVotes, maxPictures);
    }

    @Override
    public long featureCount() {
        return features.index().index().size();
    }

    @Override
    public int[] documentFrequency(Features banked, int maxDistance, HashIndex.ContentFilter counted) {
        return features.index().index().documentFrequency(banked, maxDistance, counted);
    }

    /** What the view does not have is asked of the catalog, so that a match can be late but not lost. */
    @Override
    public List<ContentRecord> records(long[] ids) {
        ServingView view = views.view();
        if (view == null) {
            return catalog.records(ids);
        }
        List<ContentRecord> records = new ArrayList<>(ids.length);
        long[] missing = new long[ids.length];
        int count = 0;
        for (long id : ids) {
            ContentRecord record = view.get(id);
            if (record == null) {
                missing[count++] = id;
            } else {
                records.add(record);
            }
        }
        try {
            records.addAll(catalog.records(Arrays.copyOf(missing, count)));
        } catch (StorageFailedException e) {
            // The view has every content that the indexes have and that is not withdrawn, so these were withdrawn just
            // now. Only a
            // view that has not caught up might lack one.
            if (!e.isAway() || view.seq() < seen.seq) {
                throw e;
            }
        }
        return records;
    }

    @Override
    public Optional<KnownVideo> video(long contentId) {
        ServingView view = views.view();
        if (view == null) {
            return catalog.video(contentId);
        }
        ContentRecord content = view.get(contentId);
        if (content != null && !content.isVideo()) {
            return Optional.empty();
        }
        byte[] frames = content == null ? null : view.framesOf(contentId, content.pictures());
        return content == null || frames == null
                ? catalog.video(contentId)
                : Optional.of(KnownVideo.ofBytes(content.videoMs(), frames));
    }

    @Override
    public List<Hash256> hashesOf(long contentId) {
        return catalog.hashesOf(contentId);
    }
}
