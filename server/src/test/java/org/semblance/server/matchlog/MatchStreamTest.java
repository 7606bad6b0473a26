package org.semblance.server.matchlog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.server.auth.KeyRing;
import org.semblance.server.auth.Role;
import org.semblance.server.config.Setting;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.RawClient;
import org.semblance.server.fixture.TestServer;
import org.semblance.server.http.Json;
import tools.jackson.databind.JsonNode;

/** Matches as events: in order, each once however often a client comes again, and no longer than a client may. */
@ExtendWith(LeakWatch.class)
@SuppressWarnings("NullAway.Init") // JUnit calls start.
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MatchStreamTest {
    private static final long SEED = Long.getLong("semblance.seed", 2026L);
    private static final String HASH = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22";

    @TempDir
    private Path folder;

    private TestServer server;

    @BeforeEach
    void start() {
        server = new TestServer(folder.resolve("db"), settings -> settings.set(Setting.IDLE_TIMEOUT_MS, 1_500L));
        bank("A");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private void bank(String name) {
        assertThat(server.postJson("/v1/banks", "{\"name\":\"" + name + "\"}").status())
                .isEqualTo(201);
        assertThat(server.postJson(
                                "/v1/banks/" + name + "/content",
                                "{\"signals\":[{\"type\":\"pdq\",\"hash\":\"" + HASH + "\"}]}")
                        .status())
                .isEqualTo(201);
    }

    private void match(String reference) {
        match(reference, 1);
    }

    private void match(String reference, int times) {
        StringBuilder queries = new StringBuilder();
        for (int i = 0; i < times; i++) {
            queries.append(i == 0 ? "" : ",")
                    .append("{\"hash\":\"")
                    .append(HASH)
                    .append("\"}");
        }
        assertThat(server.postJson("/v1/lookup?reference=" + reference, "{\"queries\":[" + queries + "]}")
                        .status())
                .isEqualTo(200);
    }

    /** An event, with what came of it. */
    private record Event(long id, JsonNode row) {
        String reference() {
            return row.get("reference").stringValue();
        }
    }

    /** A client of the stream. */
    private final class Client implements AutoCloseable {
        private final RawClient raw;
        private final BufferedReader lines;

        Client(String query, @Nullable Long lastId) throws IOException {
            this(query, lastId, null);
        }

        Client(String query, @Nullable Long lastId, @Nullable String secret) throws IOException {
            raw = new RawClient(server.port());
            RawClient.Answer head = raw.send("GET /v1/matches/stream" + query + " HTTP/1.1\r\nHost: t\r\n"
                            + (lastId == null ? "" : "Last-Event-ID: " + lastId + "\r\n")
                            + (secret == null ? "" : "Authorization: Bearer " + secret + "\r\n") + "\r\n")
                    .read(false);
            assertThat(head.status()).isEqualTo(200);
            assertThat(head.headers()).containsEntry("content-type", "text/event-stream");
            lines = new BufferedReader(new InputStreamReader(raw.chunks(), StandardCharsets.UTF_8));
            assertThat(lines.readLine()).isEqualTo("retry: 1000");
            assertThat(lines.readLine()).isEmpty();
        }

        /** The next event, past comments; null at the end. */
        @Nullable
        Event next() throws IOException {
            String line = lines.readLine();
            while (line != null && (line.isEmpty() || line.startsWith(":"))) {
                line = lines.readLine();
            }
            if (line == null) {
                return null;
            }
            long id = Long.parseLong(line.substring("id: ".length()));
            assertThat(lines.readLine()).isEqualTo("event: match");
            JsonNode row = Json.read(lines.readLine().substring("data: ".length()));
            assertThat(row.get("id").longValue()).isEqualTo(id);
            return new Event(id, row);
        }

        @Override
        public void close() throws IOException {
            raw.close();
        }
    }

    @Test
    void tellsWhatMatchesFromNowOnAsItComes() throws IOException {
        match("before");
        assertThat(server.get("/v1/matches").status()).isEqualTo(200); // so that it is stored
        try (Client client = new Client("", null)) {
            for (String reference : List.of("one", "two", "three")) {
                match(reference);
                assertThat(client.next()).extracting(Event::reference).isEqualTo(reference);
            }
        }
        try (Client client = new Client("?after=0&limit=4", null)) {
            List<String> all = new ArrayList<>();
            for (Event event = client.next(); event != null; event = client.next()) {
                all.add(event.reference());
            }
            assertThat(all).containsExactly("before", "one", "two", "three");
        }
    }

    @Test
    void tellsEachMatchOnceToAClientThatComesAgainAHundredTimes() throws Exception {
        int matches = 600;
        Random random = new Random(SEED);
        CountDownLatch begun = new CountDownLatch(1);
        Thread sender = Thread.ofPlatform().start(() -> {
            for (int i = 0; i < matches; i++) {
                match("r" + i);
                begun.countDown();
            }
        });
        Set<String> seen = new HashSet<>();
        List<Long> ids = new ArrayList<>();
        begun.await();
        long last = 0;
        for (int connection = 0; connection < 100 || seen.size() < matches; connection++) {
            try (Client client = new Client("", last)) {
                int most = 1 + random.nextInt(10);
                for (int i = 0; i < most && seen.size() < matches; i++) {
                    Event event = Objects.requireNonNull(client.next());
                    assertThat(seen.add(event.reference()))
                            .as("%s twice, seed %s", event.reference(), SEED)
                            .isTrue();
                    ids.add(event.id());
                    last = event.id();
                }
            }
        }
        sender.join();
        assertThat(seen).hasSize(matches);
        assertThat(ids).isSorted();
    }

    @Test
    void filtersAndSaysNothingOfOthersAndComesFurtherAllTheSame() throws IOException {
        bank("B");
        try (Client client = new Client("?bank=B&reference=mine", null)) {
            match("other", 1_000);
            match("mine");
            Event event = Objects.requireNonNull(client.next());
            assertThat(event.row().get("bank").stringValue()).isEqualTo("B");
            assertThat(event.reference()).isEqualTo("mine");
        }
    }

    @Test
    void outlivesTheIdleTimeoutWithoutAMatch() throws IOException {
        try (Client client = new Client("", null)) {
            long until = System.nanoTime() + 4_000_000_000L;
            while (System.nanoTime() < until) {
                assertThat(server.get("/healthz").status()).isEqualTo(200);
            }
            match("late");
            assertThat(client.next()).extracting(Event::reference).isEqualTo("late");
        }
    }

    @Test
    void cutsOffAClientThatDoesNotRead() throws IOException {
        for (int i = 0; i < 20; i++) {
            match("much-" + i + "-" + "x".repeat(200), 1_000);
        }
        assertThat(server.get("/v1/matches").status()).isEqualTo(200);
        try (RawClient raw = new RawClient(server.port())) {
            assertThat(raw.send("GET /v1/matches/stream?after=0 HTTP/1.1\r\nHost: t\r\n\r\n")
                            .read(false)
                            .status())
                    .isEqualTo(200);
            while (!server.get("/metrics").text().contains("semblance_connections 1.0\n")) {
                Thread.onSpinWait(); // Then there is no connection but the one that asks.
            }
        }
    }

    @Test
    void refusesOneStreamTooManyUntilAnotherHasEnded() throws IOException {
        List<Client> clients = new ArrayList<>();
        try {
            for (int i = 0; i < 32; i++) {
                clients.add(new Client("", null));
            }
            TestServer.Answer refused = server.get("/v1/matches/stream?limit=1&after=0");
            assertThat(refused.status()).as(refused.text()).isEqualTo(503);
            assertThat(refused.header("Retry-After")).isEqualTo("1");
            match("one");
            clients.removeLast().close();
            while (server.get("/v1/matches/stream?limit=1&after=0").status() != 200) {
                Thread.onSpinWait(); // The server learns that the client has gone when the connection ends.
            }
            for (Client client : clients) {
                assertThat(client.next()).extracting(Event::reference).isEqualTo("one");
            }
        } finally {
            for (Client client : clients) {
                client.close();
            }
        }
    }

    @Test
    void endsInOrderWhenTheServerStops() throws Exception {
        try (Client client = new Client("", null)) {
            match("last");
            assertThat(client.next()).extracting(Event::reference).isEqualTo("last");
            Thread stopping = Thread.ofPlatform().start(server::close);
            assertThat(client.next()).isNull();
            stopping.join();
        }
    }

    @Test
    void endsWithItsKeyAndRefusesACursorThatIsNone() throws IOException {
        KeyRing keys = new KeyRing(folder.resolve("db"));
        String secret = keys.create(
                        new KeyRing.Draft("k", Role.ADMIN, Set.of(), false, null, null, null), Instant.now())
                .secret();
        Map<String, String> head = Map.of("Authorization", "Bearer " + secret);
        while (server.send("GET", "/v1/keys", head, new byte[0])
                .json()
                .get("keys")
                .isEmpty()) {
            Thread.onSpinWait();
        }
        for (String bad : List.of("x", "-1", "1.5")) {
            TestServer.Answer refused = server.send(
                    "GET",
                    "/v1/matches/stream",
                    Map.of("Authorization", "Bearer " + secret, "Last-Event-ID", bad),
                    new byte[0]);
            assertThat(refused.status()).isEqualTo(400);
            assertThat(refused.json().get("field").stringValue()).isEqualTo("Last-Event-ID");
        }
        try (Client client = new Client("", null, secret)) {
            keys.revoke("k", Instant.now());
            assertThat(client.next()).isNull();
        }
    }
}
