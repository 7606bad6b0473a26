package org.semblance.hashdb.follow;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.sql.Catalog;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.index.HashIndex;
import org.semblance.hashdb.index.IndexState;
import org.semblance.hashdb.index.PigeonringIndex;

/**
 * The index, which can be saved while it changes.
 *
 * <p>Writing ten million hashes takes seconds, in which the index must be still. So it is {@link #hold held} meanwhile:
 * what is added goes to a small index beside it, which lookups ask as well, and what is removed is noted. Afterwards
 * {@link #settle} moves both over, some at a time. A lookup asks the small index first: a pair is in the large one before
 * it leaves the small one, so it is seen in one of them at least.
 *
 * <p>While it is held, lookups still report pairs that were removed, and while it settles some pairs twice. Who looks up
 * here asks for the content of each hit anyway, and a withdrawn one has none.
 *
 * <p>Changes are made by one thread at a time; lookups take no lock.
 */
public final class LiveIndex implements KeptIndex {
    private final PigeonringIndex main;
    private final PigeonringIndex beside = new PigeonringIndex();

    /** What {@link #beside} holds, and what {@link #main} has still to lose. */
    private final Set<Pair> added = new LinkedHashSet<>();

    private final Set<Pair> removed = new LinkedHashSet<>();
    private boolean held;
    private final AtomicLong size;

    private record Pair(Hash256 hash, long contentId) {}

    public LiveIndex(PigeonringIndex main) {
        this.main = main;
        this.size = new AtomicLong(main.size());
    }

    /** Adds or removes a pair; returns false if that changes nothing. */
    public boolean change(long contentId, boolean live, Hash256 hash) {
        boolean changed = held ? note(new Pair(hash, contentId), live) : changeMain(contentId, live, hash);
        if (changed) {
            size.addAndGet(live ? 1 : -1);
        }
        return changed;
    }

    private boolean changeMain(long contentId, boolean live, Hash256 hash) {
        return live ? main.add(hash, contentId) : main.remove(hash, contentId);
    }

    private boolean note(Pair pair, boolean live) {
        if (live) {
            if (removed.remove(pair)) {
                return true;
            }
            return !isInMain(pair) && added.add(pair) && beside.add(pair.hash, pair.contentId);
        }
        if (added.remove(pair)) {
            return beside.remove(pair.hash, pair.contentId);
        }
        return isInMain(pair) && removed.add(pair);
    }

    private boolean isInMain(Pair pair) {
        Set<Long> ids = new HashSet<>();
        main.lookup(pair.hash, 0, (query, distance, contentId) -> ids.add(contentId));
        return ids.contains(pair.contentId);
    }

    /** From now on the index is still, until {@link #settle} has moved all changes over. */
    @Override
    public void hold() {
        held = true;
    }

    @Override
    public boolean isHeld() {
        return held;
    }

    /** How many changes wait to be moved over. */
    @Override
    public int unsettled() {
        return removed.size() + added.size();
    }

    /**
     * Writes the index, which must be held or closed to changes, as {@link PigeonringIndex#save}. Changes may go on
     * beside.
     */
    @Override
    public void save(Path file, long seq, Hash256 mark) throws IOException {
        main.save(file, seq, mark);
    }

    /** Moves so many changes over that came while the index was held. When none is left it is no longer held. */
    @Override
    public void settle(int changes) {
        Iterator<Pair> gone = removed.iterator();
        int left = changes;
        for (; left > 0 && gone.hasNext(); left--) {
            Pair pair = gone.next();
            main.remove(pair.hash, pair.contentId);
            gone.remove();
        }
        Iterator<Pair> come = added.iterator();
        for (; left > 0 && come.hasNext(); left--) {
            Pair pair = come.next();
            main.add(pair.hash, pair.contentId);
            beside.remove(pair.hash, pair.contentId);
            come.remove();
        }
        held = !removed.isEmpty() || !added.isEmpty();
    }

    /** Reports pairs within the distance; see {@link HashIndex#lookup(Hash256, int, HashIndex.HitSink)}. */
    public void lookup(Hash256 query, int maxDistance, HashIndex.HitSink sink) {
        if (beside.size() > 0) {
            beside.lookup(query, maxDistance, sink);
        }
        main.lookup(query, maxDistance, sink);
    }

    /**
     * Reports pairs of many queries and the contents that the filter wants, and perhaps of some more contents; see {@link
     * PigeonringIndex#lookup(long[], int, int, HashIndex.ContentFilter, HashIndex.HitSink)}.
     */
    public void lookup(
            long[] queries,
            int count,
            int maxDistance,
            HashIndex.@Nullable ContentFilter filter,
            HashIndex.HitSink sink) {
        if (beside.size() > 0) {
            beside.lookup(queries, count, maxDistance, filter, sink);
        }
        main.lookup(queries, count, maxDistance, filter, sink);
    }

    /** All pairs in one index; it must not be held. */
    public HashIndex settled() {
        if (held) {
            throw new IllegalStateException("the index is held");
        }
        return main;
    }

    /** How many pairs there are. */
    @Override
    public long size() {
        return size.get();
    }

    /** How the large one is; {@link #unsettled} says what lies beside it. */
    public IndexState state() {
        return main.state();
    }

    /** Bytes of memory mapped outside the Java heap. */
    public long offHeapBytes() {
        return main.offHeapBytes() + beside.offHeapBytes();
    }

    @Override
    public void close() {
        beside.close();
        main.close();
    }

    /** Where this index comes from. */
    public static final class Source implements KeptIndex.Source<LiveIndex> {
        @Override
        public IndexKind kind() {
            return IndexKind.HASHES;
        }

        @Override
        public KeptIndex.Opened<LiveIndex> open(Path file) throws IOException {
            PigeonringIndex.Opened opened = PigeonringIndex.open(file);
            return new KeptIndex.Opened<>(new LiveIndex(opened.index()), opened.seq(), opened.mark());
        }

        @Override
        public KeptIndex.Filled<LiveIndex> build(Catalog catalog) {
            PigeonringIndex index = new PigeonringIndex();
            AtomicReference<Catalog.@Nullable State> state = new AtomicReference<>();
            boolean whole = false;
            try {
                index.addAll(pairs -> state.set(catalog.loadHashes(
                        (contentId, live, hash) -> pairs.pair(hash.w3(), hash.w2(), hash.w1(), hash.w0(), contentId))));
                whole = true;
            } finally {
                if (!whole) {
                    index.close();
                }
            }
            return new KeptIndex.Filled<>(new LiveIndex(index), Objects.requireNonNull(state.get()), index.size());
        }

        @Override
        public KeptIndex.Filled<LiveIndex> replay(LiveIndex index, long afterSeq, Catalog catalog) {
            AtomicLong changes = new AtomicLong();
            Catalog.State state = catalog.follow(
                    afterSeq,
                    null,
                    (contentId, live, hash) -> changes.addAndGet(index.change(contentId, live, hash) ? 1 : 0),
                    null);
            return new KeptIndex.Filled<>(index, state, changes.get());
        }
    }
}
