package org.semblance.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * What clients that send next to nothing cost the others. {@code SlowLoris CONNECTIONS SECONDS} starts a server in a JVM of its
 * own, with its own defaults, measures lookups alone, then beside so many connections of which a third sends its head byte by
 * byte, a third its body, and a third nothing at all; and tells after how many seconds the server ended each kind.
 */
public final class SlowLoris {
    private static final int CLIENTS = 8;
    private static final long DRIP_MS = 1_000;
    private static final long GIVES_UP_S = 180;
    private static final byte[] LOOKUP = ("GET /m/lookup?signal_type=pdq&signal=" + "5".repeat(64)
                    + " HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII);

    private SlowLoris() {}

    /** How a slow client is slow. */
    private enum Kind {
        HEAD("GET /m/lookup?signal_type=pdq HTTP/1.1\r\nHost: localhost\r\nX-Slow: "),
        BODY("POST /v1/match HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n"),
        SILENT("");

        final byte[] start;

        Kind(String start) {
            this.start = start.getBytes(StandardCharsets.US_ASCII);
        }
    }

    /** Runs it. */
    public static void main(String[] args) throws Exception {
        Usage.require(args, 2, "CONNECTIONS SECONDS");
        int connections = Integer.parseInt(args[0]);
        int seconds = Integer.parseInt(args[1]);
        Process server = LoadRun.startServer();
        try (BufferedReader answers =
                new BufferedReader(new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8))) {
            String line = answers.readLine();
            if (line == null) {
                throw new IllegalStateException("the server did not start");
            }
            int port = Integer.parseInt(line);
            others("warm-up", port, 3);
            others("alone", port, seconds);
            Map<Kind, List<Double>> ended = new EnumMap<>(Kind.class);
            AtomicInteger connected = new AtomicInteger();
            List<Thread> slow = new ArrayList<>();
            for (int i = 0; i < connections; i++) {
                Kind kind = Kind.values()[i % Kind.values().length];
                slow.add(Thread.ofVirtual().start(() -> slow(port, kind, connected, ended)));
            }
            while (connected.get() < connections && slow.stream().anyMatch(Thread::isAlive)) {
                Thread.onSpinWait();
            }
            others("beside " + connected.get() + " slow connections", port, seconds);
            for (Thread thread : slow) {
                thread.join();
            }
            tell(ended);
            server.getOutputStream().close();
            server.waitFor(20, TimeUnit.SECONDS);
        } finally {
            server.destroyForcibly();
        }
    }

    /** Lookups on some connections, and on a new one each time. */
    private static void others(String what, int port, int seconds) throws InterruptedException {
        Map<String, LongAdder> counts = new ConcurrentSkipListMap<>();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        long[][] kept = new long[CLIENTS][];
        Thread[] clients = new Thread[CLIENTS + 1];
        for (int i = 0; i < CLIENTS; i++) {
            int number = i;
            clients[i] = Thread.ofPlatform().start(() -> kept[number] = lookups(port, false, end, counts));
        }
        long[][] fresh = new long[1][];
        clients[CLIENTS] = Thread.ofPlatform().start(() -> fresh[0] = lookups(port, true, end, counts));
        for (Thread client : clients) {
            client.join();
        }
        long[] all = Arrays.stream(kept).flatMapToLong(Arrays::stream).sorted().toArray();
        long[] connects = Arrays.stream(fresh[0]).sorted().toArray();
        print(
                "%s: %,d lookups/s on %d connections, p50 %.2f ms, p99 %.2f ms; on a new connection each p50 %.2f ms, p99 %.2f ms; %s",
                what,
                all.length / seconds,
                CLIENTS,
                LoadRun.percentile(all, 0.5),
                LoadRun.percentile(all, 0.99),
                LoadRun.percentile(connects, 0.5),
                LoadRun.percentile(connects, 0.99),
                counts);
    }

    private static long[] lookups(int port, boolean fresh, long end, Map<String, LongAdder> counts) {
        long[] latencies = new long[1_024];
        int done = 0;
        try {
            LoadRun.Connection connection = new LoadRun.Connection(port);
            try {
                while (System.nanoTime() < end) {
                    long sent = System.nanoTime();
                    if (fresh) {
                        connection.close();
                        connection = new LoadRun.Connection(port);
                    }
                    LoadRun.count(
                            counts, Integer.toString(connection.send(LOOKUP).status()));
                    if (done == latencies.length) {
                        latencies = Arrays.copyOf(latencies, 2 * done);
                    }
                    latencies[done++] = System.nanoTime() - sent;
                }
            } finally {
                connection.close();
            }
        } catch (IOException e) {
            LoadRun.count(counts, "broken connection: " + e.getMessage());
        }
        return Arrays.copyOf(latencies, done);
    }

    /** Sends a byte a second until the server has enough of it. */
    private static void slow(int port, Kind kind, AtomicInteger connected, Map<Kind, List<Double>> ended) {
        long start = System.nanoTime();
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout((int) DRIP_MS);
            OutputStream out = socket.getOutputStream();
            InputStream in = socket.getInputStream();
            out.write(kind.start);
            connected.incrementAndGet();
            while (System.nanoTime() - start < TimeUnit.SECONDS.toNanos(GIVES_UP_S)) {
                try {
                    if (in.read() < 0) {
                        break;
                    }
                } catch (SocketTimeoutException e) {
                    if (kind != Kind.SILENT) {
                        out.write('x');
                    }
                }
            }
        } catch (IOException e) {
            // Ended by a reset.
        }
        synchronized (ended) {
            ended.computeIfAbsent(kind, unused -> new ArrayList<>()).add((System.nanoTime() - start) / 1e9);
        }
    }

    private static void tell(Map<Kind, List<Double>> ended) {
        ended.forEach((kind, seconds) -> print(
                "%d of kind %s ended after %.1f to %.1f s",
                seconds.size(),
                kind.name().toLowerCase(Locale.ROOT),
                Collections.min(seconds),
                Collections.max(seconds)));
    }

    @SuppressWarnings("SystemOut") // The report is this program's output.
    private static void print(String format, Object... values) {
        System.out.println(String.format(Locale.ROOT, format, values));
    }
}
