package org.semblance.bench;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Ellipse2D;
import java.awt.image.BufferedImage;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import javax.imageio.ImageIO;
import org.semblance.server.MatchServer;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.config.Setting;

/**
 * Sends photos to a server over many connections and tells what came back.
 *
 * <p>{@code LoadRun SECONDS CONNECTIONS...} starts a server in a JVM of its own, with an empty database and the flags
 * of this one, banks half of its photos, and then runs one round for each number of connections. Each connection sends
 * one photo after the other as fast as it is answered, and waits for as long as {@code Retry-After} says when it is
 * refused. Latencies are of requests that were answered with a verdict, as the client sees them. Resident memory is
 * the server's. Client and server share the machine, so the rate is a lower bound.
 *
 * <p>Fails with exit status 1 if any status but 200 and 503 was seen, a connection broke, a verdict was wrong, or the
 * server took longer than 5 s to stop.
 */
public final class LoadRun {
    private static final int PHOTOS = 32;
    private static final int WIDTH = 1_152;
    private static final int HEIGHT = 896;
    private static final long SEED = 20_170_425;

    private final PrintStream out;
    private final int port;
    private final long pid;
    private final byte[][] requests = new byte[PHOTOS][];
    private boolean failed;

    private LoadRun(PrintStream out, int port, long pid) {
        this.out = out;
        this.port = port;
        this.pid = pid;
    }

