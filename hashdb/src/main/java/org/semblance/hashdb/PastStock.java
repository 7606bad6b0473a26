package org.semblance.hashdb;

import java.lang.ref.Cleaner;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.BankFields;
import org.semblance.hashdb.catalog.ContentFields;
import org.semblance.hashdb.catalog.ContentRecord;
import org.semblance.hashdb.catalog.ContentStatus;
import org.semblance.hashdb.catalog.JournalEntry;
import org.semblance.hashdb.catalog.JournalPayload;
import org.semblance.hashdb.catalog.JournalPayload.BankCreated;
import org.semblance.hashdb.catalog.JournalPayload.BankDeleted;
import org.semblance.hashdb.catalog.JournalPayload.BankRestored;
import org.semblance.hashdb.catalog.JournalPayload.BankUpdated;
import org.semblance.hashdb.catalog.JournalPayload.ChangeProposed;
import org.semblance.hashdb.catalog.JournalPayload.ContentRestored;
import org.semblance.hashdb.catalog.JournalPayload.ContentUpdated;
import org.semblance.hashdb.catalog.JournalPayload.ContentWithdrawn;
import org.semblance.hashdb.catalog.JournalPayload.ContentsAdded;
import org.semblance.hashdb.catalog.JournalPayload.ContentsRestored;
import org.semblance.hashdb.catalog.JournalPayload.ContentsWithdrawn;
import org.semblance.hashdb.catalog.JournalPayload.ProposalDecided;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.catalog.Standing;
import org.semblance.hashdb.catalog.sql.Catalog;
import org.semblance.hashdb.features.FeatureIndex;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.features.PictureVotes;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.index.HashIndex;

/**
 * What was there after an earlier change: what is there now, with every later change undone by what the journal says of it.
 *
 * <p>Contents have ascending ids, so that those that were added later are known by their ids. Of contents that were updated
 * later, the old values are put over the new ones. Those that were withdrawn later are read from the catalog, which keeps them,
 * and are searched beside the indexes, which do not, or which have them again. Those that were withdrawn then and restored later are
 * left out.
 *
 * <p>The list goes on to change while it is asked. So each answer is first taken from what is there now, then the changes that
 * were made meanwhile are read from the journal, and only then are they undone: a change is in the journal before anything else
 * shows it.
 */
final class PastStock implements Stock {
    /** Changes read from the journal at once. */
    private static final int PAGE = 1_000;

    private static final Cleaner CLEANER = Cleaner.create();

    private final LiveStock present;
    private final Catalog catalog;
    private final long asOf;
    private final Instant time;
    private final Withdrawals withdrawn = new Withdrawals();
    private final Seen seen;

    /** The newest change that is undone. */
    private long undone;

    /** The largest id of a content that was there. */
    private volatile long maxId = Long.MAX_VALUE;

    /** The old values of what was changed since, by content and by bank. */
    private final Map<Long, ContentFields> contentsBefore = new HashMap<>();

    private final Map<Long, BankFields> banksBefore = new HashMap<>();

    /** Whether a bank that was created, deleted or restored since was there. */
    private final Map<Long, Boolean> wasThere = new HashMap<>();

    /** Contents that were withdrawn then and restored since. */
    private final Set<Long> wereGone = ConcurrentHashMap.newKeySet();

    /** Contents that were withdrawn since. The index of their features lies outside the heap. */
    private static final class Withdrawals implements Runnable {
        private final Map<Long, Catalog.Withdrawn> byId = new ConcurrentHashMap<>();
        private final Map<Signal, long[]> byDigest = new HashMap<>();
        private final FeatureIndex features = new FeatureIndex();

        void add(Catalog.Withdrawn content) {
            long id = content.content().id();
            if (byId.putIfAbsent(id, content) == null) {
                for (Signal digest : content.digests()) {
                    byDigest.merge(digest, new long[] {id}, Withdrawals::joined);
                }
                if (!content.pictures().isEmpty()) {
                    features.add(id, content.pictures());
                }
            }
        }

        boolean holds(long contentId) {
            return byId.containsKey(contentId);
        }

        private static long[] joined(long[] some, long[] more) {
            return LongStream.concat(Arrays.stream(some), Arrays.stream(more)).toArray();
        }

        @Override
        public void run() {
            features.close();
        }
    }

