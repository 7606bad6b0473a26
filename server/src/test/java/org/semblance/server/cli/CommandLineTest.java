package org.semblance.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.HashDb;
import org.semblance.server.config.TlsFiles;
import org.semblance.server.json.ReportJson;
import org.semblance.server.tls.TestCertificate;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;

class CommandLineTest {
    private static final String HASH = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22";

    @TempDir
    private Path folder;

    private Path data;
    private Path photo;
    private Path copy;

    private String out = "";
    private String err = "";

    @BeforeEach
    void drawPhotos() throws IOException {
        data = folder.resolve("data");
        byte[] original = DemoPhoto.draw(1);
        photo = Files.write(folder.resolve("photo.jpg"), original);
        copy = Files.write(
                folder.resolve("copy.jpg"), DemoPhoto.copyOf(original).orElseThrow());
    }

    @Test
    void banksAPhotoAndFindsItsCopyOnly() throws IOException {
        Path other = Files.write(folder.resolve("other.jpg"), DemoPhoto.draw(2));
        assertThat(onData("bank", "create", "A", "--description", "first")).isZero();
        assertThat(onData("bank", "add", "A", photo.toString(), "--label", "x", "--note", "n", "--json"))
                .isZero();
        assertThat(json().get(0).get("content_id").longValue()).isPositive();

        assertThat(onData("match", "--json", photo.toString(), copy.toString(), other.toString()))
                .isZero();
        List<JsonNode> lines = json();
        assertThat(lines)
                .extracting(line -> line.get("verdict").stringValue())
                .containsExactly("match", "match", "no_match");
        JsonNode match = lines.get(1).get("matches").get(0);
        assertThat(match.get("bank").stringValue()).isEqualTo("A");
        assertThat(match.get("signal_type").stringValue()).isEqualTo("pdq");
        assertThat(match.get("distance").intValue()).isBetween(1, 31);
        assertThat(match.get("labels").get(0).stringValue()).isEqualTo("x");
        assertThat(match.get("note").stringValue()).isEqualTo("n");

        assertThat(onData("match", "--fail-on-match", copy.toString())).isEqualTo(Exit.MATCHED);
        assertThat(onData("match", "--fail-on-match", other.toString())).isZero();
        assertThat(onData("bank", "remove", "A", match.get("content_id").toString(), "--reason", "wrong"))
                .isZero();
        assertThat(onData("match", "--fail-on-match", photo.toString())).isZero();
        assertThat(onData("verify")).isZero();
        assertThat(out).startsWith("clean: ");
    }

    @Test
    void verifyTellsHowMuchItProved() {
        onData("bank", "create", "A");
        onData("bank", "add", "A", photo.toString());
        assertThat(onData("verify")).isZero();
        assertThat(out)
                .isEqualTo("clean: 2 journal rows, 1 hashes and the features of 1 pictures compared\n"
                        + "match log: sound\n");
        assertThat(onData("verify", "--json")).isZero();
        assertThat(json().getFirst().get("feature_pictures").intValue()).isEqualTo(1);
    }

    @Test
    void trainsOnServersOfBothKinds() {
        assertThat(run("train")).as(err).isZero();
    }

    @Test
    void listsBanks() {
        onData("bank", "create", "B", "--allow", "--threshold", "12");
        onData("bank", "create", "A");
        assertThat(onData("bank", "list", "--json")).isZero();
        assertThat(json())
                .extracting(bank ->
                        bank.get("name").stringValue() + bank.get("kind").stringValue())
                .containsExactly("Amatch", "Ballow");
        assertThat(json().get(1).get("distance_threshold").intValue()).isEqualTo(12);
    }

