package org.semblance.hashdb.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.hash.FrameSpan;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;

class HashListReaderTest {
    private static final String A = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22";
    private static final String B = "d8f8f0cee0f4a84f0637022a078f67f0b36e2ed596621e1d33e6339c4e9c9b22";
    private static final String MD5 = "d35c785545392755e7e4164457657269";

    @Test
    void readsBareHashesOfTheDefaultType() throws IOException {
        assertThat(read(A + "\r\n\n# a comment\n" + B.toUpperCase(java.util.Locale.ROOT) + "\n"))
                .containsExactly(usable(1, pdq(A)), usable(4, pdq(B)));
        assertThat(read(MD5 + "\n", SignalType.MD5)).containsExactly(usable(1, new Signal(SignalType.MD5, MD5)));
    }

    @Test
    void readsLinesThatNameTheirType() throws IOException {
        assertThat(read("pdq " + A + "\nmd5 " + MD5 + "\nPDQ  " + B))
                .containsExactly(usable(1, pdq(A)), usable(2, new Signal(SignalType.MD5, MD5)), usable(3, pdq(B)));
        // HMA's name of a video's.
        assertThat(read("video_md5 " + MD5)).containsExactly(usable(1, new Signal(SignalType.MD5, MD5)));
    }

    @Test
    void readsWhatThePdqToolPrintsAndLeavesFlatPicturesOut() throws IOException {
        List<HashListEntry> entries = read(A + ",100,a.jpg\n" + B + ",49,b.jpg\n" + B + ",x,c.jpg");
        assertThat(entries.get(0)).isEqualTo(usable(1, new Signal(SignalType.PDQ, A, 100)));
        assertThat(reason(entries.get(1))).startsWith("quality: 49 (expected: at least 50");
        assertThat(reason(entries.get(2))).isEqualTo("quality: 'x' (expected: 0 to 100)");
    }

    @Test
    void goesOnAfterABadLineAndSaysWhatCame() throws IOException {
        List<HashListEntry> entries =
                read("\uFEFF" + A + "\n" + A.substring(1) + "\npdna " + A + "\nz" + A.substring(1) + "\n" + B);
        assertThat(entries).hasSize(5);
        assertThat(reason(entries.get(1))).isEqualTo("pdq: 63 characters (expected: 64 hex digits)");
        assertThat(reason(entries.get(2))).isEqualTo("signal type: 'pdna' (expected: pdq, md5, sha1, sha256)");
        assertThat(reason(entries.get(3))).isEqualTo("pdq: no hex digit at position 0 (expected: 64 hex digits)");
        assertThat(entries.get(4)).isEqualTo(usable(5, pdq(B)));
    }

    @Test
    void readsCsvByItsHeader() throws IOException {
        assertThat(read("signal_type,signal_str,collab,category,tags\n" + "pdq," + A
                        + ",GIFCT,POSITIVE_CLASS,is video\n" + "MD5," + MD5 + ",\"a, \"\"b\"\"\",,\n"))
                .containsExactly(
                        new HashListEntry.Usable(
                                2,
                                new ContentDraft(List.of(pdq(A)), List.of("is", "video"), null, "GIFCT", null),
                                ListCategory.POSITIVE_CLASS),
                        new HashListEntry.Usable(
                                3,
                                new ContentDraft(
                                        List.of(new Signal(SignalType.MD5, MD5)), List.of(), null, "a, \"b\"", null)));
    }

    @Test
    void readsSeveralSignalsOfOneRowAsOneContent() throws IOException {
        assertThat(read("PDQ,Quality,MD5,Note\n" + A + ",77," + MD5 + ",a note\n"))
                .containsExactly(new HashListEntry.Usable(
                        2,
                        new ContentDraft(
                                List.of(new Signal(SignalType.PDQ, A, 77), new Signal(SignalType.MD5, MD5)),
                                List.of(),
                                "a note",
                                null,
                                null)));
    }