    /**
     * The state after a change.
     *
     * @param asOf the number of the change; 0 for the state before the first one
     */
    PastStock(LiveStock present, Catalog catalog, long asOf) {
        this.present = present;
        this.catalog = catalog;
        this.asOf = asOf;
        this.undone = asOf;
        this.time = asOf == 0
                ? Instant.EPOCH
                : catalog.journal(asOf - 1, 1).getFirst().at();
        CLEANER.register(this, withdrawn);
        Catalog.State newest = catalog.state();
        catchUp();
        this.seen = new Seen(asOf, banks(newest), thresholds(newest));
    }

    private List<Bank> banks(Catalog.State newest) {
        Stream<Bank> gone =
                wasThere.entrySet().stream().filter(Map.Entry::getValue).map(entry -> catalog.bank(entry.getKey()));
        Map<Long, Bank> byId = new HashMap<>();
        Stream.concat(newest.banks().stream(), gone)
                .filter(bank -> wasThere.getOrDefault(bank.id(), true))
                .map(bank ->
                        banksBefore.getOrDefault(bank.id(), BankFields.NONE).appliedTo(bank))
                .forEach(bank -> byId.put(bank.id(), bank));
        return byId.values().stream().sorted(Comparator.comparing(Bank::name)).toList();
    }

    /** Bounds of the thresholds that contents had of their own, by their bank. */
    private Map<Long, Integer> thresholds(Catalog.State newest) {
        Map<Long, Integer> largest = new HashMap<>(newest.contentThresholds());
        long[] changed = contentsBefore.entrySet().stream()
                .filter(entry -> entry.getValue().distanceThreshold() != null)
                .mapToLong(Map.Entry::getKey)
                .toArray();
        Stream.concat(
                        records(changed).stream(),
                        withdrawn.byId.values().stream().map(content -> asItWas(content.content())))
                .forEach(content -> {
                    Integer own = content.treatment().distanceThreshold();
                    if (own != null) {
                        largest.merge(content.bankId(), own, Math::max);
                    }
                });
        return largest;
    }

    /** Undoes what was changed since the last call. */
    private synchronized void catchUp() {
        List<JournalEntry> entries;
        do {
            entries = catalog.journal(undone, PAGE);
            for (JournalEntry entry : entries) {
                undo(entry.change());
                undone = entry.seq();
            }
        } while (entries.size() == PAGE);
    }

    /** Of several changes the oldest says what there was. */
    private void undo(JournalPayload change) {
        switch (change) {
            case BankCreated created -> wasThere.putIfAbsent(created.bankId(), false);
            case BankUpdated updated -> banksBefore.merge(updated.bankId(), updated.from(), BankFields::or);
            case BankDeleted deleted -> {
                wasThere.putIfAbsent(deleted.bankId(), true);
                putAllBack(deleted.bankId());
            }
            case BankRestored restored -> {
                wasThere.putIfAbsent(restored.bankId(), false);
                putAllBack(restored.bankId());
            }
            case ContentsAdded added -> maxId = Math.min(maxId, added.firstId() - 1);
            case ContentUpdated updated -> contentsBefore.merge(updated.contentId(), updated.from(), ContentFields::or);
            case ContentWithdrawn gone -> putBack(gone.bankId(), gone.contentId());
            case ContentsWithdrawn gone -> putBack(gone.bankId(), gone.firstId(), gone.lastId());
            case ContentRestored restored -> putBack(restored.bankId(), restored.contentId());
            case ContentsRestored restored -> putBack(restored.bankId(), restored.firstId(), restored.lastId());
            case ProposalDecided decided -> {
                if (decided.firstId() > 0) {
                    putBack(decided.bankId(), decided.firstId(), decided.lastId());
                }
            }
            case ChangeProposed proposed -> {}
        }
    }

    private void putAllBack(long bankId) {
        for (long id : catalog.contentsOf(bankId, maxId)) {
            putBack(bankId, id);
        }
    }

    private void putBack(long bankId, long firstId, long lastId) {
        for (long id = firstId; id <= lastId; id++) {
            putBack(bankId, id);
        }
    }

    /** Has the content stand as it stood then. */
    private void putBack(long bankId, long contentId) {
        if (contentId > maxId) {
            return;
        }
        Standing then = catalog.standing(bankId, contentId, asOf);
        if (then.isWithdrawn()) {
            wereGone.add(contentId);
            return;
        }
        ContentFields before = ContentFields.NONE.withState(then.state());
        // Nobody had confirmed what was still proposed.
        contentsBefore.merge(
                contentId,
                then.state().status() == ContentStatus.PROPOSED ? before.withConfirmedBy(null) : before,
                ContentFields::or);
        catalog.withdrawn(contentId, then.state()).ifPresent(withdrawn::add);
    }