    @Test
    void hashesFilesAsJson() {
        assertThat(run("hash", "--json", "--dihedral", photo.toString(), copy.toString()))
                .isZero();
        JsonNode first = json().get(0);
        assertThat(first.get("file").stringValue()).isEqualTo(photo.toString());
        JsonNode pdq = first.get("signals").get(0);
        assertThat(pdq.get("type").stringValue()).isEqualTo("pdq");
        assertThat(pdq.get("hash").stringValue()).matches("[0-9a-f]{64}");
        assertThat(pdq.get("quality").intValue()).isBetween(50, 100);
        assertThat(pdq.get("dihedral").propertyNames())
                .containsExactly("rot90", "rot180", "rot270", "flipx", "flipy", "flipp", "flipm");
        assertThat(first.get("signals").get(1).get("type").stringValue()).isEqualTo("md5");
        assertThat(first.get("signals").get(2).get("hash").stringValue()).matches("[0-9a-f]{64}");
    }

    @Test
    void looksUpTheFeaturesOfACopy() throws IOException {
        onData("bank", "create", "A");
        onData("bank", "add", "A", photo.toString());
        assertThat(run("hash", "--json", "--features", copy.toString())).isZero();
        String encoded = json().getFirst().get("signals").get(3).get("features").stringValue();
        assertThat(run("hash", "--features", copy.toString())).isZero();
        assertThat(out).contains("\n  orb " + encoded + "\n");
        String file =
                Files.writeString(folder.resolve("copy.orb"), encoded + "\n").toString();
        assertThat(onData("lookup", "--features", file)).isZero();
        assertThat(out).startsWith(file + "  match\n  A content 1 by orb, ");
        assertThat(onData("lookup", "--json", "--fail-on-match", "--features", file))
                .isEqualTo(Exit.MATCHED);
        assertThat(json().getFirst().get("matches").get(0).get("strength").stringValue())
                .isEqualTo("match");
        assertThat(onData("lookup", "--features", photo.toString())).isEqualTo(Exit.BAD_INPUT);
        assertThat(err).contains(photo + ": not Base64");
        assertThat(onData("lookup")).isEqualTo(Exit.WRONG_USAGE);
    }

    @Test
    void printsTheFramesOfAVideoAsVpdq() throws IOException {
        Path gif = folder.resolve("moving.gif");
        ImageIO.write(ImageIO.read(photo.toFile()), "gif", gif.toFile());
        assertThat(run("hash", "--format", "vpdq", gif.toString())).isZero();
        assertThat(out).matches("0,\\d+,[0-9a-f]{64},0\\.000\n");
        assertThat(run("hash", "--format", "vpdq", "--json", gif.toString())).isZero();
        JsonNode signal = json().get(0).get("signals").get(0);
        assertThat(signal.get("type").stringValue()).isEqualTo("vpdq");
        assertThat(signal.get("hash").stringValue()).matches("\\[\"[0-9a-f]{64},\\d+,0\\.0\"]");
        assertThat(run("hash", "--format", "vpdq", photo.toString())).isEqualTo(Exit.BAD_INPUT);
        assertThat(err).isEqualTo("semblance: " + photo + ": jpeg: not a video of a format we know\n");
        assertThat(run("hash", "--format", "vpdq", "--seconds-per-hash", "-1", gif.toString()))
                .isEqualTo(Exit.BAD_INPUT);
    }

    @Test
    void banksAnAnimationAndFindsAStillOfIt() throws IOException {
        Path gif = writeAnimation(photo, Files.write(folder.resolve("second.jpg"), DemoPhoto.draw(2)));
        Path still = folder.resolve("second.jpg");
        onData("bank", "create", "A");
        assertThat(onData("bank", "add", "A", gif.toString())).isZero();

        assertThat(onData("match", "--json", still.toString(), gif.toString())).isZero();
        JsonNode match = json().get(0).get("matches").get(0);
        assertThat(match.get("signal_type").stringValue()).isEqualTo("vpdq");
        assertThat(match.has("bank_match_percent")).isFalse();
        assertThat(match.get("spans").get(0).has("query")).isFalse();
        assertThat(match.get("spans").get(0).get("bank").get(0).doubleValue()).isEqualTo(0.1);
        assertThat(json().get(1).get("matches").get(0).get("signal_type").stringValue())
                .isEqualTo("sha256");

        assertThat(onData("match", still.toString())).isZero();
        assertThat(out).contains("A content 1 by vpdq, distance ").contains("\n    its 0.1-0.2 s\n");
        assertThat(run("hash", gif.toString())).isZero();
        assertThat(out).contains("\n  pdq ").contains("\n  vpdq 1 frames, one a second");
    }

