package org.semblance.engine;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.features.PictureComparison;
import org.semblance.engine.features.Placement;
import org.semblance.engine.features.Placement.Strength;
import org.semblance.engine.judge.Alignment;
import org.semblance.engine.judge.Alignment.Span;
import org.semblance.engine.judge.Alignment.Stretch;
import org.semblance.engine.judge.Claim;
import org.semblance.engine.judge.FeatureMatch;
import org.semblance.engine.judge.Judge;
import org.semblance.engine.media.Deadline;
import org.semblance.hashdb.BankedList;
import org.semblance.hashdb.PictureMatch;
import org.semblance.hashdb.features.Features;

/**
 * Finds banked pictures in one upload by local features: near features vote for pictures, those with the most votes are
 * compared with the upload, and what is found there decides.
 *
 * <p>What an allowed picture explains is taken away from the others: the features at whose places it is found as well. So an
 * allowed logo or empty template suppresses what shows no more than that, and not a copy of a banked card of that template.
 */
final class FeatureSearch {
    private static final int LEAST_VOTES = 3;

    /** Pictures that are compared with an upload. */
    private static final int MAX_PICTURES = 50;

    /** Contents whose features are looked up to tell a template from a picture; further ones are no more than likely. */
    private static final int MAX_JUDGED = 10;

    /** Banked pictures that are judged for all frames of a video together; each may be seen in many frames. */
    private static final int MAX_JUDGED_IN_ALL = 250;

    /** Pixels of the reduced upload within which two banked pictures show the same part of it. */
    private static final double NEAR = 24;

    private final BankedList db;
    private final MatchOptions options;
    private final Judge judge;
    private final int maxDistance;
    private final Map<BankedPictureId, int[]> frequencies = new HashMap<>();
    private String cutShort = "";

    private record BankedPictureId(long contentId, int ms) {}

    FeatureSearch(BankedList db, MatchOptions options) {
        this.db = db;
        this.options = options;
        this.judge = options.judge();
        this.maxDistance = PictureComparison.maxVoteDistance(db.featureCount());
    }

    /** A banked picture, and where an upload of that reduced size seems to show it. */
    record Placed(PictureMatch picture, Placement placement, int width, int height) {
        private static final Comparator<Placed> ORDER =
                Comparator.comparingInt(Placed::found).reversed().thenComparing(Placed::contentId);

        /** How many of its features are found. */
        int found() {
            return placement.found().cardinality();
        }

        long contentId() {
            return picture.content().id();
        }

        boolean suppresses() {
            return Claim.suppresses(picture.bank(), picture.content());
        }

        int ms() {
            return picture.votes().ms();
        }

        Features banked() {
            return picture.votes().banked();
        }

        private BankedPictureId id() {
            return new BankedPictureId(contentId(), ms());
        }

        /** Where a banked feature lies in the reduced upload. */
        private double x(int feature) {
            return width * placement.map().x(fractionX(feature), fractionY(feature));
        }

        private double y(int feature) {
            return height * placement.map().y(fractionX(feature), fractionY(feature));
        }

        private double fractionX(int feature) {
            return (banked().x(feature) + 0.5) / banked().width();
        }

        private double fractionY(int feature) {
            return (banked().y(feature) + 0.5) / banked().height();
        }

        FeatureMatch match(Strength strength) {
            return new FeatureMatch(ms(), placement, strength);
        }
    }

    /** A content that the upload shows; {@code explainedBy} is allowed content that has all of it that is found. */
    record Hit(Placed best, Strength strength, @Nullable Placed explainedBy) {
        /** What an image as a whole shows. */
        Claim claim(int stillMoment) {
            BitSet evidence = new BitSet();
            evidence.set(stillMoment);
            double second = best.ms() / 1000.0;
            return new Claim(
                    best.picture.bank(),
                    best.picture.content(),
                    null,
                    best.match(strength),
                    best.picture.content().isVideo()
                            ? new Alignment(null, null, List.of(new Span(null, new Stretch(second, second))))
                            : null,
                    evidence,
                    stillMoment,
                    null,
                    "none",
                    explainedBy == null ? new BitSet() : evidence,
                    explainedBy == null ? Set.of() : Set.of(explainedBy.contentId()));
        }
    }

