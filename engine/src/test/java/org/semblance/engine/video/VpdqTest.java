package org.semblance.engine.video;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.HashAndQuality;

class VpdqTest {
    private static final String HASH = "dd8ba48f6a714968369c36ad6d2f6a36ce5ed0a701e301e9dbb9fc12d80b8154";

    /** Lists of hashes that Meta's tools made of videos, and how much of each other they show by both ways of counting. */
    private static final Path VECTORS = Path.of("src/test/resources/org/semblance/engine/video/vpdq.zip");

    private static FrameHash frame(int number, double seconds, String hex, int quality) {
        return new FrameHash(number, seconds, new HashAndQuality(Hash256.parse(hex), quality));
    }

    /** Made with CPython 3.11: {@code f"{t:.3}"}. */
    @ParameterizedTest
    @CsvSource({
        "0, 0.0",
        "1, 1.0",
        "12, 12.0",
        "99.5, 99.5",
        "9.967, 9.97",
        "12.345, 12.3",
        "0.0333333, 0.0333",
        "100, 1e+02",
        "123.456, 1.23e+02",
        "0.00012345, 0.000123",
        "0.0000123, 1.23e-05",
        "99.95, 1e+02",
        "99.94, 99.9",
        "0.125, 0.125",
        "7200, 7.2e+03",
        "1e10, 1e+10",
        "2.675, 2.67",
        "0.1, 0.1"
    })
    void writesSecondsAsPythonDoes(double seconds, String expected) {
        assertThat(Vpdq.toJson(List.of(frame(0, seconds, HASH, 7)))).isEqualTo("[\"" + HASH + ",7," + expected + "\"]");
    }

    @Test
    void writesTextAsTheReferenceDoes() {
        assertThat(Vpdq.toText(List.of(frame(0, 0, HASH, 100), frame(29, 29f / 29.97f, HASH, 0))))
                .isEqualTo("0,100," + HASH + ",0.000\n29,0," + HASH + ",0.968\n");
    }

    @Test
    void readsWhatItWrites() {
        List<FrameHash> frames = IntStream.range(0, 40)
                .mapToObj(n -> frame(n, n * 0.25, Hash256.parse(HASH).flip(n).toHex(), 50 + n))
                .toList();

        assertThat(Vpdq.parseText(Vpdq.toText(frames))).isEqualTo(frames);
        assertThat(Vpdq.parseJson(Vpdq.toJson(frames))).isEqualTo(frames);
    }

