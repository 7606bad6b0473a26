package org.semblance.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.semblance.engine.judge.Finding;
import org.semblance.engine.judge.Verdict;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DeadlinePassedException;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.MediaLimits;
import org.semblance.engine.media.MediaSource;
import org.semblance.engine.media.Picture;
import org.semblance.engine.media.internal.Encoders;
import org.semblance.engine.pdq.Transform;
import org.semblance.engine.video.VideoPolicy;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.Match;
import org.semblance.hashdb.catalog.BankFields;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.HashAndQuality;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;

@SuppressWarnings("NullAway.Init") // JUnit calls open.
class ContentMatcherTest {
    private static final Origin TEST = new Origin("test", "");
    private static final Picture PHOTO = Picture.photo(21, 320, 240);
    private static final byte[] PNG = Encoders.encode(PHOTO, ".png");
    private static final byte[] COPY = Encoders.jpeg(Encoders.resized(PHOTO, 160, 120), 50);
    private static final byte[] OTHER = Encoders.encode(Picture.photo(22, 320, 240), ".png");
    private static final byte[] FLAT = Encoders.encode(new Picture(64, 64, 3, new byte[64 * 64 * 3]), ".png");

    @TempDir
    private Path folder;

    private final ContentHasher hasher = new InProcessHasher(MediaLimits.DEFAULT, DecodePath.FAST);
    private HashDb db;
    private ContentMatcher matcher;

    @BeforeEach
    void open() {
        db = HashDb.open(folder);
        matcher = new ContentMatcher(hasher, db);
        bank("BAD", BankKind.MATCH);
        bank("GOOD", BankKind.ALLOW);
    }

    @AfterEach
    void close() {
        db.close();
        hasher.close();
    }

    private void bank(String name, BankKind kind) {
        db.apply(new Change.CreateBank(name, kind, 1.0, "", null), TEST);
    }

    private long add(String bank, Signal... signals) {
        return db.apply(new Change.AddContents(bank, List.of(new ContentDraft(List.of(signals)))), TEST)
                .firstContentId();
    }

    private MatchReport match(byte[] file) {
        return match(file, MatchOptions.DEFAULT);
    }

    private MatchReport match(byte[] file, MatchOptions options) {
        return matcher.match(ByteBuffer.wrap(file), options);
    }

    private Signal pdq(byte[] file) {
        return hasher.hash(ByteBuffer.wrap(file)).signal(SignalType.PDQ).orElseThrow();
    }

    private static Signal sha256(byte[] file) {
        return new Signal(SignalType.SHA256, Digests.of(ByteBuffer.wrap(file)).sha256());
    }

    private static Signal md5(byte[] file) {
        return new Signal(SignalType.MD5, Digests.of(ByteBuffer.wrap(file)).md5());
    }

    /** The signal with that many bits of its hash flipped. */
    private static Signal at(int distance, Signal pdq) {
        int[] bits = new int[distance];
        for (int i = 0; i < distance; i++) {
            bits[i] = i * 3;
        }
        Hash256 flipped = pdq.hash().flip(bits);
        return Signal.pdq(new HashAndQuality(flipped, 100));
    }

    @Test
    void aCopyOfABankedPictureMatches() {
        long id = add("BAD", pdq(PNG));
        MatchReport report = match(COPY);
        assertThat(report.verdict()).isEqualTo(Verdict.MATCH);
        assertThat(report.matches()).hasSize(1);
        Match match = Objects.requireNonNull(report.matches().getFirst().match());
        assertThat(match.content().id()).isEqualTo(id);
        assertThat(match.bank().name()).isEqualTo("BAD");
        assertThat(match.signalType()).isEqualTo(SignalType.PDQ);
        assertThat(match.distance())
                .isEqualTo(pdq(PNG).hash().distance(pdq(COPY).hash()));
        assertThat(report.suppressedBy()).isEmpty();
        assertThat(report.hashed().signal(SignalType.PDQ)).contains(pdq(COPY));
        assertThat(report.listVersion()).isEqualTo(db.seq());
    }

    @Test
    void anUnrelatedPictureDoesNot() {
        add("BAD", pdq(PNG));
        MatchReport report = match(OTHER);
        assertThat(report.verdict()).isEqualTo(Verdict.NO_MATCH);
        assertThat(report.matches()).isEmpty();
    }

