package org.semblance.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.MediaLimits;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.HashAndQuality;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;

/** The files of the reference vectors, from their bytes on. */
@EnabledIfSystemProperty(named = "semblance.vectors", matches = ".+")
class ReferenceFilesTest {
    /** Below it the reference promises nothing: it hashes rounding noise. */
    private static final int STABLE_QUALITY = 80;

    private static Path folder(String name) {
        return Path.of(System.getProperty("semblance.vectors"), name);
    }

    /**
     * Rows by their first field. The fields that are read here come before any that is quoted.
     *
     * @return the fields of each row, by the names in the first
     */
    private static Map<String, Map<String, String>> csv(List<String> lines) {
        String[] names = lines.getFirst().split(",", -1);
        Map<String, Map<String, String>> rows = new HashMap<>();
        for (String line : lines.subList(1, lines.size())) {
            String[] fields = line.split(",", -1);
            Map<String, String> row = new HashMap<>();
            for (int i = 0; i < Math.min(names.length, fields.length); i++) {
                row.put(names[i], fields[i]);
            }
            rows.put(fields[0], row);
        }
        return rows;
    }

    private static ByteBuffer read(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    }

    private static String field(Map<String, String> row, String name) {
        return Optional.ofNullable(row.get(name)).orElseThrow(() -> new AssertionError("no column " + name));
    }

    @ParameterizedTest
    @CsvSource({"EXACT, 0", "FAST, 2"})
    void jpegsAreWithinTheTolerance(DecodePath path, int medianAtMost) throws IOException {
        Map<String, Map<String, String>> rows = csv(Files.readAllLines(folder("pdq-jpeg/pdq-jpeg.csv")));
        assertThat(rows).hasSizeGreaterThan(50);
        List<Integer> distances = new ArrayList<>();
        SoftAssertions softly = new SoftAssertions();
        try (ContentHasher hasher = new InProcessHasher(MediaLimits.DEFAULT, path)) {
            for (Map<String, String> row : rows.values()) {
                String name = field(row, "file");
                HashReport report = hasher.hash(read(folder("pdq-jpeg").resolve(name)));
                softly.assertThat(report.failure()).as(name).isNull();
                if (report.failure() == null && Integer.parseInt(field(row, "core_quality")) >= STABLE_QUALITY) {
                    Signal pdq = report.signal(SignalType.PDQ).orElseThrow();
                    int distance = pdq.hash().distance(Hash256.parse(field(row, "core_hash")));
                    softly.assertThat(distance).as(name).isLessThanOrEqualTo(10);
                    distances.add(distance);
                }
            }
        }
        distances.sort(null);
        softly.assertThat(distances.get(distances.size() / 2)).as("median").isLessThanOrEqualTo(medianAtMost);
        softly.assertAll();
    }

    @ParameterizedTest
    @EnumSource(DecodePath.class)
    void orientationDoesNotChangeTheHash(DecodePath path) throws IOException {
        TreeSet<String> hashes = new TreeSet<>();
        try (ContentHasher hasher = new InProcessHasher(MediaLimits.DEFAULT, path)) {
            for (int orientation : new int[] {1, 2, 3, 4, 5, 7, 8}) {
                HashReport report = hasher.hash(read(folder("pdq-jpeg/exiforient-" + orientation + ".jpg")));
                hashes.add(report.signal(SignalType.PDQ).orElseThrow().value());
            }
        }
        assertThat(hashes).hasSize(1);
    }

    @Test
    void oddAndBrokenFilesHaveTheVerdictsOfTheTable() throws IOException {
        Map<String, Map<String, String>> references = csv(Files.readAllLines(folder("pdq-modes/pdq-modes.csv")));
        Map<String, Map<String, String>> table = table();
        assertThat(table.keySet()).isEqualTo(references.keySet());
        SoftAssertions softly = new SoftAssertions();
        try (ContentHasher hasher = new InProcessHasher(MediaLimits.DEFAULT, DecodePath.EXACT)) {
            for (Map<String, String> row : table.values()) {
                String name = field(row, "file");
                HashReport report = hasher.hash(read(folder("pdq-modes").resolve(name)));
                softly.assertThat(verdict(report)).as(name).isEqualTo(field(row, "verdict"));
                String maxDistance = field(row, "max_distance");
                if (!maxDistance.isEmpty() && report.failure() == null) {
                    Hash256 core = Hash256.parse(field(references.getOrDefault(name, Map.of()), "core_hash"));
                    softly.assertThat(report.signal(SignalType.PDQ)
                                    .orElseThrow()
                                    .hash()
                                    .distance(core))
                            .as(name)
                            .isLessThanOrEqualTo(Integer.parseInt(maxDistance));
                }
            }
        }
        softly.assertAll();
    }

    private static String verdict(HashReport report) {
        if (report.failure() != null) {
            return report.failure().wireName();
        }
        Integer quality = report.signal(SignalType.PDQ).orElseThrow().quality();
        return quality != null && quality >= HashAndQuality.MIN_QUALITY ? "hashed" : "undecidable";
    }

    private static Map<String, Map<String, String>> table() throws IOException {
        try (InputStream in = ReferenceFilesTest.class.getResourceAsStream("media/pdq-modes-verdicts.csv")) {
            assertThat(in).as("table of verdicts").isNotNull();
            return csv(new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList());
        }
    }
}
