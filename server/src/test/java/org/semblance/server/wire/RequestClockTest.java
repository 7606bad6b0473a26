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

/** From when on a request's time counts: from its first byte, wherever that has waited, and not before there is one. */
@ExtendWith(LeakWatch.class)
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RequestClockTest {
    private static final String NOW = "GET /now HTTP/1.1\r\nHost: x\r\n\r\n";
    private static final String HOLD = "GET /hold HTTP/1.1\r\nHost: x\r\n\r\n";
    private static final int PAUSE_MS = 600;
    private static final double PAUSE = PAUSE_MS / 1e3;

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

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void countsAHeadFromItsFirstByte() throws IOException {
        try (RawClient client = server.connect()) {
            client.send(NOW.substring(0, 6));
            pause();
            client.send(NOW.substring(6)).read();
            assertThat(seconds("/now", 1)).isBetween(PAUSE, 2 * PAUSE);
            assertThat(value("semblance_stage_seconds_sum{stage=\"receive\"}")).isBetween(PAUSE, 2 * PAUSE);
        }
    }

    @Test
    void countsNoTimeBeforeTheFirstByteOfTheNextRequest() throws IOException {
        try (RawClient client = server.connect()) {
            client.send(NOW).read();
            pause();
            client.send(NOW).read();
            // Some clients end a body by a line break that they do not count.
            client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx\r\n")
                    .read();
            pause();
            client.send(NOW).read();
            assertThat(seconds("/now", 3)).isLessThan(PAUSE);
        }
    }

    @Test
    void countsTheTimeThatARequestWaitsInItsSocket() throws Exception {
        assumeTrue(Epoll.isAvailable(), "the kernel tells");
        try (RawClient client = server.connect()) {
            client.send(HOLD);
            held.await();
            pause();
            client.send(NOW);
            pause();
            go.countDown();
            client.read();
            client.read();
            assertThat(seconds("/now", 1)).isBetween(PAUSE, 2 * PAUSE);
        }
    }

    @Test
    void countsARequestThatWasReadTogetherWithTheOneBeforeFromThere() throws Exception {
        try (RawClient client = server.connect()) {
            client.send(HOLD + NOW);
            held.await();
            pause();
            go.countDown();
            client.read();
            client.read();
            assertThat(seconds("/now", 1)).isBetween(PAUSE, 2 * PAUSE);
        }
    }

    @Test
    void countsAStreamLikewise() throws Exception {
        assumeTrue(Epoll.isAvailable(), "the kernel tells");
        try (RawHttp2Client client = new RawHttp2Client(server.port())) {
            client.get(1, "/now").answer(1);
            pause();
            client.get(3, "/now").answer(3);
            assertThat(seconds("/now", 2)).isLessThan(PAUSE);
            client.get(5, "/hold");
            held.await();
            pause();
            client.get(7, "/now");
            pause();
            go.countDown();
            // Nothing is read here before: what the client sends for it would be put together with what waits.
            assertThat(seconds("/now", 3)).isBetween(PAUSE, 2 * PAUSE);
            assertThat(client.answer(7).status).isEqualTo(200);
        }
    }
}
