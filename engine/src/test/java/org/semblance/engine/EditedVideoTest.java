package org.semblance.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.semblance.engine.features.Placement.Strength;
import org.semblance.engine.judge.Alignment;
import org.semblance.engine.judge.Alignment.Span;
import org.semblance.engine.judge.Alignment.Stretch;
import org.semblance.engine.judge.FeatureMatch;
import org.semblance.engine.judge.Finding;
import org.semblance.engine.judge.Verdict;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.MediaLimits;
import org.semblance.engine.media.MediaSource;
import org.semblance.engine.media.Picture;
import org.semblance.engine.media.internal.Encoders;
import org.semblance.engine.media.internal.Footage;
import org.semblance.engine.media.internal.Footage.Encoding;
import org.semblance.engine.media.internal.Footage.Pictures;
import org.semblance.engine.video.VideoPolicy;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.features.Features;

/** Copies of videos that were edited beyond what hashes of their frames find, against a real database. */
@SuppressWarnings("NullAway.Init") // JUnit calls open.
class EditedVideoTest {
    private static final Origin TEST = new Origin("test", "");
    private static final int WIDTH = 320;
    private static final int HEIGHT = 240;
    private static final int RATE = 8;
    private static final double CLIP_SECONDS = 12;
    private static final double AT = 6;
    private static final double HOST_SECONDS = 24;
    private static final Encoding KNOWN = Encoding.MP4;
    private static final Encoding UPLOADED = new Encoding("matroska", "mpeg4", 24, 2, false);
    private static final Footage BAD = new Footage(71, WIDTH, HEIGHT);
    private static final Footage OTHER = new Footage(72, WIDTH, HEIGHT);
    private static final byte[] CARD = rectangles(73, WIDTH, HEIGHT);
    private static final byte[] LOGO = rectangles(74, WIDTH / 4, HEIGHT / 4);

    @TempDir
    static Path media;

    @TempDir
    private Path folder;

    private static final Map<Path, ContentDraft> HASHED = new ConcurrentHashMap<>();

    private final ContentHasher hasher = new InProcessHasher(MediaLimits.DEFAULT, DecodePath.FAST);
    private HashDb db;
    private ContentMatcher matcher;

    @BeforeEach
    void open() {
        db = HashDb.open(folder);
        matcher = new ContentMatcher(hasher, db);
        db.apply(new Change.CreateBank("BAD", BankKind.MATCH, 1.0, "", null), TEST);
        db.apply(new Change.CreateBank("GOOD", BankKind.ALLOW, 1.0, "", null), TEST);
    }

    @AfterEach
    void close() {
        db.close();
        hasher.close();
    }

    private static byte[] rectangles(long seed, int width, int height) {
        Random random = new Random(seed);
        byte[] picture = new byte[width * height];
        for (int i = 0; i < 40; i++) {
            int left = random.nextInt(width);
            int top = random.nextInt(height);
            int right = Math.min(width, left + 6 + random.nextInt(width / 4));
            int bottom = Math.min(height, top + 6 + random.nextInt(height / 4));
            byte shade = (byte) (20 + random.nextInt(220));
            for (int y = top; y < bottom; y++) {
                java.util.Arrays.fill(picture, y * width + left, y * width + right, shade);
            }
        }
        return picture;
    }

    private static Path write(String name, Encoding encoding, double seconds, Pictures pictures) {
        Path file = media.resolve(name);
        if (!file.toFile().exists()) {
            Footage.write(
                    file, encoding, WIDTH, HEIGHT, RATE, (int) Math.round(seconds * RATE), WIDTH, HEIGHT, pictures);
        }
        return file;
    }

    private static Path clip() {
        return write("clip.mp4", KNOWN, CLIP_SECONDS, t -> BAD.at(100 + t));
    }

    /** Another video with the clip in it, all of it edited. */
    private static Path host(String name, java.util.function.UnaryOperator<byte[]> edit) {
        return write(name + ".mkv", UPLOADED, HOST_SECONDS, t -> edit.apply(shown(t)));
    }

    private static byte[] shown(double t) {
        return t >= AT && t < AT + CLIP_SECONDS ? BAD.at(100 + t - AT) : OTHER.at(t);
    }

