package org.semblance.server.selfbench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PatientClientTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final String MATCH = "{\"verdict\":\"match\"}";

    private final List<String> told = Collections.synchronizedList(new ArrayList<>());
    private final AtomicInteger asked = new AtomicInteger();
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private PatientClient client(Duration patience) {
        return new PatientClient("http://127.0.0.1:" + server.getAddress().getPort(), patience, told::add);
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        exchange.getRequestBody().readAllBytes();
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    /** One request in {@code every} is taken, the others are refused for the moment. */
    private void takeOneIn(int every, String path, int refusal, String retryAfter) {
        server.createContext(path, exchange -> {
            if (asked.incrementAndGet() % every == 0) {
                answer(exchange, 200, MATCH);
            } else {
                exchange.getResponseHeaders().set("Retry-After", retryAfter);
                answer(exchange, refusal, "{\"detail\":\"deadline passed before: a decoder was free\"}");
            }
        });
    }

    @Test
    void sendsAgainWhatIsRefusedForTheMomentAndCounts() throws Exception {
        takeOneIn(3, "/v1/match", 503, "0");
        try (PatientClient client = client(LONG)) {
            assertThat(client.post("/v1/match", "a/b", new byte[3])).isEqualTo(MATCH);
            assertThat(client.post("/v1/match", "a/b", new byte[3])).isEqualTo(MATCH);
            assertThat(client.refusals()).isEqualTo(4);
        }
        assertThat(told)
                .hasSize(4)
                .allSatisfy(text ->
                        assertThat(text).startsWith("POST /v1/match: 503 ").contains("a decoder was free"));
    }

    @Test
    void waitsAsLongAsTheServerAsksFor() throws Exception {
        takeOneIn(2, "/v1/match", 429, "1");
        long start = System.nanoTime();
        try (PatientClient client = client(LONG)) {
            client.post("/v1/match", "a/b", new byte[3]);
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void givesUpWhenItsPatienceIsOver() {
        takeOneIn(Integer.MAX_VALUE, "/v1/match", 503, "0");
        try (PatientClient client = client(Duration.ofMillis(50))) {
            assertThatExceptionOfType(BusyException.class)
                    .isThrownBy(() -> client.post("/v1/match", "a/b", new byte[3]))
                    .withMessageStartingWith("refused for 50 ms, at last with POST /v1/match: 503 ")
                    .withMessageContaining("deadline passed before: a decoder was free");
        }
    }

    @Test
    void takesAnyOtherAnswerAsItIs() {
        server.createContext("/v1/match", exchange -> answer(exchange, 400, "what is\nthis"));
        try (PatientClient client = client(LONG)) {
            assertThatExceptionOfType(IOException.class)
                    .isThrownBy(() -> client.post("/v1/match", "a/b", new byte[3]))
                    .withMessage("POST /v1/match: 400 what is this");
            assertThat(client.refusals()).isZero();
        }
    }

    @Test
    void countsNoRefusalWhileTheServerBegins() throws Exception {
        takeOneIn(4, "/readyz", 503, "0");
        try (PatientClient client = client(LONG)) {
            client.awaitReady();
            assertThat(asked).hasValue(4);
            assertThat(client.refusals()).isZero();
        }
        assertThat(told).isEmpty();
    }

    @Test
    void allClientsGoOnWhileSomeUploadsAreRefused() throws Exception {
        server.createContext("/readyz", exchange -> answer(exchange, 200, "{}"));
        server.createContext("/v1/banks", exchange -> answer(exchange, 201, "{}"));
        takeOneIn(3, "/v1/match", 503, "0");
        try (PatientClient client = client(LONG)) {
            Capacity capacity = Uploads.banked(client, new byte[1_500]).closedLoop(2, 50);
            assertThat(capacity.uploadBytes()).isEqualTo(1_500);
            assertThat(capacity.connections()).isEqualTo(2);
            assertThat(capacity.perSecond()).isPositive();
            assertThat(capacity.p99Us()).isGreaterThanOrEqualTo(capacity.p50Us());
            assertThat(client.refusals()).isPositive();
        }
    }
}