    @Test
    void aContentKnownByItsSha1AloneIsFound() {
        long id = add(
                "BAD",
                new Signal(SignalType.SHA1, Digests.of(ByteBuffer.wrap(OTHER)).sha1()));
        MatchReport report = match(OTHER);
        assertThat(report.verdict()).isEqualTo(Verdict.MATCH);
        assertThat(report.matches()).extracting(m -> m.content().id()).containsExactly(id);
        assertThat(report.matches().getFirst().signalType()).isEqualTo("sha1");
        assertThat(match(PNG).verdict()).isEqualTo(Verdict.NO_MATCH);
    }

    @Test
    void matchesComeNearestFirst() {
        long far = add("BAD", at(20, pdq(PNG)));
        long near = add("BAD", at(3, pdq(PNG)));
        add("BAD", at(32, pdq(PNG)));
        assertThat(match(PNG).matches()).extracting(m -> m.content().id()).containsExactly(near, far);
        assertThat(match(PNG).matches())
                .extracting(m -> Objects.requireNonNull(m.match()).distance())
                .containsExactly(3, 20);
    }

    @Test
    void aKnownDigestDoesNotHideWhoElseHasBankedThePicture() {
        bank("WORSE", BankKind.MATCH);
        long exact = add("BAD", sha256(PNG), md5(PNG), pdq(PNG));
        long near = add("WORSE", at(3, pdq(PNG)));
        long nearInTheSame = add("BAD", at(7, pdq(PNG)));
        MatchReport report = match(PNG);
        assertThat(report.verdict()).isEqualTo(Verdict.MATCH);
        assertThat(report.matches()).extracting(m -> m.content().id()).containsExactly(exact, near, nearInTheSame);
        assertThat(report.matches()).extracting(Finding::signalType).containsExactly("sha256", "pdq", "pdq");
        assertThat(report.hashed().signal(SignalType.PDQ)).contains(pdq(PNG));
        assertThat(report.partial()).isFalse();
        assertThat(match(PNG, new MatchOptions(Set.of("WORSE"))).matches())
                .extracting(m -> m.content().id())
                .containsExactly(near);
    }

    @Test
    void aCallerMayStopAtAKnownDigest() {
        bank("WORSE", BankKind.MATCH);
        long id = add("BAD", sha256(PNG), md5(PNG));
        long near = add("WORSE", at(3, pdq(PNG)));
        MatchOptions stop = new MatchOptions(Set.of(), VideoPolicy.ALIGNED, MatchOptions.KnownBytes.ANSWER);
        MatchReport report = match(PNG, stop);
        assertThat(report.verdict()).isEqualTo(Verdict.MATCH);
        assertThat(report.matches()).extracting(m -> m.content().id()).containsExactly(id);
        assertThat(report.matches().getFirst().signalType()).isEqualTo("sha256");
        assertThat(report.hashed().signal(SignalType.PDQ)).isEmpty();
        assertThat(report.hashed().signals()).hasSize(2);
        assertThat(report.hashed().format()).isEqualTo("png");
        assertThat(report.partial()).isFalse();
        assertThat(match(COPY, stop).matches())
                .extracting(m -> m.content().id())
                .containsExactly(near);
    }

    @Test
    void knownBytesMatchThoughTheyDoNotDecode() {
        byte[] cut = Arrays.copyOf(PNG, 60);
        long id = add("BAD", sha256(cut));
        MatchReport report = match(cut);
        assertThat(report.verdict()).isEqualTo(Verdict.MATCH);
        assertThat(report.matches()).extracting(m -> m.content().id()).containsExactly(id);
        assertThat(report.reason()).startsWith("known by its bytes alone: corrupt: png");
        assertThat(report.partial()).isFalse();

        long flat = add("BAD", sha256(FLAT));
        assertThat(match(FLAT).verdict()).isEqualTo(Verdict.MATCH);
        assertThat(match(FLAT).matches()).extracting(m -> m.content().id()).containsExactly(flat);
    }

