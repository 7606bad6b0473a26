package org.semblance.engine.guard;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.BankedList;
import org.semblance.hashdb.DistanceThreshold;
import org.semblance.hashdb.Match;
import org.semblance.hashdb.Near;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.catalog.Quarantine;
import org.semblance.hashdb.catalog.Treatment;
import org.semblance.hashdb.hash.FrameSpan;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;

/**
 * Holds contents back that would match what has nothing to do with them. A content that is held is banked in quarantine, with
 * the reason, so that a person can look at it; its exact bytes match all the same, unless they are those of an empty picture.
 *
 * <ul>
 *   <li>Flat: the hash has far more, or far fewer, than half of its bits set. The bits say what is above the median, so that
 *       half of them are set in the hash of any picture with detail.
 *   <li>Near allowed content: it would be suppressed wherever it matches, or ought to be.
 *   <li>A hub: near banked contents that are not near each other, or near many recent uploads. A copy of a banked content is
 *       near its other copies, and those are near each other.
 *   <li>A digest of one of the files that everybody has, such as a transparent pixel.
 * </ul>
 *
 * <p>Of a video, more than half of the frames that are looked at must be so. What is added to a bank of allowed content is
 * not held.
 */
public final class PoisonGuard {
    /** Bits of a hash that are set: of a picture with detail 128, but for ties. */
    private static final int FEWEST_BITS = 64;

    private static final int MOST_BITS = Hash256.BITS - FEWEST_BITS;

    /** Contents, no two of them near each other, that make what is near them all a hub. */
    private static final int DIFFERENT = 5;

    /** Neighbours among which different ones are looked for. */
    private static final int MOST_NEIGHBOURS = 64;

    /** Frames of a video that are looked at, spread over the video. */
    private static final int MOST_FRAMES = 64;

    private static final int LOOKUP_BATCH = 256;

    /** The share of the recent uploads that makes a hub, where it is more than the least number. */
    private static final double SHARE_OF_UPLOADS = 0.001;

    private final BankedList list;
    private final RecentNeighbours recent;
    private final int leastUploads;

    /**
     * @param list what is banked
     * @param recent what was uploaded
     * @param leastUploads recent uploads near a content that make a hub of it; 0 not to ask
     */
    public PoisonGuard(BankedList list, RecentNeighbours recent, int leastUploads) {
        this.list = list;
        this.recent = recent;
        this.leastUploads = leastUploads;
    }

    /**
     * The drafts as they are to be banked: those that are held in quarantine, the others as they are.
     *
     * @param visible the banks that may be named in a reason; empty for all
     */
    public List<ContentDraft> check(Bank bank, List<ContentDraft> drafts, Set<String> visible) {
        if (bank.kind() == BankKind.ALLOW) {
            return drafts;
        }
        Map<Hash256, List<Match>> near = lookUp(drafts, visible);
        List<ContentDraft> checked = new ArrayList<>(drafts.size());
        for (ContentDraft draft : drafts) {
            Quarantine reason = quarantine(bank, draft, near, visible);
            checked.add(reason == null || draft.treatment().isQuarantined() ? draft : held(draft, reason));
        }
        return checked;
    }

    private static ContentDraft held(ContentDraft draft, Quarantine reason) {
        Treatment treatment = draft.treatment();
        return draft.withTreatment(
                new Treatment(treatment.distanceThreshold(), treatment.handling(), reason, treatment.confirmedBy()));
    }

    private Map<Hash256, List<Match>> lookUp(List<ContentDraft> drafts, Set<String> visible) {
        Set<Hash256> asked = new LinkedHashSet<>();
        drafts.forEach(draft -> asked.addAll(hashes(draft)));
        List<Hash256> hashes = List.copyOf(asked);
        Map<Hash256, List<Match>> near = new LinkedHashMap<>();
        for (int from = 0; from < hashes.size(); from += LOOKUP_BATCH) {
            List<Hash256> some = hashes.subList(from, Math.min(hashes.size(), from + LOOKUP_BATCH));
            List<List<Match>> found = list.lookup(some, visible);
            for (int i = 0; i < some.size(); i++) {
                near.put(some.get(i), few(found.get(i)));
            }
        }
        return near;
    }