    /** Each picture for a tenth of a second. */
    private Path writeAnimation(Path... pictures) throws IOException {
        Path gif = folder.resolve("animation.gif");
        ImageWriter writer = ImageIO.getImageWritersByFormatName("gif").next();
        try (ImageOutputStream stream = ImageIO.createImageOutputStream(gif.toFile())) {
            writer.setOutput(stream);
            writer.prepareWriteSequence(null);
            for (Path picture : pictures) {
                writer.writeToSequence(new IIOImage(ImageIO.read(picture.toFile()), null, null), null);
            }
            writer.endWriteSequence();
        } finally {
            writer.dispose();
        }
        return gif;
    }

    @Test
    void saysWhatIsWrongWithAFileAndGoesOn() throws IOException {
        Path text = Files.writeString(folder.resolve("text.jpg"), "no picture");
        Path empty = Files.createFile(folder.resolve("empty.png"));
        assertThat(run("hash", "--json", text.toString(), empty.toString(), photo.toString()))
                .isEqualTo(Exit.BAD_INPUT);
        assertThat(json())
                .extracting(line -> line.get("verdict").stringValue())
                .containsExactly("unsupported", "unsupported", "hashed");
        assertThat(run("hash", folder.resolve("none.jpg").toString())).isEqualTo(Exit.BAD_INPUT);
        assertThat(err).isEqualTo("semblance: " + folder.resolve("none.jpg") + ": no such file\n");
        assertThat(run("hash", folder.toString())).isEqualTo(Exit.BAD_INPUT);
    }

    @Test
    void importsAHashListAndNamesTheLinesItLeavesOut() throws IOException {
        Path list = Files.writeString(folder.resolve("list.txt"), "pdq " + HASH + "\npdq 12\nzzz " + HASH + "\n");
        assertThat(onData("import", "--bank", "LIST", list.toString())).isEqualTo(Exit.BAD_INPUT);
        assertThat(out).isEqualTo("1 contents imported into LIST, 2 entries left out\n");
        assertThat(err)
                .contains(list + ":2: pdq: 2 characters (expected: 64 hex digits)")
                .contains(list + ":3: ");
        assertThat(onData("lookup", "--json", "--fail-on-match", HASH, "0".repeat(64)))
                .isEqualTo(Exit.MATCHED);
        assertThat(json().get(0).get("matches").get(0).get("distance").intValue())
                .isZero();
        assertThat(json().get(1).get("matches")).isEmpty();
    }

    @Test
    void importsAListOnceUnlessAskedAgain() throws IOException {
        Path list = Files.writeString(folder.resolve("list.txt"), HASH + "\n" + "1".repeat(64) + "\n");
        assertThat(onData("import", "--bank", "A", list.toString())).isZero();
        assertThat(onData("import", "--bank", "A", list.toString())).isZero();
        assertThat(out).isEqualTo("0 contents imported into A, after 2 entries that were banked before\n");
        assertThat(onData("import", "--bank", "B", list.toString())).isZero();
        assertThat(out).isEqualTo("2 contents imported into B\n");
        assertThat(onData("import", "--bank", "B", "--again", list.toString())).isZero();
        onData("lookup", "--json", HASH);
        assertThat(json().get(0).get("matches").findValuesAsString("bank")).containsExactlyInAnyOrder("A", "B", "B");
    }

