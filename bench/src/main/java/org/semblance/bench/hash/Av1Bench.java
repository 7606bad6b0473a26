package org.semblance.bench.hash;

import static org.semblance.bench.harness.Report.print;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.semblance.bench.harness.Jvm;
import org.semblance.bench.harness.Photos;
import org.semblance.bench.harness.Times;
import org.semblance.bench.video.Ffmpeg;
import org.semblance.engine.HashRequest;
import org.semblance.engine.InProcessHasher;
import org.semblance.engine.features.Profile;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.DecodedImage;
import org.semblance.engine.media.FrameSampling;
import org.semblance.engine.media.ImageDecoder;
import org.semblance.engine.media.ImageHeader;
import org.semblance.engine.media.MediaException;
import org.semblance.engine.media.MediaLimits;
import org.semblance.engine.media.MediaSource;
import org.semblance.engine.media.VideoLimits;
import org.semblance.engine.media.internal.HostLibraries;
import org.semblance.engine.media.internal.image.NativeImageDecoder;
import org.semblance.engine.media.internal.video.NativeVideoReader;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * AV1 and AVIF by the host's libdav1d and by libaom, in processes that take turns: CPU time of one thread, medians over the
 * rounds. AVIF is compared with WebP of the same picture, and what an upload of a video costs with a decode of all its frames.
 */
public final class Av1Bench {
    private static final double MOST_OF_WEBP = 1.5;
    private static final double LEAST_OF_LIBAOM = 2.5;
    private static final double MOST_OF_FULL = 0.2;
    private static final int REPEATS = 5;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private Av1Bench() {}

    private interface Work {
        void run() throws IOException, MediaException;
    }

    @Command(
            name = "avif-speed",
            description = {
                "Decodes AVIF and AV1 by libdav1d and by libaom, in CPU time of one thread. Needs ffmpeg, which makes the files.",
                "Fails if AVIF of 1 megapixel takes more than 1.5 of WebP, if AVIF of 12 megapixels is not 2.5 times as fast as"
                        + " by libaom, or if an upload of a clip takes more than 0.2 of a decode of all its frames."
            })
    static int measure(
            @Parameters(description = "How often each is measured.") int rounds,
            @Parameters(description = "Where the files are, or are made.") Path folder,
            @Parameters(arity = "0..*", description = "Videos in AV1 (default: two that are made).") List<Path> clips)
            throws IOException, InterruptedException {
        Files.createDirectories(folder);
        List<String> files = new ArrayList<>(stills(folder));
        List<Path> videos = clips == null || clips.isEmpty() ? clips(folder) : clips;
        videos.forEach(video -> files.add(video.toAbsolutePath().toString()));
        Map<String, List<Double>> dav1d = new HashMap<>();
        Map<String, List<Double>> libaom = new HashMap<>();
        for (int round = 0; round < rounds; round++) {
            measure("", files, dav1d);
            measure(HostLibraries.NONE, files, libaom);
        }
        boolean good = true;
        for (int megapixels : new int[] {1, 12}) {
            double webp = median(dav1d, megapixels + "mp.webp");
            double fast = median(dav1d, megapixels + "mp.avif");
            double slow = median(libaom, megapixels + "mp.avif");
            print(
                    "%2d megapixels: AVIF %.2f ms by libdav1d, %.2f by libaom (%.2f times as long), WebP %.2f (AVIF: %.2f of it)",
                    megapixels, fast, slow, slow / fast, webp, fast / webp);
            good &= megapixels == 1 ? fast / webp <= MOST_OF_WEBP : slow / fast >= LEAST_OF_LIBAOM;
        }
        for (Path video : videos) {
            String name = video.getFileName().toString();
            double full = median(dav1d, name + " full");
            double upload = median(dav1d, name + " upload");
            print(
                    "%s: all frames %.1f ms by libdav1d, %.1f by libaom; an upload %.1f ms (%.3f of all frames), %.1f by libaom",
                    name,
                    full,
                    median(libaom, name + " full"),
                    upload,
                    upload / full,
                    median(libaom, name + " upload"));
            good &= upload / full <= MOST_OF_FULL;
        }
        print("%s", good ? "good" : "too slow");
        return good ? 0 : 1;
    }

    private static double median(Map<String, List<Double>> times, String of) {
        return Times.median(Objects.requireNonNull(times.get(of), of).stream()
                .mapToDouble(Double::doubleValue)
                .toArray());
    }

