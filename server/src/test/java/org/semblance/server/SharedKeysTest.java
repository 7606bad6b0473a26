package org.semblance.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.server.config.Setting;
import org.semblance.server.fixture.TestPostgres;
import org.semblance.server.fixture.TestServer;
import org.semblance.server.fixture.TestServer.Answer;
import org.semblance.server.fixture.TestTransport;
import tools.jackson.databind.JsonNode;

/** Two servers on one catalog let the same keys in, and fetch an exchange once. */
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SharedKeysTest {
    @TempDir
    private Path folder;

    private final List<TestServer> running = new ArrayList<>();
    private TestPostgres postgres;
    private String address;

    @BeforeEach
    void open() throws IOException {
        postgres = TestPostgres.own();
        address = postgres.address(postgres.createDatabase());
        Files.createDirectories(folder.resolve("lists"));
    }

    @AfterEach
    void close() {
        running.forEach(TestServer::close);
        postgres.close();
    }

    private TestServer server(String name) {
        TestServer server = new TestServer(
                folder.resolve(name),
                settings -> settings.set(Setting.CATALOG, address)
                        .set(Setting.EXCHANGE_FOLDER, folder.resolve("lists"))
                        .set(Setting.EXCHANGE_POLL_MS, 10L));
        running.add(server);
        return server;
    }

    /** What a server says to a lookup with that key. */
    private static int use(TestServer server, String secret) {
        Map<String, String> headers = Map.of("X-API-Key", secret, "Content-Type", "application/json");
        return server.send("POST", "/v1/lookup", headers, "[]".getBytes(StandardCharsets.UTF_8))
                .status();
    }

    @Test
    void aKeyIsOfAllNodesAndRevokedOnAll() throws Exception {
        TestServer one = server("one");
        TestServer other = server("other");
        Answer first = one.postJson("/v1/keys", "{\"name\":\"admin\",\"role\":\"admin\"}");
        assertThat(first.status()).as(first.text()).isEqualTo(201);
        String admin = first.json().path("secret").asString();
        TestTransport.until(() -> other.get("/v1/banks").status() == 401);
        Answer made = other.send(
                "POST",
                "/v1/keys",
                Map.of("X-API-Key", admin, "Content-Type", "application/json"),
                "{\"name\":\"ann\",\"role\":\"match\"}".getBytes(StandardCharsets.UTF_8));
        assertThat(made.status()).as(made.text()).isEqualTo(201);
        String ann = made.json().path("secret").asString();
        TestTransport.until(() -> use(one, ann) == 200);

        // A node that starts later asks for them from the beginning.
        TestServer third = server("third");
        assertThat(third.get("/v1/banks").status()).isEqualTo(401);
        assertThat(use(third, ann)).isEqualTo(200);
        assertThat(folder.resolve("third").resolve("keys.json")).doesNotExist();

        assertThat(one.send("DELETE", "/v1/keys/ann", Map.of("X-API-Key", admin), new byte[0])
                        .status())
                .isEqualTo(200);
        for (TestServer server : List.of(other, third)) {
            TestTransport.until(() -> use(server, ann) == 401);
        }
        postgres.stop();
        assertThat(use(other, admin)).isEqualTo(200);
        assertThat(use(other, ann)).isEqualTo(401);
        postgres.start();
    }

    @Test
    void oneNodeAtATimeFetchesAnExchange() throws Exception {
        TestServer one = server("one");
        TestServer other = server("other");
        Path list = folder.resolve("lists").resolve("list.txt");
        write(list, 0);
        Answer made = one.postJson(
                "/c/exchanges", "{\"bank\":\"FEED\",\"api\":\"local_file\",\"api_json\":{\"filename\":\"list.txt\"}}");
        assertThat(made.status()).as(made.text()).isEqualTo(201);
        int rounds = 12;
        for (int round = 0; round < rounds; round++) {
            write(list, round);
            String hash = hash(round);
            for (TestServer server : List.of(one, other)) {
                TestTransport.until(() -> server.postJson("/v1/lookup", "[\"" + hash + "\"]")
                        .text()
                        .contains("\"bank\":\"FEED\""));
            }
            if (round == rounds / 2) {
                one.close(); // Whoever fetched, the other goes on.
                running.remove(one);
                running.add(server("one again"));
                one = running.getLast();
            }
        }
        List<Long> added = new ArrayList<>();
        for (JsonNode entry : other.get("/v1/journal?limit=1000").json().path("entries")) {
            if (entry.path("kind").asString().equals("add_contents")) {
                added.add(entry.path("seq").asLong());
            }
        }
        assertThat(added).hasSize(rounds);
        assertThat(other.get("/c/exchange/FEED/status")
                        .json()
                        .path("last_fetch_succeeded")
                        .asBoolean())
                .isTrue();
    }

    private static String hash(int round) {
        return String.format(
                "%064x",
                BigInteger.valueOf(0x1234_5678_9abc_def1L + round).pow(4).mod(BigInteger.TWO.pow(256)));
    }

    private static void write(Path list, int round) throws IOException {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i <= round; i++) {
            lines.append(hash(i)).append('\n');
        }
        Path aside = list.resolveSibling("aside");
        Files.writeString(aside, lines);
        Files.move(aside, list, StandardCopyOption.ATOMIC_MOVE);
    }
}