    @Test
    void showsWhatAnImportWouldDo() throws IOException {
        Path list = Files.writeString(
                folder.resolve("list.csv"), "Digest,Case\n" + HASH + ",7\n" + "1".repeat(64) + ",8\n");
        String[] import_ = {
            "import",
            "--bank",
            "LIST",
            "--columns",
            "hash:digest",
            "--label",
            "a",
            "--label",
            "b",
            "--source",
            "s",
            "--dry-run"
        };
        assertThat(onData(with(import_, list.toString()))).isZero();
        assertThat(out)
                .isEqualTo("line 2  new  pdq " + HASH + "  labels: a, b  source: s\nline 3  new  pdq " + "1".repeat(64)
                        + "  labels: a, b  source: s\n2 contents would be imported into LIST, columns ignored: Case\n");
        assertThat(onData("bank", "list")).isZero();
        assertThat(out).isEmpty();

        assertThat(onData(
                        "import",
                        "--bank",
                        "LIST",
                        "--note",
                        "n",
                        Files.writeString(folder.resolve("one"), HASH).toString()))
                .isZero();
        assertThat(onData(with(import_, list.toString()))).isZero();
        assertThat(out)
                .startsWith("line 2  known")
                .contains("2 contents would be imported into LIST, 1 were known already");
        import_[import_.length - 1] = "--if-known=skip";
        assertThat(onData(with(import_, list.toString()))).isZero();
        assertThat(out).isEqualTo("1 contents imported into LIST, 1 were known and left out, columns ignored: Case\n");
        assertThat(onData("export", "--bank", "LIST", "--format", "ndjson", "--label", "b"))
                .isZero();
        assertThat(json()).hasSize(1);
        assertThat(json().getFirst().get("source").stringValue()).isEqualTo("s");
        assertThat(onData("import", "--bank", "LIST", "--columns", "hash:Nope", list.toString()))
                .isEqualTo(Exit.BAD_INPUT);
        assertThat(err).contains("columns: 'Nope' (expected: a column of the list, one of Digest, Case)");
    }

    private static String[] with(String[] args, String last) {
        String[] all = Arrays.copyOf(args, args.length + 1);
        all[args.length] = last;
        return all;
    }

    @Test
    void neverBanksWhatAListCallsHarmlessAsAMatch() throws IOException {
        Path list = Files.writeString(
                folder.resolve("list.csv"),
                "signal_type;signal_str;category;Case Number\npdq;" + HASH + ";NEGATIVE_CLASS;7\npdq;" + "1".repeat(64)
                        + ";POSITIVE_CLASS;8\n");
        assertThat(onData("import", "--bank", "LIST", list.toString())).isZero();
        assertThat(out)
                .isEqualTo("1 contents imported into LIST, 1 entries of category NEGATIVE_CLASS left out, which do not"
                        + " belong in a bank of kind match, columns ignored: Case Number\n");
        assertThat(onData("lookup", "--fail-on-match", HASH)).isZero();
        assertThat(onData("lookup", "--fail-on-match", "1".repeat(64))).isEqualTo(Exit.MATCHED);

        assertThat(onData("bank", "create", "FINE", "--allow")).isZero();
        assertThat(onData("import", "--bank", "FINE", list.toString())).isZero();
        assertThat(out).startsWith("1 contents imported into FINE, 1 entries of category POSITIVE_CLASS left out");
        assertThat(onData("export", "--bank", "FINE")).isZero();
        assertThat(out).contains(HASH + ",,,,,,,,,,NEGATIVE_CLASS\n");
    }

    @Test
    void importsVideosOfAList() throws IOException {
        Path list = Files.writeString(
                folder.resolve("dataset.txt"),
                "vpdq [\"" + HASH + ",100,0.0\", \"" + "1".repeat(64) + ",100,1.0\", \"" + HASH
                        + ",20,2.0\"] 'C' POSITIVE_CLASS is\nvpdq [\"" + HASH + ",20,0.0\"] 'C' POSITIVE_CLASS\n");
        assertThat(onData("import", "--bank", "VIDEOS", list.toString())).isEqualTo(Exit.BAD_INPUT);
        assertThat(out).isEqualTo("1 contents imported into VIDEOS, 1 entries left out\n");
        assertThat(err).contains(list + ":2: vpdq: no frame of quality 50 or more, so it would never match");
        assertThat(onData("lookup", "--fail-on-match", "1".repeat(64))).isEqualTo(Exit.MATCHED);

        // And they leave it as they came.
        assertThat(onData("export", "--bank", "VIDEOS")).isZero();
        String exported = out;
        assertThat(exported).contains(HASH + ",100,0.000\"\", \"\"" + "1".repeat(64) + ",100,1.000\"\"]\",2000\n");
        Path again = Files.writeString(folder.resolve("again.csv"), exported);
        assertThat(onData("import", "--bank", "BACK", again.toString())).isZero();
        assertThat(onData("export", "--bank", "BACK")).isZero();
        assertThat(out).isEqualTo(exported);
    }

