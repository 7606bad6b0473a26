package org.semblance.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.semblance.engine.judge.Alignment;
import org.semblance.engine.judge.Alignment.Span;
import org.semblance.engine.judge.Alignment.Stretch;
import org.semblance.engine.judge.Finding;
import org.semblance.engine.judge.Verdict;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DeadlinePassedException;
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
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;

/** Videos against a real database. All footage is 96x64, and a known clip has 20 seconds of it. */
@SuppressWarnings("NullAway.Init") // JUnit calls open.
class VideoVerdictTest {
    private static final Origin TEST = new Origin("test", "");
    private static final int WIDTH = 96;
    private static final int HEIGHT = 64;
    private static final int RATE = 12;
    private static final double CLIP_SECONDS = 20;
    private static final double HOST_SECONDS = 46;
    private static final double AT = 14;
    private static final Encoding KNOWN = Encoding.MP4;
    private static final Encoding UPLOADED = new Encoding("matroska", "mpeg4", 24, 2, true);
    private static final Footage BAD = new Footage(31, WIDTH, HEIGHT);
    private static final Footage OTHER = new Footage(32, WIDTH, HEIGHT);
    private static final byte[] BLACK = new byte[WIDTH * HEIGHT];
    private static final byte[] CARD = new Footage(33, WIDTH, HEIGHT).at(0.5);

    @TempDir
    static Path media;

    @TempDir
    private Path folder;

    private static final Map<Path, KnownVideo> HASHED = new ConcurrentHashMap<>();
    private static Path clip;

    private final ContentHasher hasher = new InProcessHasher(MediaLimits.DEFAULT, DecodePath.FAST);
    private HashDb db;
    private ContentMatcher matcher;

    @BeforeAll
    static void writeClip() {
        clip = write("clip.mp4", KNOWN, CLIP_SECONDS, t -> BAD.at(100 + t));
    }

    @BeforeEach
    void open() {
        db = HashDb.open(folder);
        matcher = new ContentMatcher(hasher, db);
        bank("BAD", BankKind.MATCH, null);
        bank("GOOD", BankKind.ALLOW, null);
    }

    @AfterEach
    void close() {
        db.close();
        hasher.close();
    }

    private void bank(String name, BankKind kind, @org.jspecify.annotations.Nullable Integer threshold) {
        db.apply(new Change.CreateBank(name, kind, 1.0, "", threshold), TEST);
    }

    private static Path write(String name, Encoding encoding, double seconds, Pictures pictures) {
        Path file = media.resolve(name);
        Footage.write(file, encoding, WIDTH, HEIGHT, RATE, (int) Math.round(seconds * RATE), WIDTH, HEIGHT, pictures);
        return file;
    }

    /** Its frames alone, so that nothing is found by its digests. */
    private KnownVideo known(Path file) {
        return HASHED.computeIfAbsent(file, f -> {
            HashReport report = hash(f);
            return Objects.requireNonNull(report.video()).known().orElseThrow();
        });
    }

