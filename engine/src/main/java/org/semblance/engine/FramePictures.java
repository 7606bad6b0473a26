package org.semblance.engine;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.features.FeatureExtractor;
import org.semblance.engine.features.Profile;
import org.semblance.engine.features.ReducedPicture;
import org.semblance.engine.pdq.Luma;
import org.semblance.engine.video.FrameHash;
import org.semblance.engine.video.VideoHasher;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.hash.HashAndQuality;

/**
 * Takes the local features of some frames of a video, while it is hashed.
 *
 * <p>Of a video that is banked: of each shot one frame, and more where the picture changes; one frame of a scene that stands
 * still says all of it. Of an upload: of frames spread over all of it, whatever they show. When there are too many, those
 * between are dropped, and from then on frames further apart are taken. A frame may be too flat for a hash and still have
 * corners, but a video of such frames alone is not banked by them: nothing else is known of when it shows what.
 */
final class FramePictures implements VideoHasher.Watcher {
    /** Each takes some 3 ms to look up, and a reduced picture is kept. */
    private static final int MOST_OF_AN_UPLOAD = 60;

    /** Seconds that frames are apart at least. */
    private static final double LEAST_GAP = 0.5;

    /** After as many seconds a frame is taken if anything has changed. */
    private static final double LONG_GAP = 2;

    /** Bits by which a frame that shows something else differs from the one taken last: a new shot, or all has moved. */
    private static final int OTHER_PICTURE = 56;

    /** Bits by which a frame differs in which anything has changed. */
    private static final int CHANGED = 12;

    /** With fewer a frame is passed over: black, a fade, a bare sky. */
    private static final int LEAST_FEATURES = 20;

    private final FeatureExtractor extractor;
    private final @Nullable Profile profile;
    private final boolean banked;
    private final int most;
    private final List<Taken> taken = new ArrayList<>();
    private double gap = LEAST_GAP;
    private boolean isClear;

    private record Taken(double seconds, HashAndQuality pdq, SeenPicture picture) {}

    /** @param wanted how features of an image would be taken; null if none are wanted */
    FramePictures(FeatureExtractor extractor, @Nullable Profile wanted) {
        this.extractor = extractor;
        banked = wanted == Profile.BANKED;
        profile = banked ? Profile.BANKED_FRAME : wanted;
        most = banked ? ContentDraft.MAX_PICTURES : MOST_OF_AN_UPLOAD;
    }

    @Override
    public void hashed(FrameHash frame, Luma luma) {
        isClear |= !isFlat(frame.pdq());
        if (profile == null || !isToTake(frame)) {
            return;
        }
        ReducedPicture reduced = ReducedPicture.of(luma, profile.longSide());
        Features features = extractor.extract(reduced, profile);
        if (features.count() < LEAST_FEATURES) {
            return;
        }
        int ms = (int) Math.round(frame.seconds() * 1000);
        SeenPicture picture = new SeenPicture(ms, features, banked ? null : reduced);
        taken.add(new Taken(frame.seconds(), frame.pdq(), picture));
        while (taken.size() > most) {
            thinOut();
        }
    }

    private boolean isToTake(FrameHash frame) {
        if (taken.isEmpty()) {
            return true;
        }
        Taken last = taken.getLast();
        double since = frame.seconds() - last.seconds;
        if (since < gap || !banked) {
            return since >= gap;
        }
        // The hash of a flat frame is one of noise.
        if (isFlat(frame.pdq()) || isFlat(last.pdq)) {
            return isFlat(frame.pdq()) != isFlat(last.pdq) || since >= LONG_GAP;
        }
        int distance = frame.pdq().hash().distance(last.pdq.hash());
        return distance >= OTHER_PICTURE || (since >= LONG_GAP && distance >= CHANGED);
    }

    private static boolean isFlat(HashAndQuality pdq) {
        return pdq.quality() < HashAndQuality.MIN_QUALITY;
    }

    private void thinOut() {
        gap *= 2;
        double[] last = {Double.NEGATIVE_INFINITY};
        taken.removeIf(picture -> {
            boolean tooNear = picture.seconds - last[0] < gap;
            last[0] = tooNear ? last[0] : picture.seconds;
            return tooNear;
        });
    }

    /** By the time that they are shown. */
    List<SeenPicture> taken() {
        return isClear || !banked ? taken.stream().map(Taken::picture).toList() : List.of();
    }

    /** The pictures of an animated image: the first as that of any image, and later frames. */
    List<SeenPicture> after(List<SeenPicture> still) {
        List<SeenPicture> all = new ArrayList<>(still);
        taken().stream().filter(picture -> picture.ms() > 0).forEach(all::add);
        return all;
    }
}