    @Test
    void knownBytesMatchThoughTheTimeIsOverOrThereIsNoDecoder() {
        long id = add("BAD", sha256(PNG));
        MatchReport late =
                matcher.match(ByteBuffer.wrap(PNG), MatchOptions.DEFAULT, Deadline.after(Duration.ofNanos(-1)));
        ContentHasher none = new ContentHasher() {
            @Override
            public HashReport hash(HashRequest request) {
                throw new NoDecoderException("it is a test");
            }

            @Override
            public void close() {}
        };
        MatchReport alone = new ContentMatcher(none, db).match(ByteBuffer.wrap(PNG), MatchOptions.DEFAULT);
        assertThat(alone.reason()).isEqualTo("known by its bytes, and not looked at further: no decoder is running");
        for (MatchReport report : List.of(late, alone)) {
            assertThat(report.verdict()).isEqualTo(Verdict.MATCH);
            assertThat(report.matches()).extracting(m -> m.content().id()).containsExactly(id);
            assertThat(report.partial()).isTrue();
            assertThat(report.reason()).startsWith("known by its bytes, and not looked at further: ");
        }
        assertThatThrownBy(() -> new ContentMatcher(none, db).match(ByteBuffer.wrap(OTHER), MatchOptions.DEFAULT))
                .isInstanceOf(NoDecoderException.class);
    }

    @Test
    void allowedLikenessSuppressesWhatIsLikeItAndNotWhatIsExact() {
        long exact = add("BAD", sha256(PNG), pdq(PNG));
        long near = add("BAD", at(9, pdq(PNG)));
        long good = add("GOOD", at(1, pdq(PNG)));
        MatchReport report = match(PNG);
        assertThat(report.verdict()).isEqualTo(Verdict.MATCH);
        assertThat(report.matches())
                .extracting(m -> m.content().id(), Finding::suppressed)
                .containsExactly(tuple(exact, false), tuple(near, true));
        assertThat(report.suppressedBy()).extracting(m -> m.content().id()).containsExactly(good);
    }

    @Test
    void aKnownDigestMatchesBytesThatAreNoMedia() {
        byte[] text = "a manual".getBytes(StandardCharsets.UTF_8);
        add("BAD", md5(text));
        MatchReport report = match(text);
        assertThat(report.verdict()).isEqualTo(Verdict.MATCH);
        assertThat(report.matches().getFirst().signalType()).isEqualTo("md5");
        assertThat(report.hashed().contentType()).isNull();
    }

    @Test
    void digestsGivenByTheCallerAreUsed() {
        add("BAD", sha256(PNG));
        ByteBuffer content = ByteBuffer.wrap(OTHER);
        MatchReport report = matcher.match(
                MediaSource.of(content), Digests.of(ByteBuffer.wrap(PNG)), MatchOptions.DEFAULT, Deadline.NONE);
        assertThat(report.verdict()).isEqualTo(Verdict.MATCH);
    }

    @Test
    void aPictureOfLowQualityIsNeverLookedUp() {
        add("BAD", pdq(FLAT));
        MatchReport report = match(FLAT);
        assertThat(report.verdict()).isEqualTo(Verdict.UNDECIDABLE);
        assertThat(report.reason()).isEqualTo("pdq: quality 0 (expected: at least 50 for a lookup)");
        assertThat(report.matches()).isEmpty();
        assertThat(report.hashed().signals()).hasSize(3);
    }

    @Test
    void failuresKeepTheirVerdictAndReason() {
        MatchReport text = match(new byte[] {1, 2, 3});
        assertThat(text.verdict()).isEqualTo(Verdict.UNSUPPORTED);
        assertThat(text.reason()).isEqualTo(text.hashed().reason()).isNotEmpty();
        assertThat(match(Arrays.copyOf(PNG, 60)).verdict()).isEqualTo(Verdict.CORRUPT);
        try (ContentHasher small = new InProcessHasher(new MediaLimits(1_000_000, 10), DecodePath.FAST)) {
            MatchReport large = new ContentMatcher(small, db).match(ByteBuffer.wrap(PNG), MatchOptions.DEFAULT);
            assertThat(large.verdict()).isEqualTo(Verdict.TOO_LARGE);
        }
    }

    private static Picture turned(Picture picture, Transform transform) {
        boolean transposes = switch (transform) {
            case ROT90, ROT270, FLIPP, FLIPM -> true;
            default -> false;
        };
        int w = picture.width();
        int h = picture.height();
        Picture turned = new Picture(transposes ? h : w, transposes ? w : h, 3, new byte[3 * w * h]);
        for (int y = 0; y < h; y++) {
            for (int x = 0; x < w; x++) {
                int toX = switch (transform) {
                    case ORIG, FLIPX -> x;
                    case FLIPY, ROT180 -> w - 1 - x;
                    case FLIPP, ROT90 -> y;
                    case FLIPM, ROT270 -> h - 1 - y;
                };
                int toY = switch (transform) {
                    case ORIG, FLIPY -> y;
                    case FLIPX, ROT180 -> h - 1 - y;
                    case FLIPP, ROT270 -> x;
                    case FLIPM, ROT90 -> w - 1 - x;
                };
                System.arraycopy(
                        picture.samples(), 3 * (y * w + x), turned.samples(), 3 * (toY * turned.width() + toX), 3);
            }
        }
        return turned;
    }

