package org.semblance.engine.worker;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.ContentType;
import org.semblance.engine.HashReport;
import org.semblance.engine.HashRequest;
import org.semblance.engine.Reading;
import org.semblance.engine.SeenPicture;
import org.semblance.engine.features.ReducedPicture;
import org.semblance.engine.judge.Verdict;
import org.semblance.engine.media.MediaFormat;
import org.semblance.engine.media.VideoSummary;
import org.semblance.engine.pdq.Transform;
import org.semblance.engine.video.Borders;
import org.semblance.engine.video.FrameHash;
import org.semblance.engine.video.VideoHashes;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.HashAndQuality;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;

/**
 * The answer of a worker on a content, and its form in bytes.
 *
 * <p>The reader believes in nothing: whoever has taken a worker over may send any bytes, and they must come to no more than
 * a wrong hash of that one content, or to an {@link IOException}. So all that the server knows itself (the format, the
 * digests, what kind of content it is, how long it took) is not even sent.
 */
sealed interface Reply {
    /** Longest text that is taken from a worker. */
    int MAX_TEXT = 1_000;

    /** The content was hashed, or cannot be; without the signals that were known already. */
    record Hashed(HashReport report) implements Reply {}

    /** Time ran out before that step. */
    record OutOfTime(String step) implements Reply {}

    /** The content needs more memory than a worker has. */
    record OutOfMemory() implements Reply {}

    /** Its file cannot be read. */
    record Unreadable(String why) implements Reply {}

    /** The worker has a bug. */
    record Failed(String why) implements Reply {}

    /** The bytes that {@link #read} reads. */
    static byte[] write(Reply reply) {
        Out out = new Out();
        switch (reply) {
            case Hashed hashed -> {
                out.u8(0);
                write(hashed.report, out);
            }
            case OutOfTime late -> out.u8(1).text(late.step);
            case OutOfMemory none -> out.u8(2);
            case Unreadable file -> out.u8(3).text(file.why);
            case Failed bug -> out.u8(4).text(bug.why);
        }
        return out.toBytes();
    }

    private static void write(HashReport report, Out out) {
        Verdict failure = report.failure();
        out.u8(failure == null ? -1 : failure.ordinal()).text(report.reason());
        out.i64(report.hashUs());
        Signal pdq = report.signal(SignalType.PDQ).orElse(null);
        out.u8(pdq == null ? 0 : 1);
        if (pdq != null) {
            out.hash(pdq.hash()).u8(pdq.quality() == null ? 0 : pdq.quality());
        }
        out.u8(report.dihedral().size());
        report.dihedral()
                .forEach((transform, hash) -> out.u8(transform.ordinal()).hash(hash));
        out.f64(report.seen()).u8(report.others().size());
        for (Reading other : report.others()) {
            out.u8(other.transform().ordinal()).u8(other.trimmed() ? 1 : 0).hash(other.hash());
        }
        out.i32(report.pictures().size());
        report.pictures().forEach(picture -> write(picture, out));
        VideoHashes video = report.video();
        out.u8(video == null ? 0 : 1);
        if (video != null) {
            write(video, out);
        }
    }

    private static void write(SeenPicture picture, Out out) {
        out.i32(picture.ms()).bytes(picture.features().toBytes());
        ReducedPicture reduced = picture.reduced();
        out.u8(reduced == null ? 0 : 1);
        if (reduced != null) {
            out.i32(reduced.width()).i32(reduced.height()).bytes(reduced.pixels());
        }
    }

    private static void write(VideoHashes video, Out out) {
        VideoSummary summary = video.summary();
        out.text(summary.codec()).i32(summary.width()).i32(summary.height());
        out.f64(summary.frameRate()).f64(summary.declaredSeconds()).f64(summary.seconds());
        out.i32(summary.framesDecoded()).i32(summary.framesShown()).i32(summary.damagedPackets());
        out.u8(summary.ending().ordinal());
        out.i32(video.frames().size());
        for (FrameHash frame : video.frames()) {
            out.i32(frame.number()).f64(frame.seconds()).hash(frame.pdq());
        }
        out.i32(video.inner().size());
        for (VideoHashes.Inner inner : video.inner()) {
            Borders borders = inner.borders();
            out.i32(inner.frame());
            out.i32(borders.left()).i32(borders.top()).i32(borders.right()).i32(borders.bottom());
            out.hash(inner.pdq());
        }
    }

