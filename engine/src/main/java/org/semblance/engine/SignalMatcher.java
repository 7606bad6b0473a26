package org.semblance.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.semblance.engine.judge.Claim;
import org.semblance.engine.judge.Judge;
import org.semblance.engine.judge.Judgement;
import org.semblance.engine.judge.Verdict;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.MediaFormat;
import org.semblance.engine.video.FrameHash;
import org.semblance.engine.video.QueryVideo;
import org.semblance.engine.video.VideoPolicy;
import org.semblance.hashdb.BankedList;
import org.semblance.hashdb.Match;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;

/**
 * Signals to a judgement, for callers that keep their uploads at home. What {@link ContentMatcher} finds by a signal of a
 * file, this class finds by the signal alone. For any number of threads.
 */
public final class SignalMatcher {
    private final BankedList db;
    private final MatchOptions options;
    private final Judge judge;

    /** @param options which banks count, and whether {@link Verdict#LIKELY} is an answer */
    public SignalMatcher(BankedList db, MatchOptions options) {
        this.db = db;
        this.options = options;
        this.judge = options.judge();
    }

    /** What each of these PDQ hashes finds, in their order. */
    public List<Judgement> match(List<Hash256> hashes) {
        List<List<Match>> found = db.lookup(hashes, options.banks());
        List<Judgement> judgements = new ArrayList<>(found.size());
        found.forEach(near -> judgements.add(judge.ofContent(List.of(), near)));
        return judgements;
    }

    /** What one content finds of which these digests and this PDQ hash are known; a hash of low quality is not looked up. */
    public Judgement matchContent(List<Signal> signals) {
        List<Match> exact = new ArrayList<>();
        List<Match> near = new ArrayList<>();
        for (Signal signal : signals) {
            if (signal.type().isDigest()) {
                exact.addAll(db.lookupDigest(signal, options.banks()));
            } else if (!signal.isTooFlat()) {
                near.addAll(db.lookup(List.of(signal.hash()), options.banks()).getFirst());
            }
        }
        return judge.ofContent(exact, near);
    }

    /**
     * What a picture shows of which only the local features are known, by what {@link
     * org.semblance.engine.features.Placement.Sight#FEATURES} asks for.
     */
    public Judgement match(Features features, Deadline deadline) {
        FeatureSearch search = new FeatureSearch(db, options);
        List<Claim> claims = search.find(new SeenPicture(0, features, null), deadline).stream()
                .map(hit -> hit.claim(0))
                .toList();
        return judge.of(claims, List.of(), search.cutShort());
    }

    /** What a video shows of which only these frames are known, in any order, by vPDQ's rule. */
    public Judgement match(List<FrameHash> frames, VideoPolicy.Vpdq policy, Deadline deadline) {
        HashReport nothingElse = new HashReport(
                null, "", ContentType.VIDEO, MediaFormat.UNKNOWN.wireName(), List.of(), Map.of(), null, 0, 0);
        MatchOptions byFrames = new MatchOptions(options.banks(), policy).withoutFeatures();
        return new HashedUpload(db, nothingElse, QueryVideo.of(frames, policy), byFrames).judge(List.of(), deadline);
    }

    /** Hits by the digests of one content that count, each content once, by the strongest it has. */
    List<Match> lookup(Digests digests) {
        List<Match> hits = new ArrayList<>();
        digests.all().forEach(digest -> hits.addAll(db.lookupDigest(digest, options.banks())));
        return judge.onceEach(hits);
    }
}
