package org.semblance.server.peer;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.follow.IndexKind;
import org.semblance.server.MatchServer;
import org.semblance.server.auth.KeyRing;
import org.semblance.server.auth.Role;
import org.semblance.server.config.Isolation;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.config.Setting;
import org.semblance.server.fixture.TestPostgres;
import org.semblance.server.fixture.TestServer;
import org.semblance.server.fixture.TestTransport;
import org.semblance.server.tls.TestCertificate;
import org.slf4j.LoggerFactory;

/** A node that starts beside others: from a peer's snapshot if that is right, else from the database, with the same list. */
@Timeout(180)
class NewNodeTest {
    private static final int HASHES = 300;
    private static TestPostgres postgres;

    @TempDir
    private Path folder;

    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final List<TestServer> running = new ArrayList<>();
    private final List<String> banked = new ArrayList<>();
    private final SplittableRandom random = new SplittableRandom(20);
    private String address;

    @BeforeAll
    static void start() {
        postgres = TestPostgres.own();
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    @BeforeEach
    void open() {
        address = postgres.address(postgres.createDatabase());
        log.start();
        logger().addAppender(log);
    }

    @AfterEach
    void close() {
        logger().detachAppender(log);
        running.forEach(TestServer::close);
    }

    private static Logger logger() {
        return (Logger) LoggerFactory.getLogger("org.semblance");
    }

    /** Warnings about peers, without those that say how many more of a kind there were. */
    private List<String> warnings() {
        synchronized (log) {
            return log.list.stream()
                    .filter(event -> event.getLevel().isGreaterOrEqual(Level.WARN))
                    .map(ILoggingEvent::getFormattedMessage)
                    .filter(text -> text.contains("a peer's") || text.contains("no snapshot of"))
                    .filter(text -> !text.contains(" more times in "))
                    .toList();
        }
    }

    private TestServer node(String name, UnaryOperator<ServerConfig.Builder> more) {
        TestServer node =
                new TestServer(folder.resolve(name), settings -> more.apply(settings.set(Setting.CATALOG, address)));
        running.add(node);
        return node;
    }

    private TestServer newNode(String name, URI... peers) {
        List<String> urls = List.of(peers).stream().map(URI::toString).toList();
        return node(name, settings -> settings.set(Setting.PEERS, urls));
    }

    private static URI url(TestServer server) {
        return URI.create("http://127.0.0.1:" + server.port());
    }

    private void add(TestServer node, int count) {
        StringBuilder lines = new StringBuilder("pdq\n");
        for (int i = 0; i < count; i++) {
            String hash = "%016x%016x%016x%016x"
                    .formatted(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong());
            banked.add(hash);
            lines.append(hash).append('\n');
        }
        assertThat(node.send(
                                "POST",
                                "/v1/banks/A/import",
                                Map.of("Content-Type", "text/csv"),
                                lines.toString().getBytes(StandardCharsets.US_ASCII))
                        .status())
                .isEqualTo(200);
    }

    /** A node with a saved snapshot, and a list that has gone on since. */
    private TestServer oldNode() {
        TestServer first = node("old", settings -> settings);
        assertThat(first.postJson("/v1/banks", "{\"name\":\"A\"}").status()).isEqualTo(201);
        add(first, HASHES);
        first.close();
        TestServer again = node("old", settings -> settings);
        add(again, 3);
        return again;
    }

    private static boolean began(TestServer node) {
        String metrics = node.get("/metrics").text();
        assertThat(metrics).contains("semblance_index_fetch_seconds_count ");
        return metrics.contains("semblance_index_fetch_seconds_count 1");
    }

    private void assertSame(TestServer node) {
        String hashes = String.join("\",\"", banked);
        assertThat(node.postJson("/v1/lookup", "{\"hashes\":[\"" + hashes + "\"]}")
                        .json()
                        .path("results")
                        .findValues("bank"))
                .hasSize(banked.size());
        assertThat(node.post("/v1/verify", new byte[0]).text()).contains("\"problems\":[]");
    }

    private Path snapshot(String node) {
        return folder.resolve(node).resolve(IndexKind.HASHES.fileName());
    }

    private Path write(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text + "\n");
    }