    private HashReport hash(Path file) {
        try {
            MediaSource source = MediaSource.of(file);
            return hasher.hashToBank(source, Digests.of(source), Deadline.NONE);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private long add(String bank, Path video) {
        return add(bank, new ContentDraft(List.of(), known(video)));
    }

    private long add(String bank, ContentDraft draft) {
        return db.apply(new Change.AddContents(bank, List.of(draft)), TEST).firstContentId();
    }

    private long addPicture(String bank, byte[] grey) {
        Signal pdq =
                hasher.hash(ByteBuffer.wrap(png(grey))).signal(SignalType.PDQ).orElseThrow();
        return add(bank, new ContentDraft(List.of(pdq)));
    }

    private static byte[] png(byte[] grey) {
        return Encoders.encode(new Picture(WIDTH, HEIGHT, 1, grey), ".png");
    }

    private MatchReport match(Path file) throws Exception {
        return match(file, MatchOptions.DEFAULT);
    }

    private MatchReport match(Path file, MatchOptions options) throws Exception {
        MediaSource source = MediaSource.of(file);
        return matcher.match(source, Digests.of(source), options, Deadline.NONE);
    }

    private static List<Long> ids(List<Finding> findings) {
        return findings.stream().map(f -> f.content().id()).toList();
    }

    /** Another video with the clip in it. */
    private static byte[] host(double t) {
        return t >= AT && t < AT + CLIP_SECONDS ? BAD.at(100 + t - AT) : OTHER.at(t);
    }

    /** As channels have it: a quarter opaque. The made-up footage is soft, so that a solid logo weighs more than in film. */
    private static byte[] withLogo(byte[] picture) {
        byte[] marked = picture.clone();
        for (int y = 4; y < 10; y++) {
            for (int x = WIDTH - 14; x < WIDTH - 4; x++) {
                int at = y * WIDTH + x;
                marked[at] = (byte) ((3 * (picture[at] & 0xFF) + (x % 5 == 0 ? 90 : 235)) / 4);
            }
        }
        return marked;
    }

    private static byte[] letterboxed(byte[] picture) {
        byte[] boxed = new byte[WIDTH * HEIGHT];
        int bar = HEIGHT / 10;
        for (int y = bar; y < HEIGHT - bar; y++) {
            int from = (y - bar) * HEIGHT / (HEIGHT - 2 * bar);
            System.arraycopy(picture, from * WIDTH, boxed, y * WIDTH, WIDTH);
        }
        return boxed;
    }

    private static byte[] pillarboxed(byte[] picture) {
        byte[] boxed = new byte[WIDTH * HEIGHT];
        int bar = WIDTH / 5;
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = bar; x < WIDTH - bar; x++) {
                boxed[y * WIDTH + x] = picture[y * WIDTH + (x - bar) * WIDTH / (WIDTH - 2 * bar)];
            }
        }
        return boxed;
    }

    private static void assertSpan(Finding finding, double at, double seconds, double bankFrom, double bankUntil) {
        String as = finding.toString();
        List<Span> spans = Objects.requireNonNull(finding.alignment()).spans();
        assertThat(spans).as(as).hasSize(1);
        Stretch query = Objects.requireNonNull(spans.getFirst().query());
        Stretch bank = Objects.requireNonNull(spans.getFirst().bank());
        assertThat(query.from()).as(as).isEqualTo(at, within(1.5));
        assertThat(query.until()).as(as).isEqualTo(at + seconds, within(1.5));
        assertThat(bank.from()).as(as).isEqualTo(bankFrom, within(1.5));
        assertThat(bank.until()).as(as).isEqualTo(bankUntil, within(1.5));
    }

    enum Edit {
        RE_ENCODED,
        LOGO,
        LETTERBOXED,
        FASTER,
        SLOWER,
        SCALED
    }

    @ParameterizedTest
    @EnumSource(Edit.class)
    void aKnownClipIsFoundInALongerUploadWithTheSeconds(Edit edit) throws Exception {
        long id = add("BAD", clip);
        double speed = edit == Edit.FASTER ? 1.05 : edit == Edit.SLOWER ? 0.95 : 1;
        double seconds = CLIP_SECONDS / speed;
        Pictures pictures = t -> {
            byte[] shown = t >= AT && t < AT + seconds ? BAD.at(100 + (t - AT) * speed) : OTHER.at(t);
            return edit == Edit.LOGO ? withLogo(shown) : edit == Edit.LETTERBOXED ? letterboxed(shown) : shown;
        };
        Path upload = media.resolve("edit-" + edit + ".mkv");
        int scale = edit == Edit.SCALED ? 2 : 1;
        Footage.write(
                upload,
                UPLOADED,
                WIDTH * scale,
                HEIGHT * scale,
                RATE,
                (int) (HOST_SECONDS * RATE),
                WIDTH,
                HEIGHT,
                pictures);

        MatchReport report = match(upload);

        assertThat(report.verdict()).as("%s", report.matches()).isEqualTo(Verdict.MATCH);
        assertThat(ids(report.matches())).containsExactly(id);
        Finding finding = report.matches().getFirst();
        assertThat(finding.signalType()).isEqualTo("vpdq");
        assertSpan(finding, AT, seconds, 0, CLIP_SECONDS);
        Alignment alignment = Objects.requireNonNull(finding.alignment());
        assertThat(alignment.bankMatchPercent()).isGreaterThan(85.0);
        assertThat(alignment.queryMatchPercent()).isEqualTo(100 * seconds / HOST_SECONDS, within(5.0));
        assertThat(report.partial()).isFalse();
        assertThat(report.hashed().contentType()).isEqualTo(ContentType.VIDEO);
    }

