package org.semblance.engine.features;

import java.util.BitSet;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.features.PictureVotes;

/**
 * Compares one upload with banked pictures that have features near to its own: estimates where the banked picture lies in the
 * upload, and then looks there for every banked feature that must be visible.
 *
 * <p>The estimate alone proves nothing: a logo that two pictures share has as many votes as a copy. So the descriptor of each
 * banked feature is computed anew at its place in the upload. Of a copy nearly all are found again; of a picture that shares a
 * part only those of the part.
 *
 * <p>Not for two threads at once.
 */
public final class PictureComparison {
    /** Bits by which the descriptor of a banked feature may differ at its place in the upload. */
    private static final int FOUND_DISTANCE = 64;

    private final ReducedPicture upload;
    private final VotePoints plain;
    private final VotePoints mirrored;
    private final Pattern pattern = Pattern.trained();
    private final long[] descriptor = new long[Features.WORDS];
    /** Made for the first picture that an estimate is found for. */
    private @Nullable Pyramid pyramid;

    /** @param features of the upload, as {@link FeatureExtractor} takes them for {@link Profile#UPLOADED} */
    public PictureComparison(ReducedPicture upload, Features features) {
        this.upload = upload;
        this.plain = new VotePoints(features, false);
        this.mirrored = new VotePoints(features, true);
    }

    /** Places a banked picture in the upload; null if the votes for it do not agree. */
    public @Nullable Placement place(PictureVotes votes) {
        Features banked = votes.banked();
        VotePoints points = votes.mirrored() ? mirrored : plain;
        PlaneMap estimate = new VoteEstimate(points, banked, votes.queryFeatures(), votes.bankFeatures()).map();
        if (estimate == null) {
            return null;
        }
        PairEstimate pairs = new PairEstimate(points, banked);
        PlaneMap refined = pairs.refine(estimate);
        if (refined == null) {
            return null;
        }
        int width = upload.width();
        PlaneMap map = votes.mirrored() ? refined.mirrored(width) : refined;
        BitSet visible = new BitSet();
        BitSet found = new BitSet();
        for (int i = 0; i < banked.count(); i++) {
            int distance = distance(map, banked, i, i);
            visible.set(i, distance >= 0);
            found.set(i, distance >= 0 && distance <= FOUND_DISTANCE);
        }
        return new Placement(
                map.inFractions(banked.width(), banked.height(), width, upload.height()),
                votes.votes(),
                pairs.pairs(),
                visible,
                found,
                byChance(map, banked, visible),
                pairs.hull());
    }

    /** How many features are found at the place of the one that is half of all features further. */
    private int byChance(PlaneMap map, Features banked, BitSet visible) {
        int[] seen = visible.stream().toArray();
        int found = 0;
        for (int k = 0; k < seen.length; k++) {
            int other = seen[(k + seen.length / 2) % seen.length];
            found += distance(map, banked, seen[k], other) <= FOUND_DISTANCE ? 1 : 0;
        }
        return found;
    }

    /** Bits in which a banked feature differs from what is at the place of a banked one; -1 if that is not visible. */
    private int distance(PlaneMap map, Features banked, int i, int place) {
        Pyramid levels = levels();
        PlaneMap.Slope slope = map.at(banked.x(place), banked.y(place));
        int level = (int) Math.rint(banked.level(place) + Math.log(slope.scale()) / Math.log(Pyramid.STEP));
        if (level < 0 || level >= levels.levels()) {
            return -1;
        }
        int x = onLevel(map.x(banked.x(place), banked.y(place)), level);
        int y = onLevel(map.y(banked.x(place), banked.y(place)), level);
        if (x < Pyramid.MARGIN
                || y < Pyramid.MARGIN
                || x >= levels.width(level) - Pyramid.MARGIN
                || y >= levels.height(level) - Pyramid.MARGIN) {
            return -1;
        }
        double turn = 2 * Math.PI * banked.angle(place) / Features.ANGLES;
        double across = slope.xx() * Math.cos(turn) + slope.xy() * Math.sin(turn);
        double down = slope.yx() * Math.cos(turn) + slope.yy() * Math.sin(turn);
        pattern.describe(levels.blurred(), levels.at(level, x, y), PatchAngle.angle(down, across), descriptor, 0);
        // The banked halves may have been swapped, and those of a mirrored patch are.
        int swap = banked.isSwapped(i) != slope.determinant() < 0 ? Features.WORDS / 2 : 0;
        int distance = 0;
        for (int word = 0; word < Features.WORDS; word++) {
            distance += Long.bitCount(descriptor[word] ^ banked.word(i, word ^ swap));
        }
        return distance;
    }

    private static int onLevel(double coordinate, int level) {
        return (int) Math.rint((coordinate + 0.5) / Pyramid.scale(level) - 0.5);
    }

    private Pyramid levels() {
        Pyramid built = pyramid;
        if (built == null) {
            built = new Pyramid();
            built.build(upload);
            built.blur();
            pyramid = built;
        }
        return built;
    }
}