    /** Why not all pictures were compared; empty if all were. */
    String cutShort() {
        return cutShort;
    }

    /** The contents that an image shows, each once: those that match first, and of these those with the largest share. */
    List<Hit> find(SeenPicture upload, Deadline deadline) {
        Map<Long, Placed> best = new HashMap<>();
        for (Placed placed : place(upload, deadline)) {
            best.merge(placed.contentId(), placed, (one, other) -> one.found() >= other.found() ? one : other);
        }
        List<Placed> ordered = best.values().stream().sorted(Placed.ORDER).toList();
        List<Placed> allowed = ordered.stream().filter(Placed::suppresses).toList();
        List<Hit> hits = new ArrayList<>();
        for (Placed placed : ordered) {
            Strength strength = hits.size() < MAX_JUDGED ? strength(placed) : Strength.LIKELY;
            hits.add(new Hit(placed, strength, explainedBy(placed, allowed)));
        }
        hits.sort(Comparator.comparing(Hit::strength).reversed());
        return hits;
    }

    /** The first of the allowed pictures that has all of it that is found; null if none has. */
    @Nullable
    Placed explainedBy(Placed placed, List<Placed> allowed) {
        return placed.suppresses()
                ? null
                : allowed.stream()
                        .filter(other -> isExplained(placed, other))
                        .findFirst()
                        .orElse(null);
    }

    private static boolean isExplained(Placed placed, Placed allowed) {
        return !placed.placement.without(shared(placed, allowed)).isFoundAgain();
    }

    /** The features of a picture at whose places in the upload, or near them, another one is found as well. */
    private static BitSet shared(Placed placed, Placed other) {
        int[] own = placed.placement.visible().stream().toArray();
        int[] others = other.placement.found().stream().toArray();
        BitSet shared = new BitSet();
        for (int i : own) {
            for (int k = 0; k < others.length && !shared.get(i); k++) {
                shared.set(i, Math.hypot(placed.x(i) - other.x(others[k]), placed.y(i) - other.y(others[k])) <= NEAR);
            }
        }
        return shared;
    }

    /** All banked pictures that the upload shows something of, be that a template alone. */
    List<Placed> place(SeenPicture upload, Deadline deadline) {
        if (upload.features().count() < LEAST_VOTES) {
            return List.of();
        }
        List<PictureMatch> candidates =
                db.lookupFeatures(upload.features(), options.banks(), maxDistance, LEAST_VOTES, MAX_PICTURES).stream()
                        .filter(candidate -> judge.counts(candidate.bank()))
                        .toList();
        PictureComparison comparison = new PictureComparison(upload.reduced(), upload.features());
        List<Placed> placed = new ArrayList<>();
        for (int i = 0; i < candidates.size(); i++) {
            if (deadline.passed()) {
                cutShort = "compared with " + i + " of " + candidates.size()
                        + " pictures that share features: time ran out";
                break;
            }
            Placement placement = comparison.place(candidates.get(i).votes());
            if (placement != null && placement.isPlausible()) {
                placed.add(new Placed(
                        candidates.get(i),
                        placement,
                        upload.features().width(),
                        upload.features().height()));
            }
        }
        return placed;
    }

    /** Whether it is the picture itself that is shown, or only what other contents have as well. */
    Strength strength(Placed placed) {
        if (frequencies.size() >= MAX_JUDGED_IN_ALL && !frequencies.containsKey(placed.id())) {
            return Strength.LIKELY;
        }
        int[] frequency = frequencies.computeIfAbsent(
                placed.id(), id -> db.documentFrequency(placed.banked(), maxDistance, id.contentId));
        return placed.placement.strength(frequency);
    }
}
