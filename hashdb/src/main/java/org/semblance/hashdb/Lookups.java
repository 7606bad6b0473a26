package org.semblance.hashdb;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.ContentRecord;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.features.PictureVotes;
import org.semblance.hashdb.follow.ContentBanks;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;

/**
 * Answers lookups, without a lock:
 *
 * <ol>
 *   <li>The index says which contents are near, or the view which have a digest.
 *   <li>The view, or the catalog, says what each of them is. What is withdrawn or disabled drops out.
 *   <li>The banks are looked at last, so that they know the bank of each content.
 * </ol>
 */
final class Lookups implements BankedList {
    /** Radii of a lookup that widens until it finds something. */
    private static final int[] RADII = {31, 47, 63, 79, 95, 111, 127, Hash256.BITS};

    private final Stock stock;
    private final ContentBanks contentBanks;

    /** Which contents count: those that match, or all that are not withdrawn. */
    private enum Count {
        ENABLED,
        BANKED
    }

    Lookups(Stock stock, ContentBanks contentBanks) {
        this.stock = stock;
        this.contentBanks = contentBanks;
    }

    private @Nullable Scope scope(Seen now, Set<String> banks) {
        return banks.isEmpty() ? null : new Scope(now, banks, contentBanks);
    }

    @Override
    public long seq() {
        return stock.seen().seq;
    }

    @Override
    public List<Bank> banks() {
        return stock.seen().banks;
    }

    @Override
    public Optional<Bank> bank(String name) {
        return Optional.ofNullable(stock.seen().bank(name));
    }

    @Override
    public long featureCount() {
        return stock.featureCount();
    }

    @Override
    public int[] documentFrequency(Features banked, int maxDistance, long exceptContentId) {
        return stock.documentFrequency(banked, maxDistance, id -> id != exceptContentId);
    }

    @Override
    public Optional<KnownVideo> video(long contentId) {
        return stock.video(contentId);
    }

    @Override
    public List<List<Match>> lookup(List<Hash256> queries, Set<String> banks) {
        return lookup(queries, banks, Hash256.BITS, Count.ENABLED);
    }

    /** As {@link HashDb#isFar}. */
    boolean isFar(Hash256 query) {
        boolean[] near = new boolean[1];
        long[] words = {query.w3(), query.w2(), query.w1(), query.w0()};
        stock.lookup(words, 1, stock.seen().largestThreshold, null, (unused, distance, contentId) -> near[0] = true);
        return !near[0];
    }

    /** As {@link HashDb#lookupBanked(List, Set, int)}. */
    List<List<Match>> lookupBanked(List<Hash256> queries, Set<String> banks, int atMost) {
        return lookup(queries, banks, atMost, Count.BANKED);
    }

    private List<List<Match>> lookup(List<Hash256> queries, Set<String> banks, int atMost, Count count) {
        Seen now = stock.seen();
        Scope scope = scope(now, banks);
        int largest = scope == null ? now.largestThreshold : scope.largestThreshold;
        return matches(hits(queries, scope, Math.min(largest, atMost)), SignalType.PDQ, scope, count);
    }

    /** As {@link HashDb#lookupWithin}. */
    List<List<Match>> lookupWithin(List<Hash256> queries, Set<String> banks, int maxDistance) {
        return within(queries, banks, maxDistance, Count.ENABLED);
    }

    /** As {@link HashDb#lookupBankedWithin}. */
    List<List<Match>> lookupBankedWithin(List<Hash256> queries, Set<String> banks, int maxDistance) {
        return within(queries, banks, maxDistance, Count.BANKED);
    }

    private List<List<Match>> within(List<Hash256> queries, Set<String> banks, int maxDistance, Count count) {
        Seen now = stock.seen();
        Scope scope = scope(now, banks);
        int largest = scope == null ? now.largestThreshold : scope.largestThreshold;
        Hits[] hits = hits(queries, scope, Math.max(largest, maxDistance));
        long[] ids = hits.length == 0 ? new long[0] : Hits.union(hits, 0, hits.length);
        @Nullable Candidate[] candidates = candidates(ids, SignalType.PDQ, scope, count);
        return Arrays.stream(hits)
                .map(some -> some.matches(ids, candidates, maxDistance))
                .toList();
    }