    /** A wider shape than the host's, or a higher one. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aClipWithBarsInAHostWithoutIsFoundWithTheSeconds(boolean pillars) throws Exception {
        long id = add("BAD", clip);
        Path upload = write("bars-" + pillars + ".mkv", UPLOADED, HOST_SECONDS, t -> {
            boolean isClip = t >= AT && t < AT + CLIP_SECONDS;
            return !isClip ? host(t) : pillars ? pillarboxed(host(t)) : letterboxed(host(t));
        });

        MatchReport report = match(upload);

        assertThat(report.verdict()).as("%s", report.matches()).isEqualTo(Verdict.MATCH);
        assertThat(ids(report.matches())).containsExactly(id);
        assertSpan(report.matches().getFirst(), AT, CLIP_SECONDS, 0, CLIP_SECONDS);
    }

    @Test
    void aClipThatIsBankedWithBarsInAVideoWithoutIsFoundWithoutThem() throws Exception {
        Path known = write("known-bars.mp4", KNOWN, HOST_SECONDS, t -> {
            boolean isClip = t >= AT && t < AT + CLIP_SECONDS;
            return isClip ? letterboxed(host(t)) : host(t);
        });
        long id = add("BAD", known);
        Path upload =
                write("without-bars.mkv", UPLOADED, HOST_SECONDS, t -> t >= 10 && t < 30 ? BAD.at(100 + t - 10) : CARD);

        MatchReport report = match(upload);

        assertThat(ids(report.matches())).as("%s", report).containsExactly(id);
        assertSpan(report.matches().getFirst(), 10, CLIP_SECONDS, AT, AT + CLIP_SECONDS);
    }

    @Test
    void anUploadFromMemoryGivesTheSame() throws Exception {
        add("BAD", clip);
        Path upload = write("host.mkv", UPLOADED, HOST_SECONDS, VideoVerdictTest::host);
        MatchReport report = matcher.match(ByteBuffer.wrap(Files.readAllBytes(upload)), MatchOptions.DEFAULT);
        assertThat(report.matches()).isEqualTo(match(upload).matches()).hasSize(1);
    }

    @Test
    void whatVideosOfAChannelShareIsNoMatch() throws Exception {
        for (int n = 0; n < 3; n++) {
            Footage own = new Footage(50 + n, WIDTH, HEIGHT);
            add("BAD", write("channel" + n + ".mp4", KNOWN, 16, t -> channel(own, t)));
        }
        Path upload = write("innocent.mkv", UPLOADED, 40, t -> channel(OTHER, t));

        MatchReport report = match(upload);

        assertThat(report.verdict()).as("%s", report.matches()).isEqualTo(Verdict.NO_MATCH);
    }

    /** Black, a title card, then its own footage with a logo. */
    private static byte[] channel(Footage own, double t) {
        return t < 2 ? BLACK : t < 6 ? CARD : withLogo(own.at(t));
    }

    @Test
    void aStillOfAKnownVideoIsFoundWithItsSecond() throws Exception {
        long id = add("BAD", clip);
        for (int n = 0; n < 20; n++) {
            double second = 0.5 + n * 19.0 / 20;
            byte[] jpeg = Encoders.jpeg(new Picture(WIDTH, HEIGHT, 1, BAD.at(100 + second)), 60);

            MatchReport report = matcher.match(ByteBuffer.wrap(jpeg), MatchOptions.DEFAULT);

            assertThat(report.verdict()).as("second %s", second).isEqualTo(Verdict.MATCH);
            Finding finding = report.matches().getFirst();
            assertThat(finding.content().id()).isEqualTo(id);
            assertThat(finding.signalType()).isEqualTo("vpdq");
            Alignment alignment = Objects.requireNonNull(finding.alignment());
            assertThat(alignment.bankMatchPercent()).isNull();
            assertThat(alignment.spans())
                    .as("second %s", second)
                    .allMatch(span -> span.query() == null)
                    .anyMatch(span -> {
                        Stretch bank = Objects.requireNonNull(span.bank());
                        return bank.from() <= second + 0.2 && bank.until() >= second - 0.2;
                    });
        }
    }