    private static Picture framed(Picture picture, int sides, int ends, int shade) {
        int w = picture.width() + 2 * sides;
        int h = picture.height() + 2 * ends;
        Picture framed = new Picture(w, h, 3, new byte[3 * w * h]);
        Arrays.fill(framed.samples(), (byte) shade);
        for (int y = 0; y < picture.height(); y++) {
            System.arraycopy(
                    picture.samples(),
                    3 * y * picture.width(),
                    framed.samples(),
                    3 * ((y + ends) * w + sides),
                    3 * picture.width());
        }
        return framed;
    }

    @ParameterizedTest
    @EnumSource(Transform.class)
    void aTurnedOrMirroredCopyMatchesAndSaysHowItWasTurned(Transform transform) {
        long id = add("BAD", pdq(PNG));
        MatchReport report = match(Encoders.jpeg(turned(PHOTO, transform), 80));
        assertThat(report.verdict()).isEqualTo(Verdict.MATCH);
        assertThat(report.matches()).extracting(m -> m.content().id()).containsExactly(id);
        Transform back = transform == Transform.ROT90
                ? Transform.ROT270
                : transform == Transform.ROT270 ? Transform.ROT90 : transform;
        assertThat(report.matches().getFirst().transform())
                .isEqualTo(transform == Transform.ORIG ? "none" : back.wireName());
    }

    @Test
    void aCopyWithABorderMatchesWithoutIt() {
        add("BAD", pdq(PNG));
        for (int shade : new int[] {0, 255, 90}) {
            MatchReport framed = match(Encoders.jpeg(framed(PHOTO, 48, 36, shade), 80));
            assertThat(framed.verdict()).as("shade %d", shade).isEqualTo(Verdict.MATCH);
            assertThat(framed.matches().getFirst().transform()).isEqualTo("trimmed");
        }
        MatchReport letterboxed = match(Encoders.jpeg(framed(PHOTO, 0, 40, 0), 80));
        assertThat(letterboxed.verdict()).isEqualTo(Verdict.MATCH);
        MatchReport both = match(Encoders.jpeg(framed(turned(PHOTO, Transform.FLIPY), 48, 36, 0), 80));
        assertThat(both.matches().getFirst().transform()).isEqualTo("trimmed_flipy");
    }

    @Test
    void allowedContentThatAnUploadIsNearSuppressesAMatchOfItsVariant() {
        add("BAD", pdq(PNG));
        long good = add("GOOD", pdq(Encoders.encode(turned(PHOTO, Transform.FLIPY), ".png")));
        MatchReport report = match(Encoders.jpeg(turned(PHOTO, Transform.FLIPY), 80));
        assertThat(report.verdict()).isEqualTo(Verdict.SUPPRESSED);
        assertThat(report.suppressedBy()).extracting(m -> m.content().id()).containsExactly(good);
    }

    @Test
    void aDamagedPictureIsMatchedByTheRowsThatAreThere() {
        long id = add("BAD", pdq(PNG));
        MatchReport report = match(Arrays.copyOf(PNG, PNG.length * 95 / 100));
        assertThat(report.verdict()).isEqualTo(Verdict.MATCH);
        assertThat(report.partial()).isTrue();
        assertThat(report.matches()).extracting(m -> m.content().id()).containsExactly(id);
        assertThat(report.reason()).contains("rows 1 to ");
    }

    @Test
    void ofADamagedPictureWithTooFewRowsNothingCanBeTold() {
        add("BAD", pdq(OTHER));
        MatchReport report = match(Arrays.copyOf(PNG, PNG.length * 3 / 4));
        assertThat(report.verdict()).isEqualTo(Verdict.UNDECIDABLE);
        assertThat(report.partial()).isTrue();
        assertThat(report.reason()).contains("too few to tell");
    }