    @Test
    void exportsABankForAnImport() throws IOException {
        Path list = Files.writeString(
                folder.resolve("list.csv"),
                "pdq,quality,md5,labels,note,source\n"
                        + HASH
                        + ",77,d35c785545392755e7e4164457657269,two words;one;,\"a \"\"note\"\", with\nlines\",list\n"
                        + "1".repeat(64) + ",100,,,,\n,,900150983cd24fb0d6963f7d28e17f72,,,\n");
        assertThat(onData("import", "--bank", "OUT", list.toString())).isZero();
        assertThat(onData("bank", "add", "OUT", photo.toString())).isZero();
        assertThat(onData("export", "--bank", "OUT")).isZero();
        String exported = out;
        assertThat(exported.lines()).hasSize(1 + 4 + 1); // and the note's second line
        assertThat(exported)
                .startsWith("pdq,md5,sha1,sha256,quality,labels,note,source,vpdq,duration_ms\n")
                .contains(
                        HASH
                                + ",d35c785545392755e7e4164457657269,,,77,one;two words;,\"a \"\"note\"\", with\nlines\",list,,\n");

        Path again = Files.writeString(folder.resolve("again.csv"), exported);
        assertThat(onData("import", "--bank", "BACK", again.toString())).isZero();
        assertThat(out).isEqualTo("4 contents imported into BACK\n");
        assertThat(onData("export", "--bank", "BACK")).isZero();
        assertThat(out).isEqualTo(exported);

        assertThat(onData("export", "--bank", "NONE")).isEqualTo(Exit.BAD_INPUT);
        assertThat(err).isEqualTo("semblance: --bank: no bank NONE\n");
    }

    @Test
    void wrongUsageIsTold() {
        assertThat(run()).isEqualTo(Exit.WRONG_USAGE);
        assertThat(run("bank")).isEqualTo(Exit.WRONG_USAGE);
        assertThat(run("hash")).isEqualTo(Exit.WRONG_USAGE);
        assertThat(run("nonsense")).isEqualTo(Exit.WRONG_USAGE);
        assertThat(onData("lookup", "12")).isEqualTo(Exit.BAD_INPUT);
        assertThat(err).isEqualTo("semblance: '12': pdq: 2 characters (expected: 64 hex digits)\n");
        assertThat(onData("bank", "create", "lower")).isEqualTo(Exit.BAD_INPUT);
        assertThat(onData("bank", "add", "NONE", photo.toString())).isEqualTo(Exit.BAD_INPUT);
        assertThat(onData("serve", "--port", "70000")).isEqualTo(Exit.BAD_INPUT);
        assertThat(err).isEqualTo("semblance: --port: '70000' (expected: a whole number, 0 to 65535)\n");
    }

    @Test
    void wrongUsageIsToldInTwoLinesWithWhatWasProbablyMeant() {
        assertThat(run("mtach", "x.jpg")).isEqualTo(Exit.WRONG_USAGE);
        assertThat(err).isEqualTo("""
                        semblance: unknown command mtach (did you mean match?)
                        semblance: 'semblance --help' tells what there is
                        """);
        assertThat(run("serve", "--prt=3")).isEqualTo(Exit.WRONG_USAGE);
        assertThat(err).isEqualTo("""
                        semblance: unknown option --prt (did you mean --port?)
                        semblance: 'semblance serve --help' tells what there is
                        """);
        assertThat(run("bank", "ad")).isEqualTo(Exit.WRONG_USAGE);
        assertThat(err).startsWith("semblance: unknown command ad (did you mean add?)\n");
        assertThat(run("match")).isEqualTo(Exit.WRONG_USAGE);
        assertThat(err)
                .startsWith("semblance: Missing required parameter: 'FILE'\n")
                .hasLineCount(2);
        assertThat(onData("lookup")).isEqualTo(Exit.WRONG_USAGE);
        assertThat(err).startsWith("semblance: nothing to look up (expected: a HASH or --features FILE)\n");
    }

