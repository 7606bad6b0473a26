package org.semblance.hashdb.catalog;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** SHA-256 over contents in the byte form that {@link JournalEntry} defines. One thread at a time. */
public final class ContentDigest {
    private static final int NO_QUALITY = 255;
    private static final int NO_TEXT = -1;
    private static final int VIDEO = 255;
    private static final int PICTURES = 254;
    private static final int TREATMENT = 253;
    private static final int NO_THRESHOLD = -1;

    private final MessageDigest sha = sha256();
    private final ByteBuffer buffer = ByteBuffer.allocate(1 << 14);

    public static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    /** Begins a content; its signals follow, then {@link #details}. */
    public void content(long id, int signals) {
        room(12).putLong(id).putInt(signals);
    }

    public void signal(int typeCode, @Nullable Integer quality, byte[] value) {
        room(2 + value.length)
                .put((byte) typeCode)
                .put((byte) (quality == null ? NO_QUALITY : quality))
                .put(value);
    }

    public void details(
            List<String> sortedLabels, @Nullable String note, @Nullable String source, @Nullable String metadata) {
        room(4).putInt(sortedLabels.size());
        sortedLabels.forEach(this::text);
        text(note);
        text(source);
        text(metadata);
    }

    /** What follows the details of a video; the frames are in their stored form. */
    public void video(int durationMs, byte[] frames) {
        room(9).put((byte) VIDEO).putInt(durationMs).putInt(frames.length / KnownVideo.FRAME_BYTES);
        drain();
        sha.update(frames);
    }

    /** What follows for a content with features, after its video if it is one; each {@link #picture} comes next. */
    public void pictures(int count) {
        room(5).put((byte) PICTURES).putInt(count);
    }

    /** A picture; its features are in their stored form. */
    public void picture(int ms, byte[] features) {
        room(8).putInt(ms).putInt(features.length);
        drain();
        sha.update(features);
    }

    /** The end of a content that is not treated as its bank says. */
    public void treatment(
            @Nullable Integer distanceThreshold, @Nullable String handling, @Nullable Quarantine quarantine) {
        room(5).put((byte) TREATMENT).putInt(distanceThreshold == null ? NO_THRESHOLD : distanceThreshold);
        text(handling);
        text(quarantine == null ? null : quarantine.reason());
        room(1).put((byte) (quarantine != null && quarantine.exact() ? 1 : 0));
    }

    private void text(@Nullable String text) {
        if (text == null) {
            room(4).putInt(NO_TEXT);
            return;
        }
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        room(4).putInt(utf8.length);
        drain();
        sha.update(utf8);
    }

    private ByteBuffer room(int bytes) {
        if (buffer.remaining() < bytes) {
            drain();
        }
        return buffer;
    }

    private void drain() {
        sha.update(buffer.flip());
        buffer.clear();
    }

    /** The digest so far as 64 hex digits; the next content begins a new one. */
    public String finish() {
        drain();
        return HexFormat.of().formatHex(sha.digest());
    }
}