    @Test
    void aKnownImageInAVideoIsFoundWithItsSeconds() throws Exception {
        long id = addPicture("BAD", CARD);
        Path upload = write("card.mkv", UPLOADED, 30, t -> t >= 11 && t < 16 ? CARD : OTHER.at(t));

        MatchReport report = match(upload);

        assertThat(report.verdict()).isEqualTo(Verdict.MATCH);
        assertThat(ids(report.matches())).containsExactly(id);
        Finding finding = report.matches().getFirst();
        assertThat(finding.signalType()).isEqualTo("pdq");
        List<Span> spans = Objects.requireNonNull(finding.alignment()).spans();
        assertThat(spans).hasSize(1);
        assertThat(spans.getFirst().bank()).isNull();
        Stretch query = Objects.requireNonNull(spans.getFirst().query());
        assertThat(query.from()).isBetween(11.0, 13.6);
        assertThat(query.until()).isBetween(13.4, 16.0);
    }

    @Test
    void aVideoThatTimeEndsIsJudgedByWhatWasSeen() throws Exception {
        add("BAD", clip);
        Path upload = write("clip-first.mkv", UPLOADED, 100, t -> t < CLIP_SECONDS ? BAD.at(100 + t) : OTHER.at(t));
        MediaSource source = MediaSource.of(upload);
        // Far into the file, and not at its end: it is asked for each packet.
        AtomicInteger asked = new AtomicInteger();
        Deadline deadline = Deadline.after(Duration.ofHours(1), () -> asked.incrementAndGet() > 800);

        MatchReport report = matcher.match(source, Digests.of(source), MatchOptions.DEFAULT, deadline);

        assertThat(report.partial()).as("asked %s times", asked).isTrue();
        assertThat(report.verdict()).isEqualTo(Verdict.MATCH);
        assertThat(report.reason()).startsWith("mkv: seen ").contains(" of 10").endsWith("time ran out");
        assertThat(report.hashed().isPartial()).isTrue();
    }

    @Test
    void timeThatIsUpBeforeTheFirstFrameIsNoVerdict() throws Exception {
        MediaSource source = MediaSource.of(clip);
        Deadline passed = Deadline.after(Duration.ofNanos(-1));
        assertThatThrownBy(() -> matcher.match(source, Digests.of(source), MatchOptions.DEFAULT, passed))
                .isInstanceOf(DeadlinePassedException.class);
    }

    @Test
    void aCutOffVideoIsPartial() throws Exception {
        add("BAD", clip);
        Path whole = write("whole.mkv", UPLOADED, HOST_SECONDS, VideoVerdictTest::host);
        byte[] bytes = Files.readAllBytes(whole);
        MatchReport report = matcher.match(ByteBuffer.wrap(bytes, 0, bytes.length * 3 / 5), MatchOptions.DEFAULT);
        assertThat(report.verdict()).isEqualTo(Verdict.MATCH);
        assertThat(report.partial()).isTrue();
        assertThat(report.reason()).contains("the file ends before the video does");
    }

    @Test
    void aFlatVideoIsUndecidable() throws Exception {
        MatchReport report = match(write("black.mkv", UPLOADED, 5, t -> BLACK));
        assertThat(report.verdict()).isEqualTo(Verdict.UNDECIDABLE);
        assertThat(report.reason()).startsWith("vpdq: quality 0 in the best of ");
    }

    private static Signal sha256(Path file) throws Exception {
        return new Signal(SignalType.SHA256, Digests.of(MediaSource.of(file)).sha256());
    }