    /** Those matches that the guard decides by: the nearest allowed one, and as many as make a hub. A bulk near a hub has millions. */
    private static List<Match> few(List<Match> matches) {
        List<Match> few = new ArrayList<>(matches.subList(0, Math.min(DIFFERENT, matches.size())));
        matches.stream()
                .skip(DIFFERENT)
                .filter(PoisonGuard::isAllowed)
                .findFirst()
                .ifPresent(few::add);
        return List.copyOf(few);
    }

    private static boolean isAllowed(Match match) {
        return match.bank().kind() == BankKind.ALLOW && match.bank().enabled();
    }

    private static List<Hash256> hashes(ContentDraft draft) {
        Set<Hash256> hashes = new LinkedHashSet<>();
        draft.signals().stream()
                .filter(signal -> !signal.type().isDigest())
                .forEach(signal -> hashes.add(signal.hash()));
        KnownVideo video = draft.video();
        if (video != null) {
            List<FrameSpan> frames = video.frames();
            int step = Math.max(1, frames.size() / MOST_FRAMES);
            for (int i = 0; i < frames.size(); i += step) {
                hashes.add(frames.get(i).hash());
            }
        }
        return List.copyOf(hashes);
    }

    private @Nullable Quarantine quarantine(
            Bank bank, ContentDraft draft, Map<Hash256, List<Match>> near, Set<String> visible) {
        for (Signal signal : draft.signals()) {
            String trivial = TrivialFiles.name(signal);
            if (trivial != null) {
                return new Quarantine("held: the " + signal.type().wireName() + " of " + trivial, true);
            }
        }
        int threshold = DistanceThreshold.of(bank, draft.treatment()).bits();
        List<Hash256> hashes = hashes(draft);
        String first = null;
        int suspect = 0;
        for (Hash256 hash : hashes) {
            String reason = reason(hash, threshold, near.getOrDefault(hash, List.of()), visible);
            suspect += reason == null ? 0 : 1;
            first = first == null ? reason : first;
        }
        return 2 * suspect > hashes.size() ? new Quarantine("held: " + first, false) : null;
    }

    private @Nullable String reason(Hash256 hash, int threshold, List<Match> near, Set<String> visible) {
        int bits = hash.bitCount();
        if (bits < FEWEST_BITS || bits > MOST_BITS) {
            return "flat, " + bits + " of " + Hash256.BITS + " bits of its hash are set (expected: about half)";
        }
        for (Match match : near) {
            if (isAllowed(match)) {
                return "near allowed content " + match.content().id() + " of bank "
                        + match.bank().name() + " (distance " + match.distance() + ")";
            }
        }
        if (near.size() >= DIFFERENT) {
            int different = different(hash, threshold, visible);
            if (different >= DIFFERENT) {
                return "a hub, near " + different + " banked contents that are not near each other";
            }
        }
        if (leastUploads > 0) {
            long uploads = recent.uploads();
            int enough = (int) Math.min(Integer.MAX_VALUE, Math.max(leastUploads, (long) (SHARE_OF_UPLOADS * uploads)));
            int found = uploads < enough ? 0 : recent.near(hash, threshold, enough);
            if (found >= enough) {
                return "a hub, near " + found + " or more of " + uploads + " recent uploads";
            }
        }
        return null;
    }

    /** How many contents are near the hash, of which no two are near each other. */
    private int different(Hash256 hash, int threshold, Set<String> visible) {
        List<Hash256> different = new ArrayList<>();
        for (Near near : list.nearest(hash, visible, MOST_NEIGHBOURS)) {
            boolean isNew = different.stream()
                    .allMatch(other -> other.distance(near.hash()) > DistanceThreshold.STANDARD.bits());
            if (near.distance() <= threshold && near.bank().kind() == BankKind.MATCH && isNew) {
                different.add(near.hash());
            }
        }
        return different.size();
    }
}