    /**
     * Reads a reply about the content of that request.
     *
     * @throws IOException if these bytes are none
     */
    static Reply read(byte[] bytes, HashRequest request) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        try {
            Reply reply = switch (in.get()) {
                case 0 -> new Hashed(report(in, request));
                case 1 -> new OutOfTime(text(in));
                case 2 -> new OutOfMemory();
                case 3 -> new Unreadable(text(in));
                case 4 -> new Failed(text(in));
                default -> throw new IOException("a reply of an unknown kind");
            };
            if (in.hasRemaining()) {
                throw new IOException(in.remaining() + " bytes behind the reply");
            }
            return reply;
        } catch (BufferUnderflowException e) {
            throw new IOException("a reply that breaks off", e);
        } catch (IllegalArgumentException e) {
            throw new IOException("a reply that makes no sense: " + e.getMessage(), e);
        }
    }

    private static HashReport report(ByteBuffer in, HashRequest request) throws IOException {
        int failureNumber = in.get();
        Verdict failure = failureNumber == -1 ? null : element(Verdict.values(), failureNumber);
        String reason = text(in);
        long us = (System.nanoTime() - request.startNanos()) / 1_000;
        long hashUs = Math.clamp(in.getLong(), 0, us);
        List<Signal> signals = new ArrayList<>();
        if (flag(in)) {
            signals.add(Signal.pdq(hashAndQuality(in)));
        }
        boolean hashed = !signals.isEmpty();
        signals.addAll(request.known());
        Map<Transform, Hash256> dihedral = new EnumMap<>(Transform.class);
        for (int left = in.get(); left > 0; left--) {
            dihedral.put(element(Transform.values(), in.get()), Hash256.read(in));
        }
        double seen = finite(in);
        check(seen > 0 && seen <= 1, "a share of " + seen);
        List<Reading> others = new ArrayList<>();
        for (int left = in.get(); left > 0; left--) {
            others.add(new Reading(element(Transform.values(), in.get()), flag(in), Hash256.read(in)));
        }
        List<SeenPicture> pictures = new ArrayList<>();
        int count = in.getInt();
        check(count >= 0 && (count == 0 || request.features() != null), "features that nobody asked for");
        for (; count > 0; count--) {
            SeenPicture picture = picture(in);
            check(pictures.isEmpty() || picture.ms() > pictures.getLast().ms(), "pictures out of order");
            pictures.add(picture);
        }
        MediaFormat format = request.source().format();
        VideoHashes video = flag(in) ? video(in, format) : null;
        if (failure != null) {
            check(isFailure(failure) && !hashed && video == null, "a failure and hashes");
            return HashReport.failed(request, failure, reason, us);
        }
        check(format.isVideo() ? !hashed && video != null : hashed, "no hashes of its kind");
        return new HashReport(
                null,
                reason,
                format.isVideo() ? ContentType.VIDEO : ContentType.IMAGE,
                format.wireName(),
                signals,
                dihedral,
                video,
                others,
                pictures,
                seen,
                us - hashUs,
                hashUs);
    }

    private static SeenPicture picture(ByteBuffer in) throws IOException {
        int ms = in.getInt();
        check(ms >= 0, "a picture at " + ms + " ms");
        Features features = Features.ofBytes(bytes(in));
        if (!flag(in)) {
            return new SeenPicture(ms, features, null);
        }
        int width = in.getInt();
        int height = in.getInt();
        check(width == features.width() && height == features.height(), "features of another picture");
        return new SeenPicture(ms, features, new ReducedPicture(width, height, bytes(in)));
    }

    private static byte[] bytes(ByteBuffer in) throws IOException {
        int length = in.getInt();
        check(length >= 0 && length <= in.remaining(), "an array of " + length + " bytes");
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }

    private static boolean isFailure(Verdict verdict) {
        return verdict == Verdict.CORRUPT || verdict == Verdict.TOO_LARGE || verdict == Verdict.UNSUPPORTED;
    }

    private static VideoHashes video(ByteBuffer in, MediaFormat format) throws IOException {
        VideoSummary summary = new VideoSummary(
                format,
                text(in),
                in.getInt(),
                in.getInt(),
                finite(in),
                finite(in),
                finite(in),
                in.getInt(),
                in.getInt(),
                in.getInt(),
                element(VideoSummary.Ending.values(), in.get()));
        check(summary.frameRate() > 0 && summary.declaredSeconds() >= 0 && summary.seconds() >= 0, "times below 0");
        List<FrameHash> frames = new ArrayList<>();
        double last = 0;
        for (int left = in.getInt(); left > 0; left--) {
            FrameHash frame = new FrameHash(in.getInt(), in.getDouble(), hashAndQuality(in));
            check(frame.seconds() >= last, "frames out of order");
            last = frame.seconds();
            frames.add(frame);
        }
        List<VideoHashes.Inner> inner = new ArrayList<>();
        for (int left = in.getInt(); left > 0; left--) {
            int frame = in.getInt();
            check(frame >= 0 && frame < frames.size(), "an inner picture of no frame");
            Borders borders = new Borders(in.getInt(), in.getInt(), in.getInt(), in.getInt());
            inner.add(new VideoHashes.Inner(frame, borders, hashAndQuality(in)));
        }
        return new VideoHashes(summary, frames, inner);
    }

    private static HashAndQuality hashAndQuality(ByteBuffer in) {
        return new HashAndQuality(Hash256.read(in), in.get());
    }

    private static boolean flag(ByteBuffer in) {
        return in.get() != 0;
    }

    private static double finite(ByteBuffer in) throws IOException {
        double value = in.getDouble();
        check(Double.isFinite(value), "no number");
        return value;
    }

    private static <E> E element(E[] values, int number) throws IOException {
        check(number >= 0 && number < values.length, "no such " + values[0].getClass());
        return values[number];
    }

    private static void check(boolean holds, String otherwise) throws IOException {
        if (!holds) {
            throw new IOException("a reply that makes no sense: " + otherwise);
        }
    }

    /** A text of printable characters, so that it can go to a log or an answer. */
    private static String text(ByteBuffer in) throws IOException {
        int length = in.getInt();
        check(length >= 0 && length <= 4 * MAX_TEXT, "a text of " + length + " bytes");
        byte[] bytes = new byte[length];
        in.get(bytes);
        return printable(new String(bytes, StandardCharsets.UTF_8));
    }

    /** The text, with a question mark for whatever would not be printed as what it is. */
    static String printable(String text) {
        String start = text.length() > MAX_TEXT ? text.substring(0, MAX_TEXT) : text;
        return start.replaceAll("[^\\x20-\\x7E]", "?");
    }

    /** Bytes that grow. */
    final class Out {
        private ByteBuffer bytes = ByteBuffer.allocate(1_024);

        private ByteBuffer room(int more) {
            if (bytes.remaining() < more) {
                bytes = ByteBuffer.wrap(Arrays.copyOf(bytes.array(), 2 * bytes.capacity() + more))
                        .position(bytes.position());
            }
            return bytes;
        }

        Out u8(int value) {
            room(1).put((byte) value);
            return this;
        }

        Out i32(int value) {
            room(4).putInt(value);
            return this;
        }

        Out i64(long value) {
            room(8).putLong(value);
            return this;
        }

        Out f64(double value) {
            room(8).putDouble(value);
            return this;
        }

        Out hash(Hash256 hash) {
            room(Hash256.BYTES).put(hash.toBytes());
            return this;
        }

        Out hash(HashAndQuality hash) {
            return hash(hash.hash()).u8(hash.quality());
        }

        Out bytes(byte[] array) {
            i32(array.length).room(array.length).put(array);
            return this;
        }

        Out text(@Nullable String text) {
            String some = String.valueOf(text);
            byte[] utf8 =
                    (some.length() > MAX_TEXT ? some.substring(0, MAX_TEXT) : some).getBytes(StandardCharsets.UTF_8);
            i32(utf8.length).room(utf8.length).put(utf8);
            return this;
        }

        byte[] toBytes() {
            return Arrays.copyOf(bytes.array(), bytes.position());
        }
    }
}
