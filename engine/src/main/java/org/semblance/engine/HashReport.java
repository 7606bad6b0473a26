package org.semblance.engine;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.judge.Verdict;
import org.semblance.engine.media.MediaFormat;
import org.semblance.engine.pdq.Transform;
import org.semblance.engine.video.VideoHashes;
import org.semblance.hashdb.features.BankedPicture;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;

/**
 * The result of hashing a content.
 *
 * @param failure null if it was hashed, otherwise {@code UNSUPPORTED}, {@code CORRUPT} or {@code TOO_LARGE}
 * @param reason for a failure, what is wrong, opening with the format's name; if it was hashed, what is peculiar about the
 *     content (such as a file that is cut off), mostly empty
 * @param contentType null if the bytes are no media we know
 * @param format the container as its magic bytes tell it, such as {@code jpeg}; {@code unknown} if none
 * @param signals PDQ if an image was hashed, of an animated one that of its first frame; MD5 and SHA-256 of the bytes always
 * @param dihedral the seven variants of the PDQ hash if they were asked for, otherwise empty
 * @param video the frames of a video or an animated image, chosen by what they are for; null if there are none
 * @param others readings of an image to look up as well: of one of which rows are missing, and the variants if they were
 *     asked for
 * @param pictures the local features that were asked for: of an image, or of some frames of a video by their time; of an
 *     animated image those of the first frame, and of later ones
 * @param seen the share of an image's rows that were decoded, above 0 and at most 1; 1 for all else
 * @param decodeUs microseconds for digests, checks and decoding; of a video for hashing too, which goes along
 * @param hashUs microseconds for PDQ of an image
 */
public record HashReport(
        @Nullable Verdict failure,
        String reason,
        @Nullable ContentType contentType,
        String format,
        List<Signal> signals,
        Map<Transform, Hash256> dihedral,
        @Nullable VideoHashes video,
        List<Reading> others,
        List<SeenPicture> pictures,
        double seen,
        long decodeUs,
        long hashUs) {
    public HashReport {
        signals = List.copyOf(signals);
        others = List.copyOf(others);
        pictures = List.copyOf(pictures);
    }

    /** Of a content of which nothing is missing. */
    public HashReport(
            @Nullable Verdict failure,
            String reason,
            @Nullable ContentType contentType,
            String format,
            List<Signal> signals,
            Map<Transform, Hash256> dihedral,
            @Nullable VideoHashes video,
            long decodeUs,
            long hashUs) {
        this(failure, reason, contentType, format, signals, dihedral, video, List.of(), List.of(), 1, decodeUs, hashUs);
    }

    /** A content that could not be hashed: what is wrong with it, and how long it took to see that. */
    public static HashReport failed(HashRequest request, Verdict failure, String reason, long decodeUs) {
        MediaFormat format = request.source().format();
        return new HashReport(
                failure, reason, contentType(format), format.wireName(), request.known(), Map.of(), null, decodeUs, 0);
    }

    /** A content without a single byte. */
    public static HashReport empty(HashRequest request) {
        return failed(request, Verdict.UNSUPPORTED, "empty: 0 bytes", 0);
    }

    /** A content of which nothing but its digests is known. */
    static HashReport notDecoded(MediaFormat format, Digests digests, long decodeUs) {
        return new HashReport(
                null, "", contentType(format), format.wireName(), digests.signals(), Map.of(), null, decodeUs, 0);
    }

    private static @Nullable ContentType contentType(MediaFormat format) {
        return format.isVideo() ? ContentType.VIDEO : format.isSupportedImage() ? ContentType.IMAGE : null;
    }

    /** The local features as they are banked. */
    public List<BankedPicture> bankedPictures() {
        return pictures.stream()
                .map(picture -> new BankedPicture(picture.ms(), picture.features()))
                .toList();
    }

    /** The signal of that type, if there is one. */
    public Optional<Signal> signal(SignalType type) {
        return signals.stream().filter(s -> s.type() == type).findFirst();
    }

    /** Whether rows or frames that the content has were not looked at; then the reason says why. */
    public boolean isPartial() {
        return seen < 1 || (video != null && video.summary().isPartial());
    }
}
