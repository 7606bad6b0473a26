package org.semblance.hashdb;

import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.ContentRecord;
import org.semblance.hashdb.catalog.sql.Catalog;
import org.semblance.hashdb.features.FeatureIndex;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.features.PictureVotes;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;
import org.semblance.hashdb.view.ServingView;

/**
 * Answers lookups, without a lock:
 *
 * <ol>
 *   <li>The index says which contents are near, or the view which have a digest.
 *   <li>The view, or the catalog, says what each of them is. What is withdrawn or disabled drops out.
 *   <li>The banks are looked at last, so that they know the bank of each content.
 * </ol>
 */
final class Lookups {
    private final Catalog catalog;
    private final InstantSource clock;
    private final LiveIndex index;
    private final LiveFeatures features;
    private final ViewKeeper views;
    private final ContentBanks contentBanks;
    private volatile Seen seen;

    /** @param seen the state that the followers hold */
    Lookups(Catalog catalog, InstantSource clock, Followers followers, Seen seen) {
        this.catalog = catalog;
        this.clock = clock;
        this.index = followers.hashes().index();
        this.features = followers.features().index();
        this.views = followers.views();
        this.contentBanks = followers.contentBanks();
        this.seen = seen;
    }

    Seen seen() {
        return seen;
    }

    /** From now on lookups see that state; the indexes hold all of it. */
    void see(Seen newest) {
        seen = newest;
    }

    private @Nullable Scope scope(Seen now, Set<String> banks) {
        return banks.isEmpty() ? null : new Scope(now, banks, contentBanks);
    }

    /** As {@link HashDb#lookup(List, Set)}. */
    List<List<Match>> lookup(List<Hash256> queries, Set<String> banks) {
        Seen now = seen;
        Scope scope = scope(now, banks);
        long[] words = new long[4 * queries.size()];
        Hits[] hits = new Hits[queries.size()];
        int i = 0;
        for (Hash256 query : queries) {
            words[4 * i] = query.w3();
            words[4 * i + 1] = query.w2();
            words[4 * i + 2] = query.w1();
            words[4 * i + 3] = query.w0();
            hits[i++] = new Hits();
        }
        if (scope == null) {
            index.lookup(
                    words,
                    queries.size(),
                    now.largestThreshold,
                    null,
                    (query, distance, contentId) -> hits[query].add(contentId, distance));
        } else if (!scope.isEmpty()) {
            index.lookup(
                    words, queries.size(), scope.largestThreshold, scope::mayHold, (query, distance, contentId) -> {
                        if (scope.mayHold(contentId)) {
                            hits[query].add(contentId, distance);
                        }
                    });
        }
        return matches(hits, SignalType.PDQ, scope);
    }

    /** As {@link HashDb#lookupDigest(Signal, Set)}. */
    List<Match> lookupDigest(Signal digest, Set<String> banks) {
        if (!digest.type().isDigest()) {
            throw new IllegalArgumentException(
                    "signal type: " + digest.type().wireName() + " (expected: a digest, as in md5, sha1 or sha256)");
        }
        Scope scope = scope(seen, banks);
        Hits hits = new Hits();
        ServingView view = views.view();
        long[] ids = view == null ? null : view.contentsWith(digest);
        for (long id : ids == null ? catalog.contentsWith(digest) : ids) {
            if (scope == null || scope.mayHold(id)) {
                hits.add(id, 0);
            }
        }
        return matches(new Hits[] {hits}, digest.type(), scope).getFirst();
    }

    /** As {@link HashDb#lookupFeatures}. */
    List<PictureMatch> lookupFeatures(
            Features query, Set<String> banks, int maxDistance, int minVotes, int maxPictures) {
        Scope scope = scope(seen, banks);
        if (scope != null && scope.isEmpty()) {
            return List.of();
        }
        FeatureIndex from = features.index();
        List<PictureVotes> votes =
                from.lookup(query, maxDistance, scope == null ? null : scope::mayHold, minVotes, maxPictures);
        List<PictureMatch> matches = enabled(votes, scope);
        if (matches.size() == votes.size() || votes.size() < maxPictures) {
            return matches;
        }
        // Contents that do not count took the place of others. Now each is read before it takes one.
        Map<Long, Boolean> counts = new HashMap<>();
        return enabled(
                from.lookup(
                        query,
                        maxDistance,
                        id -> (scope == null || scope.mayHold(id))
                                && counts.computeIfAbsent(id, unused -> isEnabled(id, scope)),
                        minVotes,
                        maxPictures),
                scope);
    }

    private boolean isEnabled(long contentId, @Nullable Scope scope) {
        boolean[] found = new boolean[1];
        forEachEnabled(new long[] {contentId}, scope, (bank, content) -> found[0] = bank.features());
        return found[0];
    }

    private List<PictureMatch> enabled(List<PictureVotes> votes, @Nullable Scope scope) {
        long[] ids = votes.stream()
                .mapToLong(PictureVotes::contentId)
                .sorted()
                .distinct()
                .toArray();
        Map<Long, Bank> banks = new HashMap<>();
        Map<Long, ContentRecord> contents = new HashMap<>();
        forEachEnabled(ids, scope, (bank, content) -> {
            banks.put(content.id(), bank);
            contents.put(content.id(), content);
        });
        List<PictureMatch> matches = new ArrayList<>(votes.size());
        for (PictureVotes picture : votes) {
            Bank bank = banks.get(picture.contentId());
            ContentRecord content = contents.get(picture.contentId());
            if (bank != null && bank.features() && content != null) {
                matches.add(new PictureMatch(bank, content, picture));
            }
        }
        return matches;
    }

    private List<List<Match>> matches(Hits[] hits, SignalType type, @Nullable Scope scope) {
        long[] ids = hits.length == 0 ? new long[0] : Hits.union(hits, 0, hits.length);
        @Nullable Candidate[] candidates = candidates(ids, type, scope);
        List<List<Match>> answers = new ArrayList<>(hits.length);
        for (Hits some : hits) {
            answers.add(some.matches(ids, candidates));
        }
        return answers;
    }

    /** What each content comes to; null for one that is withdrawn or disabled, or not in the banks that count. */
    private @Nullable Candidate[] candidates(long[] ids, SignalType type, @Nullable Scope scope) {
        @Nullable Candidate[] candidates = new @Nullable Candidate[ids.length];
        if (ids.length == 0) {
            return candidates;
        }
        forEachEnabled(
                ids,
                scope,
                (bank, content) -> candidates[Arrays.binarySearch(ids, content.id())] =
                        new Candidate(bank, content, type, type.isDigest() ? 0 : Seen.threshold(bank, content)));
        return candidates;
    }

    /** Gives those of the contents that are enabled now, and in the banks that count, with their banks. */
    private void forEachEnabled(long[] ids, @Nullable Scope scope, BiConsumer<Bank, ContentRecord> sink) {
        Instant now = clock.instant();
        for (ContentRecord content : records(ids)) {
            // The banks are looked at after the index, so that they know the bank of each hit.
            Bank bank = seen.bank(content.bankId());
            if (bank != null && content.enabledAt(now) && (scope == null || scope.holds(bank.id()))) {
                sink.accept(bank, content);
            }
        }
    }

    /** What the view does not have is asked of the catalog, so that a match can be late but not lost. */
    private List<ContentRecord> records(long[] ids) {
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
        records.addAll(catalog.records(Arrays.copyOf(missing, count)));
        return records;
    }
}
