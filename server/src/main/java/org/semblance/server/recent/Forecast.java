package org.semblance.server.recent;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.DistanceThreshold;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.Match;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.BankContent;
import org.semblance.hashdb.catalog.ContentFilter;
import org.semblance.hashdb.catalog.ContentStatus;
import org.semblance.hashdb.catalog.Page;
import org.semblance.hashdb.catalog.Paging;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.recent.RecentUploads;
import org.semblance.server.auth.Gate;

/**
 * How many recent uploads a bank, or one content of it, would have matched at each distance threshold. An upload counts once,
 * by its nearest hash. What counts is the plain distance to enabled contents out of quarantine: neither what allowed content
 * suppresses, nor how much of a video is seen, nor digests, turned pictures and features. Of a single content it does not matter
 * whether it is enabled.
 *
 * <p>A content with a threshold of its own keeps it when the threshold of its bank changes, and is counted so.
 *
 * <p>The smaller side is asked: where the bank has fewer hashes than there are recent ones, its hashes are looked up among the
 * uploads, otherwise the uploads in the bank, the newest first.
 */
public final class Forecast {
    private static final int PAGE = 1_000;
    private static final int LOOKED_UP_AT_ONCE = 2_048;

    /** Distances 0 to 256, moved by one: at 0 is what matches at each threshold. */
    private static final int COUNTS = Hash256.BITS + 2;

    private static final int ALWAYS = -1;

    private final HashDb db;
    private final Gate gate;
    private final UploadMemory memory;

    public Forecast(HashDb db, Gate gate, UploadMemory memory) {
        this.db = db;
        this.gate = gate;
        this.memory = memory;
    }

    /**
     * What was counted.
     *
     * @param threshold the one of now
     * @param uploads how many uploads were looked at
     * @param partial whether time ran out before all of them were
     * @param loading whether uploads of before the last start were not all looked at
     * @param atDistance uploads whose nearest hash is that far, from 0 on
     * @param always uploads that a content matches by a threshold of its own
     */
    public record Counts(
            int threshold, long uploads, boolean partial, boolean loading, List<Long> atDistance, long always) {
        public Counts {
            atDistance = List.copyOf(atDistance);
        }

        /** How many of them match if that is the threshold. */
        public long within(int distance) {
            long sum = always;
            for (int i = 0; i <= distance; i++) {
                sum += atDistance.get(i);
            }
            return sum;
        }
    }

    /** What is asked of: contents of one bank, and what their threshold is. */
    private record Question(Bank bank, @Nullable Long contentId, int threshold, int maxDistance, BooleanSupplier stop) {
        /** The distance that counts for an upload so far from the content; above 256 for none. */
        int effective(int distance, @Nullable Integer ownThreshold) {
            if (contentId != null || ownThreshold == null) {
                return distance;
            }
            return distance <= ownThreshold ? ALWAYS : Integer.MAX_VALUE;
        }
    }

    /**
     * Counts for a bank, or for one of its contents.
     *
     * @param content null for all of them
     * @param maxDistance 0..256: counts beyond it may be missing
     * @return null if uploads are not remembered
     */
    public @Nullable Counts of(Bank bank, @Nullable BankContent content, int maxDistance, BooleanSupplier stop) {
        RecentUploads recent = memory.recent();
        if (recent == null) {
            return null;
        }
        boolean loading = recent.isLoading();
        int threshold =
                (content == null ? DistanceThreshold.of(bank) : DistanceThreshold.of(bank, content.treatment())).bits();
        Question question = new Question(
                bank, content == null ? null : content.id(), threshold, Math.max(maxDistance, threshold), stop);
        Predicate<@Nullable String> ofKey = gate.keysThatSee(bank.name());
        List<Banked> banked = content == null
                ? banked(question, recent.state().hashes())
                : List.of(new Banked(null, hashes(content)));
        Tally tally = banked == null ? byUploads(question, recent, ofKey) : byContents(question, recent, ofKey, banked);
        return tally.counts(threshold, loading);
    }

    /** Hashes of contents that have the same threshold; null for that of the bank. */
    private record Banked(@Nullable Integer ownThreshold, List<Hash256> hashes) {}