    private boolean wasThere(long contentId) {
        return contentId <= maxId && !wereGone.contains(contentId);
    }

    private ContentRecord asItWas(ContentRecord content) {
        return contentsBefore.getOrDefault(content.id(), ContentFields.NONE).appliedTo(content);
    }

    @Override
    public Seen seen() {
        return seen;
    }

    @Override
    public Instant now() {
        return time;
    }

    @Override
    public void lookup(
            long[] queries,
            int count,
            int maxDistance,
            HashIndex.@Nullable ContentFilter filter,
            HashIndex.HitSink sink) {
        present.lookup(queries, count, maxDistance, filter, (query, distance, contentId) -> {
            if (wasThere(contentId)) {
                sink.hit(query, distance, contentId);
            }
        });
        catchUp();
        synchronized (this) {
            for (int query = 0; query < count; query++) {
                Hash256 hash = new Hash256(
                        queries[4 * query], queries[4 * query + 1], queries[4 * query + 2], queries[4 * query + 3]);
                for (Catalog.Withdrawn content : withdrawn.byId.values()) {
                    for (Hash256 banked : content.hashes()) {
                        int distance = banked.distance(hash);
                        if (distance <= maxDistance) {
                            sink.hit(query, distance, content.content().id());
                        }
                    }
                }
            }
        }
    }

    @Override
    public long[] contentsWith(Signal digest) {
        // The digests of withdrawn contents may be among them or not.
        long[] present = this.present.contentsWith(digest);
        catchUp();
        synchronized (this) {
            return LongStream.concat(
                            Arrays.stream(present), Arrays.stream(withdrawn.byDigest.getOrDefault(digest, new long[0])))
                    .filter(this::wasThere)
                    .distinct()
                    .sorted()
                    .toArray();
        }
    }

    @Override
    public List<PictureVotes> lookupFeatures(
            Features query, int maxDistance, HashIndex.@Nullable ContentFilter filter, int minVotes, int maxPictures) {
        HashIndex.ContentFilter old = id -> wasThere(id) && (filter == null || filter.wants(id));
        List<PictureVotes> votes =
                new ArrayList<>(present.lookupFeatures(query, maxDistance, old, minVotes, maxPictures));
        catchUp();
        // Some were withdrawn while that was asked, and some are there again.
        votes.removeIf(picture -> withdrawn.holds(picture.contentId()));
        votes.addAll(withdrawn.features.lookup(query, maxDistance, old, minVotes, maxPictures));
        return votes.stream()
                .sorted(PictureVotes.MOST_VOTES_FIRST)
                .limit(maxPictures)
                .toList();
    }

    /** That of now and then: nothing but the choice of the largest distance depends on it. */
    @Override
    public long featureCount() {
        return present.featureCount() + withdrawn.features.size();
    }

    @Override
    public int[] documentFrequency(Features banked, int maxDistance, HashIndex.ContentFilter counted) {
        HashIndex.ContentFilter old = id -> wasThere(id) && counted.wants(id);
        int[] frequency;
        int known;
        do {
            known = withdrawn.byId.size();
            frequency = present.documentFrequency(banked, maxDistance, id -> old.wants(id) && !withdrawn.holds(id));
            catchUp();
        } while (withdrawn.byId.size() != known);
        int[] gone = withdrawn.features.documentFrequency(banked, maxDistance, old);
        for (int i = 0; i < frequency.length; i++) {
            frequency[i] = Math.min(FeatureIndex.MAX_FREQUENCY, frequency[i] + gone[i]);
        }
        return frequency;
    }

    @Override
    public List<ContentRecord> records(long[] ids) {
        List<ContentRecord> records = new ArrayList<>(present.records(ids));
        catchUp();
        synchronized (this) {
            Map<Long, ContentRecord> found = new HashMap<>();
            records.forEach(record -> found.put(record.id(), asItWas(record)));
            for (long id : ids) {
                Catalog.Withdrawn gone = withdrawn.byId.get(id);
                if (gone != null) {
                    found.put(id, asItWas(gone.content()));
                }
            }
            return found.values().stream()
                    .filter(record -> wasThere(record.id()))
                    .sorted(Comparator.comparingLong(ContentRecord::id))
                    .toList();
        }
    }

    @Override
    public Optional<KnownVideo> video(long contentId) {
        return wasThere(contentId) ? catalog.anyVideo(contentId) : Optional.empty();
    }

    @Override
    public List<Hash256> hashesOf(long contentId) {
        return wasThere(contentId) ? catalog.hashesOf(contentId) : List.of();
    }
}