    /** Its banked frames stand in for its own. */
    @Test
    void theFileOfAKnownVideoIsNotDecodedToTellWhoElseHasBankedWhatItShows() throws Exception {
        bank("CLIPS", BankKind.MATCH, null);
        bank("STILLS", BankKind.MATCH, null);
        Path upload = write("known-host.mkv", UPLOADED, HOST_SECONDS, VideoVerdictTest::host);
        long whole = add("BAD", new ContentDraft(List.of(sha256(upload)), known(upload)));
        long part = add("CLIPS", clip);
        long still = addPicture("STILLS", OTHER.at(40));
        AtomicInteger decoded = new AtomicInteger();
        ContentHasher counting = new ContentHasher() {
            @Override
            public HashReport hash(HashRequest request) {
                decoded.incrementAndGet();
                return hasher.hash(request);
            }

            @Override
            public void close() {}
        };
        MediaSource source = MediaSource.of(upload);
        MatchReport report =
                new ContentMatcher(counting, db).match(source, Digests.of(source), MatchOptions.DEFAULT, Deadline.NONE);
        assertThat(report.verdict()).isEqualTo(Verdict.MATCH);
        assertThat(ids(report.matches())).containsExactly(whole, part, still);
        assertThat(report.matches().getFirst().signalType()).isEqualTo("sha256");
        assertSpan(report.matches().get(1), AT, CLIP_SECONDS, 0, CLIP_SECONDS);
        assertThat(report.partial()).isFalse();
        assertThat(decoded).hasValue(0);
    }

    @Test
    void theFileOfAVideoThatIsKnownByItsDigestAloneIsDecodedWhereThatCanBe() throws Exception {
        bank("CLIPS", BankKind.MATCH, null);
        Path upload = write("listed-host.mkv", UPLOADED, HOST_SECONDS, VideoVerdictTest::host);
        long whole = add("BAD", new ContentDraft(List.of(sha256(upload))));
        long part = add("CLIPS", clip);
        assertThat(ids(match(upload).matches())).containsExactly(whole, part);

        MatchReport busy = match(upload, MatchOptions.DEFAULT.atMost(MatchOptions.KnownBytes.LOOK_UP));
        assertThat(busy.verdict()).isEqualTo(Verdict.MATCH);
        assertThat(ids(busy.matches())).containsExactly(whole);
        assertThat(busy.partial()).isTrue();
        assertThat(busy.reason()).isEqualTo("known by its bytes, and not looked at further: every decoder is busy");
    }

    @Test
    void theFileOfAKnownVideoIsFoundByItsDigestsThoughItsFramesAreFlat() throws Exception {
        Path black = write("black-known.mkv", UPLOADED, 5, t -> BLACK);
        HashReport report = hash(black);
        assertThat(Objects.requireNonNull(report.video()).known()).isEmpty();
        add("BAD", new ContentDraft(report.signals()));
        assertThat(match(black).verdict()).isEqualTo(Verdict.MATCH);
        assertThat(match(black).hashed().contentType()).isEqualTo(ContentType.VIDEO);
    }

    @ParameterizedTest
    @ValueSource(doubles = {3, 6}) // A shorter one may lie between two key frames.
    void aKnownVideoOfOnePictureIsFound(double seconds) throws Exception {
        long id = add("BAD", write("still" + seconds + ".mp4", KNOWN, seconds, t -> CARD));
        Path upload = write(
                "still-in" + seconds + ".mkv", UPLOADED, 30, t -> t >= 11 && t < 11 + seconds ? CARD : OTHER.at(t));
        MatchReport report = match(upload);
        assertThat(report.verdict()).as("%s", report).isEqualTo(Verdict.MATCH);
        assertThat(ids(report.matches())).containsExactly(id);
    }

    /** The copy has one key frame. */
    @ParameterizedTest
    @ValueSource(doubles = {1, 2.5, 4.3, 7})
    void aReEncodedCopyOfAShortVideoIsFound(double seconds) throws Exception {
        long id = add("BAD", write("short" + seconds + ".mp4", KNOWN, seconds, t -> BAD.at(300 + t)));
        Path copy =
                write("short-copy" + seconds + ".mkv", UPLOADED.withKeyFrameGap(250), seconds, t -> BAD.at(300 + t));

        MatchReport report = match(copy);

        assertThat(report.verdict()).as("%s", report).isEqualTo(Verdict.MATCH);
        assertThat(ids(report.matches())).containsExactly(id);
        assertSpan(report.matches().getFirst(), 0, seconds, 0, seconds);
    }

