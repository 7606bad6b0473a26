package org.semblance.hashdb.view;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.ContentRecord;
import org.semblance.hashdb.catalog.ContentStatus;
import org.semblance.hashdb.catalog.Quarantine;
import org.semblance.hashdb.catalog.Treatment;

/**
 * The bytes of a record in the view; a plain one takes 13.
 *
 * <pre>
 * flags       1 byte: bit 0 disabled, 1 disabled-until, 2 labels, 3 note, 4 source, 5 metadata, 6 video,
 *             7 treatment follow
 * bank id     4 bytes
 * created at  8 bytes, milliseconds since 1970
 * disabled until  8 bytes, milliseconds since 1970
 * labels      2 bytes for their number, then each as a text
 * note, source, metadata: each a text
 * video       4 bytes for its length in milliseconds, 4 for the number of its frames
 * treatment   1 byte: bit 0 exact only, 1 threshold, 2 handling, 3 quarantine, 4 confirmed-by follow; 5 the quarantine is
 *             of the very bytes as well, 6 proposed
 *   threshold 2 bytes
 *   handling, reason of the quarantine, confirmed-by: each a text
 * </pre>
 *
 * <p>Integers are big-endian; a text is 4 bytes for its length and then its UTF-8 bytes.
 */
final class RecordCodec {
    private static final int DISABLED = 1;
    private static final int UNTIL = 1 << 1;
    private static final int LABELS = 1 << 2;
    private static final int NOTE = 1 << 3;
    private static final int SOURCE = 1 << 4;
    private static final int METADATA = 1 << 5;
    private static final int VIDEO = 1 << 6;
    private static final int TREATMENT = 1 << 7;

    private static final int EXACT_ONLY = 1;
    private static final int THRESHOLD = 1 << 1;
    private static final int HANDLING = 1 << 2;
    private static final int QUARANTINE = 1 << 3;
    private static final int CONFIRMED = 1 << 4;
    private static final int EXACT_QUARANTINE = 1 << 5;
    private static final int PROPOSED = 1 << 6;

    private static final int FIXED = 1 + 4 + 8 + 8 + 2 + 8 + 1 + 2;
    private static final int MAX_BYTES_PER_CHAR = 3;

    private RecordCodec() {}

    /** @throws IllegalArgumentException for a withdrawn content, which has no record */
    static byte[] encode(ContentRecord content) {
        if (content.status() == ContentStatus.WITHDRAWN) {
            throw new IllegalArgumentException("content " + content.id() + ": withdrawn (expected: one that is there)");
        }
        ByteBuffer out = ByteBuffer.allocate(bound(content));
        out.put((byte) flags(content)).putInt(Math.toIntExact(content.bankId()));
        out.putLong(content.createdAt().toEpochMilli());
        if (content.disabledUntil() != null) {
            out.putLong(content.disabledUntil().toEpochMilli());
        }
        if (!content.labels().isEmpty()) {
            out.putShort((short) content.labels().size());
            content.labels().forEach(label -> putText(out, label));
        }
        putText(out, content.note());
        putText(out, content.source());
        putText(out, content.metadata());
        if (content.isVideo()) {
            out.putInt(content.videoMs()).putInt(content.pictures());
        }
        int treated = treatmentFlags(content);
        if (treated != 0) {
            Treatment treatment = content.treatment();
            out.put((byte) treated);
            if (treatment.distanceThreshold() != null) {
                out.putShort(treatment.distanceThreshold().shortValue());
            }
            putText(out, treatment.handling());
            putText(out, reason(treatment));
            putText(out, treatment.confirmedBy());
        }
        byte[] bytes = new byte[out.position()];
        out.flip().get(bytes);
        return bytes;
    }