    /** Without its digests, so that nothing is found by those. */
    private long add(String bank, Path video) {
        ContentDraft draft = HASHED.computeIfAbsent(video, file -> {
            try {
                MediaSource source = MediaSource.of(file);
                HashReport report = hasher.hashToBank(source, Digests.of(source), true, Deadline.NONE);
                return new ContentDraft(
                                List.of(),
                                Objects.requireNonNull(report.video()).known().orElseThrow())
                        .withPictures(report.bankedPictures());
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        return add(bank, draft);
    }

    private long add(String bank, ContentDraft draft) {
        return db.apply(new Change.AddContents(bank, List.of(draft)), TEST).firstContentId();
    }

    private long addPicture(String bank, byte[] grey, int width, int height) {
        ByteBuffer png = ByteBuffer.wrap(Encoders.encode(new Picture(width, height, 1, grey), ".png"));
        HashReport report = hasher.hashToBank(MediaSource.of(png), Digests.of(png), true, Deadline.NONE);
        return add(bank, new ContentDraft(report.signals()).withPictures(report.bankedPictures()));
    }

    private MatchReport match(Path file) throws IOException {
        return match(file, MatchOptions.DEFAULT);
    }

    private MatchReport match(Path file, MatchOptions options) throws IOException {
        MediaSource source = MediaSource.of(file);
        return matcher.match(source, Digests.of(source), options, Deadline.NONE);
    }

    private static List<Long> ids(List<Finding> findings) {
        return findings.stream().map(f -> f.content().id()).toList();
    }

    private static byte[] cropped(byte[] picture, int left, int top, int width, int height) {
        byte[] part = new byte[width * height];
        for (int y = 0; y < height; y++) {
            System.arraycopy(picture, (top + y) * WIDTH + left, part, y * width, width);
        }
        return Encoders.resized(new Picture(width, height, 1, part), WIDTH, HEIGHT)
                .samples();
    }

    private static byte[] mirrored(byte[] picture) {
        byte[] mirrored = new byte[picture.length];
        for (int i = 0; i < picture.length; i++) {
            mirrored[i] = picture[i / WIDTH * WIDTH + WIDTH - 1 - i % WIDTH];
        }
        return mirrored;
    }

    private static byte[] inside(byte[] small, int width, int height, byte[] around, int left, int top) {
        byte[] both = around.clone();
        for (int y = 0; y < height; y++) {
            System.arraycopy(small, y * width, both, (top + y) * WIDTH + left, width);
        }
        return both;
    }

    private static byte[] shrunk(byte[] picture, int width, int height) {
        return Encoders.resized(new Picture(WIDTH, HEIGHT, 1, picture), width, height)
                .samples();
    }

    enum Edit {
        CROPPED {
            @Override
            byte[] of(byte[] picture) {
                return cropped(picture, 40, 20, 256, 192);
            }
        },
        MIRRORED {
            @Override
            byte[] of(byte[] picture) {
                return mirrored(picture);
            }
        },
        MIRRORED_CROPPED_CAPTIONED {
            @Override
            byte[] of(byte[] picture) {
                byte[] white = new byte[picture.length];
                java.util.Arrays.fill(white, (byte) 240);
                byte[] small = shrunk(cropped(mirrored(picture), 20, 10, 280, 210), WIDTH, 200);
                return inside(small, WIDTH, 200, white, 0, 40);
            }
        },
        PICTURE_IN_PICTURE {
            @Override
            byte[] of(byte[] picture) {
                return inside(shrunk(picture, 200, 150), 200, 150, CARD, 100, 60);
            }
        };

        abstract byte[] of(byte[] picture);
    }

    private static void assertSpan(Finding finding, double queryFrom, double bankFrom, double seconds) {
        String as = finding.toString();
        List<Span> spans = Objects.requireNonNull(finding.alignment()).spans();
        assertThat(spans).as(as).isNotEmpty();
        Stretch firstQuery = Objects.requireNonNull(spans.getFirst().query());
        Stretch lastQuery = Objects.requireNonNull(spans.getLast().query());
        assertThat(firstQuery.from()).as(as).isEqualTo(queryFrom, within(2.0));
        assertThat(lastQuery.until()).as(as).isEqualTo(queryFrom + seconds, within(2.0));
        for (Span span : spans) {
            Stretch query = Objects.requireNonNull(span.query());
            Stretch bank = Objects.requireNonNull(span.bank());
            assertThat(query.from() - bank.from()).as(as).isEqualTo(queryFrom - bankFrom, within(2.0));
        }
    }

    @ParameterizedTest
    @EnumSource(Edit.class)
    void anEditedCopyOfAClipIsFoundInALongerUploadWithTheSeconds(Edit edit) throws Exception {
        long id = add("BAD", clip());
        Path upload = host("edit-" + edit, edit::of);

        assertThat(match(upload, MatchOptions.DEFAULT.withoutFeatures()).verdict())
                .as("hashes do not find it")
                .isEqualTo(Verdict.NO_MATCH);
        MatchReport report = match(upload);

        assertThat(report.verdict()).as("%s", report.likely()).isEqualTo(Verdict.MATCH);
        assertThat(ids(report.matches())).containsExactly(id);
        Finding finding = report.matches().getFirst();
        assertThat(finding.signalType()).isEqualTo(Features.SIGNAL_TYPE);
        FeatureMatch features = Objects.requireNonNull(finding.features());
        assertThat(features.strength()).isEqualTo(Strength.MATCH);
        assertThat(features.placement().isMirrored()).isEqualTo(edit.name().startsWith("MIRRORED"));
        assertSpan(finding, AT, 0, CLIP_SECONDS);
        Alignment alignment = Objects.requireNonNull(finding.alignment());
        assertThat(alignment.bankMatchPercent()).isGreaterThan(70.0);
        assertThat(report.likely()).isEmpty();
        assertThat(report.partial()).isFalse();
    }

    @Test
    void noFeaturesAreTakenWhereNobodyWantsThem() throws Exception {
        Path upload = host("edit-" + Edit.CROPPED, Edit.CROPPED::of);
        assertThat(match(upload).hashed().pictures()).as("nothing is banked").isEmpty();

        add("BAD", clip());
        assertThat(match(upload).hashed().pictures()).isNotEmpty();
        assertThat(match(upload, MatchOptions.DEFAULT.withoutFeatures())
                        .hashed()
                        .pictures())
                .isEmpty();
    }

    /** The card and then its own footage, all with a logo. */
    private static byte[] channel(Footage own, double t) {
        return t < 3 ? CARD : inside(LOGO, WIDTH / 4, HEIGHT / 4, own.at(t), 230, 10);
    }

    @Test
    void aTitleCardAndALogoThatVideosShareAreNoMatch() throws Exception {
        for (int n = 0; n < 2; n++) {
            Footage own = new Footage(80 + n, WIDTH, HEIGHT);
            add("BAD", write("channel" + n + ".mp4", KNOWN, CLIP_SECONDS, t -> channel(own, t)));
        }
        Path upload = write("innocent.mkv", UPLOADED, HOST_SECONDS, t -> mirrored(channel(OTHER, t)));

        MatchReport report = match(upload);

        assertThat(report.verdict()).as("%s", report.matches()).isEqualTo(Verdict.NO_MATCH);
        assertThat(report.likely()).isEmpty();
    }

    @Test
    void aShorterPieceThanAMatchTakesIsForAPerson() throws Exception {
        long id = add("BAD", clip());
        Path upload = write(
                "piece.mkv",
                UPLOADED,
                HOST_SECONDS,
                t -> mirrored(t >= AT && t < AT + 3 ? BAD.at(102 + t - AT) : OTHER.at(t)));

        MatchReport report = match(upload);
        assertThat(report.verdict()).as("%s", report.matches()).isEqualTo(Verdict.NO_MATCH);
        assertThat(ids(report.likely())).containsExactly(id);
        Finding finding = report.likely().getFirst();
        assertThat(Objects.requireNonNull(finding.features()).strength()).isEqualTo(Strength.LIKELY);
        assertSpan(finding, AT, 2, 3);

        MatchOptions asked =
                new MatchOptions(Set.of(), VideoPolicy.ALIGNED, MatchOptions.KnownBytes.DECODE, true, true);
        assertThat(match(upload, asked).verdict()).isEqualTo(Verdict.LIKELY);
    }

    /** Two of the frames that an upload is sampled with fall into it, and a match takes three. */
    @Test
    void aPieceOfWhichTooFewFramesAreSampledIsLookedAtCloser() throws Exception {
        long id = add("BAD", clip());
        Encoding fewKeys = UPLOADED.withKeyFrameGap(10_000);
        Path upload = write("brief.mkv", fewKeys, HOST_SECONDS, t -> {
            boolean isClip = t >= 4.6 && t < 11.2;
            return mirrored(isClip ? BAD.at(102 + t - 4.6) : OTHER.at(t));
        });
        List<HashReport> reports = new ArrayList<>();
        ContentHasher recording = new ContentHasher() {
            @Override
            public HashReport hash(HashRequest request) {
                reports.add(hasher.hash(request));
                return reports.getLast();
            }

            @Override
            public void close() {}
        };
        MediaSource source = MediaSource.of(upload);

        MatchReport report = new ContentMatcher(recording, db)
                .match(source, Digests.of(source), MatchOptions.DEFAULT, Deadline.NONE);

        assertThat(reports).hasSize(2);
        assertThat(reports.getFirst().pictures())
                .filteredOn(picture -> picture.ms() >= 4_600 && picture.ms() < 11_200)
                .hasSize(2);
        assertThat(ids(report.matches())).as("%s", report.likely()).containsExactly(id);
        assertSpan(report.matches().getFirst(), 4.6, 2, 6.6);
    }

    @Test
    void theSharesThatVpdqWantsHoldForFeaturesAsWell() throws Exception {
        long id = add("BAD", clip());
        Path upload = host("edit-" + Edit.CROPPED, Edit.CROPPED::of);

        MatchReport half = match(upload, new MatchOptions(Set.of(), new VideoPolicy.Vpdq(20, 50, 31, 50)));
        assertThat(ids(half.matches())).containsExactly(id);
        MatchReport most = match(upload, new MatchOptions(Set.of(), new VideoPolicy.Vpdq(80, 0, 31, 50)));
        assertThat(most.verdict()).isEqualTo(Verdict.NO_MATCH);
    }

    @Test
    void aBankedImageIsFoundInTheFramesThatShowAnEditedCopyOfIt() throws Exception {
        long id = addPicture("BAD", rectangles(90, WIDTH, HEIGHT), WIDTH, HEIGHT);
        byte[] edited = cropped(rectangles(90, WIDTH, HEIGHT), 30, 20, 256, 192);
        Path upload = write("shows.mkv", UPLOADED, HOST_SECONDS, t -> t >= 8 && t < 14 ? edited : OTHER.at(t));

        MatchReport report = match(upload);

        assertThat(report.verdict()).isEqualTo(Verdict.MATCH);
        assertThat(ids(report.matches())).containsExactly(id);
        Alignment alignment = Objects.requireNonNull(report.matches().getFirst().alignment());
        assertThat(alignment.spans()).hasSize(1);
        Stretch query = Objects.requireNonNull(alignment.spans().getFirst().query());
        assertThat(query.from()).isEqualTo(8, within(2.5));
        assertThat(query.until()).isEqualTo(14, within(2.5));
        assertThat(alignment.spans().getFirst().bank()).isNull();
    }

    @Test
    void anAllowedVideoSuppressesWhatItHasAsWell() throws Exception {
        long bad = add("BAD", clip());
        long good = add("GOOD", write("allowed.mp4", KNOWN, CLIP_SECONDS + 4, t -> BAD.at(98 + t)));

        MatchReport report = match(host("edit-" + Edit.CROPPED, Edit.CROPPED::of));

        assertThat(report.verdict()).isEqualTo(Verdict.SUPPRESSED);
        assertThat(ids(report.matches())).containsExactly(bad);
        assertThat(ids(report.suppressedBy())).containsExactly(good);
    }

    @Test
    void anAllowedLogoOrTitleCardDoesNotSwitchOffAClip() throws Exception {
        Path known = write("channel-bad.mp4", KNOWN, CLIP_SECONDS, t -> channel(BAD, t));
        long bad = add("BAD", known);
        addPicture("GOOD", CARD, WIDTH, HEIGHT);
        addPicture("GOOD", LOGO, WIDTH / 4, HEIGHT / 4);
        Path upload =
                write("channel-copy.mkv", UPLOADED, CLIP_SECONDS + 4, t -> cropped(channel(BAD, t), 60, 0, 256, 192));

        MatchReport report = match(upload);

        assertThat(report.verdict()).as("%s", report).isEqualTo(Verdict.MATCH);
        assertThat(ids(report.matches())).containsExactly(bad);
        assertThat(report.suppressedBy()).isEmpty();
    }

    @Test
    void anAllowedImageSuppressesAnImageThatFramesShow() throws Exception {
        byte[] picture = rectangles(90, WIDTH, HEIGHT);
        long bad = addPicture("BAD", picture, WIDTH, HEIGHT);
        long good = addPicture("GOOD", picture, WIDTH, HEIGHT);
        byte[] edited = cropped(picture, 30, 20, 256, 192);
        Path upload = write("shows.mkv", UPLOADED, HOST_SECONDS, t -> t >= 8 && t < 14 ? edited : OTHER.at(t));

        MatchReport report = match(upload);

        assertThat(report.verdict()).isEqualTo(Verdict.SUPPRESSED);
        assertThat(ids(report.matches())).containsExactly(bad);
        assertThat(ids(report.suppressedBy())).containsExactly(good);
    }

    @Test
    void withoutTimeForTheFeaturesTheVerdictIsPartial() throws Exception {
        add("BAD", clip());
        AtomicBoolean late = new AtomicBoolean();
        ContentHasher slow = new ContentHasher() {
            @Override
            public HashReport hash(HashRequest request) {
                HashReport report = hasher.hash(request);
                late.set(true);
                return report;
            }

            @Override
            public void close() {}
        };
        MediaSource source = MediaSource.of(host("edit-" + Edit.CROPPED, Edit.CROPPED::of));

        MatchReport report = new ContentMatcher(slow, db)
                .match(
                        source,
                        Digests.of(source),
                        MatchOptions.DEFAULT,
                        Deadline.after(Duration.ofMinutes(5), late::get));

        assertThat(report.verdict()).isEqualTo(Verdict.NO_MATCH);
        assertThat(report.partial()).isTrue();
        assertThat(report.reason()).matches("looked up the features of 0 of \\d+ frames: time ran out");
    }

    @Test
    void aLaterFrameOfABankedAnimationIsFoundInAnImageWithItsSecond() {
        List<Picture> frames = new ArrayList<>();
        for (int n = 0; n < 24; n++) {
            frames.add(new Picture(WIDTH, HEIGHT, 3, coloured(rectangles(100 + n / 8, WIDTH, HEIGHT))));
        }
        ByteBuffer gif = ByteBuffer.wrap(Encoders.animation(frames, ".gif"));
        HashReport banked = hasher.hashToBank(MediaSource.of(gif), Digests.of(gif), true, Deadline.NONE);
        assertThat(banked.pictures()).extracting(SeenPicture::ms).hasSize(3).startsWith(0);
        long id = add(
                "BAD",
                new ContentDraft(
                                banked.signals(),
                                Objects.requireNonNull(banked.video()).known().orElseThrow())
                        .withPictures(banked.bankedPictures()));
        byte[] edited = mirrored(cropped(rectangles(101, WIDTH, HEIGHT), 30, 20, 256, 192));

        MatchReport report = matcher.match(
                ByteBuffer.wrap(Encoders.encode(new Picture(WIDTH, HEIGHT, 1, edited), ".png")), MatchOptions.DEFAULT);

        assertThat(ids(report.matches())).as("%s", report).containsExactly(id);
        Alignment alignment = Objects.requireNonNull(report.matches().getFirst().alignment());
        assertThat(Objects.requireNonNull(alignment.spans().getFirst().bank()).from())
                .isEqualTo(0.8, within(0.15));
    }

    @Test
    void anEditedFrameOfAnAnimatedUploadShowsABankedImage() {
        long id = addPicture("BAD", rectangles(111, WIDTH, HEIGHT), WIDTH, HEIGHT);
        List<Picture> frames = new ArrayList<>();
        for (int n = 0; n < 24; n++) {
            byte[] shown = rectangles(110 + n / 8, WIDTH, HEIGHT);
            frames.add(new Picture(WIDTH, HEIGHT, 3, coloured(mirrored(cropped(shown, 30, 20, 256, 192)))));
        }

        MatchReport report = matcher.match(ByteBuffer.wrap(Encoders.animation(frames, ".gif")), MatchOptions.DEFAULT);

        assertThat(ids(report.matches())).as("%s", report).containsExactly(id);
    }

    private static byte[] coloured(byte[] grey) {
        byte[] samples = new byte[3 * grey.length];
        for (int i = 0; i < samples.length; i++) {
            samples[i] = grey[i / 3];
        }
        return samples;
    }
}