    @ParameterizedTest
    @ValueSource(doubles = {2, 3, 4.3, 7})
    void aShortKnownVideoIsFoundInALongerUpload(double seconds) throws Exception {
        long id = add("BAD", write("brief" + seconds + ".mp4", KNOWN, seconds, t -> BAD.at(400 + t)));
        double at = 22.6;
        Path upload = write(
                "brief-in" + seconds + ".mkv",
                UPLOADED,
                40,
                t -> t >= at && t < at + seconds ? BAD.at(400 + t - at) : OTHER.at(t));

        MatchReport report = match(upload);

        assertThat(report.verdict()).as("%s", report).isEqualTo(Verdict.MATCH);
        assertThat(ids(report.matches())).containsExactly(id);
        assertSpan(report.matches().getFirst(), at, seconds, 0, seconds);
        assertThat(report.partial()).isFalse();
    }

    @Test
    void onePictureOfAShortKnownVideoIsNoMatchHoweverCloselyItIsLookedAt() throws Exception {
        add("BAD", write("brief-card.mp4", KNOWN, 4, t -> t < 1 ? CARD : BAD.at(500 + t)));
        Path upload = write("with-card.mkv", UPLOADED, 40, t -> t >= 16 && t < 24 ? CARD : OTHER.at(t));
        assertThat(match(upload).verdict()).isEqualTo(Verdict.NO_MATCH);
    }

    @Test
    void anAllowedTitleCardDoesNotSwitchOffAClip() throws Exception {
        Path titled = write("titled.mp4", KNOWN, CLIP_SECONDS, t -> t < 4 ? CARD : BAD.at(100 + t));
        long bad = add("BAD", titled);
        addPicture("GOOD", CARD);
        Path upload = write(
                "titled-host.mkv",
                UPLOADED,
                HOST_SECONDS,
                t -> t >= AT && t < AT + CLIP_SECONDS ? t < AT + 4 ? CARD : BAD.at(100 + t - AT) : OTHER.at(t));

        MatchReport report = match(upload);

        assertThat(report.verdict()).isEqualTo(Verdict.MATCH);
        assertThat(ids(report.matches())).containsExactly(bad);
        assertThat(report.matches().getFirst().suppressed()).isFalse();
        assertThat(report.suppressedBy()).isEmpty();
    }

    @Test
    void anAllowedVideoThatExplainsTheSameStretchSuppresses() throws Exception {
        long bad = add("BAD", clip);
        long good = add("GOOD", write("allowed.mkv", UPLOADED, CLIP_SECONDS, t -> BAD.at(100 + t)));
        MatchReport report = match(write("host2.mkv", UPLOADED, HOST_SECONDS, VideoVerdictTest::host));

        assertThat(report.verdict()).as("%s", report.matches()).isEqualTo(Verdict.SUPPRESSED);
        assertThat(ids(report.matches())).containsExactly(bad);
        assertThat(report.matches().getFirst().suppressed()).isTrue();
        assertThat(ids(report.suppressedBy())).containsExactly(good);
        assertThat(match(media.resolve("host2.mkv"), new MatchOptions(Set.of("BAD")))
                        .verdict())
                .isEqualTo(Verdict.MATCH);
    }

    @Test
    void aBadClipPutIntoAnAllowedVideoStands() throws Exception {
        long bad = add("BAD", clip);
        add("GOOD", write("documentary.mp4", KNOWN, HOST_SECONDS, OTHER::at));
        Path upload = write(
                "inserted.mkv",
                UPLOADED,
                HOST_SECONDS + 8,
                t -> t < 20 ? OTHER.at(t) : t < 28 ? BAD.at(100 + t - 15) : OTHER.at(t - 8));

        MatchReport report = match(upload);

        assertThat(report.verdict()).as("%s", report).isEqualTo(Verdict.MATCH);
        assertThat(ids(report.matches())).containsExactly(bad);
        assertSpan(report.matches().getFirst(), 20, 8, 5, 13);
    }

