package org.semblance.server.list;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.semblance.hashdb.Match;
import org.semblance.hashdb.catalog.BankContent;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.hash.FrameSpan;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.server.auth.ScopedDb;

/**
 * Says which contents a bank has exactly: one content of the bank, disabled or not, has every signal and every frame of the draft, and
 * local features if the draft has some. So nothing is lost if a known draft is passed over.
 */
final class KnownContents {
    private final ScopedDb db;
    private final String bank;

    KnownContents(ScopedDb db, String bank) {
        this.db = db;
        this.bank = bank;
    }

    /** What makes two drafts the same content. */
    private record Identity(Set<String> signals, Set<Hash256> frames, boolean features) {
        static Identity of(ContentDraft draft) {
            return new Identity(
                    names(draft.signals()),
                    hashes(draft.video() == null ? List.of() : draft.video().frames()),
                    !draft.pictures().isEmpty());
        }
    }

    /** Of each draft whether the bank has it, or an earlier one of these is the same. */
    List<Boolean> of(List<ContentDraft> drafts) {
        List<Hash256> hashes = new ArrayList<>();
        for (ContentDraft draft : drafts) {
            if (digests(draft).isEmpty()) {
                hashes.add(hash(draft));
            }
        }
        List<List<Match>> near = db.lookupSame(hashes, bank);
        Set<Identity> earlier = new HashSet<>();
        List<Boolean> known = new ArrayList<>(drafts.size());
        int next = 0;
        for (ContentDraft draft : drafts) {
            List<Signal> digests = digests(draft);
            LongStream ids = (digests.isEmpty() ? near.get(next++) : db.lookupBanked(digests.getFirst(), bank))
                    .stream()
                            .filter(match -> match.distance() == 0)
                            .mapToLong(match -> match.content().id());
            Identity wanted = Identity.of(draft);
            boolean again = !earlier.add(wanted);
            known.add(again || ids.anyMatch(id -> holds(id, wanted)));
        }
        return known;
    }

    private boolean holds(long id, Identity wanted) {
        BankContent content = db.content(bank, id).orElse(null);
        return content != null
                && names(content.signals()).containsAll(wanted.signals)
                && (wanted.frames.isEmpty()
                        || db.video(bank, id)
                                .map(KnownVideo::frames)
                                .filter(frames -> hashes(frames).containsAll(wanted.frames))
                                .isPresent())
                && (!wanted.features || !db.pictures(bank, id).isEmpty());
    }

    private static List<Signal> digests(ContentDraft draft) {
        return draft.signals().stream()
                .filter(signal -> signal.type().isDigest())
                .toList();
    }

    /** One hash of a draft without digests, which has a signal or a frame. */
    private static Hash256 hash(ContentDraft draft) {
        KnownVideo video = draft.video();
        return video == null || !draft.signals().isEmpty()
                ? draft.signals().getFirst().hash()
                : video.frames().getFirst().hash();
    }

    private static Set<String> names(List<Signal> signals) {
        return signals.stream()
                .map(signal -> signal.type().wireName() + " " + signal.value())
                .collect(Collectors.toSet());
    }

    private static Set<Hash256> hashes(List<FrameSpan> frames) {
        return frames.stream().map(FrameSpan::hash).collect(Collectors.toSet());
    }
}
