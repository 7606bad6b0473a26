package org.semblance.bench.robustness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.bench.Bench;
import org.semblance.bench.video.Ffmpeg;

class VideoRobustnessReportTest {
    @TempDir
    Path folder;

    @Test
    void findsClipsThatWereEncodedAgainWithTheirSeconds() throws Exception {
        assumeTrue(hasFfmpeg(), "the ffmpeg command is there");
        Path clips = Files.createDirectories(folder.resolve("clips"));
        Path others = Files.createDirectories(folder.resolve("others"));
        make(clips.resolve("clip.mp4"), "mandelbrot=size=480x270:rate=10", 7);
        make(others.resolve("other.mp4"), "testsrc2=size=480x270:rate=10", 10);
        Path results = folder.resolve("video.md");
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();

        int code = Bench.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(
                        "video-robustness",
                        "--clips",
                        clips.toString(),
                        "--others",
                        others.toString(),
                        "--count",
                        "1",
                        "--folder",
                        folder.resolve("made").toString(),
                        "--results",
                        results.toString());

        assertThat(code).as("%s", err).isZero();
        assertThat(Files.readString(results))
                .isEqualTo(out.toString())
                .contains("| encoded again | 1 | 1 | 1 | 1 |")
                .contains(
                        "Of 1 uploads of other videos with the same title card and logo: named as a match 0, as `likely` 0.");
        assertThat(folder.resolve("made/picture_in_picture-00.mp4")).isNotEmptyFile();
    }

    private static void make(Path file, String source, int seconds) throws Exception {
        Ffmpeg.make(
                file,
                List.of(List.of("-f", "lavfi", "-t", Integer.toString(seconds), "-i", source)),
                "[0:v]format=yuv420p",
                Ffmpeg.h264(20));
    }

    private static boolean hasFfmpeg() {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(place -> Files.isExecutable(Path.of(place, "ffmpeg")));
    }
}
