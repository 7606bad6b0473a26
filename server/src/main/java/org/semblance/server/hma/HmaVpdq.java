package org.semblance.server.hma;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.video.FrameHash;
import org.semblance.engine.video.VideoHashes;
import org.semblance.engine.video.VideoPolicy;
import org.semblance.engine.video.Vpdq;
import org.semblance.engine.video.VpdqComparison;
import org.semblance.engine.video.VpdqComparison.Counting;
import org.semblance.hashdb.Match;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.hash.FrameSpan;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.HashAndQuality;
import org.semblance.server.auth.ScopedDb;
import org.semblance.server.http.HttpError;

/**
 * HMA's signal type {@code vpdq}: a video as a JSON array of strings {@code "hash,quality,seconds"}, looked up by the rule
 * of python-threatexchange ({@link VideoPolicy.Vpdq#REFERENCE}). An uploaded file is matched by {@link
 * org.semblance.engine.ContentMatcher} instead, which finds more.
 */
final class HmaVpdq {
    static final String NAME = "vpdq";

    private static final VideoPolicy.Vpdq RULE = VideoPolicy.Vpdq.REFERENCE;

    private HmaVpdq() {}

    /**
     * The frames of a signal.
     *
     * @param what opens the message of the refusal
     * @throws HttpError 400 if it is none
     */
    static List<FrameHash> parse(String value, String what) {
        try {
            return Vpdq.parseJson(value);
        } catch (IllegalArgumentException e) {
            throw new HttpError(400, what + ": " + e.getMessage());
        }
    }

    /**
     * What is banked of a signal: its frames of enough quality, each until the next one's time; equal ones in a row once.
     *
     * @throws HttpError 400 if it has no such frame, or lasts too long
     */
    static KnownVideo known(List<FrameHash> frames, String what) {
        List<FrameHash> inOrder = frames.stream()
                .sorted((one, other) -> Double.compare(one.seconds(), other.seconds()))
                .toList();
        double last = inOrder.isEmpty() ? 0 : inOrder.getLast().seconds();
        if (last * 1000 > KnownVideo.MAX_DURATION_MS) {
            throw new HttpError(
                    400,
                    what + ": seconds: " + last + " (expected: at most " + KnownVideo.MAX_DURATION_MS / 1000 + ")");
        }
        List<FrameSpan> spans = new ArrayList<>();
        for (VideoHashes.Kept kept : VideoHashes.prune(inOrder, last, 0, RULE.minQuality())) {
            HashAndQuality pdq = kept.frame().pdq();
            spans.add(
                    new FrameSpan(pdq.hash(), pdq.quality(), millis(kept.frame().seconds()), millis(kept.until())));
        }
        if (spans.isEmpty()) {
            throw new HttpError(
                    400, what + ": no frame of quality " + RULE.minQuality() + " or more, so it would never match");
        }
        try {
            return new KnownVideo(millis(last), spans);
        } catch (IllegalArgumentException e) {
            throw new HttpError(400, what + ": " + e.getMessage());
        }
    }

    private static int millis(double seconds) {
        return (int) Math.round(seconds * 1000);
    }

    /** The signal of a banked video. */
    static String signal(KnownVideo video) {
        return Vpdq.toJson(frames(video));
    }

    /**
     * A signal of the frames that count in a lookup by it, or of as many of those, evenly, as fit into a query.
     *
     * @param mostBytes of the signal once it is escaped
     */
    static String thinnedOut(String signal, int mostBytes) {
        Set<Hash256> seen = new HashSet<>();
        List<FrameHash> frames = Vpdq.parseJson(signal).stream()
                .filter(frame -> frame.pdq().quality() >= RULE.minQuality())
                .filter(frame -> seen.add(frame.pdq().hash()))
                .toList();
        for (int step = 1; ; step++) {
            List<FrameHash> some = new ArrayList<>();
            for (int i = 0; i < frames.size(); i += step) {
                some.add(frames.get(i));
            }
            String thinner = Vpdq.toJson(some);
            if (URLEncoder.encode(thinner, StandardCharsets.UTF_8).length() + spaces(thinner) <= mostBytes
                    || some.size() <= 1) {
                return thinner;
            }
        }
    }

    /** What it takes more to write a space as %20, as some do, than as a plus. */
    private static long spaces(String text) {
        return 2 * text.chars().filter(c -> c == ' ').count();
    }

    private static List<FrameHash> frames(KnownVideo video) {
        List<FrameHash> frames = new ArrayList<>(video.frames().size());
        for (FrameSpan span : video.frames()) {
            frames.add(new FrameHash(
                    frames.size(), span.fromMs() / 1000.0, new HashAndQuality(span.hash(), span.quality())));
        }
        return frames;
    }

    /** A known video that a lookup found, with the shares of either that the other shows, in percent. */
    record Hit(Match match, double queryPercent, double bankPercent) {
        String distance() {
            return HmaVpdq.distance(queryPercent, bankPercent);
        }
    }

    /** As HMA writes it: whole percents, halves to the even. */
    static String distance(double queryPercent, double bankPercent) {
        return (int) Math.rint(queryPercent) + "%[" + (int) Math.rint(bankPercent) + "%]";
    }

    /**
     * The known bad videos that the frames match by vPDQ's rule, those first that most frames were found in. If allowed
     * content in these banks matches as well, none.
     *
     * @param banks names, empty for all
     * @throws org.semblance.engine.media.DeadlinePassedException if it passes
     */
    static List<Hit> lookup(ScopedDb db, List<FrameHash> query, Set<String> banks, Deadline deadline) {
        Set<Hash256> hashes = new LinkedHashSet<>();
        for (FrameHash frame : query) {
            if (frame.pdq().quality() >= RULE.minQuality()) {
                hashes.add(frame.pdq().hash());
            }
        }
        Map<Long, Match> videos = new LinkedHashMap<>();
        Map<Long, Integer> found = new HashMap<>();
        for (Hash256 hash : hashes) {
            deadline.check("lookup");
            for (Match match : db.lookup(hash)) {
                if (match.content().isVideo() && HmaLookups.counts(match.bank(), banks)) {
                    long id = match.content().id();
                    videos.putIfAbsent(id, match);
                    found.merge(id, 1, Integer::sum);
                }
            }
        }
        List<Hit> hits = new ArrayList<>();
        for (Match match : videos.values()) {
            long id = match.content().id();
            deadline.check("comparison");
            if (100.0 * found.getOrDefault(id, 0) / hashes.size() < RULE.queryPercent()) {
                continue;
            }
            Optional<KnownVideo> known = db.video(match.bank().name(), id);
            if (known.isPresent()) {
                VpdqComparison shares = VpdqComparison.of(
                        query,
                        frames(known.get()),
                        Math.min(match.threshold(), RULE.maxDistance()),
                        RULE.minQuality(),
                        Counting.DISTINCT_HASHES);
                if (shares.queryPercent() >= RULE.queryPercent() && shares.targetPercent() >= RULE.bankPercent()) {
                    hits.add(new Hit(match, shares.queryPercent(), shares.targetPercent()));
                }
            }
        }
        if (hits.stream().anyMatch(hit -> hit.match.bank().kind() == BankKind.ALLOW)) {
            return List.of();
        }
        hits.sort((one, other) -> Double.compare(other.queryPercent, one.queryPercent));
        return hits;
    }
}
