package org.semblance.server.recent;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.Digests;
import org.semblance.engine.MatchOptions;
import org.semblance.engine.SignalMatcher;
import org.semblance.engine.guard.RecentNeighbours;
import org.semblance.engine.judge.Judgement;
import org.semblance.hashdb.DistanceThreshold;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.outbox.Event;
import org.semblance.hashdb.recent.NearUploads;
import org.semblance.hashdb.recent.NearUploads.Near;
import org.semblance.hashdb.recent.RecentUpload;
import org.semblance.hashdb.recent.RecentUploads;
import org.semblance.hashdb.recent.Upload;
import org.semblance.server.auth.Gate;
import org.semblance.server.http.Json;
import org.semblance.server.recent.Additions.Addition;
import org.semblance.server.webhook.Webhook;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Which recent uploads show a content that has just been banked, by the rule that they would be judged by if they came now:
 *
 * <ul>
 *   <li>A hash of the upload is within the content's threshold. Of a video, if the upload is one as well, two of its pictures
 *       have to be, since one generic picture may be in many.
 *   <li>The key that sent it sees the bank, by what its scope is now. An upload without a key counts for every bank.
 *   <li>A picture that allowed content explains does not count: it would be suppressed.
 * </ul>
 *
 * <p>Digests and local features are not remembered of uploads. So an edited copy is found by hashes alone, and a video is a
 * candidate: its frames have no times any more, so that who is told of it sends it again for the verdict.
 */
public final class EarlierUploads {
    private static final String RETRO_MATCH = "retro_match";
    private static final int ID_CHARS = 32;

    /** Uploads that are found for one content. */
    private static final int MOST = 10_000;

    /** Pictures of a video that both have to show. */
    private static final int PICTURES_OF_A_VIDEO = 2;

    /** Hashes that are judged together. */
    private static final int JUDGED_AT_ONCE = 256;

    private static final Logger LOG = LoggerFactory.getLogger(EarlierUploads.class);

    private final HashDb db;
    private final Gate gate;
    private final UploadMemory memory;
    private final @Nullable Webhook webhook;
    private final Additions additions = new Additions();

    /** @param webhook told of each earlier upload with a reference; null if nobody is */
    public EarlierUploads(HashDb db, Gate gate, UploadMemory memory, @Nullable Webhook webhook) {
        this.webhook = webhook;
        this.db = db;
        this.gate = gate;
        this.memory = memory;
        memory.tellLate(this::late);
    }

    /**
     * Finds the recent uploads that show a content, which is banked. What the webhook is told of them is on the disk when this
     * returns.
     *
     * @param seq of the change that banked it
     * @param stop whether there is no more time
     * @return null if uploads are not remembered, or the content makes no match: its bank allows what is in it, or is off, or
     *     the content is in quarantine
     */
    public @Nullable Earlier of(Bank bank, long contentId, ContentDraft content, long seq, BooleanSupplier stop) {
        RecentUploads recent = memory.recent();
        boolean matches = bank.kind() == BankKind.MATCH
                && bank.enabled()
                && !content.treatment().isQuarantined();
        if (recent == null || !matches) {
            return null;
        }
        boolean loading = recent.isLoading();
        Set<Hash256> hashes = hashes(content);
        if (hashes.isEmpty()) {
            return new Earlier(List.of(), false, loading);
        }
        Addition addition = new Addition(
                seq,
                bank,
                contentId,
                hashes,
                DistanceThreshold.of(bank, content.treatment()).bits(),
                pictures(content));
        if (webhook != null) {
            additions.add(addition);
            memory.banked(seq);
            if (loading) {
                long next = recent.nextId();
                memory.later(() -> again(recent, addition, next));
            }
        }
        return search(recent, addition, upload -> true, stop, loading);
    }

    /** Tells the webhook of what was not to be found while the index was built: uploads with ids below that one. */
    private void again(RecentUploads recent, Addition addition, long next) {
        try {
            recent.awaitLoaded();
            search(recent, addition, upload -> upload.id() < next, () -> false, false);
        } catch (InterruptedException | IllegalStateException e) {
            LOG.debug("closed before all earlier uploads were found", e);
        }
    }

    /** Tells the webhook of an upload that was looked up before a content was banked, and kept after. */
    private void late(Upload upload, long version) {
        RecentUploads recent = Objects.requireNonNull(memory.recent(), "an upload was kept");
        for (Addition addition : additions.after(version)) {
            boolean isNear = upload.hashes().stream()
                    .anyMatch(hash -> addition.hashes().stream()
                            .anyMatch(banked -> banked.distance(hash.hash()) <= addition.threshold()));
            if (isNear) {
                search(
                        recent,
                        addition,
                        found -> Objects.equals(found.reference(), upload.reference())
                                && Objects.equals(found.key(), upload.key()),
                        () -> false,
                        false);
            }
        }
    }

