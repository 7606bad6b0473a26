package org.semblance.engine.media.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.engine.ContentHasher;
import org.semblance.engine.ContentMatcher;
import org.semblance.engine.InProcessHasher;
import org.semblance.engine.MatchOptions;
import org.semblance.engine.MatchReport;
import org.semblance.engine.judge.Verdict;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.FrameSampling;
import org.semblance.engine.media.FrameSampling.EveryFrame;
import org.semblance.engine.media.FrameSampling.KeyFrames;
import org.semblance.engine.media.MediaException;
import org.semblance.engine.media.MediaException.Kind;
import org.semblance.engine.media.MediaFormat;
import org.semblance.engine.media.MediaLimits;
import org.semblance.engine.media.MediaSource;
import org.semblance.engine.media.VideoLimits;
import org.semblance.engine.media.VideoSummary;
import org.semblance.engine.media.VideoSummary.Ending;
import org.semblance.engine.media.internal.video.NativeVideoReader;
import org.semblance.hashdb.HashDb;

/** Damaged and made-up files: each ends in frames or in a reason, in bounded time. */
class HostileVideoTest {
    private static final long SEED = seed();
    private static final int MUTATIONS = Integer.getInteger("semblance.mutations", 1000);

    /** Far more than any of these small files needs, so that only one without end reaches it. */
    private static final Duration TIME = Duration.ofSeconds(20);

    private static final VideoLimits LIMITS = new VideoLimits(1 << 20, 16, 3600, 10_000, TIME);

    @TempDir
    static Path folder;

    private static final Map<String, byte[]> FILES = new LinkedHashMap<>();

    private static long seed() {
        String given = System.getProperty("semblance.seed", "");
        return given.isEmpty() ? System.nanoTime() : Long.parseLong(given);
    }

    @BeforeAll
    static void write() throws Exception {
        Footage footage = new Footage(3, 96, 64);
        for (String[] kind : new String[][] {
            {"mp4", "libopenh264"},
            {"mov", "mpeg4"},
            {"matroska", "libvpx"},
            {"webm", "libvpx-vp9"},
            {"mpegts", "libopenh264"},
            {"mpeg", "mpeg2video"},
            {"avi", "mjpeg"},
            {"flv", "flv"},
            {"asf", "wmv2"},
            {"mxf", "mpeg2video"},
            {"nut", "ffv1"},
            {"ogg", "libvpx"},
            {"h264", "libopenh264"},
            {"ivf", "libvpx-vp9"},
            {"gif", "gif"}
        }) {
            Path file = folder.resolve(kind[0] + "." + kind[1]);
            footage.write(file, new Footage.Encoding(kind[0], kind[1], 10, 0, false), 25, 0, 40);
            FILES.put(kind[0], Files.readAllBytes(file));
        }
        FILES.put("faststart", moovFirst(file("mp4")));
    }

    /** Moves the table of frames in front of them, and adds the length of it to their places. */
    private static byte[] moovFirst(byte[] mp4) {
        int moov = find(mp4, "moov") - 4;
        int mdat = find(mp4, "mdat") - 4;
        byte[] table = Arrays.copyOfRange(mp4, moov, mp4.length);
        int chunks = find(table, "stco") + 8;
        ByteBuffer buffer = ByteBuffer.wrap(table);
        int count = buffer.getInt(chunks);
        for (int i = 0; i < count; i++) {
            int at = chunks + 4 + 4 * i;
            buffer.putInt(at, buffer.getInt(at) + table.length);
        }
        return ByteBuffer.allocate(mp4.length)
                .put(mp4, 0, mdat)
                .put(table)
                .put(mp4, mdat, moov - mdat)
                .array();
    }

    private static int find(byte[] bytes, String text) {
        int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf(text);
        assertThat(at).as(text).isPositive();
        return at;
    }

    /** A copy. */
    private static byte[] file(String format) {
        return Objects.requireNonNull(FILES.get(format), format).clone();
    }

    private static VideoSummary read(byte[] bytes, FrameSampling sampling, List<Integer> numbers)
            throws MediaException {
        double[] last = {-1};
        return new NativeVideoReader(LIMITS, DecodePath.FAST)
                .read(MediaSource.of(ByteBuffer.wrap(bytes)), sampling, Deadline.NONE, frame -> {
                    assertThat(frame.seconds()).isGreaterThanOrEqualTo(last[0]);
                    last[0] = frame.seconds();
                    numbers.add(frame.number());
                    float[] row = new float[frame.luma().width()];
                    for (int y = 0; y < frame.luma().height(); y++) {
                        frame.luma().row(y, row, 0);
                    }
                    return true;
                });
    }

