package org.semblance.server.list;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.DistanceThreshold;
import org.semblance.hashdb.Match;
import org.semblance.hashdb.catalog.Applied;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.ContentStatus;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.catalog.RequestKey;
import org.semblance.hashdb.exchange.VideoSignals;
import org.semblance.hashdb.hash.FrameSpan;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.server.auth.Caller;
import org.semblance.server.auth.ScopedDb;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Json;
import org.semblance.server.http.ReadyAnswer;
import org.semblance.server.http.Response;
import org.semblance.server.route.Request;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What is banked already of contents that are to be banked, in all banks that the caller sees, disabled contents as well: by the same
 * bytes; by a hash within the threshold of what is found; of a video by half of the frames that are looked at.
 *
 * <p>A caller who is not told hashes is told nothing about hashes that it chose, since yes and no would tell them bit by bit.
 */
public final class Similar {
    /** The parameter that says what becomes of a content that is banked already. */
    public static final String IF_KNOWN = "if_known";

    private static final int MOST_TOLD = 10;

    /** Contents that are kept of those like one: some of them may be of the request itself, which comes again. */
    private static final int MOST_KEPT = 100;

    /** Contents whose hashes are looked up together: each may be near thousands of the same ones. */
    private static final int AT_ONCE = 32;

    /** Frames of a video that are looked up, spread over the video. */
    private static final int MOST_FRAMES = 16;

    private static final int CONFLICT = 409;

    private final ScopedDb db;
    private final Bank bank;
    private final Caller caller;
    private final boolean tells;
    private final boolean refuses;

    /** A content that is banked, and how near it is. */
    private record Like(Match match, String signalType, int distance) {
        static final Comparator<Like> NEAREST_FIRST = Comparator.comparingInt(Like::distance)
                .thenComparing(like -> !like.match.signalType().isDigest())
                .thenComparing(like -> like.match.content().id());
    }

    /**
     * As the request asks.
     *
     * @param byHashes whether the caller chose the hashes, so that they are of no file
     * @param many whether there are so many contents that they are looked up only to refuse some
     * @throws HttpError 400 if {@value #IF_KNOWN} is none of its values
     * @throws org.semblance.server.auth.AccessRefusedException if it asks for a refusal that would tell hashes
     */
    public Similar(Request request, ScopedDb db, Bank bank, boolean byHashes, boolean many) {
        String ifKnown = request.query(IF_KNOWN);
        if (ifKnown != null && !ifKnown.equals("bank") && !ifKnown.equals("refuse")) {
            throw HttpError.field(400, IF_KNOWN, ifKnown, "bank or refuse");
        }
        this.db = db;
        this.bank = bank;
        this.caller = request.caller();
        this.refuses = "refuse".equals(ifKnown);
        if (refuses && byHashes) {
            caller.requiresDistance();
        }
        this.tells = (!byHashes || caller.seesDistance()) && (refuses || !many);
    }

    /** Contents that are to be banked together, each with what is like it. */
    public final class Found {
        private final List<ContentDraft> drafts;
        private final List<List<Like>> likes;

        /** The first id of contents that are not told: that of what this request has banked itself. */
        private long firstOwn = Long.MAX_VALUE;

        private Found(List<ContentDraft> drafts, List<List<Like>> likes) {
            this.drafts = drafts;
            this.likes = likes;
        }

        /**
         * Which of the contents are refused, with the answer's problem; none unless the request asks for that. A request that comes
         * again is refused what was refused the first time.
         *
         * @param key what the caller calls the request, or null
         */
        public Map<Integer, ObjectNode> refused(@Nullable RequestKey key) {
            if (!refuses) {
                return Map.of();
            }
            Map<Integer, ObjectNode> refused = conflicts();
            if (!refused.isEmpty() && key != null) {
                Applied before = db.madeBefore(bank.name(), key).orElse(null);
                if (before != null) {
                    firstOwn = before.firstContentId();
                    refused = conflicts();
                    if (drafts.size() - refused.size() != before.contents()) {
                        throw HttpError.of(
                                CONFLICT,
                                "Idempotency-Key",
                                "Idempotency-Key: the banks have changed since the first answer, so that it cannot be given again");
                    }
                }
            }
            return refused;
        }

        private Map<Integer, ObjectNode> conflicts() {
            Map<Integer, ObjectNode> conflicts = new LinkedHashMap<>();
            List<Integer> accepted = new ArrayList<>();
            for (int i = 0; i < drafts.size(); i++) {
                ArrayNode similar = told(i);
                Integer twin = similar.isEmpty() ? twin(drafts.get(i), accepted) : null;
                if (similar.isEmpty() && twin == null) {
                    accepted.add(i);
                } else {
                    ObjectNode problem = Dialect.problem(HttpError.of(
                            CONFLICT,
                            IF_KNOWN,
                            IF_KNOWN + ": refuse, and "
                                    + (twin == null
                                            ? "the content is banked already"
                                            : "an earlier line has the content")));
                    problem.set("similar", similar);
                    conflicts.put(i, problem);
                }
            }
            return conflicts;
        }

