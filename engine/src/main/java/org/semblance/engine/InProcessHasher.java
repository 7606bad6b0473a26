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
import org.semblance.engine.features.FeatureExtractor;
import org.semblance.engine.features.Profile;
import org.semblance.engine.features.ReducedPicture;
import org.semblance.engine.judge.Verdict;
import org.semblance.engine.media.Animation;
import org.semblance.engine.media.Av1Decoder;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.DecodedImage;
import org.semblance.engine.media.FrameSampling;
import org.semblance.engine.media.FrameSampling.EveryFrame;
import org.semblance.engine.media.IconDirectory;
import org.semblance.engine.media.ImageDecoder;
import org.semblance.engine.media.ImageHeader;
import org.semblance.engine.media.MediaException;
import org.semblance.engine.media.MediaFormat;
import org.semblance.engine.media.MediaLimits;
import org.semblance.engine.media.MediaSource;
import org.semblance.engine.media.MissingRows;
import org.semblance.engine.media.VideoLimits;
import org.semblance.engine.media.VideoSummary;
import org.semblance.engine.media.internal.Natives;
import org.semblance.engine.media.internal.codec.Av1Library;
import org.semblance.engine.media.internal.image.Libdeflate;
import org.semblance.engine.media.internal.image.NativeImageDecoder;
import org.semblance.engine.media.internal.video.NativeVideoReader;
import org.semblance.engine.pdq.DihedralHashes;
import org.semblance.engine.pdq.Luma;
import org.semblance.engine.pdq.PdqHasher;
import org.semblance.engine.pdq.Transform;
import org.semblance.engine.video.BorderDetector;
import org.semblance.engine.video.Borders;
import org.semblance.engine.video.CroppedLuma;
import org.semblance.engine.video.VideoHasher;
import org.semblance.engine.video.VideoHashes;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.HashAndQuality;
import org.semblance.hashdb.hash.Signal;

/** Content to signals, in this process. Holds the scratch memory of one worker: not for two threads at once. */
public final class InProcessHasher implements ContentHasher {
    /** With a smaller share of its rows no reading of a damaged image finds the whole one. */
    private static final double LEAST_READABLE = 0.5;

    private final MediaLimits limits;
    private final ImageDecoder decoder;
    private final DecodePath path;
    private final PdqHasher pdq;
    private final BorderDetector borders = new BorderDetector();
    private final FeatureExtractor features = new FeatureExtractor();

    /** Made for the first video: most workers never see one. */
    private @Nullable VideoHasher video;

    /** @throws IllegalStateException if the native decoders cannot be loaded */
    public InProcessHasher(MediaLimits limits, DecodePath path) {
        this.limits = limits;
        this.path = path;
        this.pdq = pdq(path);
        this.decoder = new NativeImageDecoder(limits, path);
    }

    /**
     * What decodes AV1 in this process.
     *
     * @throws IllegalStateException if the native decoders cannot be loaded
     */
    public static Av1Decoder av1() {
        Natives.load();
        return Av1Library.load();
    }

    /**
     * Why PNGs are not inflated by the host's libdeflate in this process; empty if they are.
     *
     * @throws IllegalStateException if the native decoders cannot be loaded
     */
    public static String libdeflateFailure() {
        Natives.load();
        return Libdeflate.failure();
    }

    /** Why pictures are hashed by Java, in this process and in workers, and not by our native library; empty if they are by that. */
    public static String nativeFailure() {
        return PdqHasher.nativeFailure();
    }

    private static PdqHasher pdq(DecodePath path) {
        return path == DecodePath.FAST ? PdqHasher.fast() : new PdqHasher();
    }

    /**
     * Hashes the chosen frames of a video.
     *
     * @throws MediaException if it is no video we know, or not a single frame can be decoded within the limits
     * @throws org.semblance.engine.media.DeadlinePassedException if it passes before the first frame
     */
    public VideoHashes hashVideo(MediaSource source, FrameSampling sampling, Deadline deadline) throws MediaException {
        return hashVideo(source, sampling, deadline, deadline, (frame, picture) -> {});
    }

    private VideoHashes hashVideo(
            MediaSource source,
            FrameSampling sampling,
            Deadline framesUntil,
            Deadline deadline,
            VideoHasher.Watcher watcher)
            throws MediaException {
        VideoHasher hasher = video;
        if (hasher == null) {
            hasher = new VideoHasher(new NativeVideoReader(VideoLimits.DEFAULT, path), pdq(path));
            video = hasher;
        }
        return hasher.hash(source, sampling, framesUntil, deadline, watcher);
    }

    @Override
    public HashReport hash(HashRequest request) {
        MediaSource source = request.source();
        if (source.size() == 0) {
            return HashReport.empty(request);
        }
        request.deadline().check("header");
        try {
            if (source.format().isVideo()) {
                FramePictures pictures = new FramePictures(features, request.features());
                VideoHashes frames =
                        hashVideo(source, request.sampling(), request.framesUntil(), request.deadline(), pictures);
                return new HashReport(
                        null,
                        partialReason(frames.summary()),
                        ContentType.VIDEO,
                        source.format().wireName(),
                        request.known(),
                        Map.of(),
                        frames,
                        List.of(),
                        pictures.taken(),
                        1,
                        micros(System.nanoTime() - request.startNanos()),
                        0);
            }
            limits.checkBytes(source.format(), source.size());
            return hashImage(request);
        } catch (MediaException e) {
            return failed(request, verdict(e.kind()), e.reason());
        }
    }

