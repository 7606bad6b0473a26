package org.semblance.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.semblance.engine.judge.Verdict;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DeadlinePassedException;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.HandMade;
import org.semblance.engine.media.MediaLimits;
import org.semblance.engine.media.MediaSource;
import org.semblance.engine.media.Picture;
import org.semblance.engine.media.internal.Encoders;
import org.semblance.engine.media.internal.Footage;
import org.semblance.engine.pdq.DihedralHashes;
import org.semblance.engine.pdq.PdqHasher;
import org.semblance.engine.pdq.Transform;
import org.semblance.engine.video.FrameHash;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.hash.FrameSpan;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ContentHasherTest {
    private static final Set<Verdict> FAILURES = EnumSet.of(Verdict.UNSUPPORTED, Verdict.CORRUPT, Verdict.TOO_LARGE);
    private static final Picture PHOTO = Picture.photo(11, 160, 120);
    private static final String[] HEIFS = {"plain.heic", "tiled.heic", "plain.avif", "tiled.avif", "alpha.avif"};

    private final ContentHasher fast = new InProcessHasher(MediaLimits.DEFAULT, DecodePath.FAST);
    private final ContentHasher exact = new InProcessHasher(MediaLimits.DEFAULT, DecodePath.EXACT);
    private final List<byte[]> files = new ArrayList<>();

    @BeforeAll
    void makeFiles() throws Exception {
        for (String suffix : List.of(".jpg", ".png", ".gif", ".bmp", ".tiff", ".webp")) {
            files.add(Encoders.encode(PHOTO, suffix));
        }
        files.add(Encoders.progressiveJpeg(PHOTO, 60));
        files.add(Encoders.losslessWebp(PHOTO));
        List<Picture> frames = List.of(PHOTO, Picture.photo(12, 160, 120));
        files.add(Encoders.animation(frames, ".png"));
        files.add(Encoders.animation(frames, ".gif"));
        files.add(Encoders.animation(frames, ".webp"));
        for (String name : HEIFS) {
            try (var in = ContentHasherTest.class.getResourceAsStream("media/" + name)) {
                assertThat(in).as(name).isNotNull();
                files.add(in.readAllBytes());
            }
        }
    }

    @AfterAll
    void close() {
        fast.close();
        exact.close();
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Test
    void reportsAllSignalsOfAnImage() {
        HashReport report = exact.hash(ByteBuffer.wrap(Encoders.encode(PHOTO, ".png")));
        assertThat(report.failure()).isNull();
        assertThat(report.reason()).isEmpty();
        assertThat(report.contentType()).isEqualTo(ContentType.IMAGE);
        assertThat(report.format()).isEqualTo("png");
        assertThat(report.signals())
                .extracting(Signal::type)
                .containsExactly(SignalType.PDQ, SignalType.MD5, SignalType.SHA256);
        assertThat(report.signal(SignalType.PDQ)).contains(Signal.pdq(new PdqHasher().hash(PHOTO.luma())));
        assertThat(report.dihedral()).isEmpty();
        assertThat(report.decodeUs()).isPositive();
        assertThat(report.hashUs()).isPositive();
    }

    @Test
    void reportsTheSevenOtherDihedralHashes() {
        HashReport report = exact.hashDihedral(ByteBuffer.wrap(Encoders.encode(PHOTO, ".png")));
        DihedralHashes expected = new PdqHasher().hashDihedral(PHOTO.luma());
        assertThat(report.dihedral()).hasSize(7).doesNotContainKey(Transform.ORIG);
        assertThat(expected.hashes()).containsAllEntriesOf(report.dihedral());
        assertThat(report.signal(SignalType.PDQ).orElseThrow().hash())
                .isEqualTo(expected.hashes().get(Transform.ORIG));
    }

    /** The digests of "abc" are those of RFC 1321, A.5, and FIPS 180-2, B.1. */
    @Test
    void bytesThatAreNoMediaStillHaveDigests() {
        HashReport report = fast.hash(bytes("abc"));
        assertThat(report.failure()).isEqualTo(Verdict.UNSUPPORTED);
        assertThat(report.contentType()).isNull();
        assertThat(report.format()).isEqualTo("unknown");
        assertThat(report.signals())
                .containsExactly(
                        new Signal(SignalType.MD5, "900150983cd24fb0d6963f7d28e17f72"),
                        new Signal(
                                SignalType.SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    }

    @Test
    void nothingIsUnsupportedAndSaysSo() {
        HashReport report = fast.hash(ByteBuffer.allocate(0));
        assertThat(report.failure()).isEqualTo(Verdict.UNSUPPORTED);
        assertThat(report.reason()).isEqualTo("empty: 0 bytes");
        assertThat(report.signals()).hasSize(2);
    }

    @Test
    void aVideoWithoutFramesIsCorruptAndSaysWhy() {
        HashReport report = fast.hash(ByteBuffer.wrap(HandMade.box("ftyp", HandMade.latin1("isom\0\0\0\0mp41"))));
        assertThat(report.failure()).isEqualTo(Verdict.CORRUPT);
        assertThat(report.reason()).startsWith("mp4: ");
        assertThat(report.format()).isEqualTo("mp4");
        assertThat(report.contentType()).isEqualTo(ContentType.VIDEO);
        assertThat(report.signals()).hasSize(2);
    }

    @Test
    void aVideoIsToldByAFrameASecondAndBankedByAll(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("clip.mp4");
        Footage footage = new Footage(5, 96, 64);
        footage.write(file, Footage.Encoding.MP4, 25, 0, 100);
        MediaSource source = MediaSource.of(file);
        Digests digests = Digests.of(source);

        HashReport told = exact.hash(source, digests, Deadline.NONE);
        HashReport banked = exact.hashToBank(source, digests, Deadline.NONE);

        assertThat(told.failure()).isNull();
        assertThat(told.contentType()).isEqualTo(ContentType.VIDEO);
        assertThat(told.signals()).isEqualTo(digests.signals());
        assertThat(digests).isEqualTo(Digests.of(ByteBuffer.wrap(Files.readAllBytes(file))));
        assertThat(Objects.requireNonNull(told.video()).frames())
                .extracting(FrameHash::number)
                .containsExactly(0, 25, 50, 75);
        assertThat(Objects.requireNonNull(banked.video()).frames()).hasSize(100);
        KnownVideo known = banked.video().known().orElseThrow();
        assertThat(known.durationMs()).isEqualTo(4000);
        assertThat(known.frames())
                .hasSizeBetween(2, 100)
                .allMatch(f -> f.quality() >= 50 && f.untilMs() <= 4000)
                .extracting(FrameSpan::fromMs)
                .isSorted();
    }

    @Test
    void aFlatVideoHasNothingToBankButDigests(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("black.mp4");
        Footage.write(file, Footage.Encoding.MP4, 96, 64, 25, 50, 96, 64, t -> new byte[96 * 64]);
        MediaSource source = MediaSource.of(file);
        HashReport report = exact.hashToBank(source, Digests.of(source), Deadline.NONE);
        assertThat(report.failure()).isNull();
        assertThat(Objects.requireNonNull(report.video()).known()).isEmpty();
        assertThat(report.signals()).hasSize(2);
    }

    @Test
    void anImageInAFileIsHashedAsInMemory(@TempDir Path folder) throws Exception {
        byte[] png = Encoders.encode(PHOTO, ".png");
        Path file = Files.write(folder.resolve("photo"), png);
        MediaSource source = MediaSource.of(file);
        assertThat(exact.hash(source, Digests.of(source), Deadline.NONE).signals())
                .isEqualTo(exact.hash(ByteBuffer.wrap(png)).signals());
    }

    @Test
    void theBufferIsReadWhereverItIsAndLeftAsItIs() {
        byte[] png = Encoders.encode(PHOTO, ".png");
        HashReport expected = exact.hash(ByteBuffer.wrap(png));
        byte[] padded = HandMade.concat(new byte[13], png, new byte[9]);
        ByteBuffer heap = ByteBuffer.wrap(padded);
        ByteBuffer direct = ByteBuffer.allocateDirect(padded.length).put(padded);
        for (ByteBuffer content : List.of(heap, direct, direct.asReadOnlyBuffer(), heap.asReadOnlyBuffer())) {
            content.limit(13 + png.length).position(13);
            HashReport report = exact.hash(content);
            assertThat(report.signals()).isEqualTo(expected.signals());
            assertThat(content.position()).isEqualTo(13);
            assertThat(content.limit()).isEqualTo(13 + png.length);
        }
    }

    @Test
    void limitsAreVerdicts() {
        byte[] png = Encoders.encode(PHOTO, ".png");
        try (ContentHasher small = new InProcessHasher(new MediaLimits(png.length, 1000), DecodePath.FAST)) {
            HashReport report = small.hash(ByteBuffer.wrap(png));
            assertThat(report.failure()).isEqualTo(Verdict.TOO_LARGE);
            assertThat(report.reason()).isEqualTo("png: 160x120 pixels (limit: 1000)");
            assertThat(report.contentType()).isEqualTo(ContentType.IMAGE);
            HashReport longer = small.hash(ByteBuffer.wrap(Arrays.copyOf(png, png.length + 1)));
            assertThat(longer.failure()).isEqualTo(Verdict.TOO_LARGE);
        }
    }

    @Test
    void aDeadlineThatHasPassedIsNotAVerdict() {
        ByteBuffer png = ByteBuffer.wrap(Encoders.encode(PHOTO, ".png"));
        assertThatThrownBy(() -> fast.hash(png, Deadline.after(Duration.ofNanos(-1))))
                .isInstanceOf(DeadlinePassedException.class);
        assertThat(fast.hash(png, Deadline.after(Duration.ofMinutes(1))).failure())
                .isNull();
    }

    @Test
    void aPictureTooSmallForPdqHasQualityZero() {
        HashReport report = exact.hash(ByteBuffer.wrap(Encoders.encode(Picture.photo(1, 4, 400), ".png")));
        assertThat(report.failure()).isNull();
        Signal pdq = report.signal(SignalType.PDQ).orElseThrow();
        assertThat(pdq.quality()).isZero();
        assertThat(pdq.hash()).isEqualTo(Hash256.ZERO);
    }

    /** A file cut off at every tenth of its length, and at every byte of its first hundred. */
    @Test
    void aFileCutOffAnywhereHasAVerdict() {
        for (byte[] file : files) {
            for (int tenth = 1; tenth < 10; tenth++) {
                checkHostile(Arrays.copyOf(file, file.length * tenth / 10), "tenth " + tenth);
            }
            for (int length = 1; length < 100; length++) {
                checkHostile(Arrays.copyOf(file, length), length + " bytes");
            }
        }
    }

    @Test
    void aFileThatIsCutOffSaysSo() {
        for (byte[] file : files) {
            for (int tenth = 1; tenth < 10; tenth++) {
                HashReport report = exact.hash(ByteBuffer.wrap(Arrays.copyOf(file, file.length * tenth / 10)));
                if (report.failure() == null && report.video() == null) {
                    assertThat(report.reason())
                            .as("%s of %d bytes, tenth %d", report.format(), file.length, tenth)
                            .isNotEmpty();
                }
            }
        }
    }

    /** A browser shows the rows that are there. */
    @ParameterizedTest
    @ValueSource(strings = {".jpg", ".png", ".gif", ".bmp", ".webp"})
    void aFileWithoutItsLastRowsIsHashedFromTheOthers(String suffix) {
        byte[] file = Encoders.encode(PHOTO, suffix);
        Hash256 whole = exact.hash(ByteBuffer.wrap(file))
                .signal(SignalType.PDQ)
                .orElseThrow()
                .hash();
        HashReport report = exact.hash(ByteBuffer.wrap(Arrays.copyOf(file, file.length * 9 / 10)));
        assertThat(report.failure()).as(report.reason()).isNull();
        assertThat(report.seen()).isBetween(0.7, 0.999);
        assertThat(report.isPartial()).isTrue();
        assertThat(report.others()).hasSize(2);
        assertThat(Stream.concat(
                                Stream.of(report.signal(SignalType.PDQ)
                                        .orElseThrow()
                                        .hash()),
                                report.others().stream().map(Reading::hash))
                        .mapToInt(whole::distance)
                        .min()
                        .orElseThrow())
                .isLessThanOrEqualTo(31);
    }

    /** Its variants for a lookup are of the same picture as those that are told. */
    @Test
    void aDamagedPictureIsTurnedAsAWhole() {
        byte[] png = Encoders.encode(PHOTO, ".png");
        byte[] cut = Arrays.copyOf(png, png.length * 9 / 10);
        MediaSource source = MediaSource.of(ByteBuffer.wrap(cut));
        Digests digests = Digests.of(ByteBuffer.wrap(cut));
        HashReport told = exact.hash(source, digests, HashRequest.Variants.DIHEDRAL, null, Deadline.NONE);
        HashReport looked = exact.hash(new HashRequest(
                source, digests, HashRequest.ONCE_A_SECOND, HashRequest.Variants.FOR_LOOKUP, null, Deadline.NONE));
        assertThat(looked.seen()).isLessThan(1);
        assertThat(told.dihedral())
                .hasSize(7)
                .allSatisfy(
                        (transform, hash) -> assertThat(looked.others()).contains(new Reading(transform, false, hash)));
    }

    @Test
    void chunkAndSizeBombsAreRefusedBeforeTheyAllocate() {
        byte[] chunkBomb =
                HandMade.png(HandMade.pngHeader(16, 16, 8, 2), HandMade.pngChunk("IDAT", new byte[48], 0x7FFFFFF0));
        assertThat(fast.hash(ByteBuffer.wrap(chunkBomb)).failure()).isEqualTo(Verdict.CORRUPT);
        byte[] huge =
                HandMade.png(HandMade.pngHeader(1_000_000, 1_000_000, 16, 6), HandMade.pngChunk("IDAT", new byte[8]));
        assertThat(fast.hash(ByteBuffer.wrap(huge)).failure()).isEqualTo(Verdict.TOO_LARGE);
        assertThat(fast.hash(ByteBuffer.wrap(HandMade.bmpHeader(30_000, 30_000)))
                        .failure())
                .isEqualTo(Verdict.TOO_LARGE);
    }

    /** OpenCV before 4.12 overflowed its stack on such a frame and took the process with it. */
    @Test
    void anAnimatedPngWithABadFilterHasAVerdict() {
        byte[] rows = new byte[40 * 40 * 3];
        byte[] bad = new byte[40 * (1 + 40 * 3)];
        Arrays.fill(bad, (byte) 0x77);
        byte[] frame = HandMade.ints(0, 40, 40, 0, 0);
        byte[] apng = HandMade.png(
                HandMade.pngHeader(40, 40, 8, 2),
                HandMade.pngChunk("acTL", HandMade.ints(2, 0)),
                HandMade.pngChunk("fcTL", HandMade.concat(frame, new byte[] {0, 1, 0, 10, 0, 0})),
                HandMade.pngChunk("IDAT", HandMade.pngData(rows, 40)),
                HandMade.pngChunk(
                        "fcTL", HandMade.concat(HandMade.ints(1, 40, 40, 0, 0), new byte[] {0, 1, 0, 10, 0, 0})),
                HandMade.pngChunk("fdAT", HandMade.concat(HandMade.ints(2), HandMade.deflate(bad))),
                HandMade.pngChunk("IEND", new byte[0]));
        checkHostile(apng, "second frame");
        byte[] first = HandMade.png(
                HandMade.pngHeader(40, 40, 8, 2),
                HandMade.pngChunk("acTL", HandMade.ints(1, 0)),
                HandMade.pngChunk("fcTL", HandMade.concat(frame, new byte[] {0, 1, 0, 10, 0, 0})),
                HandMade.pngChunk("IDAT", HandMade.deflate(bad)),
                HandMade.pngChunk("IEND", new byte[0]));
        checkHostile(first, "first frame");
    }

    @Test
    void randomBytesBehindTrueMagicHaveAVerdict() {
        Random random = RandomSeed.random();
        for (int i = 0; i < 2000; i++) {
            byte[] file = files.get(random.nextInt(files.size()));
            byte[] junk = new byte[16 + random.nextInt(400)];
            random.nextBytes(junk);
            System.arraycopy(file, 0, junk, 0, Math.min(file.length, 4 + random.nextInt(12)));
            checkHostile(junk, "round " + i);
        }
    }

    @Test
    void fiveThousandDamagedFilesHaveAVerdict() {
        Random random = RandomSeed.random();
        for (int i = 0; i < 5000; i++) {
            byte[] damaged = files.get(i % files.size()).clone();
            // Half of the damage goes where the headers are.
            int reach = random.nextBoolean() ? Math.min(damaged.length, 300) : damaged.length;
            for (int flips = 1 + random.nextInt(8); flips > 0; flips--) {
                damaged[random.nextInt(reach)] = (byte) random.nextInt();
            }
            checkHostile(damaged, "round " + i);
        }
    }

    /** Whatever the bytes: no exception, and either a hash or one of three failures with a reason; digests always. */
    private void checkHostile(byte[] file, String what) {
        ContentHasher hasher = file.length % 2 == 0 ? fast : exact;
        HashReport report;
        try {
            report = hasher.hash(ByteBuffer.wrap(file));
        } catch (RuntimeException e) {
            throw new AssertionError(what + ", " + RandomSeed.replay(), e);
        }
        if (report.failure() == null) {
            boolean isImage = report.contentType() == ContentType.IMAGE;
            assertThat(report.signals()).as(what).hasSize(isImage ? 3 : 2);
            assertThat(isImage || report.video() != null).as(what).isTrue();
        } else {
            assertThat(FAILURES).as(what).contains(report.failure());
            assertThat(report.reason()).as(what).isNotBlank();
            assertThat(report.signals()).as(what).hasSize(2);
        }
    }

    @ParameterizedTest
    @EnumSource(DecodePath.class)
    void isUsableAfterEveryFailure(DecodePath path) {
        ContentHasher hasher = path == DecodePath.FAST ? fast : exact;
        for (byte[] file : files) {
            HashReport before = hasher.hash(ByteBuffer.wrap(file));
            assertThat(before.failure()).as(before.reason()).isNull();
            hasher.hash(ByteBuffer.wrap(Arrays.copyOf(file, file.length / 3)));
            assertThat(hasher.hash(ByteBuffer.wrap(file)).signals()).isEqualTo(before.signals());
        }
    }
}