    private static Kind refusal(byte[] bytes) {
        List<Integer> numbers = new ArrayList<>();
        try {
            VideoSummary summary = read(bytes, new EveryFrame(), numbers);
            throw new AssertionError("read: " + summary);
        } catch (MediaException e) {
            assertThat(e.reason()).isNotBlank();
            assertThat(numbers).isEmpty();
            return e.kind();
        }
    }

    @Test
    void readsAFileThatIsCutOffAsFarAsItGoes() throws Exception {
        for (Map.Entry<String, byte[]> file : FILES.entrySet()) {
            byte[] whole = file.getValue();
            int before = 0;
            for (int tenth = 1; tenth < 10; tenth++) {
                byte[] part = Arrays.copyOf(whole, whole.length * tenth / 10);
                List<Integer> numbers = new ArrayList<>();
                String name = file.getKey() + " at " + tenth + "/10";
                try {
                    VideoSummary summary = read(part, new EveryFrame(), numbers);
                    assertThat(numbers).as(name).hasSize(summary.framesShown()).hasSizeBetween(Math.max(1, before), 40);
                    before = numbers.size();
                } catch (MediaException e) {
                    assertThat(e.kind()).as(name).isEqualTo(Kind.CORRUPT);
                    assertThat(before).as(name + ": " + e.reason()).isZero();
                }
            }
            // With its table of frames at the end, what is left of a file is of no use; all others show something.
            boolean needsEnd = file.getKey().equals("mp4") || file.getKey().equals("mov");
            assertThat(before > 0).as(file.getKey()).isEqualTo(!needsEnd);
        }
    }

    @Test
    void saysThatAFileIsCutOffIfItsHeaderTellsHowLongItIs() throws Exception {
        Path file = folder.resolve("long.mp4");
        new Footage(3, 96, 64).write(file, Footage.Encoding.MP4, 10, 0, 100);
        byte[] whole = moovFirst(Files.readAllBytes(file));

        VideoSummary summary = read(Arrays.copyOf(whole, whole.length / 2), new EveryFrame(), new ArrayList<>());

        assertThat(summary.ending()).isEqualTo(Ending.CUT_OFF);
        assertThat(summary.declaredSeconds()).isEqualTo(10);
        assertThat(summary.seconds()).isBetween(2.0, 8.0);
        assertThat(read(whole, new EveryFrame(), new ArrayList<>()).ending()).isEqualTo(Ending.COMPLETE);
    }

    @Test
    void refusesFilesWithoutFrames() throws Exception {
        byte[] mp4 = file("mp4");
        byte[] noTable = Arrays.copyOf(mp4, find(mp4, "moov") - 4);
        byte[] noSamples = mp4.clone();
        // The count of samples follows a version, flags and a size.
        Arrays.fill(noSamples, find(mp4, "stsz") + 4, find(mp4, "stsz") + 16, (byte) 0);
        byte[] mkv = file("matroska");
        byte[] noClusters = Arrays.copyOf(mkv, find(mkv, "\u001FC\u00B6u"));

        assertThat(refusal(noTable)).isEqualTo(Kind.CORRUPT);
        assertThat(refusal(noSamples)).isEqualTo(Kind.CORRUPT);
        assertThat(refusal(noClusters)).isEqualTo(Kind.CORRUPT);
        assertThat(refusal(Arrays.copyOf(file("gif"), 13))).isEqualTo(Kind.CORRUPT);
        assertThat(refusal(Arrays.copyOf(file("flv"), 13))).isIn(Kind.CORRUPT, Kind.UNSUPPORTED);
    }