    @Test
    void beginsWithThePeersSnapshotAndFollowsFromThere() throws Exception {
        TestServer old = oldNode();
        TestServer node = newNode("new", url(old));
        assertThat(began(node)).isTrue();
        assertSame(node);
        assertThat(warnings()).isEmpty();
        assertThat(Files.readAllBytes(snapshot("new"))).isEqualTo(Files.readAllBytes(snapshot("old")));
        add(old, 2);
        add(node, 2);
        assertThat(node.get("/readyz").status()).isEqualTo(200);
        for (TestServer server : List.of(old, node)) {
            TestTransport.until(
                    () -> server.get("/readyz").json().path("list_version").asInt() == 5);
            assertSame(server);
        }
        node.close();
        TestServer again = newNode("new", URI.create("http://no-such-host.invalid"));
        assertThat(began(again)).isFalse(); // With its own.
        assertSame(again);
        assertThat(warnings()).isEmpty();
    }

    @Test
    void asksWithAKeyOfANodeAndWithNoOther() throws Exception {
        TestServer old = oldNode();
        KeyRing keys = new KeyRing(Objects.requireNonNull(ServerConfig.builder(folder)
                        .set(Setting.CATALOG, address)
                        .build()
                        .catalog())
                .documents(folder));
        String node = secret(keys, "nodes", Role.NODE, Set.of(), false);
        String scoped = secret(keys, "scoped", Role.NODE, Set.of("A"), false);
        String blind = secret(keys, "blind", Role.NODE, Set.of(), true);
        String match = secret(keys, "match", Role.MATCH, Set.of(), false);
        TestTransport.until(() -> old.get("/v1/snapshots").status() == 401);
        record Case(String secret, String refusal) {}
        int number = 0;
        for (Case each : List.of(
                new Case("", "401 a key is needed"),
                new Case("nonsense", "401 not a key of this server"),
                new Case(match, "403 key match: role match (expected: node or admin)"),
                new Case(scoped, "403 key scoped: its scope is some banks"),
                new Case(blind, "403 key blind: is not told hashes"),
                new Case(node, ""))) {
            Path file = write("key" + number++, each.secret);
            ServerConfig.Builder settings = ServerConfig.builder(folder.resolve("keyed" + number))
                    .set(Setting.PORT, 0)
                    .set(Setting.ISOLATION, Isolation.NONE)
                    .set(Setting.CATALOG, address)
                    .set(Setting.PEERS, List.of(url(old).toString()));
            if (!each.secret.isEmpty()) {
                settings.set(Setting.PEER_KEY_FILE, file);
            }
            int before = warnings().size();
            MatchServer.start(settings.build()).close();
            if (each.refusal.isEmpty()) {
                assertThat(warnings()).hasSize(before);
                assertThat(log.list)
                        .extracting(ILoggingEvent::getFormattedMessage)
                        .anyMatch(text -> text.contains(": begins with the snapshot of " + url(old) + ", of change 2"));
            } else {
                assertThat(warnings())
                        .hasSizeGreaterThan(before)
                        .last()
                        .asString()
                        .startsWith("no snapshot of ")
                        .contains(" from " + url(old) + ": " + each.refusal);
            }
        }
        assertThat(String.join("\n", warnings())).doesNotContain(node, match, scoped);
    }

    private static String secret(KeyRing keys, String name, Role role, Set<String> banks, boolean hides) {
        return keys.create(new KeyRing.Draft(name, role, banks, hides, null, null, null), Instant.now())
                .secret();
    }

