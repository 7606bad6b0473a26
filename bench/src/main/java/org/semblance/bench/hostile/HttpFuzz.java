package org.semblance.bench.hostile;

import static org.semblance.bench.harness.Report.print;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import org.semblance.bench.harness.Connection;
import org.semblance.server.MatchServer;
import org.semblance.server.auth.AccessPolicy;
import org.semblance.server.config.Isolation;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.config.Setting;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Sends a server requests that are nearly right ({@link FuzzedRequests}, {@link FuzzedFrames}), whole, in pieces, cut off, pipelined, and sees to it
 * that it neither fails nor forgets: no 5xx but 503, no error in its log, no buffer that the leak detector misses, no
 * connection that stays open although nothing happens on it, and in the end no connection, queued request, busy worker or
 * byte of a body that is left.
 *
 * <p>Needs {@code -Dio.netty.leakDetection.level=paranoid}. The server runs in this JVM, on an empty database. What a connection
 * does follows from the seed and its number, which is printed with whatever is found.
 */
public final class HttpFuzz implements AutoCloseable {
    private static final int CLIENTS = 32;

    /** A client waits so long for the first byte of an answer, and for each further one; milliseconds. */
    private static final int FIRST_BYTE_MS = 4_000;

    private static final int NEXT_BYTE_MS = 60;
    private static final Duration LONGEST_CONNECTION = Duration.ofSeconds(40);
    private static final Duration REST = Duration.ofSeconds(60);
    private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] (\\d{3}) ");
    private static final Pattern IDLE = Pattern.compile(
            "(?m)^semblance_(queue_depth|video_queue_depth|workers_busy|video_workers_busy|body_bytes|connections) (\\S+)$");
    private static final int LONGEST_ECHO = 3_000;

    private final long seed;
    private final MatchServer server;
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final JsonNode document;
    private final byte[][] files = {picture("png"), picture("jpeg"), movie("ftypisom"), picture("gif")};
    private final AtomicLong next = new AtomicLong();
    private final Map<Integer, LongAdder> statuses = new ConcurrentSkipListMap<>();
    private final LongAdder unanswered = new LongAdder();
    private final ConcurrentLinkedQueue<String> found = new ConcurrentLinkedQueue<>();

    /** Connections that are open, and since when. */
    private final Map<Socket, Long> open = new ConcurrentHashMap<>();

    /** Starts a server in that folder. */
    public HttpFuzz(Path folder, long seed) throws IOException {
        this.seed = seed;
        log.start();
        ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).addAppender(log);
        server = MatchServer.start(ServerConfig.builder(folder)
                .set(Setting.ACCESS, AccessPolicy.OPEN) // A key that is made must not lock the rest out.
                .set(Setting.PORT, 0)
                .set(Setting.WORKERS, 2)
                .set(Setting.WORK_QUEUE_LIMIT, 8)
                .set(Setting.MAX_BODY_BYTES, 1_000_000L)
                .set(Setting.MAX_VIDEO_BYTES, 4_000_000L)
                .set(Setting.SPILL_BYTES, 20_000L)
                .set(Setting.DEADLINE_MS, 5_000L)
                .set(Setting.VIDEO_DEADLINE_MS, 5_000L)
                .set(Setting.BANK_DEADLINE_MS, 5_000L)
                .set(Setting.IDLE_TIMEOUT_MS, 1_500L)
                .set(Setting.STALL_TIMEOUT_MS, 700L)
                .set(Setting.ISOLATION, Isolation.NONE)
                .build());
        document = JsonMapper.shared().readTree(ask("GET", "/openapi.json", "").body());
        ask("POST", "/v1/banks", "{\"name\":\"KNOWN\"}");
        ask("POST", "/v1/banks", "{\"name\":\"FINE\",\"kind\":\"allow\"}");
    }

    @Command(
            name = "fuzz",
            description = {
                "Sends a server requests that are nearly right, over HTTP/1 and HTTP/2.",
                "Fails if the server answered by a 5xx, logged an error, lost a buffer or did not come to rest."
            })
    static int fuzz(
            @Parameters(description = "How long.") long seconds,
            @Parameters(
                            paramLabel = "<seed>",
                            arity = "0..1",
                            description = "Replays a run (default: another each time).")
                    @Nullable
                    Long given,
            @Parameters(arity = "0..1", description = "Makes only the connection of this number.") @Nullable
                    Long connection)
            throws IOException, InterruptedException {
        long seed = given == null ? System.nanoTime() : given;
        print("seed %d", seed);
        try (HttpFuzz fuzz = new HttpFuzz(Files.createTempDirectory("semblance-fuzz"), seed)) {
            if (connection == null) {
                fuzz.run(Duration.ofSeconds(seconds));
            } else {
                fuzz.connection(connection);
            }
            List<String> found = fuzz.finish();
            print("%s", fuzz.report());
            found.forEach(finding -> print("%s", finding));
            return found.isEmpty() ? 0 : 1;
        }
    }

    /** Fuzzes for that long, on many connections at a time. */
    public void run(Duration time) throws InterruptedException {
        long end = System.nanoTime() + time.toNanos();
        List<Thread> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            clients.add(Thread.ofVirtual().start(() -> {
                while (System.nanoTime() < end && found.size() < 20) {
                    connection(next.getAndIncrement());
                }
            }));
        }
        for (Thread client : clients) {
            while (!client.join(Duration.ofMillis(500))) {
                endWhatIsStuck();
            }
        }
    }

    private void endWhatIsStuck() {
        long now = System.nanoTime();
        open.forEach((socket, since) -> {
            if (now - since > LONGEST_CONNECTION.toNanos()) {
                close(socket); // its client says which one it is
            }
        });
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // One connection

    private void connection(long number) {
        Random random = new Random(seed * 1_000_003 + number);
        FuzzedRequests requests = new FuzzedRequests(random, document, files);
        boolean http2 = random.nextInt(3) == 0;
        byte[] sent = http2 ? new FuzzedFrames(random, requests).next() : requests(requests, random);
        long start = System.nanoTime();
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            open.put(socket, start);
            try {
                socket.setTcpNoDelay(random.nextBoolean());
                byte[] answer = exchange(socket, sent, random);
                if (http2) {
                    countFrames(answer, number, sent);
                } else {
                    count(answer, number, sent);
                }
            } finally {
                open.remove(socket);
            }
        } catch (IOException e) {
            unanswered.increment(); // The server may end a connection at any time, and a reset may overtake its answer.
        }
        if (System.nanoTime() - start > LONGEST_CONNECTION.toNanos()) {
            find(number, "a connection was stuck", sent);
        }
    }

    /** One request, or several that do not wait for each other's answers. */
    private static byte[] requests(FuzzedRequests requests, Random random) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = random.nextInt(4) == 0 ? random.nextInt(6) : 0; i >= 0; i--) {
            bytes.writeBytes(requests.next());
        }
        return bytes.toByteArray();
    }

    /** Sends those bytes in one of many ways, and returns what came back. */
    private static byte[] exchange(Socket socket, byte[] bytes, Random random) throws IOException {
        int until = random.nextInt(8) == 0 ? random.nextInt(bytes.length + 1) : bytes.length;
        OutputStream out = socket.getOutputStream();
        int way = random.nextInt(6);
        for (int at = 0; at < until; ) {
            int piece = way > 1 ? until : way == 0 ? 1 + random.nextInt(40) : 1 + random.nextInt(3_000);
            int length = Math.min(piece, until - at);
            out.write(bytes, at, length);
            at += length;
        }
        switch (random.nextInt(10)) {
            case 0 -> socket.shutdownOutput();
            case 1 -> {
                return new byte[0]; // goes away without a word
            }
            case 2 -> {
                socket.setSoLinger(true, 0); // goes away with a reset
                return new byte[0];
            }
            // To the end: the server must see to it that there is one.
            case 3 -> {
                return socket.getInputStream().readAllBytes();
            }
            default -> {}
        }
        return untilQuiet(socket);
    }

    private static byte[] untilQuiet(Socket socket) throws IOException {
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        InputStream in = socket.getInputStream();
        byte[] buffer = new byte[16_384];
        socket.setSoTimeout(FIRST_BYTE_MS);
        try {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                answer.write(buffer, 0, n);
                socket.setSoTimeout(NEXT_BYTE_MS);
            }
        } catch (SocketTimeoutException e) {
            // Quiet now.
        }
        return answer.toByteArray();
    }

    private void count(byte[] bytes, long number, byte[] sent) {
        String answer = new String(bytes, StandardCharsets.ISO_8859_1);
        Matcher status = STATUS.matcher(answer);
        boolean none = true;
        while (status.find()) {
            none = false;
            int code = Integer.parseInt(status.group(1));
            count(
                    code,
                    status.group() + answer.lines().skip(1).reduce((a, b) -> b).orElse(""),
                    number,
                    sent);
        }
        if (none) {
            unanswered.increment();
        }
    }

    private void count(int status, String answer, long number, byte[] sent) {
        statuses.computeIfAbsent(status, unused -> new LongAdder()).increment();
        if (status >= 500 && status != 503) {
            find(number, answer, sent);
        }
    }

    /** The same of HTTP/2, where the server may give up a stream or the connection, but not for a fault of its own. */
    private void countFrames(byte[] answer, long number, byte[] sent) {
        DefaultHttp2HeadersDecoder hpack = new DefaultHttp2HeadersDecoder();
        ByteBuffer in = ByteBuffer.wrap(answer);
        boolean none = true;
        while (in.remaining() >= FuzzedFrames.FRAME_HEADER_BYTES) {
            int length = (in.get() & 0xff) << 16 | in.getShort() & 0xffff;
            int type = in.get();
            in.get(); // its flags
            int stream = in.getInt();
            if (in.remaining() < length) {
                break;
            }
            ByteBuffer payload = in.slice(in.position(), length);
            in.position(in.position() + length);
            switch (type) {
                case FuzzedFrames.HEADERS -> {
                    none = false;
                    try {
                        CharSequence status = hpack.decodeHeaders(stream, Unpooled.wrappedBuffer(payload))
                                .status();
                        count(Integer.parseInt(String.valueOf(status)), "status " + status, number, sent);
                    } catch (Http2Exception | NumberFormatException e) {
                        find(number, "an answer's head is none: " + e.getMessage(), sent);
                    }
                }
                case FuzzedFrames.RST_STREAM, FuzzedFrames.GOAWAY -> {
                    long code = payload.getInt(type == FuzzedFrames.GOAWAY ? 4 : 0);
                    if (code == Http2Error.INTERNAL_ERROR.code()) {
                        find(number, "INTERNAL_ERROR in a frame of type " + type, sent);
                    }
                }
                default -> {
                    // Says nothing of a request.
                }
            }
        }
        if (none) {
            unanswered.increment();
        }
    }

    private void find(long number, String what, byte[] sent) {
        String shown = new String(sent, 0, Math.min(sent.length, LONGEST_ECHO), StandardCharsets.ISO_8859_1);
        found.add("connection " + number + " of seed " + seed + ": " + what + "\n"
                + shown.replace("\r", "\\r").replaceAll("[^\\n -~]", "?"));
    }

    // After all

    /** Waits until the server is at rest, and returns all that was found. */
    public List<String> finish() throws IOException, InterruptedException {
        for (int i = 0; i < 3; i++) {
            // The leak detector learns of a lost buffer from the garbage collector, and reports it when the next is
            // made.
            System.gc();
            ask("GET", "/healthz", "");
        }
        long end = System.nanoTime() + REST.toNanos();
        String left = left();
        while (!left.isEmpty() && System.nanoTime() < end) {
            Thread.sleep(50);
            left = left();
        }
        if (!left.isEmpty()) {
            found.add("not at rest after " + REST + ": " + left);
        }
        if (ask("POST", "/v1/lookup", "[]").status() != 200) {
            found.add("it does not answer any more");
        }
        synchronized (log) {
            for (ILoggingEvent event : List.copyOf(log.list)) {
                if (event.getLevel().isGreaterOrEqual(Level.ERROR)
                        || event.getLoggerName().startsWith("io.netty")) {
                    String why = event.getThrowableProxy() == null
                            ? ""
                            : " " + event.getThrowableProxy().getClassName() + ": "
                                    + event.getThrowableProxy().getMessage();
                    found.add("logged by " + event.getLoggerName() + ": " + event.getFormattedMessage() + why);
                }
            }
        }
        return List.copyOf(found);
    }

    /** What is not as it is when nobody asks anything; this connection counts as one. */
    private String left() throws IOException {
        StringBuilder left = new StringBuilder();
        Matcher gauge = IDLE.matcher(ask("GET", "/metrics", "").body());
        int gauges = 0;
        while (gauge.find()) {
            gauges++;
            double rest = gauge.group(1).equals("connections") ? 1 : 0;
            if (Double.parseDouble(gauge.group(2)) > rest) {
                left.append(gauge.group()).append(' ');
            }
        }
        return gauges == 6 ? left.toString() : gauges + " gauges (expected: 6)";
    }

    /** How many answers of each status there were. */
    public String report() {
        return String.format(
                Locale.ROOT,
                "%d connections, %d without an answer; answers %s",
                next.get(),
                unanswered.sum(),
                statuses);
    }

    /** How many answers there were. */
    public long answers() {
        return statuses.values().stream().mapToLong(LongAdder::sum).sum();
    }

    /** A proper request on a connection of its own, sent again while there is no capacity. */
    private Connection.Answer ask(String method, String path, String json) throws IOException {
        long end = System.nanoTime() + REST.toNanos();
        while (true) {
            try (Connection connection = new Connection(server.port())) {
                byte[] request = (method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json"
                                + "\r\nContent-Length: " + json.length() + "\r\n\r\n" + json)
                        .getBytes(StandardCharsets.US_ASCII);
                Connection.Answer answer = connection.send(request);
                if (answer.status() != 503 || System.nanoTime() > end) {
                    return answer;
                }
            }
        }
    }

    private static byte[] picture(String format) {
        BufferedImage picture = new BufferedImage(96, 72, BufferedImage.TYPE_INT_RGB);
        Random random = new Random(format.hashCode());
        Graphics2D graphics = picture.createGraphics();
        for (int i = 0; i < 60; i++) {
            graphics.setColor(new Color(random.nextInt(1 << 24)));
            graphics.fillOval(random.nextInt(96), random.nextInt(72), random.nextInt(50), random.nextInt(50));
        }
        graphics.dispose();
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        try {
            ImageIO.write(picture, format, file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return file.toByteArray();
    }

    /** Long enough to be written to a file, and no more of a video than its first bytes. */
    private static byte[] movie(String brand) {
        byte[] movie = new byte[60_000];
        new Random(1).nextBytes(movie);
        byte[] head = ("\0\0\0\u0018" + brand + "\0\0\0\0isommp42").getBytes(StandardCharsets.ISO_8859_1);
        System.arraycopy(head, 0, movie, 0, head.length);
        return movie;
    }

    @Override
    public void close() {
        server.close();
        ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).detachAppender(log);
    }
}
