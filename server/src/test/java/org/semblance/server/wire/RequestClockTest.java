package org.semblance.server.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.channel.epoll.Epoll;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.RawClient;
import org.semblance.server.fixture.RawHttp2Client;
import org.semblance.server.fixture.TestTransport;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.Json;
import org.semblance.server.http.Response;
import org.semblance.server.route.Route;

/**
 * A request's time counts from its first byte, wherever that byte has waited, and not before there is one. Each bound is
 * measured while the test runs, so that a busy machine makes the bounds wider and fails no test.
 */
@ExtendWith(LeakWatch.class)
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RequestClockTest {
    private static final String NOW = "GET /now HTTP/1.1\r\nHost: x\r\n\r\n";
    private static final String HOLD = "GET /hold HTTP/1.1\r\nHost: x\r\n\r\n";
    private static final long PAUSE_NANOS = 400_000_000;

    /** In seconds: the kernel notes arrivals by the clock of the day, which may be slewed, and the test measures by another one. */
    private static final double SLACK = 0.02;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private final CountDownLatch held = new CountDownLatch(1);
    private final CountDownLatch go = new CountDownLatch(1);

    @SuppressWarnings("NullAway.Init")
    private TestTransport server;

    @BeforeEach
    void start() {
        Route.Immediate now = request -> Response.json(200, Json.object());
        Route.Immediate hold = request -> {
            held.countDown();
            try {
                go.await(); // and its event loop with it
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return Response.json(200, Json.object());
        };
        Route.Work echo = (request, worker) -> Response.json(200, Json.object());
        server = new TestTransport(
                folder,
                List.of(
                        new Route(Dialect.NATIVE, "GET", "/now", Set.of(), Route.Takes.NOTHING, now),
                        new Route(Dialect.NATIVE, "GET", "/hold", Set.of(), Route.Takes.NOTHING, hold),
                        new Route(Dialect.NATIVE, "POST", "/echo", Set.of(), Route.Takes.UPLOAD, echo)),
                settings -> settings);
    }

    @AfterEach
    void stop() {
        go.countDown();
        server.close();
    }

    private double value(String series) {
        return server.metrics()
                .scrape()
                .lines()
                .filter(line -> line.startsWith(series + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(series.length() + 1)))
                .sum();
    }

    /** Of all requests on that route, once there have been so many. */
    private double seconds(String route, int requests) {
        String label = "{route=\"" + route + "\"}";
        TestTransport.until(() -> value("semblance_request_seconds_count" + label) == requests);
        return value("semblance_request_seconds_sum" + label);
    }

    /** Lets time pass that a clock which runs when it should not would count. */
    private static void pause() {
        long start = System.nanoTime();
        TestTransport.until(() -> System.nanoTime() - start > PAUSE_NANOS);
    }

    private static double secondsSince(long nanos) {
        return (System.nanoTime() - nanos) / 1e9;
    }

    /** Asks for /now, and tells how many seconds it took until the server had noted it as the request of that number. */
    private double ask(RawClient client, int number) throws IOException {
        long start = System.nanoTime();
        client.send(NOW).read();
        seconds("/now", number);
        return secondsSince(start);
    }

    @Test
    void countsAHeadFromItsFirstByte() throws IOException {
        try (RawClient client = server.connect()) {
            long beforeFirst = System.nanoTime();
            client.send(NOW.substring(0, 6));
            long afterFirst = System.nanoTime();
            pause();
            double least = secondsSince(afterFirst);
            client.send(NOW.substring(6)).read();
            double counted = seconds("/now", 1);
            double most = secondsSince(beforeFirst);
            assertThat(counted).isBetween(least - SLACK, most + SLACK);
            assertThat(value("semblance_stage_seconds_sum{stage=\"receive\"}")).isBetween(least - SLACK, most + SLACK);
        }
    }

    @Test
    void countsNoTimeBeforeTheFirstByteOfTheNextRequest() throws IOException {
        try (RawClient client = server.connect()) {
            double most = ask(client, 1);
            pause();
            most += ask(client, 2);
            // Some clients end a body by a line break that they do not count.
            client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx\r\n")
                    .read();
            pause();
            most += ask(client, 3);
            assertThat(seconds("/now", 3)).isLessThan(most + SLACK);
        }
    }

    @Test
    void countsTheTimeThatARequestWaitsInItsSocket() throws Exception {
        assumeTrue(Epoll.isAvailable(), "the kernel tells");
        try (RawClient client = server.connect()) {
            client.send(HOLD);
            held.await();
            pause();
            long before = System.nanoTime();
            client.send(NOW);
            long after = System.nanoTime();
            pause();
            double least = secondsSince(after);
            go.countDown();
            client.read();
            client.read();
            assertThat(seconds("/now", 1)).isBetween(least - SLACK, secondsSince(before) + SLACK);
        }
    }

    @Test
    void countsARequestThatWasReadTogetherWithTheOneBeforeFromThere() throws Exception {
        try (RawClient client = server.connect()) {
            long before = System.nanoTime();
            client.send(HOLD + NOW);
            held.await();
            long after = System.nanoTime();
            pause();
            double least = secondsSince(after);
            go.countDown();
            client.read();
            client.read();
            assertThat(seconds("/now", 1)).isBetween(least - SLACK, secondsSince(before) + SLACK);
        }
    }

    @Test
    void countsAStreamInTheSameWay() throws Exception {
        assumeTrue(Epoll.isAvailable(), "the kernel tells");
        try (RawHttp2Client client = new RawHttp2Client(server.port())) {
            long first = System.nanoTime();
            client.get(1, "/now").answer(1);
            seconds("/now", 1);
            double most = secondsSince(first);
            pause();
            long second = System.nanoTime();
            client.get(3, "/now").answer(3);
            double soFar = seconds("/now", 2);
            most += secondsSince(second);
            assertThat(soFar).isLessThan(most + SLACK);
            client.get(5, "/hold");
            held.await();
            pause();
            long before = System.nanoTime();
            client.get(7, "/now");
            long after = System.nanoTime();
            pause();
            double least = secondsSince(after);
            go.countDown();
            // Nothing is read before: what the client sends in answer would be put together with what waits.
            assertThat(seconds("/now", 3) - soFar).isBetween(least - SLACK, secondsSince(before) + SLACK);
            assertThat(client.answer(7).status).isEqualTo(200);
        }
    }
}
