package org.semblance.hashdb.catalog.write;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.BankSink;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.ContentRecord;
import org.semblance.hashdb.catalog.ContentSink;
import org.semblance.hashdb.catalog.ContentStatus;
import org.semblance.hashdb.catalog.HashSink;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.catalog.PictureSink;
import org.semblance.hashdb.catalog.Treatment;
import org.semblance.hashdb.catalog.rows.Rows;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;

/**
 * What one transaction did that only added contents. Whoever follows the catalog and has all of what came before gets them from here,
 * as reading them back would give them: that takes longer than to write them.
 */
public final class NewContents {
    private final long afterSeq;
    private final List<Added> added = new ArrayList<>();
    private long seq;
    private String hash;

    /** The contents of one change; their ids follow each other. */
    private record Added(long bankId, long firstId, List<ContentDraft> drafts, ContentStatus status, Instant at) {
        long lastId() {
            return firstId + drafts.size() - 1;
        }
    }

    /**
     * Nothing yet.
     *
     * @param afterSeq the newest change before the transaction
     * @param hash of that change
     */
    NewContents(long afterSeq, String hash) {
        this.afterSeq = afterSeq;
        this.seq = afterSeq;
        this.hash = hash;
    }

    /** @param at in milliseconds, as it is stored */
    void add(long bankId, long firstId, List<ContentDraft> drafts, ContentStatus status, Instant at) {
        added.add(new Added(bankId, firstId, drafts, status, Instant.ofEpochMilli(at.toEpochMilli())));
    }

    void reached(long newSeq, String newHash) {
        seq = newSeq;
        hash = newHash;
    }

    /** The newest change before them. */
    public long afterSeq() {
        return afterSeq;
    }

    /** The change that added the last of them. */
    public long seq() {
        return seq;
    }

    /** The hash of that change, 64 hex digits. */
    public String hash() {
        return hash;
    }

    /** The largest thresholds that contents have of their own, by the id of their bank, with those of these contents. */
    public Map<Long, Integer> thresholds(Map<Long, Integer> before) {
        Map<Long, Integer> largest = new HashMap<>(before);
        for (Added some : added) {
            for (ContentDraft draft : some.drafts) {
                Integer threshold = draft.treatment().distanceThreshold();
                if (threshold != null) {
                    largest.merge(some.bankId, threshold, Math::max);
                }
            }
        }
        return largest;
    }

    /** Gives the banks of the contents. */
    public void giveBanks(BankSink sink) {
        for (Added some : added) {
            sink.contents(some.firstId, some.lastId(), some.bankId);
        }
    }

    /**
     * Gives them to the sinks, each content before its hashes.
     *
     * @param contents null to leave all but hashes and features out
     */
    public void give(@Nullable ContentSink contents, HashSink hashes, PictureSink pictures) {
        for (Added some : added) {
            long id = some.firstId;
            for (ContentDraft draft : some.drafts) {
                KnownVideo video = draft.video();
                byte[] frames = video == null ? null : video.frameBytes();
                if (contents != null) {
                    give(id, some, draft, frames, contents);
                }
                if (!draft.pictures().isEmpty()) {
                    pictures.pictures(id, draft.pictures());
                }
                giveHashes(id, draft, frames, hashes);
                id++;
            }
        }
    }

    private static void give(long id, Added of, ContentDraft draft, byte @Nullable [] frames, ContentSink sink) {
        KnownVideo video = draft.video();
        Treatment treatment = draft.treatment();
        if (frames != null) {
            sink.frames(id, frames);
        }
        sink.content(new ContentRecord(
                id,
                of.bankId,
                of.status,
                null,
                draft.labels(),
                draft.note(),
                draft.source(),
                draft.metadata(),
                of.at,
                video == null ? 0 : video.durationMs(),
                frames == null ? 0 : frames.length / KnownVideo.FRAME_BYTES,
                ContentWriter.isExactOnly(draft),
                treatment));
        for (Signal signal : draft.signals()) {
            if (signal.type().isDigest()) {
                sink.digest(id, true, signal.type(), HexFormat.of().parseHex(signal.value()));
            }
        }
    }

    private static void giveHashes(long id, ContentDraft draft, byte @Nullable [] frames, HashSink sink) {
        Set<Hash256> seen = frames == null ? Set.of() : new HashSet<>();
        for (Signal signal : draft.signals()) {
            if (!signal.type().isDigest()) {
                Hash256 hash = signal.hash();
                sink.hash(id, true, hash);
                if (frames != null) {
                    seen.add(hash);
                }
            }
        }
        if (frames != null) {
            Rows.frameHashes(id, true, frames, seen, sink);
        }
    }
}