    /** All that the bank has; null if that is more than so many hashes. */
    private @Nullable List<Banked> banked(Question question, long most) {
        List<Banked> banked = new ArrayList<>();
        long count = 0;
        Long after = 0L;
        while (after != null) {
            Page<BankContent> page = db.contents(
                    question.bank.name(),
                    new ContentFilter(null, ContentStatus.ENABLED, null, null),
                    Paging.after(after, PAGE));
            for (BankContent content : page.rows()) {
                if (!content.treatment().isQuarantined()) {
                    List<Hash256> hashes = hashes(content);
                    count += hashes.size();
                    banked.add(new Banked(content.treatment().distanceThreshold(), hashes));
                }
            }
            if (count > most || question.stop.getAsBoolean()) {
                return null;
            }
            after = page.next();
        }
        return banked;
    }

    private List<Hash256> hashes(BankContent content) {
        Set<Hash256> hashes = new LinkedHashSet<>();
        for (Signal signal : content.signals()) {
            if (!signal.type().isDigest()) {
                hashes.add(signal.hash());
            }
        }
        if (content.video() != null) {
            db.video(content.id()).ifPresent(video -> video.frames().forEach(frame -> hashes.add(frame.hash())));
        }
        return List.copyOf(hashes);
    }

    /** Counts uploads by the distance that counts for each. */
    private static final class Tally {
        final long[] counts = new long[COUNTS];
        long uploads;
        boolean partial;

        void add(int effective) {
            if (effective <= Hash256.BITS) {
                counts[effective - ALWAYS]++;
            }
        }

        Counts counts(int threshold, boolean loading) {
            List<Long> atDistance = Arrays.stream(counts, 1, COUNTS).boxed().toList();
            return new Counts(threshold, uploads, partial, loading, atDistance, counts[0]);
        }
    }

    private static Tally byContents(
            Question question, RecentUploads recent, Predicate<@Nullable String> ofKey, List<Banked> banked) {
        Tally tally = new Tally();
        Map<Long, Integer> nearest = new HashMap<>();
        for (Banked some : banked) {
            int distance = some.ownThreshold == null ? question.maxDistance : some.ownThreshold;
            tally.partial |= !recent.distances(
                    some.hashes,
                    distance,
                    ofKey,
                    question.stop,
                    (upload, far) -> nearest.merge(upload, question.effective(far, some.ownThreshold), Math::min));
        }
        nearest.values().forEach(tally::add);
        recent.newestFirst((id, key, hashes) -> {
            tally.uploads += ofKey.test(key) ? 1 : 0;
            tally.partial |= question.stop.getAsBoolean();
            return !tally.partial;
        });
        return tally;
    }

    private Tally byUploads(Question question, RecentUploads recent, Predicate<@Nullable String> ofKey) {
        Tally tally = new Tally();
        List<List<Hash256>> batch = new ArrayList<>();
        recent.newestFirst((id, key, hashes) -> {
            if (ofKey.test(key)) {
                batch.add(hashes);
                if (batch.size() == LOOKED_UP_AT_ONCE) {
                    lookUp(question, batch, tally);
                    batch.clear();
                    tally.partial = question.stop.getAsBoolean();
                }
            }
            return !tally.partial;
        });
        lookUp(question, batch, tally);
        return tally;
    }

    private void lookUp(Question question, List<List<Hash256>> uploads, Tally tally) {
        List<Hash256> all = uploads.stream().flatMap(List::stream).toList();
        List<List<Match>> found = db.lookupWithin(all, Set.of(question.bank.name()), question.maxDistance);
        int at = 0;
        for (List<Hash256> upload : uploads) {
            int nearest = Integer.MAX_VALUE;
            for (int end = at + upload.size(); at < end; at++) {
                for (Match match : found.get(at)) {
                    if (!match.content().treatment().isQuarantined()) {
                        nearest = Math.min(
                                nearest,
                                question.effective(
                                        match.distance(),
                                        match.content().treatment().distanceThreshold()));
                    }
                }
            }
            tally.uploads++;
            tally.add(nearest);
        }
    }
}
