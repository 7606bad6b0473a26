package org.semblance.bench.video;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Videos made by the {@code ffmpeg} and {@code ffprobe} commands. All have the same frame rate, so that times are exact. */
public final class Ffmpeg {
    /** Frames a second. */
    public static final int FRAME_RATE = 10;

    private Ffmpeg() {}

    /** A piece of a video file, in frames of {@link #FRAME_RATE}. */
    public record Piece(Path file, int from, int frames) {}

    /** Opens a file a little before its first frame and at a key frame, so that no frame is lost. */
    public static List<String> input(Piece piece) {
        if (piece.file.toString().endsWith(".jpg")) {
            return List.of(
                    "-loop",
                    "1",
                    "-framerate",
                    "" + FRAME_RATE,
                    "-t",
                    "" + (piece.frames / FRAME_RATE + 1),
                    "-i",
                    piece.file.toString());
        }
        double from = Math.max(0, (piece.from - 0.5) / FRAME_RATE);
        double length = (piece.frames + 1.0) / FRAME_RATE;
        return List.of("-ss", Double.toString(from), "-t", Double.toString(length), "-i", piece.file.toString());
    }

    /** Exactly that many frames, the last one repeated if there are too few: the truth about times depends on it. */
    public static String cut(int frames, int width, int height) {
        return "fps=" + FRAME_RATE + ":start_time=0,tpad=stop=-1:stop_mode=clone,trim=end_frame=" + frames
                + ",setpts=PTS-STARTPTS,scale=" + width + ":" + height + ":flags=bilinear,setsar=1,format=yuv420p";
    }

    /** Key frames at cuts, as encoders set them, and at least every 10 s. */
    public static List<String> h264(int crf) {
        return List.of(
                "-an",
                "-c:v",
                "libx264",
                "-preset",
                "ultrafast",
                "-sc_threshold",
                "40",
                "-g",
                "100",
                "-crf",
                "" + crf,
                "-pix_fmt",
                "yuv420p",
                "-threads",
                "1");
    }

    /** Writes what the first input reads. */
    @FunctionalInterface
    interface Feed {
        void to(OutputStream out) throws IOException;
    }

    /** Makes that file, unless it is there. */
    public static void make(Path file, List<List<String>> inputs, String graph, List<String> output)
            throws IOException {
        if (!Files.exists(file)) {
            run(file, inputs, graph, output, out -> {});
        }
    }

    static void run(Path file, List<List<String>> inputs, String graph, List<String> output, Feed feed)
            throws IOException {
        Path part = file.resolveSibling(ProcessHandle.current().pid() + "-" + file.getFileName());
        List<String> command = new ArrayList<>(
                List.of("ffmpeg", "-hide_banner", "-loglevel", "error", "-y", "-filter_complex_threads", "1"));
        inputs.forEach(input -> {
            command.addAll(List.of("-threads", "1"));
            command.addAll(input);
        });
        Collections.addAll(command, "-filter_complex", graph);
        command.addAll(output);
        command.add(part.toString());
        Process process = started(command);
        try (OutputStream out = process.getOutputStream()) {
            feed.to(out);
        }
        end(process, command);
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    }

    /** How long a video is; 0 if it is none. */
    public static double seconds(Path file) throws IOException {
        List<String> command = List.of(
                "ffprobe",
                "-loglevel",
                "error",
                "-select_streams",
                "v:0",
                "-show_entries",
                "format=duration",
                "-of",
                "csv=p=0",
                file.toString());
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        process.getOutputStream().close();
        String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        try {
            return Double.parseDouble(answer);
        } catch (NumberFormatException e) {
            return 0; // No video, or one that tells no duration: of no use here.
        }
    }

    private static Process started(List<String> command) throws IOException {
        return new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.to(new File("/dev/null")))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static void end(Process process, List<String> command) throws IOException {
        try {
            int code = process.waitFor();
            if (code != 0) {
                throw new IOException("ffmpeg: exit code " + code + ": " + String.join(" ", command));
            }
        } catch (InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