    private static int flags(ContentRecord content) {
        return (content.status() == ContentStatus.DISABLED ? DISABLED : 0)
                | (content.disabledUntil() == null ? 0 : UNTIL)
                | (content.labels().isEmpty() ? 0 : LABELS)
                | (content.note() == null ? 0 : NOTE)
                | (content.source() == null ? 0 : SOURCE)
                | (content.metadata() == null ? 0 : METADATA)
                | (content.isVideo() ? VIDEO : 0)
                | (treatmentFlags(content) == 0 ? 0 : TREATMENT);
    }

    private static int treatmentFlags(ContentRecord content) {
        Treatment treatment = content.treatment();
        return (content.exactOnly() ? EXACT_ONLY : 0)
                | (content.status() == ContentStatus.PROPOSED ? PROPOSED : 0)
                | (treatment.distanceThreshold() == null ? 0 : THRESHOLD)
                | (treatment.handling() == null ? 0 : HANDLING)
                | (treatment.quarantine() == null ? 0 : QUARANTINE)
                | (treatment.confirmedBy() == null ? 0 : CONFIRMED)
                | (treatment.quarantine() != null && treatment.quarantine().exact() ? EXACT_QUARANTINE : 0);
    }

    private static @Nullable String reason(Treatment treatment) {
        return treatment.quarantine() == null ? null : treatment.quarantine().reason();
    }

    private static int bound(ContentRecord content) {
        int bound = FIXED + bound(content.note()) + bound(content.source()) + bound(content.metadata());
        Treatment treatment = content.treatment();
        bound += bound(treatment.handling()) + bound(reason(treatment)) + bound(treatment.confirmedBy());
        for (String label : content.labels()) {
            bound += bound(label);
        }
        return bound;
    }

    private static int bound(@Nullable String text) {
        return text == null ? 0 : 4 + MAX_BYTES_PER_CHAR * text.length();
    }

    private static void putText(ByteBuffer out, @Nullable String text) {
        if (text != null) {
            byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
            out.putInt(utf8.length).put(utf8);
        }
    }

    static ContentRecord decode(long id, byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        int flags = in.get();
        long bankId = in.getInt();
        Instant createdAt = Instant.ofEpochMilli(in.getLong());
        Instant until = (flags & UNTIL) == 0 ? null : Instant.ofEpochMilli(in.getLong());
        List<String> labels = List.of();
        if ((flags & LABELS) != 0) {
            int count = in.getShort();
            labels = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                labels.add(text(in));
            }
        }
        String note = (flags & NOTE) == 0 ? null : text(in);
        String source = (flags & SOURCE) == 0 ? null : text(in);
        String metadata = (flags & METADATA) == 0 ? null : text(in);
        int videoMs = (flags & VIDEO) == 0 ? 0 : in.getInt();
        int frames = (flags & VIDEO) == 0 ? 0 : in.getInt();
        int treated = (flags & TREATMENT) == 0 ? 0 : in.get();
        return new ContentRecord(
                id,
                bankId,
                status(flags, treated),
                until,
                labels,
                note,
                source,
                metadata,
                createdAt,
                videoMs,
                frames,
                (treated & EXACT_ONLY) != 0,
                (treated & ~(EXACT_ONLY | PROPOSED)) == 0 ? Treatment.PLAIN : treatment(treated, in));
    }

    private static ContentStatus status(int flags, int treated) {
        if ((treated & PROPOSED) != 0) {
            return ContentStatus.PROPOSED;
        }
        return (flags & DISABLED) == 0 ? ContentStatus.ENABLED : ContentStatus.DISABLED;
    }

    private static Treatment treatment(int flags, ByteBuffer in) {
        return new Treatment(
                (flags & THRESHOLD) == 0 ? null : Integer.valueOf(in.getShort()),
                (flags & HANDLING) == 0 ? null : text(in),
                (flags & QUARANTINE) == 0 ? null : new Quarantine(text(in), (flags & EXACT_QUARANTINE) != 0),
                (flags & CONFIRMED) == 0 ? null : text(in));
    }

    private static String text(ByteBuffer in) {
        byte[] utf8 = new byte[in.getInt()];
        in.get(utf8);
        return new String(utf8, StandardCharsets.UTF_8);
    }
}