    @Test
    void anAllowedImageSuppressesAKnownOneOnlyWhereBothAreSeen() throws Exception {
        byte[] picture = new Footage(70, WIDTH, HEIGHT).at(1);
        addPicture("BAD", CARD);
        addPicture("GOOD", picture);
        Path upload = write("two.mkv", UPLOADED, 20, t -> t < 5 ? picture : t < 10 ? CARD : OTHER.at(t));
        assertThat(match(upload).verdict()).isEqualTo(Verdict.MATCH);
        long good = addPicture("GOOD", CARD);
        MatchReport report = match(upload);
        assertThat(report.verdict()).isEqualTo(Verdict.SUPPRESSED);
        assertThat(ids(report.suppressedBy())).containsExactly(good);
    }

    @Test
    void copiesOfOneVideoDoNotMakeItGeneric() throws Exception {
        for (int n = 0; n < 12; n++) {
            add("BAD", clip);
        }
        Path upload = write("part.mkv", UPLOADED, 36, t -> t >= 20 && t < 29 ? BAD.at(100 + t - 15) : OTHER.at(t));
        MatchReport report = match(upload);
        assertThat(report.verdict()).as("%s", report).isEqualTo(Verdict.MATCH);
        assertThat(report.matches()).hasSize(12);
    }

    @Test
    void anOpeningThatManyVideosShareIsGeneric() throws Exception {
        Footage opening = new Footage(80, WIDTH, HEIGHT);
        List<Path> series = new ArrayList<>();
        for (int n = 0; n < 12; n++) {
            Footage own = new Footage(90 + n, WIDTH, HEIGHT);
            series.add(write("series" + n + ".mp4", KNOWN, 20, t -> t < 8 ? opening.at(t) : own.at(t)));
        }
        Path upload = write("opening.mkv", UPLOADED, 36, t -> t < 8 ? opening.at(t) : OTHER.at(t));
        add("BAD", series.getFirst());
        assertThat(match(upload).verdict()).isEqualTo(Verdict.MATCH);
        series.stream().skip(1).forEach(file -> add("BAD", file));
        assertThat(match(upload).verdict()).isEqualTo(Verdict.NO_MATCH);
    }

    @Test
    void theThresholdOfTheBankCounts() throws Exception {
        bank("STRICT", BankKind.MATCH, 0);
        bank("WIDE", BankKind.MATCH, 60);
        add("STRICT", clip);
        Path upload = write("host3.mkv", UPLOADED, HOST_SECONDS, t -> withLogo(host(t)));
        assertThat(match(upload).verdict()).isEqualTo(Verdict.NO_MATCH);
        long wide = add("WIDE", clip);
        MatchReport report = match(upload);
        assertThat(ids(report.matches())).containsExactly(wide);
        assertThat(Objects.requireNonNull(report.matches().getFirst().match()).threshold())
                .isEqualTo(60);
        assertThat(match(upload, new MatchOptions(Set.of("BAD"))).verdict()).isEqualTo(Verdict.NO_MATCH);
    }

    @Test
    void vpdqsOwnRuleCanBeChosen() throws Exception {
        long id = add("BAD", clip);
        Path host = write("host4.mkv", UPLOADED, HOST_SECONDS, VideoVerdictTest::host);
        Path copy = write("copy.mkv", UPLOADED, CLIP_SECONDS, t -> BAD.at(100 + t));
        MatchOptions reference = new MatchOptions(Set.of(), VideoPolicy.Vpdq.REFERENCE);
        MatchOptions halfOfTheKnown = new MatchOptions(Set.of(), new VideoPolicy.Vpdq(0, 5, 31, 50));

        assertThat(match(host, reference).verdict()).isEqualTo(Verdict.NO_MATCH);
        assertThat(ids(match(copy, reference).matches())).containsExactly(id);
        MatchReport byBank = match(host, halfOfTheKnown);
        assertThat(ids(byBank.matches())).containsExactly(id);
        Alignment alignment = Objects.requireNonNull(byBank.matches().getFirst().alignment());
        assertThat(alignment.queryMatchPercent()).isEqualTo(100 * CLIP_SECONDS / HOST_SECONDS, within(6.0));
        assertThat(alignment.spans()).isNotEmpty();

        add("GOOD", clip);
        assertThat(match(copy, reference).verdict()).isEqualTo(Verdict.SUPPRESSED);
    }