    @Test
    void valuesThatAreNoTimesOrNumbersAreToldInWords() {
        assertThat(onData("export", "--bank", "A", "--created-from", "2027")).isEqualTo(Exit.WRONG_USAGE);
        assertThat(err)
                .startsWith("semblance: Invalid value for option '--created-from': '2027'"
                        + " (expected: a time, as in 2027-01-31T12:00:00Z)\n");
        assertThat(onData("bank", "create", "A", "--threshold", "x")).isEqualTo(Exit.WRONG_USAGE);
        assertThat(err)
                .startsWith("semblance: Invalid value for option '--threshold': 'x' (expected: a whole number)\n");
        assertThat(onData("bank", "remove", "A", "x")).isEqualTo(Exit.WRONG_USAGE);
        assertThat(err).contains("'x' (expected: a whole number)\n");
    }

    @Test
    void aWrongPathIsNamedWithWhatIsWrongWithIt() throws IOException {
        Path none = folder.resolve("none");
        Path text = Files.writeString(folder.resolve("text"), "x");
        assertThat(onData("import", "--bank", "A", none.toString())).isEqualTo(Exit.BAD_INPUT);
        assertThat(err).isEqualTo("semblance: " + none + ": no such file or folder\n");
        assertThat(onData("import", "--bank", "A", folder.toString())).isEqualTo(Exit.BAD_INPUT);
        assertThat(err).isEqualTo("semblance: " + folder + ": a folder (expected: a file)\n");
        assertThat(run("serve", "--port", "0", "--data", text.toString())).isEqualTo(Exit.REFUSED);
        assertThat(err).isEqualTo("semblance: " + text + ": is a file (expected: a folder)\n");
        onData("bank", "create", "A");
        assertThat(onData("backup", text.toString())).isEqualTo(Exit.REFUSED);
        assertThat(err).isEqualTo("semblance: " + text + ": is a file (expected: a folder)\n");
        assertThat(run("bank", "list", "--data", "/proc/none")).isEqualTo(Exit.REFUSED);
        assertThat(err).isEqualTo("semblance: /proc/none: cannot be read or created: no such file or folder\n");
    }

    @Test
    void aPictureInPlaceOfAListSendsNoBytesToTheTerminal() {
        assertThat(onData("import", "--bank", "A", photo.toString())).isEqualTo(Exit.BAD_INPUT);
        assertThat(err.strip()).doesNotContainPattern("\\p{Cntrl}").contains("(expected: a hash, ");
    }

