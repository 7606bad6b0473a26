package org.semblance.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.server.auth.AccessPolicy;
import org.semblance.server.auth.KeyRing;
import org.semblance.server.auth.Role;
import org.semblance.server.config.Setting;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.RawClient;
import org.semblance.server.fixture.RawHttp2Client;
import org.semblance.server.fixture.TestServer;

/** A web page whose name was made to mean this machine (DNS rebinding) reads nothing from a server that asks for no key. */
@ExtendWith(LeakWatch.class)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class OpenServerTest {
    private static final List<String> READS = List.of(
            "GET /v1/banks",
            "GET /v1/journal",
            "GET /v1/keys",
            "GET /metrics",
            "POST /v1/match",
            "GET /c/banks",
            "GET /m/lookup?signal_type=pdq&signal=" + "ab".repeat(32),
            "DELETE /c/bank/B");

    private static final List<String> FOR_ANYBODY = List.of("GET /healthz", "GET /readyz", "GET /status");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    private static int ask(TestServer server, String what, String host) throws IOException {
        try (RawClient client = new RawClient(server.port())) {
            RawClient.Answer answer = client.send(what + " HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 0\r\n\r\n")
                    .read();
            if (answer.status() == 403) {
                assertThat(answer.body()).contains("Host: '" + host + "' (expected: localhost, an address, or a name");
            }
            return answer.status();
        }
    }

    private static void assertRebindingFails(TestServer server) throws IOException {
        for (String what : READS) {
            for (String host : List.of("rebound.example", "rebound.example:" + server.port(), "127.0.0.1.nip.io")) {
                assertThat(ask(server, what, host)).as(what).isEqualTo(403);
            }
            for (String host : List.of("localhost:" + server.port(), "127.0.0.1", "[::1]:5100", "test")) {
                assertThat(ask(server, what, host)).as(what).isEqualTo(200);
            }
        }
        for (String what : FOR_ANYBODY) {
            assertThat(ask(server, what, "rebound.example")).as(what).isEqualTo(200);
        }
    }

    @Test
    void withoutKeysOnlyItsOwnNamesAreAnswered() throws IOException {
        try (TestServer server = new TestServer(folder.resolve("db"))) {
            assertRebindingFails(server);
            try (RawHttp2Client client = new RawHttp2Client(server.port())) {
                client.send(
                        RawHttp2Client.HEADERS,
                        RawHttp2Client.END_HEADERS | RawHttp2Client.END_STREAM,
                        1,
                        RawHttp2Client.block(
                                ":method",
                                "GET",
                                ":scheme",
                                "http",
                                ":path",
                                "/v1/banks",
                                ":authority",
                                "rebound.example"));
                assertThat(client.answer(1).status).isEqualTo(403);
                assertThat(client.get(3, "/v1/banks").answer(3).status).isEqualTo(200);
            }
        }
    }

    @Test
    void aServerThatIsOpenToTheNetworkIsNoOther() throws IOException {
        try (TestServer server = new TestServer(
                folder.resolve("db"), settings -> settings.set(Setting.ACCESS, AccessPolicy.OPEN_TO_NETWORK))) {
            assertRebindingFails(server);
        }
    }

    /** A page has no key to ask with. */
    @Test
    void whoHasAKeyMayAskByAnyName() throws IOException {
        Path data = folder.resolve("db");
        String secret = new KeyRing(data)
                .create(new KeyRing.Draft("a", Role.ADMIN, Set.of(), false, null, null, null), Instant.now())
                .secret();
        try (TestServer server = new TestServer(data);
                RawClient client = new RawClient(server.port())) {
            assertThat(client.send("GET /v1/banks HTTP/1.1\r\nHost: media.example.org\r\nX-API-Key: " + secret
                                    + "\r\n\r\n")
                            .read()
                            .status())
                    .isEqualTo(200);
            assertThat(ask(server, "GET /v1/banks", "media.example.org")).isEqualTo(401);
        }
    }
}
