package org.semblance.engine;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.DecodedImage;
import org.semblance.engine.media.FrameSampling;
import org.semblance.engine.media.ImageDecoder;
import org.semblance.engine.media.ImageHeader;
import org.semblance.engine.media.MediaException;
import org.semblance.engine.media.MediaFormat;
import org.semblance.engine.media.MediaLimits;
import org.semblance.engine.media.VideoLimits;
import org.semblance.engine.media.VideoSource;
import org.semblance.engine.media.internal.NativeImageDecoder;
import org.semblance.engine.media.internal.NativeVideoReader;
import org.semblance.engine.pdq.PdqHasher;
import org.semblance.engine.pdq.Transform;
import org.semblance.engine.video.VideoHasher;
import org.semblance.engine.video.VideoHashes;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.HashAndQuality;
import org.semblance.hashdb.hash.Signal;

/** Content to signals. Holds the scratch memory of one worker: not for two threads at once. */
public final class ContentHasher implements AutoCloseable {
    private final MediaLimits limits;
    private final ImageDecoder decoder;
    private final DecodePath path;
    private final PdqHasher pdq = new PdqHasher();

    /** Made for the first video: most workers never see one. */
    private @Nullable VideoHasher video;

    /** @throws IllegalStateException if the native decoders cannot be loaded */
    public ContentHasher(MediaLimits limits, DecodePath path) {
        this.limits = limits;
        this.path = path;
        this.decoder = new NativeImageDecoder(limits, path);
    }

    /** Hashes the bytes between position and limit (which stay as they are). Never throws for what they hold. */
    public HashReport hash(ByteBuffer content) {
        return hash(content, Deadline.NONE);
    }

    /**
     * As {@link #hash(ByteBuffer)}, within a time.
     *
     * @throws org.semblance.engine.media.DeadlinePassedException if it passes before the last step has begun
     */
    public HashReport hash(ByteBuffer content, Deadline deadline) {
        long start = System.nanoTime();
        return hash(content, Digests.of(content), false, deadline, start);
    }

    /** As {@link #hash(ByteBuffer)}, with the dihedral variants. */
    public HashReport hashDihedral(ByteBuffer content) {
        long start = System.nanoTime();
        return hash(content, Digests.of(content), true, Deadline.NONE, start);
    }

    /**
     * Hashes the chosen frames of a video.
     *
     * @throws MediaException if it is no video we know, or not a single frame can be decoded within the limits
     * @throws org.semblance.engine.media.DeadlinePassedException if it passes before the first frame
     */
    public VideoHashes hashVideo(VideoSource source, FrameSampling sampling, Deadline deadline) throws MediaException {
        VideoHasher hasher = video;
        if (hasher == null) {
            hasher = new VideoHasher(new NativeVideoReader(VideoLimits.DEFAULT, path));
            video = hasher;
        }
        return hasher.hash(source, sampling, deadline);
    }

    /** @param start when the work on this content began, as {@link System#nanoTime} tells */
    HashReport hash(ByteBuffer content, Digests digests, boolean dihedral, Deadline deadline, long start) {
        if (!content.hasRemaining()) {
            return failed(Verdict.UNSUPPORTED, "empty: 0 bytes", MediaFormat.UNKNOWN, digests, start);
        }
        MediaFormat format = MediaFormat.detect(content);
        deadline.check("header");
        try {
            ImageHeader header = ImageHeader.read(content, format, limits);
            try (DecodedImage image = decoder.decode(content, header, deadline)) {
                long decoded = System.nanoTime();
                deadline.check("hash");
                return hashed(image, dihedral, format, digests, start, decoded);
            }
        } catch (MediaException e) {
            return failed(verdict(e.kind()), e.reason(), format, digests, start);
        }
    }

    private HashReport hashed(
            DecodedImage image, boolean dihedral, MediaFormat format, Digests digests, long start, long decoded) {
        HashAndQuality hash = pdq.hash(image.luma());
        Map<Transform, Hash256> variants = Map.of();
        if (dihedral) {
            // The original among them is not the signal: for a 64x64 picture the reference hashes the two differently.
            variants = new EnumMap<>(pdq.hashDihedral(image.luma()).hashes());
            variants.remove(Transform.ORIG);
        }
        List<Signal> signals = new ArrayList<>();
        signals.add(Signal.pdq(hash));
        signals.addAll(digests.signals());
        return new HashReport(
                null,
                image.note(),
                ContentType.IMAGE,
                format.wireName(),
                signals,
                variants,
                micros(decoded - start),
                micros(System.nanoTime() - decoded));
    }

    /** The report on a content that is known by its digests. */
    static HashReport notDecoded(ByteBuffer content, Digests digests, long nanos) {
        MediaFormat format = MediaFormat.detect(content);
        return new HashReport(
                null,
                "",
                format.isSupportedImage() ? ContentType.IMAGE : null,
                format.wireName(),
                digests.signals(),
                Map.of(),
                micros(nanos),
                0);
    }

    private static HashReport failed(Verdict verdict, String reason, MediaFormat format, Digests digests, long start) {
        return new HashReport(
                verdict,
                reason,
                format.isSupportedImage() ? ContentType.IMAGE : null,
                format.wireName(),
                digests.signals(),
                Map.of(),
                micros(System.nanoTime() - start),
                0);
    }

    private static Verdict verdict(MediaException.Kind kind) {
        return switch (kind) {
            case UNSUPPORTED -> Verdict.UNSUPPORTED;
            case CORRUPT -> Verdict.CORRUPT;
            case TOO_LARGE -> Verdict.TOO_LARGE;
        };
    }

    static long micros(long nanos) {
        return nanos / 1_000;
    }

    /** Frees the scratch memory. */
    @Override
    public void close() {}
}
