package org.semblance.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.HashDb;
import org.semblance.server.json.ReportJson;
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

        assertThat(onData("match", "--fail-on-match", copy.toString())).isEqualTo(Main.MATCHED);
        assertThat(onData("match", "--fail-on-match", other.toString())).isZero();
        assertThat(onData("bank", "remove", "A", match.get("content_id").toString(), "--reason", "wrong"))
                .isZero();
        assertThat(onData("match", "--fail-on-match", photo.toString())).isZero();
        assertThat(onData("verify")).isZero();
        assertThat(out).startsWith("clean: ");
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
    void printsTheFramesOfAVideoAsVpdq() throws IOException {
        Path gif = folder.resolve("moving.gif");
        ImageIO.write(ImageIO.read(photo.toFile()), "gif", gif.toFile());
        assertThat(run("hash", "--format", "vpdq", gif.toString())).isZero();
        assertThat(out).matches("0,\\d+,[0-9a-f]{64},0\\.000\n");
        assertThat(run("hash", "--format", "vpdq", "--json", gif.toString())).isZero();
        JsonNode signal = json().get(0).get("signals").get(0);
        assertThat(signal.get("type").stringValue()).isEqualTo("vpdq");
        assertThat(signal.get("hash").stringValue()).matches("\\[\"[0-9a-f]{64},\\d+,0\\.0\"]");
        assertThat(run("hash", "--format", "vpdq", photo.toString())).isEqualTo(Main.BAD_INPUT);
        assertThat(err).isEqualTo("semblance: " + photo + ": jpeg: not a video of a format we know\n");
        assertThat(run("hash", "--format", "vpdq", "--seconds-per-hash", "-1", gif.toString()))
                .isEqualTo(Main.BAD_INPUT);
    }

    @Test
    void saysWhatIsWrongWithAFileAndGoesOn() throws IOException {
        Path text = Files.writeString(folder.resolve("text.jpg"), "no picture");
        Path empty = Files.createFile(folder.resolve("empty.png"));
        assertThat(run("hash", "--json", text.toString(), empty.toString(), photo.toString()))
                .isEqualTo(Main.BAD_INPUT);
        assertThat(json())
                .extracting(line -> line.get("verdict").stringValue())
                .containsExactly("unsupported", "unsupported", "hashed");
        assertThat(run("hash", folder.resolve("none.jpg").toString())).isEqualTo(Main.BAD_INPUT);
        assertThat(err).isEqualTo("semblance: " + folder.resolve("none.jpg") + ": no such file\n");
        assertThat(run("hash", folder.toString())).isEqualTo(Main.BAD_INPUT);
    }

    @Test
    void importsAHashListAndNamesTheLinesItLeavesOut() throws IOException {
        Path list = Files.writeString(folder.resolve("list.txt"), "pdq " + HASH + "\npdq 12\nzzz " + HASH + "\n");
        assertThat(onData("import", "--bank", "LIST", list.toString())).isEqualTo(Main.BAD_INPUT);
        assertThat(out).isEqualTo("1 contents imported into LIST, 2 entries left out\n");
        assertThat(err)
                .contains(list + ":2: pdq: 2 characters (expected: 64 hex digits)")
                .contains(list + ":3: ");
        assertThat(onData("lookup", "--json", "--fail-on-match", HASH, "0".repeat(64)))
                .isEqualTo(Main.MATCHED);
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
    void wrongUsageIsTold() {
        assertThat(run()).isEqualTo(Main.WRONG_USAGE);
        assertThat(run("bank")).isEqualTo(Main.WRONG_USAGE);
        assertThat(run("hash")).isEqualTo(Main.WRONG_USAGE);
        assertThat(run("nonsense")).isEqualTo(Main.WRONG_USAGE);
        assertThat(onData("lookup", "12")).isEqualTo(Main.BAD_INPUT);
        assertThat(err).isEqualTo("semblance: '12': pdq: 2 characters (expected: 64 hex digits)\n");
        assertThat(onData("bank", "create", "lower")).isEqualTo(Main.BAD_INPUT);
        assertThat(onData("bank", "add", "NONE", photo.toString())).isEqualTo(Main.BAD_INPUT);
        assertThat(onData("serve", "--port", "70000")).isEqualTo(Main.BAD_INPUT);
        assertThat(err).isEqualTo("semblance: port: 70000 (expected: 0 to 65535)\n");
    }

    @Test
    void aFolderInUseIsRefused() {
        try (HashDb open = HashDb.open(data)) {
            assertThat(open.seq()).isZero();
            assertThat(onData("bank", "list")).isEqualTo(Main.REFUSED);
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
        CommandLine line = Main.commandLine().setOut(new PrintWriter(stdout)).setErr(new PrintWriter(stderr, true));
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