    private static List<String> stills(Path folder) throws IOException {
        List<String> files = new ArrayList<>();
        for (int megapixels : new int[] {1, 12}) {
            Path jpeg = folder.resolve(megapixels + "mp.jpg");
            if (!Files.exists(jpeg)) {
                ByteBuffer photo = megapixels == 1 ? Photos.clouds(1_000, 1_000) : Photos.clouds(4_000, 3_000);
                byte[] bytes = new byte[photo.remaining()];
                photo.get(bytes);
                Files.write(jpeg, bytes);
            }
            List<List<String>> input = List.of(List.of("-i", jpeg.toString()));
            Path avif = folder.resolve(megapixels + "mp.avif");
            Path webp = folder.resolve(megapixels + "mp.webp");
            Ffmpeg.make(
                    avif,
                    input,
                    "format=yuv420p",
                    List.of("-c:v", "libaom-av1", "-still-picture", "1", "-crf", "25", "-cpu-used", "6"));
            Ffmpeg.make(webp, input, "format=yuv420p", List.of("-c:v", "libwebp", "-quality", "85"));
            files.add(avif.toAbsolutePath().toString());
            files.add(webp.toAbsolutePath().toString());
        }
        return files;
    }

    /** 20 s with a key frame each 2 s, as those of docs are. */
    private static List<Path> clips(Path folder) throws IOException {
        List<Path> clips = new ArrayList<>();
        for (int height : new int[] {720, 1080}) {
            Path clip = folder.resolve(height + "p.mp4");
            String size = height * 16 / 9 + "x" + height;
            Ffmpeg.make(
                    clip,
                    List.of(List.of("-f", "lavfi", "-i", "testsrc2=size=" + size + ":rate=25:duration=20")),
                    "noise=alls=6:allf=t,format=yuv420p",
                    List.of("-c:v", "libaom-av1", "-cpu-used", "8", "-usage", "realtime", "-g", "50", "-b:v", "2M"));
            clips.add(clip);
        }
        return clips;
    }

    /** Measures in a process of its own, as one has one library. */
    private static void measure(String library, List<String> files, Map<String, List<Double>> to)
            throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(List.of("-" + library));
        arguments.addAll(files);
        Process process = Jvm.start(Av1Bench.class, arguments.toArray(String[]::new));
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException("a process that measures failed: " + output);
        }
        for (String line : output.lines().toList()) {
            String[] cells = line.split("\t");
            if (cells.length == 2) {
                to.computeIfAbsent(cells[0], name -> new ArrayList<>()).add(Double.parseDouble(cells[1]));
            } else {
                print("%s", line);
            }
        }
    }

    /** The process that measures, with a library and files. */
    @SuppressWarnings("SystemOut") // The other process reads it.
    public static void main(String[] args) throws IOException, MediaException {
        System.setProperty(HostLibraries.DAV1D, args[0].substring(1));
        System.out.println("AV1 by " + InProcessHasher.av1());
        ImageDecoder images = new NativeImageDecoder(MediaLimits.DEFAULT, DecodePath.FAST);
        try (InProcessHasher hasher = new InProcessHasher(MediaLimits.DEFAULT, DecodePath.FAST)) {
            for (int i = 1; i < args.length; i++) {
                Path file = Path.of(args[i]);
                String name = file.getFileName().toString();
                if (name.endsWith(".avif") || name.endsWith(".webp")) {
                    ByteBuffer content = direct(file);
                    MediaSource.InMemory source = (MediaSource.InMemory) MediaSource.of(content);
                    say(name, () -> {
                        ImageHeader header = ImageHeader.read(content, source.format(), MediaLimits.DEFAULT);
                        try (DecodedImage image = images.decode(content, header, Deadline.NONE)) {
                            assert image.luma().width() > 0;
                        }
                    });
                } else {
                    MediaSource source = MediaSource.of(file);
                    NativeVideoReader reader = new NativeVideoReader(VideoLimits.DEFAULT, DecodePath.FAST);
                    say(
                            name + " full",
                            () -> reader.read(
                                    source,
                                    new FrameSampling.EveryFrame(),
                                    Deadline.NONE,
                                    Deadline.NONE,
                                    frame -> true));
                    say(
                            name + " upload",
                            () -> hasher.hash(new HashRequest(
                                    source,
                                    List.of(),
                                    FrameSampling.KeyFrames.DEFAULT,
                                    HashRequest.Variants.FOR_LOOKUP,
                                    Profile.UPLOADED,
                                    Deadline.NONE,
                                    Deadline.NONE,
                                    System.nanoTime())));
                }
            }
        }
    }

    private static ByteBuffer direct(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    }

    @SuppressWarnings("SystemOut") // The other process reads it.
    private static void say(String name, Work work) throws IOException, MediaException {
        double[] times = new double[REPEATS];
        for (int i = -1; i < REPEATS; i++) { // The first is to warm up.
            long start = THREADS.getCurrentThreadCpuTime();
            work.run();
            times[Math.max(0, i)] = (THREADS.getCurrentThreadCpuTime() - start) / 1e6;
        }
        System.out.println(name + "\t" + String.format(Locale.ROOT, "%.3f", Times.median(times)));
    }
}