    @Test
    void aServerThatIsNotThereIsNamedWithTheReason() throws IOException {
        int free;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            free = socket.getLocalPort();
        }
        assertThat(run("bank", "list", "--server", "http://127.0.0.1:" + free)).isEqualTo(Exit.REFUSED);
        assertThat(err).isEqualTo("semblance: http://127.0.0.1:" + free + ": does not answer: connection refused\n");
    }

    @Test
    void showsTheSettingsAndWhereTheyAreFrom() throws IOException {
        Path file = Files.writeString(folder.resolve("my.toml"), "workers = 3\n");
        assertThat(onData("config", "--config", file.toString(), "--port", "5_200"))
                .isZero();
        assertThat(out.lines())
                .anyMatch(line -> line.matches("port = 5_200 +# --port"))
                .anyMatch(line -> line.matches("workers = 3 +# \\Q" + file + "\\E line 1"))
                .anyMatch(line -> line.matches("deadline_ms = 10_000 +# default"));
        // What it prints is a file that says the same.
        Path again = Files.writeString(folder.resolve("again.toml"), out);
        assertThat(run("config", "--config", again.toString(), "--json")).isZero();
        assertThat(json().getFirst().get("port").get("value").intValue()).isEqualTo(5200);
        assertThat(json().getFirst().get("data").get("value").stringValue()).isEqualTo(data.toString());
        assertThat(json().getFirst().get("port").get("from").stringValue()).startsWith(again + " line ");

        Files.writeString(file, "workers = 3\nprot = 1\n");
        assertThat(run("config", "--config", file.toString())).isEqualTo(Exit.BAD_INPUT);
        assertThat(err).isEqualTo("semblance: " + file + " line 2: unknown key prot (did you mean port?)\n");
        assertThat(run("bank", "list", "--config", file.toString())).isEqualTo(Exit.BAD_INPUT);
    }

    @Test
    void usesTheDataFolderOfTheSettings() throws IOException {
        Path file = Files.writeString(folder.resolve("my.toml"), "data = '" + data + "'\n");
        assertThat(run("bank", "create", "A", "--config", file.toString())).isZero();
        assertThat(onData("bank", "list")).isZero();
        assertThat(out).startsWith("A ");
    }

    @Test
    void examinesTheMachine() throws IOException {
        assertThat(onData("doctor", "--port", "0", "--json")).isZero();
        JsonNode answer = json().getFirst();
        assertThat(answer.get("status").stringValue()).isIn("ok", "warn");
        assertThat(answer.get("checks"))
                .extracting(check -> check.get("check").stringValue())
                .contains("jdk", "decoders", "memory", "data folder", "disk", "port", "tls", "keys");
        assertThat(answer.get("checks"))
                .allSatisfy(check -> assertThat(check.has("advice"))
                        .isEqualTo(!check.get("status").stringValue().equals("ok")));
        assertThat(data).as("nothing is left").doesNotExist();

        Path taken = Files.createDirectory(folder.resolve("documents"));
        Files.writeString(taken.resolve("letter.txt"), "x");
        assertThat(run("doctor", "--data", taken.toString(), "--host", "0.0.0.0", "--port", "0"))
                .isEqualTo(Exit.REFUSED);
        assertThat(out)
                .containsPattern("(?m)^fail  data folder   \\Q" + taken + "\\E: holds letter.txt but no catalog.db")
                .containsPattern("(?m)^fail  keys ");
        try (HashDb open = HashDb.open(data)) {
            assertThat(open.seq()).isZero();
            assertThat(onData("doctor", "--port", "0")).isZero();
            assertThat(out).containsPattern("data folder +\\Q" + data + "\\E, in use by process \\d+");
        }
    }

    @Test
    void examinesTheCertificate() throws IOException {
        TlsFiles files = TestCertificate.of("EC", 256).write(folder);
        String[] doctor = {
            "doctor",
            "--port",
            "0",
            "--tls-certificate",
            files.certificate().toString(),
            "--tls-key",
            files.key().toString()
        };
        assertThat(onData(doctor)).isZero();
        assertThat(out)
                .containsPattern("(?m)^warn  tls +CN=localhost, EC, until \\S+, 1 certificate$")
                .contains("tls_certificate: ends soon, renew it.");
        Files.writeString(files.key(), "");
        assertThat(onData(doctor)).isEqualTo(Exit.REFUSED);
        assertThat(out)
                .containsPattern("(?m)^fail  tls +tls_key: \\Q" + files.key() + "\\E: holds no private key in PEM");
        assertThat(onData(
                        "serve",
                        "--port",
                        "0",
                        "--tls-certificate",
                        files.certificate().toString()))
                .isEqualTo(Exit.BAD_INPUT);
        assertThat(err).contains("tls_key: not set (expected: a path, since tls_certificate is set)");
        doctor[0] = "serve";
        assertThat(onData(doctor)).isEqualTo(Exit.BAD_INPUT);
        assertThat(err).contains("tls_key: " + files.key() + ": holds no private key in PEM");
    }

    @Test
    void makesListsAndRevokesKeys() {
        assertThat(onData(
                        "key",
                        "create",
                        "uploader",
                        "--role",
                        "match",
                        "--bank",
                        "B",
                        "--bank",
                        "A",
                        "--hide-distance",
                        "--rate",
                        "2.5/s",
                        "--concurrent",
                        "4",
                        "--expires",
                        "2999-12-31"))
                .isZero();
        String secret = out.strip();
        assertThat(secret).matches("smb_[A-Za-z0-9_-]{43}");
        assertThat(err).isEqualTo("semblance: keep it now, it cannot be shown again\n");
        assertThat(onData("key", "create", "root", "--role", "ADMIN", "--json")).isZero();
        assertThat(json().get(0).get("secret").stringValue()).startsWith("smb_");
        assertThat(onData("key", "revoke", "root")).isZero();
        assertThat(onData("key", "list")).isZero();
        assertThat(out)
                .isEqualTo("uploader  active  match  A,B  hide-distance  2.5/s  concurrent 4"
                        + "  expires 3000-01-01T00:00:00Z\nroot  revoked  admin\n");
        assertThat(onData("key", "list", "--json")).isZero();
        assertThat(json().get(0).get("rate_per_second").doubleValue()).isEqualTo(2.5);
        assertThat(json().get(1).get("state").stringValue()).isEqualTo("revoked");
        assertThat(out).doesNotContain(secret, "sha256");
        // The database takes the folder as its own.
        assertThat(onData("bank", "create", "A")).isZero();
    }

    @Test
    void saysWhatIsWrongWithAKey() {
        assertThat(run("key")).isEqualTo(Exit.WRONG_USAGE);
        assertThat(onData("key", "create", "a")).isEqualTo(Exit.WRONG_USAGE);
        assertThat(onData("key", "create", "a", "--role", "god")).isEqualTo(Exit.WRONG_USAGE);
        assertThat(onData("key", "create", "a/b", "--role", "match")).isEqualTo(Exit.BAD_INPUT);
        assertThat(err).startsWith("semblance: name: 'a/b' (expected: ");
        assertThat(onData("key", "create", "a", "--role", "match", "--rate", "fast"))
                .isEqualTo(Exit.BAD_INPUT);
        assertThat(err).isEqualTo("semblance: rate: 'fast' (expected: as in 50/s or 0.5/s)\n");
        assertThat(onData("key", "create", "a", "--role", "match", "--expires", "2020-01-01"))
                .isEqualTo(Exit.BAD_INPUT);
        assertThat(err).isEqualTo("semblance: expires: '2020-01-01' (expected: in the future)\n");
        assertThat(onData("key", "create", "a", "--role", "match", "--expires", "soon"))
                .isEqualTo(Exit.BAD_INPUT);
        assertThat(onData("key", "create", "a", "--role", "match", "--bank", "lower"))
                .isEqualTo(Exit.BAD_INPUT);
        assertThat(onData("key", "revoke", "a")).isEqualTo(Exit.BAD_INPUT);
        assertThat(onData("serve", "--host", "0.0.0.0")).isEqualTo(Exit.REFUSED);
        assertThat(err).contains("semblance key create NAME --role admin");
        assertThat(onData("serve", "--host", "0.0.0.0", "--open")).isEqualTo(Exit.REFUSED);
        assertThat(onData("serve", "--open", "--open-to-network")).isEqualTo(Exit.WRONG_USAGE);
    }

    @Test
    void aFolderInUseIsRefused() {
        try (HashDb open = HashDb.open(data)) {
            assertThat(open.seq()).isZero();
            assertThat(onData("bank", "list")).isEqualTo(Exit.REFUSED);
            assertThat(err).startsWith("semblance: " + data);
        }
    }

    private int onData(String... args) {
        List<String> all = new ArrayList<>(List.of(args));
        all.add("--data");
        all.add(data.toString());
        return run(all.toArray(String[]::new));
    }

    private int run(String... args) {
        StringWriter stdout = new StringWriter();
        StringWriter stderr = new StringWriter();
        CommandLine line =
                Main.commandLine(args).setOut(new PrintWriter(stdout)).setErr(new PrintWriter(stderr, true));
        int exit = line.execute(args);
        line.getOut().flush();
        out = stdout.toString();
        err = stderr.toString();
        return exit;
    }

    private List<JsonNode> json() {
        return out.lines().map(ReportJson.MAPPER::readTree).toList();
    }
}
