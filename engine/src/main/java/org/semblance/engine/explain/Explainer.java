package org.semblance.engine.explain;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.ContentType;
import org.semblance.engine.HashReport;
import org.semblance.engine.MatchOptions;
import org.semblance.engine.Reading;
import org.semblance.engine.SeenPicture;
import org.semblance.engine.explain.Explanation.ByFeatures;
import org.semblance.engine.explain.Explanation.ByHash;
import org.semblance.engine.explain.Explanation.ExplainedSignal;
import org.semblance.engine.explain.Explanation.Neighbour;
import org.semblance.engine.explain.Explanation.Outcome;
import org.semblance.engine.features.PictureComparison;
import org.semblance.engine.judge.Finding;
import org.semblance.engine.judge.Judgement;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.pdq.Transform;
import org.semblance.engine.video.FrameHash;
import org.semblance.engine.video.VideoHashes;
import org.semblance.hashdb.BankedList;
import org.semblance.hashdb.DistanceThreshold;
import org.semblance.hashdb.Match;
import org.semblance.hashdb.Near;
import org.semblance.hashdb.PictureMatch;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.ContentRecord;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.HashAndQuality;
import org.semblance.hashdb.hash.Signal;

/**
 * Explains a judgement. It decides nothing: what matches is taken from the judgement, and the rest is said of what the list
 * holds near the signals.
 */
public final class Explainer {
    /** Neighbours told of each signal. */
    private static final int MOST = 3;

    /** Frames of which the neighbours are looked for, spread over the video: each may be a walk over all hashes. */
    private static final int MOST_FRAMES = 32;

    private static final int LEAST_VOTES = 3;

    private static final DistanceThreshold SAME_BYTES = new DistanceThreshold(0, DistanceThreshold.From.DEFAULT);

    private final BankedList list;
    private final MatchOptions options;
    private final Set<String> visible;

    /**
     * @param list the list that was judged by
     * @param options those of the question
     * @param visible the banks that the caller may see, whether it asked for them or not; empty for all
     */
    public Explainer(BankedList list, MatchOptions options, Set<String> visible) {
        this.list = list;
        this.options = options;
        this.visible = Set.copyOf(visible);
    }

    /** A hash of the upload that is looked up. */
    private record Asked(
            Hash256 hash, String transform, @Nullable Double seconds, boolean isTooFlat) {}

    /** The outcome of each content that is named in the judgement, by content id. */
    private static Map<Long, Outcome> outcomes(Judgement judgement) {
        Map<Long, Outcome> outcomes = new HashMap<>();
        judgement.suppressedBy().forEach(f -> outcomes.put(f.content().id(), Outcome.SUPPRESSES));
        judgement.quarantined().forEach(f -> outcomes.put(f.content().id(), Outcome.QUARANTINED));
        judgement.likely().forEach(f -> outcomes.put(f.content().id(), Outcome.LIKELY));
        for (Finding finding : judgement.matches()) {
            outcomes.put(finding.content().id(), finding.suppressed() ? Outcome.SUPPRESSED : Outcome.MATCH);
        }
        return outcomes;
    }

    /**
     * Explains what a content came to.
     *
     * @param hashed its signals; those of a content that the caller hashed are without a content type
     * @param deadline after which frames and pictures are left out, which is then said
     */
    public Explanation explain(HashReport hashed, Judgement judgement, Deadline deadline) {
        Map<Long, Outcome> outcomes = outcomes(judgement);
        List<ExplainedSignal> signals = new ArrayList<>();
        List<String> off = new ArrayList<>();
        list.banks().stream()
                .filter(bank -> !bank.enabled() && (visible.isEmpty() || visible.contains(bank.name())))
                .forEach(bank -> off.add("bank " + bank.name() + " is switched off"));
        for (Signal signal : hashed.signals()) {
            signals.add(signal.type().isDigest() ? digest(signal, outcomes) : image(hashed, signal, outcomes));
        }
        if (hashed.video() != null) {
            signals.add(video(hashed.video(), outcomes, deadline, off));
        }
        if (!options.features()) {
            off.add("local features are switched off");
        } else if (!hashed.pictures().isEmpty()) {
            ExplainedSignal features = features(hashed, outcomes, deadline, off);
            // Whether there are any in banks that the caller does not see is not told.
            if (!features.nearest().isEmpty()) {
                signals.add(features);
            }
        } else if (visible.isEmpty() && hashed.contentType() != null && list.featureCount() > 0) {
            off.add("local features were not extracted, as they were not needed");
        }
        return new Explanation(signals, off);
    }

    private ExplainedSignal digest(Signal signal, Map<Long, Outcome> outcomes) {
        List<Neighbour> nearest = new ArrayList<>();
        for (Match match : list.lookupDigest(signal, visible)) {
            if (nearest.size() < MOST) {
                Outcome outcome = outcome(match.bank(), match.content(), outcomes, true, true, false);
                nearest.add(new Neighbour(
                        match.bank(),
                        match.content(),
                        outcome,
                        new ByHash(null, null, 0, SAME_BYTES, "none", null),
                        null));
            }
        }
        return new ExplainedSignal(signal.type().wireName(), signal.value(), null, null, nearest);
    }

    /** The image as it is, turned, mirrored and trimmed. */
    private ExplainedSignal image(HashReport hashed, Signal signal, Map<Long, Outcome> outcomes) {
        List<Asked> asked = new ArrayList<>();
        asked.add(new Asked(signal.hash(), "none", null, signal.isTooFlat()));
        for (Reading reading : hashed.others()) {
            asked.add(new Asked(reading.hash(), reading.wireName(), null, false));
        }
        hashed.dihedral().forEach((transform, hash) -> {
            if (transform != Transform.ORIG) {
                asked.add(new Asked(hash, transform.wireName(), null, false));
            }
        });
        String notLookedUp = signal.isTooFlat()
                ? "quality " + signal.quality() + " (expected: at least " + HashAndQuality.MIN_QUALITY + ")"
                : null;
        return new ExplainedSignal(
                signal.type().wireName(), signal.value(), signal.quality(), notLookedUp, nearest(asked, outcomes));
    }

