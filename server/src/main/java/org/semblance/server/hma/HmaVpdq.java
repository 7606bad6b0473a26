package org.semblance.server.hma;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.judge.Alignment;
import org.semblance.engine.judge.Judgement;
import org.semblance.engine.video.FrameHash;
import org.semblance.engine.video.VideoPolicy;
import org.semblance.engine.video.Vpdq;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.hash.FrameSpan;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.HashAndQuality;
import org.semblance.server.http.HttpError;

/**
 * HMA's signal type {@code vpdq}: a video as a JSON array of strings {@code "hash,quality,seconds"}, looked up by the rule
 * of python-threatexchange ({@link VideoPolicy.Vpdq#REFERENCE}). An uploaded file is matched by {@link
 * org.semblance.engine.ContentMatcher} instead, which finds more.
 */
final class HmaVpdq {
    static final String NAME = "vpdq";

    static final VideoPolicy.Vpdq RULE = VideoPolicy.Vpdq.REFERENCE;

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
     * What is banked of a signal.
     *
     * @throws HttpError 400 if it is none, has no frame of enough quality, or lasts too long
     */
    static KnownVideo known(String value, String what) {
        try {
            return Vpdq.known(value, null)
                    .orElseThrow(() -> new HttpError(
                            400,
                            what + ": no frame of quality " + RULE.minQuality() + " or more, so it would never match"));
        } catch (IllegalArgumentException e) {
            throw new HttpError(400, what + ": " + e.getMessage());
        }
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

    /** As HMA writes it: whole percents, halves to the even. */
    static String distance(double queryPercent, double bankPercent) {
        return (int) Math.rint(queryPercent) + "%[" + (int) Math.rint(bankPercent) + "%]";
    }

    /** The shares of a video and a known one that are the same, as HMA writes them. */
    static String distance(Alignment alignment) {
        return distance(share(alignment.queryMatchPercent()), share(alignment.bankMatchPercent()));
    }

    private static double share(@Nullable Double percent) {
        return percent == null ? 0 : percent;
    }

    /**
     * The judgement, which HMA's clients take for complete.
     *
     * @throws HttpError 503 if nothing was found before time ran out
     */
    static Judgement complete(Judgement judgement) {
        if (judgement.standing().isEmpty() && !judgement.cutShort().isEmpty()) {
            throw HttpError.busy(judgement.cutShort());
        }
        return judgement;
    }
}