    @Test
    void namesTheLineOfABadCsvRow() throws IOException {
        List<HashListEntry> entries = read("hash,note\n" + A + ",\"two\nlines\"\n,none\nabc\n" + B + "\n");
        assertThat(entries).hasSize(4);
        assertThat(reason(entries.get(1))).isEqualTo("pdq: 0 characters (expected: 64 hex digits)");
        assertThat(entries.get(1).line()).isEqualTo(4);
        assertThat(reason(entries.get(2))).isEqualTo("pdq: 3 characters (expected: 64 hex digits)");
        assertThat(entries.get(3)).isEqualTo(usable(6, pdq(B)));
    }

    @Test
    void readsWhatAListThinksOfAnEntry() throws IOException {
        assertThat(read("signal_type,signal_str,category,tags\npdq," + A + ",NEGATIVE_CLASS,\npdq," + A
                        + ",disputed,is\npdq," + B + ",INVESTIGATION_SEED,\npdq," + B + ",Bomb making,\n"))
                .containsExactly(
                        new HashListEntry.Usable(2, labelled(A), ListCategory.NEGATIVE_CLASS),
                        new HashListEntry.Usable(3, labelled(A, "is", "disputed"), ListCategory.DISPUTED),
                        new HashListEntry.Usable(4, labelled(B, "investigation_seed"), ListCategory.INVESTIGATION_SEED),
                        new HashListEntry.Usable(5, labelled(B, "Bomb making"), ListCategory.UNSTATED));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "NEGATIVE_CLASS",
                "negative_class",
                "Negative class",
                "negative-class",
                "NEGATIVE_CLASS\u00a0",
                " Negative  Class. "
            })
    void readsACategoryHoweverItsWordsAreSetApart(String category) throws IOException {
        assertThat(read("hash;Category\n" + A + ";" + category + "\n"))
                .containsExactly(new HashListEntry.Usable(2, labelled(A), ListCategory.NEGATIVE_CLASS));
    }

    /** Both orders: python-threatexchange changed it. */
    @Test
    void readsWhatThreatexchangesDatasetPrints() throws IOException {
        assertThat(read("pdq " + A + " 'Sample Signals' INVESTIGATION_SEED\nvideo_md5 " + MD5
                        + " \"it's\" POSITIVE_CLASS\npdq " + B + " 'a\\'b' NEGATIVE_CLASS x y,z\n'Old one' pdq " + A
                        + " DISPUTED is,video\n" + A + " 'C' POSITIVE_CLASS\n" + A + " POSITIVE_CLASS\npdq " + A
                        + "\n"))
                .containsExactly(
                        dataset(1, pdq(A), ListCategory.INVESTIGATION_SEED, "Sample Signals", "investigation_seed"),
                        dataset(2, new Signal(SignalType.MD5, MD5), ListCategory.POSITIVE_CLASS, "it's"),
                        dataset(3, pdq(B), ListCategory.NEGATIVE_CLASS, "a'b", "x y", "z"),
                        dataset(4, pdq(A), ListCategory.DISPUTED, "Old one", "is", "video", "disputed"),
                        dataset(5, pdq(A), ListCategory.POSITIVE_CLASS, "C"),
                        dataset(6, pdq(A), ListCategory.POSITIVE_CLASS, null),
                        usable(7, pdq(A)));
    }

    @Test
    void readsWhatItPrintsOfStopNcii() throws IOException {
        String list = "pdq " + A + " 'S' INVESTIGATION_SEED +2 +One,+Two\npdq " + B + " 'S' INVESTIGATION_SEED 0 \n";
        assertThat(read(list))
                .containsExactly(
                        dataset(1, pdq(A), ListCategory.INVESTIGATION_SEED, "S", "+One", "+Two", "investigation_seed"),
                        dataset(2, pdq(B), ListCategory.INVESTIGATION_SEED, "S", "investigation_seed"));
        assertThat(ignored(list)).containsExactly("confidence");
    }

    /** It prints all types, in any order. */
    @Test
    void namesTheTypesOfADatasetThatCannotBeBanked() throws IOException {
        List<HashListEntry> entries =
                read("raw_text bball now? 'Sample Signals' INVESTIGATION_SEED\nurl https://x.test/a,b"
                        + " 'Sample Signals' INVESTIGATION_SEED\npdq " + A
                        + " 'Sample Signals' INVESTIGATION_SEED\npdq " + A
                        + " 'open POSITIVE_CLASS\npdq " + A + " WHATEVER\n");
        assertThat(reason(entries.get(0))).startsWith("signal type: 'raw_text' (expected: ");
        assertThat(reason(entries.get(1))).startsWith("signal type: 'url' (expected: ");
        assertThat(entries.get(2)).isInstanceOf(HashListEntry.Usable.class);
        assertThat(reason(entries.get(3))).contains("collaboration that has no end");
        assertThat(reason(entries.get(4))).startsWith("'WHATEVER' after the hash (expected: ");
    }

    @Test
    void readsVideosInAllForms() throws IOException {
        String frames = "[\"" + A + ",100,0.0\", \"" + B + ",100,1.0\"]";
        ContentDraft video = new ContentDraft(List.of(), List.of(), null, null, null, video(frames, null));
        assertThat(read("vpdq " + frames + "\n" + frames + "\n"))
                .containsExactly(new HashListEntry.Usable(1, video), new HashListEntry.Usable(2, video));
        assertThat(read(frames + "\n")).containsExactly(new HashListEntry.Usable(1, video));
        assertThat(read("vpdq " + frames + " 'C' POSITIVE_CLASS a\n"))
                .containsExactly(new HashListEntry.Usable(
                        1,
                        new ContentDraft(List.of(), List.of("a"), null, "C", null, video(frames, null)),
                        ListCategory.POSITIVE_CLASS));
        assertThat(read("signal_type,signal_str,collab,category,tags\nvpdq,\"" + frames.replace("\"", "\"\"")
                                + "\",C,POSITIVE_CLASS,a\nvpdq,[],C,POSITIVE_CLASS,\n")
                        .getFirst())
                .isEqualTo(new HashListEntry.Usable(
                        2,
                        new ContentDraft(List.of(), List.of("a"), null, "C", null, video(frames, null)),
                        ListCategory.POSITIVE_CLASS));
        assertThat(read("md5,vpdq,duration_ms\n" + MD5 + ",\"" + frames.replace("\"", "\"\"") + "\",7000\n"))
                .containsExactly(new HashListEntry.Usable(
                        2, new ContentDraft(List.of(new Signal(SignalType.MD5, MD5)), video(frames, 7000))));
        assertThat(reason(read("vpdq []\n").getFirst())).isEqualTo("vpdq: no frames");
        assertThat(reason(read("pdq " + A + "\nvpdq [\"a\n").get(1))).startsWith("vpdq: an array that has no end");
    }

    @Test
    void readsTheDetailsOfThePdqTool() throws IOException {
        String list = "hash=" + A + ",norm=128,delta=0,quality=100,filename=a, b=c.jpg\nhash=" + B
                + ",norm=128,delta=12,quality=49,filename=b.jpg\nhash=" + B + ",xform=rot90,filename=b.jpg\n";
        List<HashListEntry> entries = read(list);
        assertThat(entries.get(0)).isEqualTo(usable(1, new Signal(SignalType.PDQ, A, 100)));
        assertThat(reason(entries.get(1))).startsWith("quality: 49 (expected: at least 50");
        assertThat(entries.get(2)).isEqualTo(usable(3, pdq(B)));
        assertThat(ignored(list)).containsExactly("norm", "delta", "filename", "xform");
    }

    @Test
    void readsNoEntryThatHasNoEnd() {
        for (String begin : List.of("hash,note\n" + A + ",\"", "pdq " + A + "\n")) {
            assertThatThrownBy(() -> read(begin + "x".repeat(21_000_000)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("an entry of more than 20000000 bytes");
        }
    }

    private static HashListEntry dataset(
            long line, Signal signal, ListCategory category, @Nullable String source, String... labels) {
        return new HashListEntry.Usable(
                line, new ContentDraft(List.of(signal), List.of(labels), null, source, null), category);
    }

    /** Of each string a frame; enough to tell that a list hands the right text on. */
    private static KnownVideo video(String signal, @Nullable Integer durationMs) {
        List<FrameSpan> frames = new ArrayList<>();
        for (String text :
                signal.substring(1, signal.length() - 1).replace("\"", "").split(", ")) {
            String[] fields = text.split(",");
            if (fields.length == 3) {
                frames.add(new FrameSpan(Hash256.parse(fields[0]), 100, frames.size(), frames.size() + 1));
            }
        }
        if (frames.isEmpty()) {
            throw new IllegalArgumentException("vpdq: no frames");
        }
        return new KnownVideo(durationMs == null ? frames.size() : durationMs, frames);
    }

    @Test
    void readsLabelsFromEachOfTheirColumns() throws IOException {
        assertThat(read("hash,label,Labels,tags\n" + A + ",two words,a b,\"c d;e\"\n"))
                .containsExactly(new HashListEntry.Usable(2, labelled(A, "a", "b", "c d", "e", "two words")));
    }

    @Test
    void readsTheSeparatorsOfSpreadsheets() throws IOException {
        assertThat(read("Hash;Type;Note\n" + A + ";pdq;one, two\n" + MD5 + ";MD5;\n"))
                .containsExactly(
                        new HashListEntry.Usable(
                                2, new ContentDraft(List.of(pdq(A)), List.of(), "one, two", null, null)),
                        usable(3, new Signal(SignalType.MD5, MD5)));
        assertThat(read("md5\tnote\n" + MD5 + "\t\n")).containsExactly(usable(2, new Signal(SignalType.MD5, MD5)));
    }

    @Test
    void namesTheColumnsThatAreNotRead() throws IOException {
        assertThat(ignored("hash,Case Number,note,value,,note,type,md5\n"))
                .containsExactly("Case Number", "value", "column 5 without a name", "note");
        // A type of nothing.
        assertThat(ignored("md5,type\n")).containsExactly("type");
        assertThat(ignored("signal_type,signal_str,collab,category,tags,label,labels,quality\n"))
                .isEmpty();
        assertThat(ignored(A + ",100,a.jpg\n")).containsExactly("path");
        assertThat(ignored(A + ",100\n")).isEmpty();
    }

    @Test
    void leavesOutWhatTheCatalogWouldRefuse() throws IOException {
        List<HashListEntry> entries = read("md5,sha1,sha256,note\nd41d8cd98f00b204e9800998ecf8427e,,,\n"
                + MD5 + ",DA39A3EE5E6B4B0D3255BFEF95601890AFD80709,,\n"
                + MD5 + ",,e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855,\n"
                + MD5 + ",,," + "n".repeat(256) + "\n" + MD5 + ",,,\n");
        assertThat(reason(entries.get(0))).startsWith("signals: md5: the digest of the empty file");
        assertThat(reason(entries.get(1))).startsWith("signals: sha1: the digest of the empty file");
        assertThat(reason(entries.get(2))).startsWith("signals: sha256: the digest of the empty file");
        assertThat(reason(entries.get(3))).isEqualTo("note must be at most 255 characters");
        assertThat(entries.get(4)).isEqualTo(usable(6, new Signal(SignalType.MD5, MD5)));
        assertThat(reason(read("md5 d41d8cd98f00b204e9800998ecf8427e\n").getFirst()))
                .startsWith("signals: md5: the digest of the empty file");
    }

    @Test
    void givesEachKindOfBankWhatBelongsInIt() throws IOException {
        String list = "hash,category,x\n" + A + ",NEGATIVE_CLASS,\n" + B + ",POSITIVE_CLASS,\n" + A + ",DISPUTED,\n" + B
                + ",,\n12,NEGATIVE_CLASS,\n";
        HashListIntake match = intake(list, BankKind.MATCH);
        assertThat(all(match)).containsExactly(labelled(B), labelled(A, "disputed"), labelled(B));
        assertThat(match.leftOut()).containsExactly(Map.entry(ListCategory.NEGATIVE_CLASS, 1L));
        assertThat(match.entries()).isEqualTo(5);
        assertThat(match.unusable()).isEqualTo(1);
        assertThat(match.ignoredColumns()).containsExactly("x");

        HashListIntake allow = intake(list, BankKind.ALLOW);
        assertThat(all(allow)).containsExactly(labelled(A), labelled(B));
        assertThat(allow.leftOut())
                .containsExactly(Map.entry(ListCategory.POSITIVE_CLASS, 1L), Map.entry(ListCategory.DISPUTED, 1L));
    }

    private static HashListIntake intake(String text, BankKind kind) throws IOException {
        return new HashListIntake(reader(text, SignalType.PDQ), kind, bad -> {});
    }

    private static List<ContentDraft> all(HashListIntake intake) throws IOException {
        List<ContentDraft> all = new ArrayList<>();
        for (HashListEntry.Usable next = intake.next(); next != null; next = intake.next()) {
            all.add(next.content());
        }
        return all;
    }

    private static List<String> ignored(String text) throws IOException {
        try (HashListReader reader = reader(text, SignalType.PDQ)) {
            while (reader.next() != null) {
                // A column may be met late.
            }
            return reader.ignoredColumns();
        }
    }

    private static ContentDraft labelled(String pdq, String... labels) {
        return new ContentDraft(List.of(pdq(pdq)), List.of(labels), null, null, null);
    }

    @Test
    void refusesAFileThatIsNoHashList() {
        assertThatThrownBy(() -> read("hello, world\n"))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("line 1: 'hello, world' (expected: a hash,");
    }

    @Test
    void tellsOfALongTextItsEndsAlone() throws IOException {
        String text = "z".repeat(100_000);
        assertThatThrownBy(() -> read(text))
                .hasMessageStartingWith("line 1: 'zzz")
                .satisfies(
                        e -> assertThat(e.getMessage()).endsWith("hash_digest)").hasSizeLessThan(800));
        assertThatThrownBy(() -> read(text + "," + text))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("line 1: 200001 characters, and no hash (expected: ")
                .message()
                .hasSizeLessThan(200);
        List<HashListEntry> entries = read("hash,quality\n" + A + "," + text + "\n" + B + " " + text + ",\n");
        assertThat(reason(entries.get(0)))
                .startsWith("quality: 'zzz")
                .endsWith("zzz' (expected: 0 to 100)")
                .hasSizeLessThan(500);
        assertThat(read(A + "\n" + B + " " + text + "\n"))
                .last()
                .satisfies(bad -> assertThat(reason(bad)).hasSizeLessThan(500));
    }

    @Test
    void anEmptyListHasNoEntries() throws IOException {
        assertThat(read("")).isEmpty();
        assertThat(read("# nothing yet\n\n")).isEmpty();
    }

    private static List<HashListEntry> read(String text) throws IOException {
        return read(text, SignalType.PDQ);
    }

    private static List<HashListEntry> read(String text, SignalType bareType) throws IOException {
        List<HashListEntry> entries = new ArrayList<>();
        try (HashListReader reader = reader(text, bareType)) {
            for (HashListEntry entry = reader.next(); entry != null; entry = reader.next()) {
                entries.add(entry);
            }
        }
        return entries;
    }

    private static HashListReader reader(String text, SignalType bareType) throws IOException {
        return reader(text, new HashListForm(bareType, HashListReaderTest::video));
    }

    private static HashListReader reader(String text, HashListForm form) throws IOException {
        return new HashListReader(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), form);
    }

    private static Signal pdq(String hex) {
        return new Signal(SignalType.PDQ, hex);
    }

    private static HashListEntry usable(long line, Signal signal) {
        return new HashListEntry.Usable(line, new ContentDraft(List.of(signal)));
    }

    private static String reason(HashListEntry entry) {
        return ((HashListEntry.Unusable) entry).reason();
    }
}
