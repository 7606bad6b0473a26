package org.semblance.hashdb.catalog;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * One row of the journal: a change, who made it and why, chained to the row before.
 *
 * <p>The hash is SHA-256 over this byte string, so that anyone can recompute it. Integers are big-endian; a text is its
 * length in UTF-8 bytes (4 bytes) and then those bytes.
 *
 * <pre>
 * prevHash  32 bytes
 * seq        8 bytes
 * at         8 bytes, milliseconds since 1970-01-01T00:00:00Z
 * actor, reason, kind, payload: texts, in this order
 * </pre>
 *
 * <p>The chain shows a row that was altered, moved or removed, but not that its newest rows were cut off: for that, keep
 * the newest {@code seq} and {@code hash} in another place.
 *
 * <p>An {@code add_contents} row carries {@code sha256}, which proves the rows it added in the same way: SHA-256 over
 * the contents by id, each being
 *
 * <pre>
 * content id          8 bytes
 * number of signals   4 bytes
 *   each, in order: type code (0 pdq, 1 md5, 2 sha256, 3 sha1) 1 byte; quality 1 byte, 255 if unknown; value 16, 20
 *   or 32 bytes
 * number of labels    4 bytes
 *   each, sorted by UTF-16 code units: a text
 * note, source, metadata: each a text, or four bytes 255 if there is none
 * of a video then
 *   255, with which no id begins   1 byte
 *   duration in milliseconds       4 bytes
 *   number of frames               4 bytes
 *     each, in order: from and until in milliseconds, 4 bytes each; quality 1 byte; hash 32 bytes, bit 255 first
 * of a content with features then
 *   254, with which no id begins   1 byte
 *   number of pictures             4 bytes
 *     each, in order: time in milliseconds, 4 bytes; length of what follows, 4 bytes; the features as {@code
 *     Features.toBytes} has them
 * of a content that has a threshold, handling or quarantine of its own then
 *   253, with which no id begins   1 byte
 *   distance threshold             4 bytes, all 255 if there is none
 *   handling, reason of the quarantine: each a text, or four bytes 255 if there is none
 *   whether the quarantine is of the very bytes as well   1 byte
 * </pre>
 *
 * <p>as they were when added; an {@code update_content} row carries the old and the new value of what it changed.
 *
 * @param seq from 1, without gaps
 * @param kind of the change, see {@link PayloadCodec}
 * @param payload a JSON object, keys sorted
 * @param prevHash hash of the row before as 64 hex digits, zeros for the first
 * @param hash 64 hex digits
 */
public record JournalEntry(
        long seq, Instant at, String actor, String reason, String kind, String payload, String prevHash, String hash) {
    /** The {@link #prevHash} of the first row. */
    public static final String GENESIS = "0".repeat(64);

    /**
     * The entry of a change, with its hash computed.
     *
     * @param undoes the {@code seq} of the change that this one undoes, or null
     */
    public static JournalEntry chained(
            String prevHash, long seq, Instant at, Origin origin, JournalPayload change, @Nullable Long undoes) {
        String actor = origin.actor();
        String reason = origin.reason();
        String kind = PayloadCodec.kind(change);
        String payload = PayloadCodec.write(change, undoes);
        return new JournalEntry(
                seq,
                at,
                actor,
                reason,
                kind,
                payload,
                prevHash,
                computeHash(prevHash, seq, at, actor, reason, kind, payload));
    }

    /**
     * What the change did.
     *
     * @throws IllegalArgumentException as {@link PayloadCodec#read}
     */
    public JournalPayload change() {
        return PayloadCodec.read(kind, payload);
    }

    /** The hash these fields should have, 64 hex digits; equal to {@link #hash} unless the row was altered. */
    public String computeHash() {
        return computeHash(prevHash, seq, at, actor, reason, kind, payload);
    }

    private static String computeHash(
            String prevHash, long seq, Instant at, String actor, String reason, String kind, String payload) {
        MessageDigest sha = ContentDigest.sha256();
        sha.update(HexFormat.of().parseHex(prevHash));
        sha.update(
                ByteBuffer.allocate(16).putLong(seq).putLong(at.toEpochMilli()).array());
        for (String text : new String[] {actor, reason, kind, payload}) {
            byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
            sha.update(ByteBuffer.allocate(4).putInt(utf8.length).array());
            sha.update(utf8);
        }
        return HexFormat.of().formatHex(sha.digest());
    }
}
