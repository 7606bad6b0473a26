package org.semblance.engine.video;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.HashAndQuality;

class VpdqTest {
    private static final String HASH = "dd8ba48f6a714968369c36ad6d2f6a36ce5ed0a701e301e9dbb9fc12d80b8154";
    private static final Path FOLDER = Path.of(System.getProperty("semblance.vectors", "."), "vpdq");

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
    @EnabledIfSystemProperty(named = "semblance.vectors", matches = ".+")
    void readsAndWritesTheReferencesFilesUnchanged() throws IOException {
        int files = 0;
        try (Stream<Path> texts = Files.list(FOLDER.resolve("hashes"))) {
            for (Path text : texts.toList()) {
                String content = Files.readString(text);
                assertThat(Vpdq.toText(Vpdq.parseText(content))).as("%s", text).isEqualTo(content);
                files++;
            }
        }
        try (Stream<Path> jsons = Files.list(FOLDER.resolve("json"))) {
            for (Path json : jsons.toList()) {
                String content = Files.readString(json).strip();
                Path text = FOLDER.resolve("hashes")
                        .resolve(json.getFileName().toString().replace(".json", ".txt"));
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
    @EnabledIfSystemProperty(named = "semblance.vectors", matches = ".+")
    void comparesAsTheReferenceDoes() throws IOException {
        Map<String, List<FrameHash>> lists = new HashMap<>();
        int rows = 0;
        for (String row :
                Files.readAllLines(FOLDER.resolve("match.csv")).stream().skip(1).toList()) {
            String[] f = row.split(",", -1);
            List<FrameHash> query = list(lists, f[0], f[2]);
            List<FrameHash> target = list(lists, f[1], f[2]);
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

    private static List<FrameHash> list(Map<String, List<FrameHash>> lists, String stem, String rate)
            throws IOException {
        String name = stem + ".r" + rate + ".x86.txt";
        List<FrameHash> list = lists.get(name);
        if (list == null) {
            list = Vpdq.parseText(Files.readString(FOLDER.resolve("hashes").resolve(name)));
            lists.put(name, list);
        }
        return list;
    }
}
