package org.semblance.hashdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.catalog.BankFields;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ChangeRefusedException;
import org.semblance.hashdb.catalog.ChangeRefusedException.Reason;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.ContentStatus;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.features.BankedPicture;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.hash.FrameSpan;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;

/** Every refusal names the field, says what came and what was expected, and leaves no trace. */
class ChangeRefusalTest {
    final Databases databases = databases();

    private static final Origin ANALYST = new Origin("analyst", "");
    private static final List<Signal> SIGNALS = List.of(new Signal(SignalType.PDQ, Hash256.ZERO.toHex()));

    @TempDir
    private Path folder;

    private HashDb db;
    private long content;

    @BeforeEach
    void open() {
        db = databases.open(folder);
        db.apply(new Change.CreateBank("A"), ANALYST);
        db.apply(new Change.CreateBank("B"), ANALYST);
        content = db.apply(new Change.AddContents("A", List.of(new ContentDraft(SIGNALS))), ANALYST)
                .firstContentId();
    }

    @AfterEach
    void close() {
        db.close();
    }

    private void refused(Change change, Reason reason, String field, String message) {
        refused(change, ANALYST, reason, field, message);
    }

    private void refused(Change change, Origin origin, Reason reason, String field, String message) {
        long before = db.seq();
        ChangeRefusedException e = catchThrowableOfType(ChangeRefusedException.class, () -> db.apply(change, origin));
        assertThat(e).as("refusal of %s", change).isNotNull().hasMessage(message);
        assertThat(e.reason()).isEqualTo(reason);
        assertThat(e.field()).isEqualTo(field);
        assertThat(db.seq()).isEqualTo(before);
        assertThat(db.journal(before, 1)).isEmpty();
    }

    private void draftRefused(ContentDraft draft, String field, String message) {
        refused(new Change.AddContents("A", List.of(draft)), Reason.INVALID, field, message);
    }

    private static ContentDraft draft(
            List<String> labels, @Nullable String note, @Nullable String source, @Nullable String metadata) {
        return new ContentDraft(SIGNALS, labels, note, source, metadata);
    }

    @Test
    void bankNamesAreUpperCaseWithUnderscores() {
        for (String name : List.of("", "lower", "1A", "A-B", "A B", "\u00c4", "A\n")) {
            refused(new Change.CreateBank(name), Reason.INVALID, "name", "Bank names must be UPPER_WITH_UNDERSCORE");
            refused(
                    new Change.UpdateBank("A", BankFields.NONE.withName(name)),
                    Reason.INVALID,
                    "name",
                    "Bank names must be UPPER_WITH_UNDERSCORE");
        }
        refused(
                new Change.CreateBank("A".repeat(256)),
                Reason.INVALID,
                "name",
                "bank name: 256 characters (expected: at most 255)");
        db.apply(new Change.CreateBank("_" + "A".repeat(254)), ANALYST);
    }

    @Test
    void bankNamesAreTakenOnce() {
        refused(new Change.CreateBank("A"), Reason.CONFLICT, "name", "bank 'A' already exists");
        refused(
                new Change.UpdateBank("A", BankFields.NONE.withName("B")),
                Reason.CONFLICT,
                "name",
                "bank 'B' already exists");
        db.apply(new Change.UpdateBank("A", BankFields.NONE.withName("A")), ANALYST);
    }

    @Test
    void bankPropertiesHaveTheirRanges() {
        for (double ratio : new double[] {-0.01, 1.01, Double.NaN}) {
            String message = "enabled_ratio: " + ratio + " (expected: 0 to 1)";
            refused(
                    new Change.CreateBank("C", BankKind.MATCH, ratio, "", null),
                    Reason.INVALID,
                    "enabled_ratio",
                    message);
            refused(
                    new Change.UpdateBank("A", BankFields.NONE.withEnabledRatio(ratio)),
                    Reason.INVALID,
                    "enabled_ratio",
                    message);
        }
        for (int threshold : new int[] {-1, 257}) {
            String message = "distance_threshold: " + threshold + " (expected: 0 to 256)";
            refused(
                    new Change.CreateBank("C", BankKind.ALLOW, 1, "", threshold),
                    Reason.INVALID,
                    "distance_threshold",
                    message);
            refused(
                    new Change.UpdateBank("A", BankFields.NONE.withDistanceThreshold(threshold)),
                    Reason.INVALID,
                    "distance_threshold",
                    message);
        }
        refused(
                new Change.CreateBank("C", BankKind.MATCH, 1, "d".repeat(4097), null),
                Reason.INVALID,
                "description",
                "description: 4097 characters (expected: at most 4096)");
    }