    /** Runs the rounds. */
    public static void main(String[] args) throws Exception {
        Usage.require(args, 2, "SECONDS CONNECTIONS...");
        int seconds = Integer.parseInt(args[0]);
        Process server = startServer();
        boolean failed;
        try (BufferedReader answers =
                new BufferedReader(new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8))) {
            String port = answers.readLine();
            if (port == null) {
                throw new IllegalStateException("the server did not start");
            }
            LoadRun run = new LoadRun(System.out, Integer.parseInt(port), server.pid());
            run.prepare();
            for (int i = 1; i < args.length; i++) {
                run.round(Integer.parseInt(args[i]), seconds);
            }
            run.stop(server);
            failed = run.failed;
        } finally {
            server.destroyForcibly();
        }
        System.exit(failed ? 1 : 0);
    }

    /** A server in a JVM of its own, whose first line of output is its port. */
    static Process startServer() throws IOException {
        return startServer(Files.createTempDirectory("semblance-load"));
    }

    /** Likewise, on that data folder. */
    static Process startServer(Path folder) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Target.class.getName()));
        command.add(folder.toString());
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    /** The server's own JVM: serves until its standard input ends. */
    static final class Target {
        private Target() {}

        public static void main(String[] args) throws IOException {
            try (MatchServer server = MatchServer.start(
                    ServerConfig.builder(Path.of(args[0])).set(Setting.PORT, 0).build())) {
                System.out.println(server.port());
                while (System.in.read() >= 0) {
                    // Only the end matters.
                }
            }
        }
    }

    private void prepare() throws IOException {
        long bytes = 0;
        try (Connection connection = new Connection(port)) {
            byte[] bank = "{\"name\":\"LOAD\"}".getBytes(StandardCharsets.UTF_8);
            expect(201, connection.send(request("/v1/banks", "application/json", bank)));
            for (int i = 0; i < PHOTOS; i++) {
                byte[] photo = photo(SEED + i);
                bytes += photo.length;
                requests[i] = request("/v1/match", "image/jpeg", photo);
                if (i % 2 == 0) {
                    // Another file of the same picture, so that the match is by its hash and everything is decoded.
                    byte[] known = Arrays.copyOf(photo, photo.length + 1);
                    expect(201, connection.send(request("/v1/banks/LOAD/content", "image/jpeg", known)));
                }
            }
        }
        out.printf(
                Locale.ROOT,
                "%d photos of %dx%d, %d kB on average, every second one banked; seed %d%n",
                PHOTOS,
                WIDTH,
                HEIGHT,
                bytes / PHOTOS / 1_000,
                SEED);
    }

    private static void expect(int status, Answer answer) {
        if (answer.status != status) {
            throw new IllegalStateException(answer.status + " (expected: " + status + "): " + answer.body);
        }
    }

    private void round(int connections, int seconds) throws InterruptedException, IOException {
        Map<String, LongAdder> counts = new ConcurrentSkipListMap<>();
        long[][] latencies = new long[connections][];
        long rssBefore = residentKb(pid);
        long start = System.nanoTime();
        long end = start + TimeUnit.SECONDS.toNanos(seconds);
        Thread[] clients = new Thread[connections];
        for (int i = 0; i < connections; i++) {
            int number = i;
            clients[i] = Thread.ofVirtual().start(() -> latencies[number] = client(number, end, counts));
        }
        StringBuilder resident = new StringBuilder(Long.toString(rssBefore / 1_000));
        for (int i = 1; i <= 4; i++) {
            long mark = start + TimeUnit.SECONDS.toNanos(seconds) * i / 4;
            TimeUnit.NANOSECONDS.sleep(mark - System.nanoTime());
            resident.append(' ').append(residentKb(pid) / 1_000);
        }
        for (Thread client : clients) {
            client.join();
        }
        double took = (System.nanoTime() - start) / 1e9;
        long[] all =
                Arrays.stream(latencies).flatMapToLong(Arrays::stream).sorted().toArray();
        out.printf(
                Locale.ROOT,
                "%d connections, %d s: %.0f verdicts/s, p50 %.1f ms, p99 %.1f ms, max %.1f ms; %s; resident MB %s%n",
                connections,
                seconds,
                all.length / took,
                percentile(all, 0.5),
                percentile(all, 0.99),
                percentile(all, 1),
                counts,
                resident);
        failed |= counts.keySet().stream().anyMatch(what -> !what.equals("200") && !what.equals("503"));
    }

    static double percentile(long[] sorted, double share) {
        return sorted.length == 0 ? 0 : sorted[(int) Math.ceil(share * sorted.length) - 1] / 1e6;
    }

    /** One connection until the end. Returns the nanoseconds of each verdict. */
    private long[] client(int number, long end, Map<String, LongAdder> counts) {
        long[] latencies = new long[1_024];
        int verdicts = 0;
        Random random = new Random(SEED + number);
        try (Connection connection = new Connection(port)) {
            while (System.nanoTime() < end) {
                int photo = random.nextInt(PHOTOS);
                long sent = System.nanoTime();
                Answer answer = connection.send(requests[photo]);
                count(counts, Integer.toString(answer.status));
                if (answer.status == 200) {
                    if (verdicts == latencies.length) {
                        latencies = Arrays.copyOf(latencies, 2 * verdicts);
                    }
                    latencies[verdicts++] = System.nanoTime() - sent;
                    if (!answer.body.startsWith(
                            photo % 2 == 0 ? "{\"verdict\":\"match\"" : "{\"verdict\":\"no_match\"")) {
                        count(counts, "wrong verdict");
                    }
                } else if (answer.status == 503) {
                    Thread.sleep(1_000L * answer.retryAfterS);
                }
            }
        } catch (IOException e) {
            count(counts, "broken connection: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return Arrays.copyOf(latencies, verdicts);
    }

    static void count(Map<String, LongAdder> counts, String what) {
        counts.computeIfAbsent(what, unused -> new LongAdder()).increment();
    }

    private void stop(Process server) throws IOException, InterruptedException {
        long start = System.nanoTime();
        server.getOutputStream().close();
        boolean stopped = server.waitFor(5, TimeUnit.SECONDS);
        out.printf(
                Locale.ROOT,
                stopped ? "stopped in %.0f ms%n" : "not stopped after %.0f ms%n",
                (System.nanoTime() - start) / 1e6);
        failed |= !stopped;
    }

    /** Of a process, from Linux's /proc; 0 elsewhere. */
    static long residentKb(long pid) throws IOException {
        Path status = Path.of("/proc", Long.toString(pid), "status");
        if (!Files.exists(status)) {
            return 0;
        }
        for (String line : Files.readAllLines(status)) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        return 0;
    }

    static byte[] request(String path, String type, byte[] body) {
        byte[] head = ("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + type + "\r\nContent-Length: "
                        + body.length + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        byte[] request = Arrays.copyOf(head, head.length + body.length);
        System.arraycopy(body, 0, request, head.length, body.length);
        return request;
    }

    record Answer(int status, int retryAfterS, String body) {}

    /** As little of HTTP as the answers of our own server need, so that the client costs little beside it. */
    static final class Connection implements AutoCloseable {
        private final Socket socket;
        private final InputStream in;

        Connection(int port) throws IOException {
            socket = new Socket(InetAddress.getLoopbackAddress(), port);
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(60_000);
            in = new BufferedInputStream(socket.getInputStream());
        }

        /** Sends a request and reads the answer. */
        Answer send(byte[] request) throws IOException {
            socket.getOutputStream().write(request);
            int status = Integer.parseInt(line().split(" ", 3)[1]);
            int length = 0;
            int retryAfterS = 1;
            for (String field = line().toLowerCase(Locale.ROOT);
                    !field.isEmpty();
                    field = line().toLowerCase(Locale.ROOT)) {
                if (field.startsWith("content-length: ")) {
                    length = Integer.parseInt(field.substring(16));
                } else if (field.startsWith("retry-after: ")) {
                    retryAfterS = Integer.parseInt(field.substring(13));
                }
            }
            return new Answer(status, retryAfterS, new String(in.readNBytes(length), StandardCharsets.UTF_8));
        }

        private String line() throws IOException {
            ByteArrayOutputStream line = new ByteArrayOutputStream(64);
            for (int b = in.read(); b != '\n'; b = in.read()) {
                if (b < 0) {
                    throw new EOFException("the server ended the connection");
                }
                if (b != '\r') {
                    line.write(b);
                }
            }
            return line.toString(StandardCharsets.ISO_8859_1);
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    /** A picture with soft shapes of all sizes and a photo's grain, as JPEG. */
    static byte[] photo(long seed) throws IOException {
        return photo(seed, WIDTH, HEIGHT);
    }

    /** Likewise, of that size. */
    static byte[] photo(long seed, int width, int height) throws IOException {
        Random random = new Random(seed);
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        for (int i = 0; i < 400; i++) {
            double size = width * (0.5 - 0.45 * i / 400) * (0.3 + random.nextDouble());
            graphics.setColor(new Color(random.nextInt(256), random.nextInt(256), random.nextInt(256), 140));
            graphics.fill(new Ellipse2D.Double(
                    random.nextDouble() * width - size / 2, random.nextDouble() * height - size / 2, size, size / 2));
        }
        graphics.dispose();
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int rgb = image.getRGB(x, y);
                int grain = random.nextInt(13) - 6;
                int grey = 0;
                for (int shift = 16; shift >= 0; shift -= 8) {
                    grey |= Math.clamp(((rgb >> shift) & 0xff) + grain, 0, 255) << shift;
                }
                image.setRGB(x, y, grey);
            }
        }
        ByteArrayOutputStream jpeg = new ByteArrayOutputStream();
        ImageIO.write(image, "jpeg", jpeg);
        return jpeg.toByteArray();
    }
}
