package org.semblance.engine;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.features.PictureComparison;
import org.semblance.engine.features.Placement;
import org.semblance.engine.features.Placement.Strength;
import org.semblance.engine.features.ReducedPicture;
import org.semblance.engine.media.Deadline;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.PictureMatch;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.ContentRecord;
import org.semblance.hashdb.features.Features;

/**
 * Finds banked pictures in one upload by local features: near features vote for pictures, those with the most votes are
 * compared with the upload, and what is found there decides.
 *
 * <p>What an allowed picture explains is taken away from the others: the features at whose places it is found as well. So an allowed logo or
 * empty template suppresses what shows no more than that, and not a copy of a banked card of that template.
 */
final class FeatureSearch {
    private static final int LEAST_VOTES = 3;

    /** Pictures that are compared with an upload. */
    private static final int MAX_PICTURES = 50;

    /** Contents whose features are looked up to tell a template from a picture; further ones are no more than likely. */
    private static final int MAX_JUDGED = 10;

    /** Pixels of the reduced upload within which two banked pictures show the same part of it. */
    private static final double NEAR = 24;

    private final HashDb db;
    private final MatchOptions options;
    private String cutShort = "";

    FeatureSearch(HashDb db, MatchOptions options) {
        this.db = db;
        this.options = options;
    }

    /** A content that the upload shows; {@code explainedBy} is allowed content that has all of it that is found. */
    record Hit(
            Bank bank,
            ContentRecord content,
            Features banked,
            FeatureMatch found,
            @Nullable Hit explainedBy) {
        boolean isAllowed() {
            return bank.kind() == BankKind.ALLOW;
        }

        /** Where a banked feature lies in the upload, as a fraction of its width. */
        private double x(int feature) {
            return found.placement()
                    .map()
                    .x(fraction(banked.x(feature), banked.width()), fraction(banked.y(feature), banked.height()));
        }

        /** Likewise of its height. */
        private double y(int feature) {
            return found.placement()
                    .map()
                    .y(fraction(banked.x(feature), banked.width()), fraction(banked.y(feature), banked.height()));
        }

        private static double fraction(double pixel, int side) {
            return (pixel + 0.5) / side;
        }
    }

    /** Why not all pictures were compared; empty if all were. */
    String cutShort() {
        return cutShort;
    }

    /** The contents that the upload shows, each once: those that match first, and of these those with the largest share. */
    List<Hit> find(SeenPicture upload, Deadline deadline) {
        ReducedPicture reduced = upload.reduced();
        if (reduced == null || upload.features().count() < LEAST_VOTES) {
            return List.of();
        }
        int maxDistance = maxDistance(db.featureCount());
        List<PictureMatch> candidates =
                db.lookupFeatures(upload.features(), options.banks(), maxDistance, LEAST_VOTES, MAX_PICTURES).stream()
                        .filter(candidate -> candidate.bank().enabled())
                        .toList();
        PictureComparison comparison = new PictureComparison(reduced, upload.features());
        Map<Long, Candidate> best = new HashMap<>();
        for (int i = 0; i < candidates.size(); i++) {
            if (deadline.passed()) {
                cutShort = "compared with " + i + " of " + candidates.size()
                        + " pictures that share features: time ran out";
                break;
            }
            PictureMatch picture = candidates.get(i);
            Placement placement = comparison.place(picture.votes());
            if (placement != null && placement.isPlausible()) {
                best.merge(
                        picture.content().id(),
                        new Candidate(picture, placement),
                        (one, other) -> one.found() >= other.found() ? one : other);
            }
        }
        return explained(judged(best.values().stream().sorted(Candidate.ORDER).toList(), maxDistance), reduced);
    }

    /** Chance pairs grow with the bank: the larger it is, the nearer features must be. */
    private static int maxDistance(long banked) {
        return banked <= 20_000_000 ? 34 : banked <= 200_000_000 ? 31 : 23;
    }

    private record Candidate(PictureMatch picture, Placement placement) {
        static final Comparator<Candidate> ORDER = Comparator.comparingInt(Candidate::found)
                .reversed()
                .thenComparing(candidate -> candidate.picture.content().id());

        int found() {
            return placement.found().cardinality();
        }
    }

    private List<Hit> judged(List<Candidate> candidates, int maxDistance) {
        List<Hit> hits = new ArrayList<>();
        for (Candidate candidate : candidates) {
            PictureMatch picture = candidate.picture;
            Features banked = picture.votes().banked();
            long id = picture.content().id();
            Strength strength = hits.size() < MAX_JUDGED
                    ? candidate.placement.strength(db.documentFrequency(banked, maxDistance, id))
                    : Strength.LIKELY;
            hits.add(new Hit(
                    picture.bank(),
                    picture.content(),
                    banked,
                    new FeatureMatch(picture.votes().ms(), candidate.placement, strength),
                    null));
        }
        hits.sort(Comparator.comparing((Hit hit) -> hit.found.strength()).reversed());
        return hits;
    }

    private static List<Hit> explained(List<Hit> hits, ReducedPicture upload) {
        List<Hit> allowed = hits.stream().filter(Hit::isAllowed).toList();
        return allowed.isEmpty()
                ? hits
                : hits.stream()
                        .map(hit -> hit.isAllowed() ? hit : explained(hit, allowed, upload))
                        .toList();
    }

    private static Hit explained(Hit hit, List<Hit> allowed, ReducedPicture upload) {
        for (Hit other : allowed) {
            Placement left = hit.found.placement().without(shared(hit, other, upload));
            if (!left.isFoundAgain()) {
                return new Hit(hit.bank, hit.content, hit.banked, hit.found, other);
            }
        }
        return hit;
    }

    /** The features of a picture at whose places in the upload, or near them, another one is found as well. */
    private static BitSet shared(Hit hit, Hit other, ReducedPicture upload) {
        int[] own = hit.found.placement().visible().stream().toArray();
        int[] others = other.found.placement().found().stream().toArray();
        BitSet shared = new BitSet();
        for (int i : own) {
            for (int k = 0; k < others.length && !shared.get(i); k++) {
                double dx = hit.x(i) - other.x(others[k]);
                double dy = hit.y(i) - other.y(others[k]);
                shared.set(i, Math.hypot(dx * upload.width(), dy * upload.height()) <= NEAR);
            }
        }
        return shared;
    }
}