    private ExplainedSignal video(VideoHashes video, Map<Long, Outcome> outcomes, Deadline deadline, List<String> off) {
        List<FrameHash> frames = video.frames();
        Set<Hash256> seen = new LinkedHashSet<>();
        List<Asked> asked = new ArrayList<>();
        int step = Math.max(1, frames.size() / MOST_FRAMES);
        for (int i = 0; i < frames.size(); i += step) {
            FrameHash frame = frames.get(i);
            boolean isTooFlat = frame.pdq().quality() < HashAndQuality.MIN_QUALITY;
            if (!isTooFlat && seen.add(frame.pdq().hash())) {
                asked.add(new Asked(frame.pdq().hash(), "none", frame.seconds(), false));
            }
        }
        if (deadline.passed()) {
            off.add("frames are not explained: the deadline passed");
            asked.clear();
        } else if (step > 1) {
            off.add("of " + frames.size() + " frames " + asked.size() + " are explained");
        }
        int best = frames.stream().mapToInt(f -> f.pdq().quality()).max().orElse(0);
        String notLookedUp = best < HashAndQuality.MIN_QUALITY
                ? "quality " + best + " in the best frame (expected: at least " + HashAndQuality.MIN_QUALITY + ")"
                : null;
        return new ExplainedSignal("vpdq", null, best, notLookedUp, nearest(asked, outcomes));
    }

    /** The nearest contents of all the hashes together, each by its nearest one. */
    private List<Neighbour> nearest(List<Asked> asked, Map<Long, Outcome> outcomes) {
        Map<Long, Neighbour> byContent = new HashMap<>();
        for (Asked hash : asked) {
            for (Near near : list.nearest(hash.hash, visible, MOST)) {
                Neighbour neighbour = neighbour(hash, near, outcomes);
                byContent.merge(
                        near.content().id(), neighbour, (one, other) -> distance(one) <= distance(other) ? one : other);
            }
        }
        return byContent.values().stream()
                .sorted(Comparator.comparingInt(Explainer::distance)
                        .thenComparingLong(neighbour -> neighbour.content().id()))
                .limit(MOST)
                .toList();
    }

    private static int distance(Neighbour neighbour) {
        return neighbour.hash() == null ? Integer.MAX_VALUE : neighbour.hash().distance();
    }

    private Neighbour neighbour(Asked hash, Near near, Map<Long, Outcome> outcomes) {
        return new Neighbour(
                near.bank(),
                near.content(),
                outcome(
                        near.bank(),
                        near.content(),
                        outcomes,
                        near.enabled(),
                        near.isWithinThreshold(),
                        hash.isTooFlat),
                new ByHash(hash.hash, near.hash(), near.distance(), near.threshold(), hash.transform, hash.seconds),
                null);
    }

    /**
     * The content's outcome in the judgement, or else the first reason why the judgement leaves the content out.
     *
     * @param isWithin whether the distance counts
     */
    private Outcome outcome(
            Bank bank,
            ContentRecord content,
            Map<Long, Outcome> outcomes,
            boolean enabled,
            boolean isWithin,
            boolean isTooFlat) {
        Outcome judged = outcomes.get(content.id());
        if (!isWithin) {
            // Another signal may match that content; this one does not.
            return Outcome.BEYOND_THRESHOLD;
        }
        if (judged != null) {
            return judged;
        }
        if (!bank.enabled()) {
            return Outcome.BANK_OFF;
        }
        if (!options.banks().isEmpty() && !options.banks().contains(bank.name())) {
            return Outcome.NOT_ASKED;
        }
        if (!enabled) {
            return Outcome.DISABLED;
        }
        if (isTooFlat) {
            return Outcome.NOT_LOOKED_UP;
        }
        if (content.treatment().isQuarantined()) {
            return Outcome.QUARANTINED;
        }
        return bank.kind() == BankKind.ALLOW ? Outcome.ALLOWED : Outcome.NOT_ENOUGH;
    }

    /** The banked pictures that share features with the upload: with an image, or with a video's first picture that has any. */
    private ExplainedSignal features(
            HashReport hashed, Map<Long, Outcome> outcomes, Deadline deadline, List<String> off) {
        List<Neighbour> nearest = new ArrayList<>();
        SeenPicture upload = hashed.pictures().getFirst();
        if (deadline.passed()) {
            off.add("local features are not explained: the deadline passed");
        } else if (upload.features().count() >= LEAST_VOTES) {
            PictureComparison comparison = new PictureComparison(upload.reduced(), upload.features());
            int maxDistance = PictureComparison.maxVoteDistance(list.featureCount());
            for (PictureMatch match : list.lookupFeatures(upload.features(), visible, maxDistance, LEAST_VOTES, MOST)) {
                nearest.add(new Neighbour(
                        match.bank(),
                        match.content(),
                        outcome(match.bank(), match.content(), outcomes, true, true, false),
                        null,
                        new ByFeatures(match.votes().ms(), match.votes().votes(), comparison.place(match.votes()))));
            }
        }
        if (hashed.contentType() == ContentType.VIDEO && hashed.pictures().size() > 1) {
            off.add("of " + hashed.pictures().size() + " pictures with local features the first is explained");
        }
        return new ExplainedSignal(Features.SIGNAL_TYPE, null, null, null, nearest);
    }
}