    @Test
    void readsWhatOthersMayWrite() {
        FrameHash frame = frame(3, 1.5, HASH, 60);

        assertThat(Vpdq.parseText("\n3,60," + HASH + ",1.500,extra\r\n\n")).containsExactly(frame);
        assertThat(Vpdq.parseJson(" [ \"" + HASH + ",60,1.5\"\n,\t\"" + HASH + ",60,1.5\" ] "))
                .containsExactly(frame(0, 1.5, HASH, 60), frame(1, 1.5, HASH, 60));
        assertThat(Vpdq.parseJson("")).isEmpty();
        assertThat(Vpdq.parseJson("[]")).isEmpty();
        assertThat(Vpdq.parseText("")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "zz",
                "[",
                "[\"",
                "[1]",
                "{}",
                "[]x",
                "[\"a,b\"]",
                "[\"H,50,1\",]",
                "[\"H,50,1\" \"H,50,1\"]",
                "[\"H,101,1\"]",
                "[\"H,-1,1\"]",
                "[\"H,50,-1\"]",
                "[\"H,50,NaN\"]",
                "[\"H,50,x\"]",
                "[\"H,5.5,1\"]",
                "[\"H0,50,1\"]",
                "[\"\\u0048,50,1\"]"
            })
    void saysWhatIsWrongWithJson(String json) {
        assertThatThrownBy(() -> Vpdq.parseJson(json.replace("H", HASH)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1,2", "x,50,H,1", "0,500,H,1", "0,50,H", "0,50,H1,1", "-1,50,H,1", "0,50,H,"})
    void saysWhichLineIsWrong(String line) {
        assertThatThrownBy(() -> Vpdq.parseText("0,50," + HASH + ",0.0\n" + line.replace("H", HASH)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("line 2");
    }

    @Test
    void namesTheFieldThatIsWrong() {
        assertThatThrownBy(() -> Vpdq.parseJson("[\"" + HASH + ",1e9,1\"]"))
                .hasMessage("frame 0: quality: '1e9' (expected: a whole number)");
        assertThatThrownBy(() -> Vpdq.parseText("x,50," + HASH + ",1"))
                .hasMessage("line 1: frame number: 'x' (expected: a whole number)");
        assertThatThrownBy(() -> Vpdq.parseText("1,x," + HASH + ",1"))
                .hasMessage("line 1: quality: 'x' (expected: a whole number)");
    }

    @Test
    void readsAndWritesTheReferencesFilesUnchanged() throws IOException {
        int files = 0;
        try (FileSystem zip = FileSystems.newFileSystem(VECTORS);
                Stream<Path> texts = Files.list(zip.getPath("hashes"))) {
            for (Path text : texts.toList()) {
                String content = Files.readString(text);
                assertThat(Vpdq.toText(Vpdq.parseText(content))).as("%s", text).isEqualTo(content);
                files++;
            }
        }
        try (FileSystem zip = FileSystems.newFileSystem(VECTORS);
                Stream<Path> jsons = Files.list(zip.getPath("json"))) {
            for (Path json : jsons.toList()) {
                String content = Files.readString(json).strip();
                Path text = zip.getPath("hashes", json.getFileName().toString().replace(".json", ".txt"));
                assertThat(Vpdq.toJson(Vpdq.parseJson(content))).as("%s", json).isEqualTo(content);
                assertThat(Vpdq.toJson(Vpdq.parseText(Files.readString(text))))
                        .as("%s", json)
                        .isEqualTo(content);
                files++;
            }
        }
        assertThat(files).isGreaterThan(100);
    }

    @Test
    void comparesAsTheReferenceDoes() throws IOException {
        Map<String, List<FrameHash>> lists = new HashMap<>();
        int rows = 0;
        List<String> compared;
        try (FileSystem zip = FileSystems.newFileSystem(VECTORS)) {
            compared = Files.readAllLines(zip.getPath("match.csv"));
            try (Stream<Path> texts = Files.list(zip.getPath("hashes"))) {
                for (Path text : texts.toList()) {
                    lists.put(text.getFileName().toString(), Vpdq.parseText(Files.readString(text)));
                }
            }
        }
        for (String row : compared.stream().skip(1).toList()) {
            String[] f = row.split(",", -1);
            List<FrameHash> query = Objects.requireNonNull(lists.get(f[0] + ".r" + f[2] + ".x86.txt"));
            List<FrameHash> target = Objects.requireNonNull(lists.get(f[1] + ".r" + f[2] + ".x86.txt"));
            int distance = Integer.parseInt(f[3]);
            int quality = Integer.parseInt(f[4]);

            // There "less than", here "at most".
            assertPercents(
                    VpdqComparison.of(query, target, distance - 1, quality, VpdqComparison.Counting.EVERY_FRAME),
                    f[5],
                    f[6],
                    row);
            if (!f[9].isEmpty() && !f[9].contains("index")) {
                assertPercents(
                        VpdqComparison.of(query, target, distance, quality, VpdqComparison.Counting.DISTINCT_HASHES),
                        f[9],
                        f[10],
                        row);
            }
            rows++;
        }
        assertThat(rows).isEqualTo(1450);
    }

    private static void assertPercents(VpdqComparison ours, String query, String target, String row) {
        assertThat(ours.queryPercent()).as(row).isEqualTo(Double.parseDouble(query), within(0.006));
        assertThat(ours.targetPercent()).as(row).isEqualTo(Double.parseDouble(target), within(0.006));
    }
}