    private HashReport hashImage(HashRequest request) throws MediaException {
        try {
            switch (request.source()) {
                case MediaSource.InMemory memory -> {
                    return hashImage(memory, request);
                }
                case MediaSource.InFile file -> {
                    try (FileChannel channel = FileChannel.open(file.path(), StandardOpenOption.READ);
                            Arena mapped = Arena.ofConfined()) {
                        ByteBuffer content = channel.map(FileChannel.MapMode.READ_ONLY, 0, file.size(), mapped)
                                .asByteBuffer();
                        return hashImage(new MediaSource.InMemory(content, file.format()), request);
                    }
                }
                case MediaSource.Opened opened -> {
                    return hashImage(new MediaSource.InMemory(opened.content(), opened.format()), request);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private HashReport hashImage(MediaSource.InMemory source, HashRequest request) throws MediaException {
        ByteBuffer picture = source.content();
        MediaFormat format = source.format();
        if (format == MediaFormat.ICO) {
            picture = IconDirectory.largest(picture);
            format = MediaFormat.detect(picture) == MediaFormat.PNG ? MediaFormat.PNG : format;
        }
        ImageHeader header = ImageHeader.read(picture, format, limits);
        HashReport still;
        try (DecodedImage image = decoder.decode(picture, header, request.deadline())) {
            long decoded = System.nanoTime();
            request.deadline().check("hash");
            still = hashed(image, request, decoded);
        }
        return Animation.isAnimated(source.content(), source.format()) ? withFrames(still, source, request) : still;
    }

    /** An image whose frames cannot be read is left as it is, since its first was. */
    private HashReport withFrames(HashReport image, MediaSource.InMemory source, HashRequest request) {
        FrameSampling sampling =
                request.sampling().equals(HashRequest.ONCE_A_SECOND) ? request.sampling() : new EveryFrame();
        FramePictures pictures = new FramePictures(features, request.features());
        VideoHashes hashes;
        try {
            MediaSource readable = source.format() == MediaFormat.GIF
                    ? MediaSource.of(Animation.withControls(source.content()))
                    : source;
            hashes = hashVideo(readable, sampling, request.framesUntil(), request.framesUntil(), pictures);
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
                image.others(),
                pictures.after(image.pictures()),
                image.seen(),
                micros(System.nanoTime() - request.startNanos()) - image.hashUs(),
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

    private HashReport hashed(DecodedImage image, HashRequest request, long decoded) {
        HashAndQuality hash = pdq.hash(image.luma());
        Map<Transform, Hash256> dihedral = Map.of();
        List<Reading> others = new ArrayList<>();
        switch (request.variants()) {
            case NONE -> {}
            case DIHEDRAL -> {
                // The original among them is not the signal: for a 64x64 picture the reference hashes the two
                // differently.
                dihedral = new EnumMap<>(pdq.hashDihedral(image.luma()).hashes());
                dihedral.remove(Transform.ORIG);
            }
            // Before the hasher sees any other picture.
            case FOR_LOOKUP -> addVariants(image.luma(), others);
        }
        if (image.lacksRows() && image.seen() >= LEAST_READABLE) {
            others.add(Reading.damaged(pdq.hash(MissingRows.faded(image)).hash()));
            others.add(Reading.damaged(pdq.hash(MissingRows.cropped(image)).hash()));
        }
        List<Signal> signals = new ArrayList<>();
        signals.add(Signal.pdq(hash));
        signals.addAll(request.known());
        return new HashReport(
                null,
                image.note(),
                ContentType.IMAGE,
                request.source().format().wireName(),
                signals,
                dihedral,
                null,
                others,
                pictures(image, request.features()),
                image.seen(),
                micros(decoded - request.startNanos()),
                micros(System.nanoTime() - decoded));
    }

    private List<SeenPicture> pictures(DecodedImage image, @Nullable Profile profile) {
        if (profile == null) {
            return List.of();
        }
        ReducedPicture reduced = ReducedPicture.of(image.luma(), profile.longSide());
        Features taken = features.extract(reduced, profile);
        return List.of(new SeenPicture(0, taken, profile == Profile.UPLOADED ? reduced : null));
    }

    /** The picture turned and mirrored, with its borders and without. */
    private void addVariants(Luma whole, List<Reading> to) {
        addVariants(pdq.turnedAgain(whole), false, to);
        borders.borders(whole)
                .filter(found -> !found.equals(Borders.NONE))
                .ifPresent(found -> addVariants(pdq.hashDihedral(new CroppedLuma(whole, found)), true, to));
    }

    private static void addVariants(DihedralHashes hashes, boolean trimmed, List<Reading> to) {
        if (hashes.quality() >= HashAndQuality.MIN_QUALITY) {
            hashes.hashes().forEach((transform, hash) -> {
                Reading reading = new Reading(transform, trimmed, hash);
                if (reading.isVariant()) {
                    to.add(reading);
                }
            });
        }
    }

    private static HashReport failed(HashRequest request, Verdict verdict, String reason) {
        return HashReport.failed(request, verdict, reason, micros(System.nanoTime() - request.startNanos()));
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

    @Override
    public void close() {}
}
