package org.semblance.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.DatabaseRefusedException;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;
import org.semblance.server.auth.AccessPolicy;
import org.semblance.server.auth.KeyRing;
import org.semblance.server.auth.KeysRefusedException;
import org.semblance.server.auth.Role;
import org.semblance.server.config.Isolation;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.config.Setting;
import org.semblance.server.config.TlsFiles;
import org.semblance.server.tls.Identity;
import org.semblance.server.tls.Pinned;
import org.semblance.server.tls.TestCertificate;
import org.semblance.server.tls.TlsRefusedException;
import org.semblance.server.work.Worker;
import org.semblance.server.work.WorkerPool;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MatchServerTest {
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private ServerConfig.Builder settings() {
        return ServerConfig.builder(folder.resolve("db"))
                .set(Setting.PORT, 0)
                .set(Setting.WORKERS, 1)
                .set(Setting.WORK_QUEUE_LIMIT, 1)
                .set(Setting.ISOLATION, Isolation.NONE);
    }

    private static HttpRequest get(MatchServer server, String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                .build();
    }

    /** Keeps a worker busy until it is told to go on. */
    private record Blocker(CountDownLatch begun, CountDownLatch go) implements WorkerPool.Task<Worker> {
        @Override
        public long deadlineNanos() {
            return System.nanoTime() + Duration.ofHours(1).toNanos();
        }

        @Override
        public void run(Worker worker) {
            begun.countDown();
            try {
                go.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void expire() {}
    }

    /** A server is ready when it can decode, which takes a moment after it has begun to answer. */
    private static void awaitReady(MatchServer server) throws Exception {
        int status;
        do {
            status = CLIENT.send(get(server, "/readyz"), HttpResponse.BodyHandlers.ofString())
                    .statusCode();
        } while (status == 503);
        assertThat(status).isEqualTo(200);
    }

    @Test
    void refusesWhileEveryWorkerIsBusyAndStaysReady() throws Exception {
        try (MatchServer server = MatchServer.start(settings().build())) {
            awaitReady(server);
            CountDownLatch begun = new CountDownLatch(1);
            CountDownLatch go = new CountDownLatch(1);
            server.workers().offer(new Blocker(begun, go));
            begun.await();
            server.workers().offer(new Blocker(begun, go));
            HttpResponse<String> refused = CLIENT.send(get(server, "/v1/banks"), HttpResponse.BodyHandlers.ofString());
            assertThat(refused.statusCode()).isEqualTo(503);
            assertThat(refused.headers().firstValue("Retry-After")).contains("1");
            assertThat(CLIENT.send(get(server, "/readyz"), HttpResponse.BodyHandlers.ofString())
                            .statusCode())
                    .isEqualTo(200);
            go.countDown();
        }
    }

    @Test
    void answersLookupsThatFindNothingWithoutAWorker() throws Exception {
        ServerConfig config = settings().build();
        Hash256 known = new Hash256(1, 2, 3, 4);
        Hash256 unknown = new Hash256(-1, -2, -3, -4);
        try (HashDb db = HashDb.open(config.dataFolder())) {
            Origin origin = new Origin("person", "");
            db.apply(new Change.CreateBank("BANK"), origin);
            List<Signal> signals = List.of(new Signal(SignalType.PDQ, known.toHex()));
            db.apply(
                    new Change.AddContents("BANK", List.of(new ContentDraft(signals, List.of(), null, null, null))),
                    origin);
        }
        try (MatchServer server = MatchServer.start(config)) {
            awaitReady(server);
            CountDownLatch begun = new CountDownLatch(1);
            CountDownLatch go = new CountDownLatch(1);
            server.workers().offer(new Blocker(begun, go));
            begun.await();
            server.workers().offer(new Blocker(begun, go)); // The queue is full as well.
            for (String path : List.of("/m/lookup", "/m/raw_lookup")) {
                String query = path + "?signal_type=pdq&signal=";
                assertThat(CLIENT.send(get(server, query + unknown), HttpResponse.BodyHandlers.ofString())
                                .body())
                        .isEqualToIgnoringNewLines(path.equals("/m/lookup") ? "{}" : "{\"matches\":[]}");
                assertThat(CLIENT.send(get(server, query + known), HttpResponse.BodyHandlers.ofString())
                                .statusCode())
                        .isEqualTo(503);
            }
            HttpResponse<String> missed = lookup(server, "", unknown);
            assertThat(missed.statusCode()).isEqualTo(200);
            assertThat(missed.body()).contains("\"results\":[]");
            assertThat(lookup(server, "", unknown, known).statusCode()).isEqualTo(503);
            assertThat(lookup(server, "?explain=true", unknown).statusCode()).isEqualTo(503);
            assertThat(lookup(server, "", unknown, unknown, unknown, unknown, unknown)
                            .statusCode())
                    .isEqualTo(503);
            go.countDown();
        }
    }

    private static HttpResponse<String> lookup(MatchServer server, String query, Hash256... hashes) throws Exception {
        String body = Stream.of(hashes).map(hash -> "\"" + hash + "\"").collect(Collectors.joining(",", "[", "]"));
        return CLIENT.send(
                HttpRequest.newBuilder(URI.create(server.url() + "/v1/lookup" + query))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void finishesARequestThatIsUnderWayAndThenFreesTheFolder() throws Exception {
        MatchServer server = MatchServer.start(settings().build());
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        server.workers().offer(new Blocker(begun, go));
        begun.await();
        CompletableFuture<HttpResponse<String>> waiting =
                CLIENT.sendAsync(get(server, "/v1/banks"), HttpResponse.BodyHandlers.ofString());
        while (server.workers().queued() == 0) {
            Thread.onSpinWait();
        }
        CompletableFuture<Void> closing = CompletableFuture.runAsync(server::close);
        go.countDown();
        assertThat(waiting.get().statusCode()).isEqualTo(200);
        closing.get();
        try (MatchServer again = MatchServer.start(settings().build())) {
            assertThat(again.port()).isPositive();
        }
    }

    @Test
    void isNotReadyUntilTheDatabaseIsOpenNorWhileItStops() throws Exception {
        CountDownLatch mayOpen = new CountDownLatch(1);
        CompletableFuture<Integer> port = new CompletableFuture<>();
        CompletableFuture<MatchServer> starting = CompletableFuture.supplyAsync(() -> {
            try {
                return MatchServer.start(
                        settings().set(Setting.STOP_TIMEOUT_MS, 60_000L).build(), listening -> {
                            port.complete(listening);
                            try {
                                mayOpen.await();
                            } catch (InterruptedException e) {
                                throw new IllegalStateException(e);
                            }
                        });
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        String url = "http://127.0.0.1:" + port.get();
        assertAnswer(url + "/healthz", 200, "{\"status\":\"ok\"}");
        assertAnswer(url + "/readyz", 503, "{\"status\":\"starting\"}");
        assertAnswer(url + "/metrics", 200, "\nsemblance_ready 0.0\n");
        assertThat(assertAnswer(url + "/v1/banks", 503, "the database is being opened")
                        .headers()
                        .firstValue("Retry-After"))
                .contains("1");
        mayOpen.countDown();

        MatchServer server = starting.get();
        awaitReady(server);
        assertAnswer(url + "/readyz", 200, "\"status\":\"ready\"");
        assertAnswer(url + "/metrics", 200, "\nsemblance_ready 1.0\n");
        assertAnswer(url + "/v1/banks", 200, "{\"banks\":[]}");

        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        server.workers().offer(new Blocker(begun, go));
        begun.await();
        CompletableFuture<HttpResponse<String>> underWay =
                CLIENT.sendAsync(get(server, "/v1/banks"), HttpResponse.BodyHandlers.ofString());
        while (server.workers().queued() == 0) {
            Thread.onSpinWait();
        }
        CompletableFuture<Void> closing = CompletableFuture.runAsync(server::close);
        while (CLIENT.send(get(server, "/readyz"), HttpResponse.BodyHandlers.ofString())
                        .statusCode()
                != 503) {
            Thread.onSpinWait();
        }
        assertAnswer(url + "/readyz", 503, "{\"status\":\"draining\"}");
        assertAnswer(url + "/healthz", 200, "{\"status\":\"ok\"}");
        go.countDown();
        assertThat(underWay.get().statusCode()).isEqualTo(200);
        closing.get();
        assertThatThrownBy(() -> assertAnswer(url + "/healthz", 200, "")).isInstanceOf(IOException.class);
    }

    private static HttpResponse<String> assertAnswer(String url, int status, String part)
            throws IOException, InterruptedException {
        HttpResponse<String> answer =
                CLIENT.send(HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString());
        assertThat(answer.body()).contains(part);
        assertThat(answer.statusCode()).isEqualTo(status);
        return answer;
    }

    @Test
    void stopsInTimeEvenIfARequestNeverEnds() throws Exception {
        MatchServer server =
                MatchServer.start(settings().set(Setting.STOP_TIMEOUT_MS, 300L).build());
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        server.workers().offer(new Blocker(begun, go));
        begun.await();
        CompletableFuture<HttpResponse<String>> cut =
                CLIENT.sendAsync(get(server, "/v1/banks"), HttpResponse.BodyHandlers.ofString());
        while (server.workers().queued() == 0) {
            Thread.onSpinWait();
        }
        server.close();
        assertThat(cut).failsWithin(Duration.ofSeconds(10));
        go.countDown();
    }

    @Test
    void freesTheDatabaseIfItCannotListen() throws Exception {
        try (MatchServer first = MatchServer.start(settings().build())) {
            ServerConfig taken = ServerConfig.builder(folder.resolve("other"))
                    .set(Setting.PORT, first.port())
                    .build();
            assertThatThrownBy(() -> MatchServer.start(taken))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(":" + first.port());
            try (MatchServer second = MatchServer.start(ServerConfig.builder(folder.resolve("other"))
                    .set(Setting.PORT, 0)
                    .set(Setting.ISOLATION, Isolation.NONE)
                    .build())) {
                assertThat(second.port()).isNotEqualTo(first.port());
            }
        }
    }

    @Test
    void doesNotStartWithAKeyOfAnotherCertificateAndFreesTheFolder() throws Exception {
        TlsFiles files = TestCertificate.ofCurve().write(folder);
        byte[] certificate = Files.readAllBytes(files.certificate());
        TestCertificate.ofCurve().write(folder);
        Files.write(files.certificate(), certificate);
        assertThatThrownBy(() -> MatchServer.start(settings().tls(files).build()))
                .isInstanceOf(TlsRefusedException.class)
                .hasMessageStartingWith("tls_key: " + files.key() + ": does not fit " + files.certificate());
        TestCertificate.ofCurve().write(folder);
        try (MatchServer server = MatchServer.start(settings().tls(files).build());
                HttpClient client = HttpClient.newBuilder()
                        .sslContext(Pinned.context(Identity.read(files)))
                        .build()) {
            assertThat(server.url()).isEqualTo("https://127.0.0.1:" + server.port());
            HttpResponse<String> ready = client.send(
                    HttpRequest.newBuilder(URI.create(server.url() + "/readyz")).build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(ready.statusCode()).isEqualTo(200);
            assertThat(ready.version()).isEqualTo(HttpClient.Version.HTTP_2);
        }
    }

    @Test
    void refusesAFolderThatIsInUse() throws Exception {
        try (MatchServer first = MatchServer.start(settings().build())) {
            assertThat(first.port()).isPositive();
            assertThatThrownBy(() -> MatchServer.start(settings().build()))
                    .isInstanceOf(DatabaseRefusedException.class);
        }
    }

    @Test
    void doesNotServeANetworkWithoutKeysAndFreesTheFolderWhenItRefuses() throws Exception {
        assertThatThrownBy(() -> MatchServer.start(
                        settings().set(Setting.HOST, "0.0.0.0").build()))
                .isInstanceOf(KeysRefusedException.class)
                .hasMessageContaining("semblance key create NAME --role admin --data " + folder.resolve("db"));
        new KeyRing(folder.resolve("db"))
                .create(new KeyRing.Draft("a", Role.MATCH, Set.of(), false, null, null, null), Instant.now());
        try (MatchServer server =
                MatchServer.start(settings().set(Setting.HOST, "0.0.0.0").build())) {
            assertThat(CLIENT.send(get(server, "/v1/banks"), HttpResponse.BodyHandlers.ofString())
                            .statusCode())
                    .isEqualTo(401);
        }
        try (MatchServer server = MatchServer.start(
                settings().set(Setting.ACCESS, AccessPolicy.OPEN).build())) {
            assertThat(CLIENT.send(get(server, "/v1/banks"), HttpResponse.BodyHandlers.ofString())
                            .statusCode())
                    .isEqualTo(200);
        }
        Files.writeString(folder.resolve("db").resolve("keys.json"), "{");
        assertThatThrownBy(() -> MatchServer.start(settings().build()))
                .isInstanceOf(KeysRefusedException.class)
                .hasMessageContaining("keys.json: damaged: not valid JSON: ");
    }

    @Test
    void namesTheSettingThatIsOutOfItsRange() {
        assertThatThrownBy(() -> settings().set(Setting.PORT, 70_000).build())
                .hasMessage("port: 70_000 (expected: a whole number, 0 to 65535)");
        assertThatThrownBy(() -> settings().set(Setting.WORKERS, 0).build())
                .hasMessage("workers: 0 (expected: a whole number, 1 to 1024)");
        assertThatThrownBy(() ->
                        settings().set(Setting.MAX_BODY_BYTES_IN_FLIGHT, 5L).build())
                .hasMessageStartingWith("max_body_bytes_in_flight: 5 (expected: at least 8000000)");
        assertThatThrownBy(() -> settings().set(Setting.HOST, " ").build()).hasMessageContaining("host: ");
    }
}