    @Test
    void unknownBanksAndContentsAreNotFound() {
        String message = "bank 'NONE' not found";
        refused(new Change.DeleteBank("NONE"), Reason.NOT_FOUND, "bank", message);
        refused(
                new Change.UpdateBank("NONE", BankFields.NONE.withEnabledRatio(0.0)),
                Reason.NOT_FOUND,
                "bank",
                message);
        refused(new Change.AddContents("NONE", List.of(new ContentDraft(SIGNALS))), Reason.NOT_FOUND, "bank", message);
        refused(new Change.WithdrawContent("NONE", content), Reason.NOT_FOUND, "bank", message);
        refused(update("NONE", content, null, null), Reason.NOT_FOUND, "bank", message);
        refused(
                new Change.WithdrawContent("A", 999),
                Reason.NOT_FOUND,
                "content_id",
                "content '999' not found in bank 'A'");
        refused(
                new Change.WithdrawContent("B", content),
                Reason.NOT_FOUND,
                "content_id",
                "content '" + content + "' not found in bank 'B'");
        db.apply(new Change.WithdrawContent("A", content), ANALYST);
        refused(
                update("A", content, null, null),
                Reason.CONFLICT,
                "status",
                "content '" + content + "' is withdrawn (expected: a status alone, which restores the content)");
        db.apply(new Change.DeleteBank("A"), ANALYST);
        refused(new Change.DeleteBank("A"), Reason.NOT_FOUND, "bank", "bank 'A' not found");
    }

    private static Change update(String bank, long id, @Nullable ContentStatus status, @Nullable Instant until) {
        return new Change.UpdateContent(bank, id, status, until);
    }

    @Test
    void contentsHaveSignals() {
        refused(
                new Change.AddContents("A", List.of()),
                Reason.INVALID,
                "contents",
                "contents: none (expected: at least one)");
        draftRefused(new ContentDraft(List.of()), "signals", "signals: none (expected: at least one, or a video)");
        draftRefused(
                new ContentDraft(Collections.nCopies(100_001, SIGNALS.getFirst())),
                "signals",
                "signals: 100001 (expected: at most 100000)");
    }

    @Test
    void framesOfAVideoLieWithinIt() {
        FrameSpan whole = new FrameSpan(Hash256.ZERO, 0, 0, 1000);
        FrameSpan beyond = new FrameSpan(Hash256.ZERO, 100, 500, 1001);
        draftRefused(
                new ContentDraft(SIGNALS, new KnownVideo(1000, List.of(whole, whole, beyond))),
                "video.frames[2].until_ms",
                "video.frames[2].until_ms: 1001 (expected: at most duration_ms, 1000)");
        assertThatThrownBy(() -> new FrameSpan(Hash256.ZERO, 101, 0, 0))
                .hasMessage("quality: 101 (expected: 0 to 100)");
        assertThatThrownBy(() -> new FrameSpan(Hash256.ZERO, 0, -1, 0)).hasMessage("from_ms: -1 (expected: 0 or more)");
        assertThatThrownBy(() -> new FrameSpan(Hash256.ZERO, 0, 5, 4))
                .hasMessage("until_ms: 4 (expected: from_ms, 5, or more)");
        assertThatThrownBy(() -> new KnownVideo(86_400_001, List.of(whole)))
                .hasMessage("duration_ms: 86400001 (expected: 0 to 86400000)");
        assertThatThrownBy(() -> new KnownVideo(-1, List.of(whole)))
                .hasMessage("duration_ms: -1 (expected: 0 to 86400000)");
        assertThatThrownBy(() -> new KnownVideo(1, List.of())).hasMessage("frames: 0 (expected: 1 to 200000)");
        assertThatThrownBy(() -> new KnownVideo(1, Collections.nCopies(200_001, whole)))
                .hasMessage("frames: 200001 (expected: 1 to 200000)");
    }

    @Test
    void picturesComeByTheirTimeAndAreNotTooMany() {
        Features none = new Features(1, 1, new long[0], new int[0]);
        BankedPicture picture = new BankedPicture(7, none);
        draftRefused(
                new ContentDraft(SIGNALS).withPictures(List.of(new BankedPicture(0, none), picture, picture)),
                "pictures[2].ms",
                "pictures[2].ms: 7 (expected: more than that of the picture before, 7)");
        draftRefused(
                new ContentDraft(SIGNALS).withPictures(Collections.nCopies(20_001, picture)),
                "pictures",
                "pictures: 20001 (expected: at most 20000)");
        Features most = new Features(1, 1, new long[Features.WORDS * Features.MAX_COUNT], new int[Features.MAX_COUNT]);
        List<BankedPicture> full = IntStream.rangeClosed(0, 2000)
                .mapToObj(ms -> new BankedPicture(ms, most))
                .toList();
        draftRefused(
                new ContentDraft(SIGNALS).withPictures(full),
                "pictures",
                "pictures: 2001000 features (expected: at most 2000000 in all pictures together)");
        assertThatThrownBy(() -> new BankedPicture(-1, none)).hasMessage("ms: -1 (expected: 0 or more)");
    }