    @Test
    void allowedContentSuppressesMatchesOfItsLike() {
        long bad = add("BAD", at(10, pdq(PNG)));
        long good = add("GOOD", at(1, pdq(PNG)));
        MatchReport report = match(PNG);
        assertThat(report.verdict()).isEqualTo(Verdict.SUPPRESSED);
        assertThat(report.matches()).extracting(m -> m.content().id()).containsExactly(bad);
        assertThat(report.suppressedBy()).extracting(m -> m.content().id()).containsExactly(good);
    }

    @Test
    void withoutAMatchThereIsNothingToSuppress() {
        add("GOOD", pdq(PNG), sha256(PNG));
        MatchReport report = match(PNG);
        assertThat(report.verdict()).isEqualTo(Verdict.NO_MATCH);
        assertThat(report.suppressedBy()).isEmpty();
    }

    @Test
    void aLikenessToAllowedContentDoesNotOutweighADigest() {
        add("BAD", sha256(PNG));
        add("GOOD", pdq(PNG));
        MatchReport report = match(PNG);
        assertThat(report.verdict()).isEqualTo(Verdict.MATCH);
        assertThat(report.suppressedBy()).isEmpty();
    }

    @Test
    void anAllowedDigestOutweighsADigestAndALikeness() {
        long good = add("GOOD", sha256(PNG), md5(PNG));
        long byLikeness = add("BAD", at(5, pdq(PNG)));
        MatchReport likeness = match(PNG);
        assertThat(likeness.verdict()).isEqualTo(Verdict.SUPPRESSED);
        assertThat(likeness.matches()).extracting(m -> m.content().id()).containsExactly(byLikeness);
        assertThat(likeness.suppressedBy()).extracting(m -> m.content().id()).containsExactly(good);

        long byDigest = add("BAD", md5(PNG));
        MatchReport digest = match(PNG);
        assertThat(digest.verdict()).isEqualTo(Verdict.SUPPRESSED);
        assertThat(digest.matches()).extracting(m -> m.content().id()).containsExactly(byDigest, byLikeness);
        assertThat(digest.suppressedBy()).extracting(m -> m.content().id()).containsExactly(good);
    }

    @Test
    void aBankThatIsSwitchedOffCountsForNothing() {
        add("BAD", pdq(PNG), sha256(PNG));
        db.apply(new Change.UpdateBank("BAD", BankFields.NONE.withEnabledRatio(0.0)), TEST);
        assertThat(match(PNG).verdict()).isEqualTo(Verdict.NO_MATCH);
        db.apply(new Change.UpdateBank("BAD", BankFields.NONE.withEnabledRatio(0.25)), TEST);
        assertThat(match(PNG).verdict()).isEqualTo(Verdict.MATCH);
        add("GOOD", sha256(PNG));
        assertThat(match(PNG).verdict()).isEqualTo(Verdict.SUPPRESSED);
        db.apply(new Change.UpdateBank("GOOD", BankFields.NONE.withEnabledRatio(0.0)), TEST);
        assertThat(match(PNG).verdict()).isEqualTo(Verdict.MATCH);
    }

    @Test
    void onlyTheNamedBanksCount() {
        bank("WORSE", BankKind.MATCH);
        add("BAD", pdq(PNG));
        long worse = add("WORSE", at(4, pdq(PNG)));
        add("GOOD", pdq(PNG));
        MatchReport report = match(PNG, new MatchOptions(Set.of("WORSE")));
        assertThat(report.verdict()).isEqualTo(Verdict.MATCH);
        assertThat(report.matches()).extracting(m -> m.content().id()).containsExactly(worse);
        assertThat(match(PNG, new MatchOptions(Set.of("WORSE", "GOOD"))).verdict())
                .isEqualTo(Verdict.SUPPRESSED);
        assertThat(match(PNG, new MatchOptions(Set.of("NONE"))).verdict()).isEqualTo(Verdict.NO_MATCH);
    }

    @Test
    void theListVersionIsWhatWasSeen() {
        long before = match(PNG).listVersion();
        assertThat(before).isEqualTo(db.seq());
        add("BAD", pdq(PNG));
        assertThat(match(PNG).listVersion()).isEqualTo(before + 1);
    }

    @Test
    void aPassedDeadlineIsNoVerdict() {
        Deadline passed = Deadline.after(Duration.ofNanos(-1));
        assertThatThrownBy(() -> matcher.match(ByteBuffer.wrap(PNG), MatchOptions.DEFAULT, passed))
                .isInstanceOf(DeadlinePassedException.class);
    }
}
