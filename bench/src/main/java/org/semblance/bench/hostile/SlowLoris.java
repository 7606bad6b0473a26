package org.semblance.bench.hostile;

import static org.semblance.bench.harness.Report.print;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.semblance.bench.harness.Clients;
import org.semblance.bench.harness.Connection;
import org.semblance.bench.harness.Counts;
import org.semblance.bench.harness.ServerProcess;
import org.semblance.bench.harness.Times;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * What clients that send next to nothing cost the others: lookups alone, then beside connections of which a third sends its head byte
 * by byte, a third its body, and a third nothing at all; and after how many seconds the server ends each kind.
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

    @Command(
            name = "slow-loris",
            description =
                    "Looks up beside connections that send next to nothing, and tells when the server ends these.")
    static void run(
            @Parameters(description = "Slow connections.") int connections,
            @Parameters(description = "Length of a round.") int seconds)
            throws IOException, InterruptedException {
        try (ServerProcess server = ServerProcess.start()) {
            int port = server.port();
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
            server.stop(20);
        }
    }

    /** Lookups on some connections, and on a new one each time. */
    private static void others(String what, int port, int seconds) throws InterruptedException {
        Counts counts = new Counts();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        Times connects = new Times();
        Times all = Clients.run(Thread.ofPlatform().factory(), CLIENTS + 1, counts, (number, times) -> {
            boolean isFresh = number == CLIENTS;
            lookups(port, isFresh, end, counts, isFresh ? connects : times);
        });
        print(
                "%s: %,d lookups/s on %d connections, p50 %.2f ms, p99 %.2f ms; on a new connection each p50 %.2f ms, p99 %.2f ms; %s",
                what,
                all.size() / seconds,
                CLIENTS,
                all.percentile(0.5),
                all.percentile(0.99),
                connects.percentile(0.5),
                connects.percentile(0.99),
                counts);
    }

    private static void lookups(int port, boolean isFresh, long end, Counts counts, Times times) throws IOException {
        Connection connection = new Connection(port);
        try {
            while (System.nanoTime() < end) {
                long sent = System.nanoTime();
                if (isFresh) {
                    connection.close();
                    connection = new Connection(port);
                }
                counts.add(Integer.toString(connection.send(LOOKUP).status()));
                times.addSince(sent);
            }
        } finally {
            connection.close();
        }
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
}