    @ParameterizedTest
    @ValueSource(strings = {".gif", ".png", ".webp"})
    void everyFrameOfAnAnimatedImageIsLookedUp(String suffix) throws Exception {
        List<Picture> frames = new ArrayList<>();
        for (int n = 0; n < 4; n++) {
            Footage own = new Footage(200 + n, WIDTH, HEIGHT);
            frames.add(new Picture(WIDTH, HEIGHT, 3, coloured(own.at(1))));
        }
        byte[] animated = Encoders.animation(frames, suffix);
        HashReport hashed = hasher.hash(ByteBuffer.wrap(animated));
        assertThat(hashed.contentType()).isEqualTo(ContentType.IMAGE);
        assertThat(hashed.signal(SignalType.PDQ)).isPresent();
        assertThat(hashed.video()).as(hashed.reason()).isNotNull();

        long third = addPicture("BAD", grey(frames.get(2)));
        MatchReport byThird = matcher.match(ByteBuffer.wrap(animated), MatchOptions.DEFAULT);
        assertThat(ids(byThird.matches())).containsExactly(third);
        Stretch query = Objects.requireNonNull(
                Objects.requireNonNull(byThird.matches().getFirst().alignment())
                        .spans()
                        .getFirst()
                        .query());
        assertThat(query.from()).isEqualTo(0.2, within(0.05));

        long first = addPicture("BAD", grey(frames.getFirst()));
        assertThat(ids(matcher.match(ByteBuffer.wrap(animated), MatchOptions.DEFAULT)
                        .matches()))
                .containsExactlyInAnyOrder(first, third);
    }

    @Test
    void framesOfAGifAreSeenThoughNothingSeparatesThem() {
        List<Picture> frames = new ArrayList<>();
        for (int n = 0; n < 3; n++) {
            frames.add(new Picture(WIDTH, HEIGHT, 3, coloured(new Footage(200 + n, WIDTH, HEIGHT).at(1))));
        }
        byte[] gif = Encoders.animation(frames, ".gif");
        byte[] bare = withoutControls(gif);
        assertThat(bare.length).isEqualTo(gif.length - 3 * 8);

        HashReport report = hasher.hash(ByteBuffer.wrap(bare));
        HashReport banked = hasher.hashToBank(
                MediaSource.of(ByteBuffer.wrap(bare)), Digests.of(ByteBuffer.wrap(bare)), Deadline.NONE);

        assertThat(report.video()).isNotNull();
        assertThat(Objects.requireNonNull(banked.video()).frames()).hasSize(3);
    }

    private static byte[] withoutControls(byte[] gif) {
        ByteBuffer bare = ByteBuffer.allocate(gif.length);
        for (int i = 0; i < gif.length; i++) {
            boolean isControl = i + 8 < gif.length
                    && gif[i] == 0x21
                    && (gif[i + 1] & 0xFF) == 0xF9
                    && gif[i + 2] == 4
                    && gif[i + 7] == 0
                    && gif[i + 8] == 0x2C;
            if (isControl) {
                i += 7;
            } else {
                bare.put(gif[i]);
            }
        }
        return Arrays.copyOf(bare.array(), bare.position());
    }

    @Test
    void aStillPictureIsNoVideo() {
        for (String suffix : List.of(".gif", ".png", ".webp", ".jpg")) {
            byte[] file = Encoders.encode(new Picture(WIDTH, HEIGHT, 3, coloured(CARD)), suffix);
            HashReport report = hasher.hash(ByteBuffer.wrap(file));
            assertThat(report.failure()).as(suffix).isNull();
            assertThat(report.video()).as(suffix).isNull();
        }
    }

    private static byte[] coloured(byte[] grey) {
        byte[] samples = new byte[3 * grey.length];
        for (int i = 0; i < samples.length; i++) {
            samples[i] = grey[i / 3];
        }
        return samples;
    }

    private static byte[] grey(Picture coloured) {
        byte[] grey = new byte[WIDTH * HEIGHT];
        for (int i = 0; i < grey.length; i++) {
            grey[i] = coloured.samples()[3 * i];
        }
        return grey;
    }
}