    @Test
    void refusesAHeaderOfHugeFramesBeforeItHasMemoryForThem() throws Exception {
        byte[] gif = file("gif");
        gif[7] = 0x40; // 16384 + 96 columns, and rows alike.
        gif[9] = 0x40;
        byte[] mp4 = file("mp4");
        int entry = find(mp4, "avc1\0\0\0\0\0\0");
        ByteBuffer.wrap(mp4).putShort(entry + 28, (short) 16384).putShort(entry + 30, (short) 16384);
        byte[] jpegs = file("avi");
        for (int at = 0; at < jpegs.length - 9; at++) { // In every frame header; the container's are smaller.
            if ((jpegs[at] & 0xFF) == 0xFF && (jpegs[at + 1] & 0xFF) == 0xC0) {
                ByteBuffer.wrap(jpegs).putShort(at + 5, (short) 16384).putShort(at + 7, (short) 16384);
            }
        }

        assertThat(refusal(gif)).isEqualTo(Kind.TOO_LARGE);
        assertThat(refusal(mp4)).isEqualTo(Kind.TOO_LARGE);
        assertThat(refusal(jpegs)).isIn(Kind.CORRUPT, Kind.TOO_LARGE);
    }

    @Test
    void refusesATableOfMoreFramesThanMemoryHolds() throws Exception {
        byte[] bytes = file("mp4");
        int sizes = find(bytes, "stsz");
        // All samples of one byte, and 2^31 - 1 of them.
        ByteBuffer.wrap(bytes).putInt(sizes + 8, 1).putInt(sizes + 12, Integer.MAX_VALUE);
        List<Integer> numbers = new ArrayList<>();

        try {
            VideoSummary summary = read(bytes, new EveryFrame(), numbers);
            assertThat(summary.framesShown()).isLessThanOrEqualTo(LIMITS.maxFrames());
        } catch (MediaException e) {
            assertThat(e.kind()).isIn(Kind.CORRUPT, Kind.TOO_LARGE);
        }
    }

    @Test
    void readsAFrameOfOnePixel() throws Exception {
        byte[] frame = {0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0};
        byte[] head = "GIF89a\1\0\1\0\u0080\0\0\0\0\0\u00FF\u00FF\u00FF".getBytes(StandardCharsets.ISO_8859_1);
        byte[] gif = ByteBuffer.allocate(head.length + frame.length + 1)
                .put(head)
                .put(frame)
                .put((byte) 0x3B)
                .array();
        List<Integer> numbers = new ArrayList<>();

        VideoSummary summary = read(gif, new EveryFrame(), numbers);

        assertThat(numbers).containsExactly(0);
        assertThat(summary.width()).isEqualTo(1);
    }

    @Test
    void refusesAFileOfMoreStreamsThanAllowed() {
        // A transport stream whose table of programs lists 30 streams would do; an MP4 needs only its track again.
        byte[] mp4 = file("mp4");
        int track = find(mp4, "trak") - 4;
        int moov = find(mp4, "moov") - 4;
        ByteBuffer bytes = ByteBuffer.wrap(mp4);
        byte[] trak = Arrays.copyOfRange(mp4, track, track + bytes.getInt(track));
        ByteBuffer many = ByteBuffer.allocate(mp4.length + 1000 * trak.length);
        many.put(mp4, 0, track + trak.length);
        for (int i = 0; i < 1000; i++) {
            many.put(trak);
        }
        many.put(mp4, track + trak.length, mp4.length - track - trak.length);
        many.putInt(moov, bytes.getInt(moov) + 1000 * trak.length);

        assertThat(refusal(many.array())).isEqualTo(Kind.TOO_LARGE);
    }

    @Test
    void endsInFramesOrAReasonForAnyDamage() {
        Random random = new Random(SEED);
        List<Map.Entry<String, byte[]>> files = List.copyOf(FILES.entrySet());
        Map<Kind, Integer> kinds = new EnumMap<>(Kind.class);
        int read = 0;
        for (int i = 0; i < MUTATIONS; i++) {
            Map.Entry<String, byte[]> file = files.get(i % files.size());
            byte[] bytes = mutate(file.getValue().clone(), random);
            FrameSampling sampling = random.nextBoolean() ? new EveryFrame() : new KeyFrames(0.1, 0.5, 3);
            String replay = "-Dsemblance.seed=" + SEED + ", mutation " + i + " of " + file.getKey();
            try {
                VideoSummary summary = read(bytes, sampling, new ArrayList<>());
                assertThat(summary.ending()).as(replay).isNotEqualTo(Ending.OUT_OF_TIME);
                read++;
            } catch (MediaException e) {
                assertThat(e.reason()).as(replay).isNotBlank().doesNotContain("of work");
                kinds.merge(e.kind(), 1, Integer::sum);
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError(replay, e);
            }
        }
        assertThat(read).as("-Dsemblance.seed=" + SEED).isGreaterThan(MUTATIONS / 4);
        assertThat(kinds.values().stream().mapToInt(Integer::intValue).sum() + read)
                .isEqualTo(MUTATIONS);
    }