    private Hits[] hits(List<Hash256> queries, @Nullable Scope scope, int maxDistance) {
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
            stock.lookup(
                    words,
                    queries.size(),
                    maxDistance,
                    null,
                    (query, distance, contentId) -> hits[query].add(contentId, distance));
        } else if (!scope.isEmpty()) {
            stock.lookup(words, queries.size(), maxDistance, scope::mayHold, (query, distance, contentId) -> {
                if (scope.mayHold(contentId)) {
                    hits[query].add(contentId, distance);
                }
            });
        }
        return hits;
    }

    @Override
    public List<Match> lookupDigest(Signal digest, Set<String> banks) {
        return lookup(digest, banks, Count.ENABLED);
    }

    /** As {@link HashDb#lookupBanked(Signal, Set)}. */
    List<Match> lookupBanked(Signal digest, Set<String> banks) {
        return lookup(digest, banks, Count.BANKED);
    }

    private List<Match> lookup(Signal digest, Set<String> banks, Count count) {
        if (!digest.type().isDigest()) {
            throw new IllegalArgumentException(
                    "signal type: " + digest.type().wireName() + " (expected: a digest, as in md5, sha1 or sha256)");
        }
        Scope scope = scope(stock.seen(), banks);
        Hits hits = new Hits();
        for (long id : stock.contentsWith(digest)) {
            if (scope == null || scope.mayHold(id)) {
                hits.add(id, 0);
            }
        }
        return matches(new Hits[] {hits}, digest.type(), scope, count).getFirst();
    }

    @Override
    public List<PictureMatch> lookupFeatures(
            Features query, Set<String> banks, int maxDistance, int minVotes, int maxPictures) {
        Scope scope = scope(stock.seen(), banks);
        if (scope != null && scope.isEmpty()) {
            return List.of();
        }
        List<PictureVotes> votes =
                stock.lookupFeatures(query, maxDistance, scope == null ? null : scope::mayHold, minVotes, maxPictures);
        List<PictureMatch> matches = enabled(votes, scope);
        if (matches.size() == votes.size() || votes.size() < maxPictures) {
            return matches;
        }
        // Contents that do not count took the place of others. Now each is read before it takes one.
        Map<Long, Boolean> counts = new HashMap<>();
        return enabled(
                stock.lookupFeatures(
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

    private List<List<Match>> matches(Hits[] hits, SignalType type, @Nullable Scope scope, Count count) {
        long[] ids = hits.length == 0 ? new long[0] : Hits.union(hits, 0, hits.length);
        @Nullable Candidate[] candidates = candidates(ids, type, scope, count);
        List<List<Match>> answers = new ArrayList<>(hits.length);
        for (Hits some : hits) {
            answers.add(some.matches(ids, candidates));
        }
        return answers;
    }

    /** What each content comes to; null for one that does not count, or is not in the banks that do. */
    private @Nullable Candidate[] candidates(long[] ids, SignalType type, @Nullable Scope scope, Count count) {
        @Nullable Candidate[] candidates = new @Nullable Candidate[ids.length];
        if (ids.length == 0) {
            return candidates;
        }
        forEach(
                ids,
                scope,
                count,
                (bank, content) -> candidates[Arrays.binarySearch(ids, content.id())] = new Candidate(
                        bank,
                        content,
                        type,
                        type.isDigest()
                                ? 0
                                : DistanceThreshold.of(bank, content.treatment())
                                        .bits()));
        return candidates;
    }

    /** Gives those of the contents that are enabled now, and in the banks that count, with their banks. */
    private void forEachEnabled(long[] ids, @Nullable Scope scope, BiConsumer<Bank, ContentRecord> sink) {
        forEach(ids, scope, Count.ENABLED, sink);
    }

    private void forEach(long[] ids, @Nullable Scope scope, Count count, BiConsumer<Bank, ContentRecord> sink) {
        Instant now = stock.now();
        for (ContentRecord content : stock.records(ids)) {
            // The banks are looked at after the index, so that they know the bank of each hit.
            Bank bank = stock.seen().bank(content.bankId());
            boolean counts = count == Count.BANKED || content.enabledAt(now);
            if (bank != null && counts && (scope == null || scope.holds(bank.id()))) {
                sink.accept(bank, content);
            }
        }
    }

    @Override
    public List<Near> nearest(Hash256 query, Set<String> banks, int most) {
        Scope scope = scope(stock.seen(), banks);
        if (scope != null && scope.isEmpty()) {
            return List.of();
        }
        List<Near> nearest = List.of();
        for (int i = 0; i < RADII.length && nearest.isEmpty(); i++) {
            nearest = within(query, RADII[i], scope, most);
        }
        return nearest;
    }

    private List<Near> within(Hash256 query, int radius, @Nullable Scope scope, int most) {
        Hits hits = new Hits();
        long[] words = {query.w3(), query.w2(), query.w1(), query.w0()};
        stock.lookup(words, 1, radius, scope == null ? null : scope::mayHold, (unused, distance, contentId) -> {
            if (scope == null || scope.mayHold(contentId)) {
                hits.add(contentId, distance);
            }
        });
        long[] ids = hits.nearestFirst();
        List<Near> near = new ArrayList<>();
        for (int from = 0; from < ids.length && near.size() < most; from += most) {
            near.addAll(described(query, Arrays.copyOfRange(ids, from, Math.min(ids.length, from + most)), scope));
        }
        return List.copyOf(near.subList(0, Math.min(most, near.size())));
    }

    /** Those of the contents that the scope holds, nearest first. */
    private List<Near> described(Hash256 query, long[] ids, @Nullable Scope scope) {
        List<Near> near = new ArrayList<>();
        Instant now = stock.now();
        for (ContentRecord content : stock.records(ids)) {
            Bank bank = stock.seen().bank(content.bankId());
            if (bank != null && (scope == null || scope.holds(bank.id()))) {
                Hash256 hash = stock.hashesOf(content.id()).stream()
                        .min(Comparator.comparingInt(query::distance))
                        .orElse(null);
                if (hash != null) {
                    near.add(new Near(
                            bank,
                            content,
                            hash,
                            hash.distance(query),
                            DistanceThreshold.of(bank, content.treatment()),
                            content.enabledAt(now)));
                }
            }
        }
        near.sort(Comparator.comparingInt(Near::distance)
                .thenComparingLong(one -> one.content().id()));
        return near;
    }
}