    @Test
    void readsTheDatabaseIfAByteIsWrong() throws Exception {
        TestServer old = oldNode();
        byte[] bytes = Files.readAllBytes(snapshot("old"));
        bytes[bytes.length / 2] ^= 4;
        Files.write(snapshot("old"), bytes);
        TestServer node = newNode("new", url(old));
        assertThat(began(node)).isFalse();
        assertThat(node.get("/metrics").text()).contains("semblance_index_fetch_failures_total 1");
        assertSame(node);
        assertThat(warnings())
                .singleElement()
                .asString()
                .startsWith(snapshot("new") + ": a peer's is not taken: " + url(old) + ": ")
                .contains("wrong checksum");
    }

    @Test
    void readsTheDatabaseIfTheTransferIsCutOff() throws Exception {
        oldNode();
        byte[] bytes = Files.readAllBytes(snapshot("old"));
        String mark = running.getLast()
                .get("/v1/snapshots")
                .json()
                .path("snapshots")
                .get(0)
                .path("journal_hash")
                .asString();
        try (FakePeer peer = FakePeer.describing(bytes.length, mark, (path, out) -> {
            FakePeer.head(out, 200, "Content-Length: " + bytes.length);
            out.write(bytes, 0, bytes.length - 1);
        })) {
            TestServer node = newNode("new", peer.url());
            assertThat(began(node)).isFalse();
            assertSame(node);
            assertThat(warnings())
                    .singleElement()
                    .asString()
                    .startsWith(snapshot("new") + ": a peer's is not taken: " + peer.url() + ": fixed content-length");
            assertThat(folder.resolve("new").resolve("index.snapshot.peer")).doesNotExist();
        }
    }

    @Test
    void readsTheDatabaseIfThePeerIsOfAnotherOneOrHasNoneYet() throws Exception {
        TestServer old = oldNode();
        address = postgres.address(postgres.createDatabase());
        banked.clear();
        TestServer first = node("first", settings -> settings);
        assertThat(first.postJson("/v1/banks", "{\"name\":\"A\"}").status()).isEqualTo(201);
        add(first, 2);
        TestServer node = newNode("new", url(old), url(first));
        assertThat(began(node)).isFalse();
        assertSame(node);
        assertThat(warnings())
                .containsExactly(
                        snapshot("new") + ": a peer's is not taken: " + url(old) + ": belongs to another catalog");
    }

    @Test
    void trustsTheCertificatesOfPeersByTheirAuthorities() throws Exception {
        oldNode().close();
        TestCertificate certificate = TestCertificate.ofCurve();
        try (MatchServer old = MatchServer.start(ServerConfig.builder(folder.resolve("old"))
                .set(Setting.PORT, 0)
                .set(Setting.ISOLATION, Isolation.NONE)
                .set(Setting.CATALOG, address)
                .tls(certificate.write(folder))
                .build())) {
            URI url = URI.create(old.url());
            assertThat(url.getScheme()).isEqualTo("https");
            TestServer without = newNode("without", url);
            assertThat(began(without)).isFalse();
            assertThat(warnings())
                    .isNotEmpty()
                    .allSatisfy(text ->
                            assertThat(text).startsWith("no snapshot of ").contains(" from " + url + ": "));
            Path authorities = certificate.write(folder).certificate();
            TestServer node = node(
                    "new",
                    settings -> settings.set(Setting.PEERS, List.of(url + "/")).set(Setting.PEER_CA_FILE, authorities));
            assertThat(began(node)).isTrue();
            assertSame(node);
            try (HttpClient client = HttpClient.newBuilder()
                    .sslContext(certificate.trust())
                    .version(HttpClient.Version.HTTP_2)
                    .build()) {
                var answer = client.send(
                        HttpRequest.newBuilder(url.resolve("/v1/snapshots/hashes"))
                                .build(),
                        BodyHandlers.ofByteArray());
                assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
                assertThat(answer.headers().firstValueAsLong("Content-Length")).hasValue(Files.size(snapshot("old")));
                assertThat(answer.body()).isEqualTo(Files.readAllBytes(snapshot("old")));
            }
        }
    }
}