    @Test
    void oneBadContentRefusesAllThatCameWithIt() {
        List<ContentDraft> drafts = new ArrayList<>(Collections.nCopies(10, new ContentDraft(SIGNALS)));
        drafts.add(new ContentDraft(List.of()));
        refused(
                new Change.AddContents("B", drafts),
                Reason.INVALID,
                "signals",
                "signals: none (expected: at least one, or a video)");
        assertThat(db.contents("B", 0, 100)).isEmpty();
        assertThat(db.size()).isEqualTo(1);
    }

    @Test
    void textsAreBounded() {
        db.apply(
                new Change.AddContents(
                        "A", List.of(draft(List.of("l".repeat(128)), "n".repeat(255), "s".repeat(255), "{}"))),
                ANALYST);
        draftRefused(draft(List.of(), "n".repeat(256), null, null), "note", "note must be at most 255 characters");
        draftRefused(
                draft(List.of(), null, "s".repeat(256), null),
                "source",
                "source: 256 characters (expected: at most 255)");
        draftRefused(
                draft(List.of("l".repeat(129)), null, null, null),
                "labels",
                "labels: 129 characters (expected: at most 128)");
        draftRefused(
                draft(List.of(" "), null, null, null),
                "labels",
                "labels: an empty one (expected: 1 to 128 characters each)");
        draftRefused(
                draft(List.of("a\tb"), null, null, null),
                "labels",
                "labels: a control character (expected: printable text)");
        List<String> many = new ArrayList<>();
        for (int i = 0; i <= 100; i++) {
            many.add("label " + i);
        }
        draftRefused(draft(many, null, null, null), "labels", "labels: 101 (expected: at most 100)");
    }

    @Test
    void textsComeBackAsTheyWent() {
        draftRefused(
                draft(List.of(), "a\ud800", null, null),
                "note",
                "note: half a surrogate pair at position 1 (expected: Unicode text)");
        draftRefused(
                draft(List.of(), null, "\u0000", null),
                "source",
                "source: a NUL character at position 0 (expected: text)");
        String text = "\u0628\u064a\u0627\u0646 \ud83d\ude00\n'\";--";
        long id = db.apply(
                        new Change.AddContents("A", List.of(draft(List.of("\ud83d\ude00"), text, text, null))),
                        new Origin(text, text))
                .firstContentId();
        assertThat(db.content("A", id).orElseThrow().note()).isEqualTo(text);
        assertThat(db.content("A", id).orElseThrow().source()).isEqualTo(text);
        assertThat(db.content("A", id).orElseThrow().labels()).containsExactly("\ud83d\ude00");
        assertThat(db.journal(db.seq() - 1, 1).getFirst().actor()).isEqualTo(text);
        assertThat(db.verify().problems()).isEmpty();
    }

    @Test
    void metadataIsAJsonObject() {
        draftRefused(draft(List.of(), null, null, "[]"), "metadata", "metadata: JSON array (expected: a JSON object)");
        draftRefused(
                draft(List.of(), null, null, "{\"" + "m".repeat(70_000) + "\":1}"),
                "metadata",
                "metadata: 70006 characters (expected: at most 65536)");
        for (String bad : List.of("{", "{} {}", "{\"a\":1,\"a\":2}", "{'a':1}", " ")) {
            assertThatThrownBy(() ->
                            db.apply(new Change.AddContents("A", List.of(draft(List.of(), null, null, bad))), ANALYST))
                    .as(bad)
                    .isInstanceOf(ChangeRefusedException.class)
                    .hasMessageStartingWith("metadata: ");
        }
    }

    @Test
    void statusAndTimeFitEachOther() {
        refused(
                update("A", content, ContentStatus.WITHDRAWN, null),
                Reason.INVALID,
                "status",
                "status: withdrawn (expected: enabled or disabled)");
        for (ContentStatus status : new @Nullable ContentStatus[] {null, ContentStatus.ENABLED}) {
            refused(
                    update("A", content, status, Instant.EPOCH),
                    Reason.INVALID,
                    "disabled_until",
                    "disabled_until: given without status disabled");
        }
    }

    @Test
    void somebodyMakesTheChange() {
        Change change = new Change.CreateBank("C");
        refused(change, new Origin(" ", ""), Reason.INVALID, "actor", "actor: empty (expected: who makes the change)");
        refused(
                change,
                new Origin("a".repeat(256), ""),
                Reason.INVALID,
                "actor",
                "actor: 256 characters (expected: at most 255)");
        refused(
                change,
                new Origin("a", "r".repeat(4097)),
                Reason.INVALID,
                "reason",
                "reason: 4097 characters (expected: at most 4096)");
    }

    /** Where the database is. */
    Databases databases() {
        return Databases.SQLITE;
    }
}