    /** The same files through everything that an upload goes through. */
    @Test
    void givesAVerdictOnAnyDamage(@TempDir Path data) {
        Random random = new Random(SEED);
        List<Map.Entry<String, byte[]>> files = List.copyOf(FILES.entrySet());
        Map<Verdict, Integer> verdicts = new EnumMap<>(Verdict.class);
        try (HashDb db = HashDb.open(data);
                ContentHasher hasher = new InProcessHasher(MediaLimits.DEFAULT, DecodePath.FAST)) {
            ContentMatcher matcher = new ContentMatcher(hasher, db);
            for (int i = 0; i < MUTATIONS / 4; i++) {
                Map.Entry<String, byte[]> file = files.get(i % files.size());
                byte[] bytes = i < files.size()
                        ? file.getValue()
                        : i % 3 == 0
                                ? Arrays.copyOf(file.getValue(), random.nextInt(file.getValue().length))
                                : mutate(file.getValue().clone(), random);
                String replay = "-Dsemblance.seed=" + SEED + ", mutation " + i + " of " + file.getKey();
                try {
                    Deadline deadline = Deadline.after(TIME);
                    MatchReport report = matcher.match(ByteBuffer.wrap(bytes), MatchOptions.DEFAULT, deadline);
                    assertThat(deadline.passed()).as(replay).isFalse();
                    if (report.verdict() != Verdict.NO_MATCH) {
                        assertThat(report.reason()).as(replay).isNotBlank();
                    }
                    verdicts.merge(report.verdict(), 1, Integer::sum);
                } catch (RuntimeException e) {
                    throw new AssertionError(replay, e);
                }
            }
        }
        assertThat(verdicts).as("-Dsemblance.seed=" + SEED).containsKeys(Verdict.NO_MATCH, Verdict.CORRUPT);
        assertThat(verdicts).as("-Dsemblance.seed=" + SEED).doesNotContainKeys(Verdict.MATCH, Verdict.SUPPRESSED);
    }

    /** Flips bits, overwrites or cuts out a stretch, or puts extreme numbers where sizes and counts may be. */
    private static byte[] mutate(byte[] bytes, Random random) {
        int edits = 1 + random.nextInt(8);
        byte[] mutated = bytes;
        for (int i = 0; i < edits; i++) {
            // Headers are where the harm is, so half of the edits go to the first or last 600 bytes.
            int range = random.nextBoolean() ? mutated.length : Math.min(600, mutated.length);
            int at = random.nextBoolean() ? random.nextInt(range) : mutated.length - 1 - random.nextInt(range);
            at = Math.clamp(at, 12, mutated.length - 8);
            switch (random.nextInt(4)) {
                case 0 -> mutated[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> mutated[at] = (byte) random.nextInt(256);
                case 2 ->
                    ByteBuffer.wrap(mutated)
                            .putInt(
                                    at,
                                    new int[] {0, -1, Integer.MAX_VALUE, Integer.MIN_VALUE, 1 << 20}
                                            [random.nextInt(5)]);
                default -> {
                    int length = Math.min(mutated.length - at - 8, random.nextInt(64));
                    byte[] shorter = new byte[mutated.length - Math.max(0, length)];
                    System.arraycopy(mutated, 0, shorter, 0, at);
                    System.arraycopy(mutated, mutated.length - (shorter.length - at), shorter, at, shorter.length - at);
                    mutated = shorter;
                }
            }
        }
        return mutated;
    }

    @Test
    void knowsNoDemuxerForAStillPicture() {
        assertThatThrownBy(() -> read(new byte[] {(byte) 0xFF, (byte) 0xD8, (byte) 0xFF}, new EveryFrame(), List.of()))
                .isInstanceOfSatisfying(MediaException.class, e -> {
                    assertThat(e.kind()).isEqualTo(Kind.UNSUPPORTED);
                    assertThat(e.reason()).startsWith(MediaFormat.JPEG.wireName());
                });
    }
}
