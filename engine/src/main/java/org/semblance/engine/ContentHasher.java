package org.semblance.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.media.Animation;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.DecodedImage;
import org.semblance.engine.media.FrameSampling;
import org.semblance.engine.media.FrameSampling.EveryFrame;
import org.semblance.engine.media.ImageDecoder;
import org.semblance.engine.media.ImageHeader;
import org.semblance.engine.media.MediaException;
import org.semblance.engine.media.MediaFormat;
import org.semblance.engine.media.MediaLimits;
import org.semblance.engine.media.MediaSource;
import org.semblance.engine.media.VideoLimits;
import org.semblance.engine.media.VideoSummary;
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
    /** The reference's rule for the signals of a video. */
    private static final FrameSampling ONCE_A_SECOND = new FrameSampling.TimeStep(1);

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

    /** As {@link #hash(ByteBuffer, Deadline)}, in any time. */
    public HashReport hash(ByteBuffer content) {
        return hash(content, Deadline.NONE);
    }

    /** As {@link #hash(ByteBuffer)}, with the dihedral variants of an image. */
    public HashReport hashDihedral(ByteBuffer content) {
        return hashDihedral(MediaSource.of(content), Digests.of(content), Deadline.NONE);
    }

    /** As {@link #hash(MediaSource, Digests, Deadline)}, of the bytes between position and limit (which stay as they are). */
    public HashReport hash(ByteBuffer content, Deadline deadline) {
        long start = System.nanoTime();
        MediaSource source = MediaSource.of(content);
        return hash(source, Digests.of(content), ONCE_A_SECOND, false, deadline, deadline, start);
    }

    /**
     * Hashes a content for those who want to know its signals: an image as PDQ, a video as vPDQ, a frame a second by the
     * reference's rule ({@link HashReport#video}). Never throws for what the bytes hold.
     *
     * @param digests of exactly these bytes
     * @throws org.semblance.engine.media.DeadlinePassedException if it passes before the last step has begun, for a video
     *     before the first frame; later, what was seen of a video is returned, and is partial
     * @throws UncheckedIOException if a file cannot be read
     */
    public HashReport hash(MediaSource source, Digests digests, Deadline deadline) {
        return hash(source, digests, ONCE_A_SECOND, false, deadline, deadline, System.nanoTime());
    }

    /** As {@link #hash(MediaSource, Digests, Deadline)}, with the dihedral variants of an image. */
    public HashReport hashDihedral(MediaSource source, Digests digests, Deadline deadline) {
        return hash(source, digests, ONCE_A_SECOND, true, deadline, deadline, System.nanoTime());
    }

    /**
     * Hashes a content that is to be banked: as {@link #hash(MediaSource, Digests, Deadline)}, but every frame of a video
     * ({@link VideoHashes#known}), so that it is found whichever of them a copy is sampled at.
     */
    public HashReport hashToBank(MediaSource source, Digests digests, Deadline deadline) {
        return hash(source, digests, new EveryFrame(), false, deadline, deadline, System.nanoTime());
    }

    /**
     * Hashes the chosen frames of a video.
     *
     * @throws MediaException if it is no video we know, or not a single frame can be decoded within the limits
     * @throws org.semblance.engine.media.DeadlinePassedException if it passes before the first frame
     */
    public VideoHashes hashVideo(MediaSource source, FrameSampling sampling, Deadline deadline) throws MediaException {
        VideoHasher hasher = video;
        if (hasher == null) {
            hasher = new VideoHasher(new NativeVideoReader(VideoLimits.DEFAULT, path));
            video = hasher;
        }
        return hasher.hash(source, sampling, deadline);
    }

    /**
     * @param sampling of a video; of an animated image every frame is taken, unless only a frame a second is wanted
     * @param framesUntil when to stop reading frames
     * @param start when the work on this content began, as {@link System#nanoTime} tells
     */
    HashReport hash(
            MediaSource source,
            Digests digests,
            FrameSampling sampling,
            boolean dihedral,
            Deadline deadline,
            Deadline framesUntil,
            long start) {
        MediaFormat format = source.format();
        if (source.size() == 0) {
            return failed(Verdict.UNSUPPORTED, "empty: 0 bytes", format, digests, start);
        }
        deadline.check("header");
        try {
            if (format.isVideo()) {
                VideoHashes frames = hashVideo(source, sampling, framesUntil);
                return new HashReport(
                        null,
                        partialReason(frames.summary()),
                        ContentType.VIDEO,
                        format.wireName(),
                        digests.signals(),
                        Map.of(),
                        frames,
                        micros(System.nanoTime() - start),
                        0);
            }
            limits.checkBytes(format, source.size());
            Frames frames = sampling.equals(ONCE_A_SECOND)
                    ? new Frames(sampling, framesUntil)
                    : new Frames(new EveryFrame(), framesUntil);
            return hashImage(source, digests, frames, dihedral, deadline, start);
        } catch (MediaException e) {
            return failed(verdict(e.kind()), e.reason(), format, digests, start);
        }
    }

    /** Which frames of an animated image to hash, and until when. */
    private record Frames(FrameSampling sampling, Deadline until) {}

    private HashReport hashImage(
            MediaSource source, Digests digests, Frames frames, boolean dihedral, Deadline deadline, long start)
            throws MediaException {
        switch (source) {
            case MediaSource.InMemory memory -> {
                return hashImage(memory, source.format(), digests, frames, dihedral, deadline, start);
            }
            case MediaSource.InFile file -> {
                try (FileChannel channel = FileChannel.open(file.path(), StandardOpenOption.READ);
                        Arena mapped = Arena.ofConfined()) {
                    ByteBuffer content = channel.map(FileChannel.MapMode.READ_ONLY, 0, file.size(), mapped)
                            .asByteBuffer();
                    MediaSource.InMemory inMemory = new MediaSource.InMemory(content, source.format());
                    return hashImage(inMemory, source.format(), digests, frames, dihedral, deadline, start);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }

    private HashReport hashImage(
            MediaSource.InMemory source,
            MediaFormat format,
            Digests digests,
            Frames frames,
            boolean dihedral,
            Deadline deadline,
            long start)
            throws MediaException {
        ImageHeader header = ImageHeader.read(source.content(), format, limits);
        HashReport still;
        try (DecodedImage image = decoder.decode(source.content(), header, deadline)) {
            long decoded = System.nanoTime();
            deadline.check("hash");
            still = hashed(image, dihedral, format, digests, start, decoded);
        }
        return Animation.isAnimated(source.content(), format) ? withFrames(still, source, frames, start) : still;
    }

    /** An image whose frames cannot be read is left as it is, since its first was. */
    private HashReport withFrames(HashReport image, MediaSource.InMemory source, Frames frames, long start) {
        VideoHashes hashes;
        try {
            MediaSource readable = source.format() == MediaFormat.GIF
                    ? MediaSource.of(Animation.withControls(source.content()))
                    : source;
            hashes = hashVideo(readable, frames.sampling, frames.until);
        } catch (MediaException e) {
            return image;
        }
        return new HashReport(
                null,
                joined(image.reason(), partialReason(hashes.summary())),
                image.contentType(),
                image.format(),
                image.signals(),
                image.dihedral(),
                hashes,
                micros(System.nanoTime() - start) - image.hashUs(),
                image.hashUs());
    }

    static String joined(String reason, String other) {
        return reason.isEmpty() || other.isEmpty() ? reason + other : reason + "; " + other;
    }

    /** Why and how much of a video was seen; empty if all of it was. */
    private static String partialReason(VideoSummary summary) {
        if (!summary.isPartial()) {
            return "";
        }
        String why = switch (summary.ending()) {
            case CUT_OFF -> "the file ends before the video does";
            case OUT_OF_TIME -> "time ran out";
            case TOO_LONG -> "the rest is beyond the limit on length";
            case STOPPED, COMPLETE -> "the reading was stopped";
        };
        String of = summary.declaredSeconds() > 0
                ? String.format(Locale.ROOT, " of %.1f s", summary.declaredSeconds())
                : " s";
        return String.format(
                Locale.ROOT, "%s: seen %.1f%s: %s", summary.format().wireName(), summary.seconds(), of, why);
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
                null,
                micros(decoded - start),
                micros(System.nanoTime() - decoded));
    }

    /** The report on a content that is known by its digests. */
    static HashReport notDecoded(MediaFormat format, Digests digests, long nanos) {
        return new HashReport(
                null, "", contentType(format), format.wireName(), digests.signals(), Map.of(), null, micros(nanos), 0);
    }

    private static HashReport failed(Verdict verdict, String reason, MediaFormat format, Digests digests, long start) {
        return new HashReport(
                verdict,
                reason,
                contentType(format),
                format.wireName(),
                digests.signals(),
                Map.of(),
                null,
                micros(System.nanoTime() - start),
                0);
    }

    private static @Nullable ContentType contentType(MediaFormat format) {
        return format.isVideo() ? ContentType.VIDEO : format.isSupportedImage() ? ContentType.IMAGE : null;
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