    /** Finds those of the wanted uploads that show it, and tells the webhook. */
    private Earlier search(
            RecentUploads recent,
            Addition addition,
            Predicate<RecentUpload> wanted,
            BooleanSupplier stop,
            boolean loading) {
        Bank bank = addition.bank();
        long contentId = addition.contentId();
        NearUploads near = recent.near(
                List.copyOf(addition.hashes()), addition.threshold(), gate.keysThatSee(bank.name()), MOST, stop);
        List<Near> shown = near.uploads().stream()
                .filter(upload -> wanted.test(upload.upload()) && showsEnough(upload, addition.pictures()))
                .toList();
        boolean cut = false;
        if (db.banks().stream().anyMatch(one -> one.enabled() && one.kind() == BankKind.ALLOW)) {
            List<Near> judged = new ArrayList<>();
            cut = !judge(shown, contentId, judged, stop);
            shown = judged;
        }
        if (webhook != null) {
            webhook.post(shown.stream()
                    .filter(upload -> upload.upload().reference() != null)
                    .map(upload -> event(bank, contentId, recent.ringId(), upload))
                    .toList());
        }
        return new Earlier(shown, near.more() || cut, loading);
    }

    /** The recent uploads of keys that see the bank. */
    public RecentNeighbours neighbours(Bank bank) {
        RecentUploads recent = memory.recent();
        if (recent == null) {
            return RecentNeighbours.NONE;
        }
        return new RecentNeighbours() {
            @Override
            public int near(Hash256 hash, int maxDistance, int most) {
                return recent.near(List.of(hash), maxDistance, gate.keysThatSee(bank.name()), most, () -> false)
                        .uploads()
                        .size();
            }

            @Override
            public long uploads() {
                return recent.state().hashes();
            }
        };
    }

    /** Its id is made of the content and the upload alone. */
    private static Event event(Bank bank, long contentId, long ringId, Near near) {
        RecentUpload upload = near.upload();
        String of = RETRO_MATCH + "\n" + contentId + "\n" + Long.toHexString(ringId) + "\n" + upload.id();
        String id = Digests.of(StandardCharsets.UTF_8.encode(of)).sha256().substring(0, ID_CHARS);
        ObjectNode body = Json.object()
                .put("id", id)
                .put("kind", RETRO_MATCH)
                .put("bank", bank.name())
                .put("content_id", contentId)
                .put("reference", upload.reference())
                .put("uploaded_at", upload.at().toString())
                .put("distance", near.distance());
        if (upload.hashes() > 1) {
            body.put("hashes_near", near.hashesNear()).put("hashes", upload.hashes());
        }
        if (upload.key() != null) {
            body.put("key", upload.key());
        }
        return new Event(id, RETRO_MATCH, body.toString());
    }

    private static Set<Hash256> hashes(ContentDraft content) {
        Set<Hash256> hashes = new LinkedHashSet<>();
        for (Signal signal : content.signals()) {
            if (!signal.type().isDigest()) {
                hashes.add(signal.hash());
            }
        }
        KnownVideo video = content.video();
        if (video != null) {
            video.frames().forEach(frame -> hashes.add(frame.hash()));
        }
        return hashes;
    }

    private static int pictures(ContentDraft content) {
        KnownVideo video = content.video();
        return video == null ? 1 : video.frames().size();
    }

    private static boolean showsEnough(Near upload, int pictures) {
        return upload.hashesNear()
                >= Math.min(
                        PICTURES_OF_A_VIDEO, Math.min(pictures, upload.upload().hashes()));
    }

    /** Adds what no allowed content explains; returns false if there was no time for all. */
    private boolean judge(List<Near> uploads, long contentId, List<Near> judged, BooleanSupplier stop) {
        Map<Set<String>, Set<Hash256>> matching = new HashMap<>();
        for (int from = 0; from < uploads.size(); from += JUDGED_AT_ONCE) {
            if (stop.getAsBoolean()) {
                return false;
            }
            List<Near> some = uploads.subList(from, Math.min(uploads.size(), from + JUDGED_AT_ONCE));
            Map<Set<String>, Set<Hash256>> asked = new HashMap<>();
            some.stream()
                    .filter(EarlierUploads::isStill)
                    .forEach(near -> asked.computeIfAbsent(banksOf(near), unused -> new LinkedHashSet<>())
                            .add(near.upload().hash()));
            asked.forEach((banks, hashes) -> matching.computeIfAbsent(banks, unused -> new HashSet<>())
                    .addAll(matching(contentId, banks, List.copyOf(hashes))));
            some.stream()
                    .filter(near -> !isStill(near)
                            || matching.getOrDefault(banksOf(near), Set.of())
                                    .contains(near.upload().hash()))
                    .forEach(judged::add);
        }
        return true;
    }

    private static boolean isStill(Near near) {
        return near.upload().hashes() == 1;
    }

    private Set<String> banksOf(Near near) {
        String key = near.upload().key();
        return key == null ? Set.of() : gate.banksOf(key);
    }

    /** Those of the hashes that match that content. */
    private List<Hash256> matching(long contentId, Set<String> banks, List<Hash256> hashes) {
        List<Judgement> judgements = new SignalMatcher(db, new MatchOptions(banks)).match(hashes);
        List<Hash256> matching = new ArrayList<>();
        for (int i = 0; i < hashes.size(); i++) {
            if (judgements.get(i).standing().stream()
                    .anyMatch(finding -> finding.content().id() == contentId)) {
                matching.add(hashes.get(i));
            }
        }
        return matching;
    }
}