        /** An earlier one that is accepted and like this one; null if there is none. */
        private @Nullable Integer twin(ContentDraft draft, List<Integer> accepted) {
            int threshold = DistanceThreshold.of(bank, draft.treatment()).bits();
            for (int i : accepted) {
                ContentDraft other = drafts.get(i);
                for (Signal signal : draft.signals()) {
                    for (Signal known : other.signals()) {
                        if (signal.type() == known.type()
                                && (signal.value().equals(known.value())
                                        || !signal.type().isDigest()
                                                && signal.hash().distance(known.hash()) <= threshold)) {
                            return i;
                        }
                    }
                }
            }
            return null;
        }

        /** The contents are banked now, and are not like themselves. */
        public void banked(Applied applied) {
            firstOwn = applied.firstContentId();
        }

        /**
         * Adds {@code similar} of a content to its answer.
         *
         * @param draft the number of the content
         * @param evenNone whether an empty array is added too
         */
        public void putTo(ObjectNode answer, int draft, boolean evenNone) {
            ArrayNode similar = told(draft);
            if (tells && (evenNone || !similar.isEmpty())) {
                answer.set("similar", similar);
            }
        }

        private ArrayNode told(int draft) {
            ArrayNode similar = Json.object().arrayNode();
            likes.get(draft).stream()
                    .filter(like -> like.match.content().id() < firstOwn)
                    .limit(MOST_TOLD)
                    .forEach(like -> similar.add(json(like)));
            return similar;
        }
    }

    private ObjectNode json(Like like) {
        ObjectNode json = Json.object()
                .put("bank", like.match.bank().name())
                .put("content_id", like.match.content().id())
                .put("signal_type", like.signalType);
        if (caller.seesDistance()) {
            json.put("distance", like.distance);
        }
        if (like.match.content().status() != ContentStatus.ENABLED) {
            json.put("status", like.match.content().status().wireName());
        }
        return json;
    }

    /** A content that is refused, as it is banked already. */
    public static final class Refusal extends ReadyAnswer {
        private final transient ObjectNode problem;

        public Refusal(ObjectNode problem) {
            super("banked already");
            this.problem = problem;
        }

        @Override
        public Response answer() {
            return new Response(CONFLICT, "application/problem+json", Json.write(problem), Map.of());
        }
    }

    /** What is like each of the contents. */
    public Found find(List<ContentDraft> drafts) {
        List<List<Like>> all = new ArrayList<>();
        for (int from = 0; from < drafts.size(); from += AT_ONCE) {
            all.addAll(likes(drafts.subList(from, Math.min(drafts.size(), from + AT_ONCE))));
        }
        return new Found(drafts, all);
    }

    private List<List<Like>> likes(List<ContentDraft> drafts) {
        List<Hash256> hashes = new ArrayList<>();
        drafts.forEach(draft -> hashes.addAll(hashes(draft)));
        List<List<Match>> near = tells && !hashes.isEmpty() ? db.lookupBanked(hashes) : List.of();
        List<List<Like>> all = new ArrayList<>();
        int next = 0;
        for (ContentDraft draft : drafts) {
            Map<Long, Like> likes = new HashMap<>();
            int own = hashes(draft).size();
            if (tells) {
                digests(draft, likes);
                near(draft, near.subList(next, next + own), likes);
            }
            next += own;
            all.add(likes.values().stream()
                    .sorted(Like.NEAREST_FIRST)
                    .limit(MOST_KEPT)
                    .toList());
        }
        return all;
    }

    private void digests(ContentDraft draft, Map<Long, Like> likes) {
        for (Signal signal : draft.signals()) {
            if (signal.type().isDigest()) {
                db.lookupBanked(signal, null)
                        .forEach(match -> add(likes, match, signal.type().wireName(), 0));
            }
        }
    }

    private static void near(ContentDraft draft, List<List<Match>> near, Map<Long, Like> likes) {
        int frames = draft.video() == null ? 0 : near.size() - plain(draft).size();
        Map<Long, Integer> seen = new HashMap<>();
        for (int i = 0; i < near.size(); i++) {
            boolean isFrame = i >= near.size() - frames;
            for (Match match : near.get(i)) {
                if (!isFrame) {
                    add(likes, match, match.signalType().wireName(), match.distance());
                } else if (2 * seen.merge(match.content().id(), 1, Integer::sum) >= frames
                        && match.content().isVideo()) {
                    add(likes, match, VideoSignals.TYPE, match.distance());
                }
            }
        }
    }

    private static void add(Map<Long, Like> likes, Match match, String signalType, int distance) {
        likes.merge(
                match.content().id(),
                new Like(match, signalType, distance),
                (one, other) -> Like.NEAREST_FIRST.compare(one, other) <= 0 ? one : other);
    }

    /** The hashes that are looked up of a content: of its signals and then of its frames. */
    private static List<Hash256> hashes(ContentDraft draft) {
        List<Hash256> hashes = new ArrayList<>(plain(draft));
        KnownVideo video = draft.video();
        if (video != null) {
            List<FrameSpan> frames = video.frames();
            int count = Math.min(frames.size(), MOST_FRAMES);
            for (int i = 0; i < count; i++) {
                hashes.add(frames.get((int) ((long) i * frames.size() / count)).hash());
            }
        }
        return hashes;
    }

    private static List<Hash256> plain(ContentDraft draft) {
        return draft.signals().stream()
                .filter(signal -> !signal.type().isDigest())
                .map(Signal::hash)
                .toList();
    }
}
