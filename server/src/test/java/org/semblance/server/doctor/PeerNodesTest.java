package org.semblance.server.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.document.Documents;
import org.semblance.hashdb.file.SnapshotFormat;
import org.semblance.server.MatchServer;
import org.semblance.server.auth.KeyRing;
import org.semblance.server.auth.Role;
import org.semblance.server.config.Isolation;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.config.Setting;
import org.semblance.server.doctor.Finding.Grade;
import org.semblance.server.fixture.TestPostgres;
import org.semblance.server.fixture.TestServer;
import org.semblance.server.fixture.TestTransport;
import org.semblance.server.peer.FakePeer;
import org.semblance.server.tls.TestCertificate;

/** What the doctor says of peers that are sound, away, slow, strange, or of another list, and of the key that they ask for. */
@Timeout(180)
class PeerNodesTest {
    private static final String MARK = "ab".repeat(32);

    private static TestPostgres postgres;
    private static String address;

    @TempDir
    private static Path folder;

    /** Has a list of two changes and its snapshot, and asks for no key. */
    private static TestServer node;

    @BeforeAll
    static void start() {
        postgres = TestPostgres.own();
        address = postgres.address(postgres.createDatabase());
        node = node("node", address);
    }

    @AfterAll
    static void stop() {
        node.close();
        postgres.close();
    }

    private static TestServer node(String name, String catalog) {
        try (TestServer first =
                new TestServer(folder.resolve(name), settings -> settings.set(Setting.CATALOG, catalog))) {
            assertThat(first.postJson("/v1/banks", "{\"name\":\"A\"}").status()).isEqualTo(201);
            assertThat(first.postJson(
                                    "/v1/banks/A/content",
                                    "{\"signals\":[{\"type\":\"pdq\",\"hash\":\"" + "f8f8f0cee0f4a84f".repeat(4)
                                            + "\"}]}")
                            .status())
                    .isEqualTo(201);
        }
        return new TestServer(folder.resolve(name), settings -> settings.set(Setting.CATALOG, catalog));
    }

    private static URI url(TestServer server) {
        return URI.create("http://127.0.0.1:" + server.port());
    }

    private static ServerConfig config(String catalog, UnaryOperator<ServerConfig.Builder> more, Object... peers) {
        return more.apply(ServerConfig.builder(folder.resolve("new"))
                        .set(Setting.PORT, 0)
                        .set(Setting.CATALOG, catalog)
                        .set(
                                Setting.PEERS,
                                List.of(peers).stream().map(Object::toString).toList()))
                .build();
    }

    private static List<Finding> findings(Object... peers) {
        return new PeerNodes(config(address, settings -> settings, peers)).check();
    }

    private static void assertWarns(Finding finding, String detail, String advice) {
        assertThat(finding.grade()).isEqualTo(Grade.WARN);
        assertThat(finding.check()).isEqualTo("peer");
        assertThat(finding.detail()).contains(detail);
        assertThat(finding.advice()).contains(advice);
    }

    private static FakePeer answering(int status, String body) throws IOException {
        return new FakePeer((path, out) -> FakePeer.json(out, status, body));
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    @Test
    void aSoundPeerIsAmongAllThatIsExamined() {
        assertThat(Doctor.examine(config(address, settings -> settings, url(node)), Map.of()))
                .contains(Finding.ok("peer", url(node) + ": hashes to change 2"));
        assertThat(new PeerNodes(config(address, settings -> settings)).check()).isEmpty();
    }

    @Test
    void eachPeerIsGivenUpInTimeAndSaysWhatToDo() throws IOException {
        URI away = URI.create("http://127.0.0.1:" + freePort());
        try (FakePeer silent = new FakePeer((path, out) -> TimeUnit.SECONDS.sleep(60));
                FakePeer older = answering(404, "{\"detail\":\"no such path\"}");
                FakePeer page = answering(200, "<html>");
                FakePeer empty = answering(200, "{\"snapshots\":[]}");
                FakePeer hangsUp = new FakePeer((path, out) -> {})) {
            long begun = System.nanoTime();
            List<Finding> findings = findings(
                    away,
                    "http://no-such-host.invalid:5100",
                    silent.url(),
                    older.url(),
                    page.url(),
                    hangsUp.url(),
                    empty.url(),
                    url(node),
                    "https://127.0.0.1:" + node.port());
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(30));
            assertThat(findings).hasSize(9);
            assertWarns(findings.get(0), away + ": ", "Start it, let this machine reach it, or set peers.");
            assertWarns(findings.get(1), "http://no-such-host.invalid:5100: ", "or set peers.");
            assertWarns(findings.get(2), silent.url() + ": no answer in time", "Start it");
            assertWarns(findings.get(3), older.url() + ": 404 no such path", "nodes of this release");
            assertWarns(findings.get(4), page.url() + ": an answer that says nothing of snapshots", "this release");
            assertWarns(findings.get(5), hangsUp.url() + ": ", "this release");
            assertThat(findings.get(6)).isEqualTo(Finding.ok("peer", empty.url() + ": has no snapshot yet"));
            assertThat(findings.get(7).grade()).isEqualTo(Grade.OK);
            assertWarns(findings.get(8), "https://127.0.0.1:" + node.port() + ": ", "http or https as it speaks");
        }
    }

    @Test
    void aSnapshotOfAnotherListOrFormatIsNotForThisNode() throws IOException {
        String ahead = "{\"snapshots\":[{\"kind\":\"hashes\",\"bytes\":9,\"list_version\":99,\"journal_hash\":\"" + MARK
                + "\",\"format\":" + SnapshotFormat.VERSION + "}]}";
        try (FakePeer other = FakePeer.describing(5, MARK, (path, out) -> {});
                FakePeer later = answering(200, ahead);
                FakePeer newer = answering(
                        200,
                        ahead.replace(
                                "\"format\":" + SnapshotFormat.VERSION,
                                "\"format\":" + (SnapshotFormat.VERSION + 1)))) {
            List<Finding> findings = findings(other.url(), later.url(), newer.url());
            assertThat(findings).hasSize(3);
            assertWarns(findings.get(0), ": hashes to change 2, of another list", "Set peers to nodes of this catalog");
            assertWarns(
                    findings.get(1), ": hashes to change 99, of another list", "Set peers to nodes of this catalog");
            assertWarns(
                    findings.get(2),
                    ": hashes to change 99, of format " + (SnapshotFormat.VERSION + 1) + " (expected: "
                            + SnapshotFormat.VERSION + ")",
                    "Run the same release on all nodes");
        }
    }

    @Test
    void withoutTheCatalogListsAreNotCompared() throws IOException {
        String away = "postgresql://semblance@127.0.0.1:" + freePort() + "/semblance";
        List<Finding> findings = new PeerNodes(config(away, settings -> settings, url(node))).check();
        assertThat(findings).hasSize(1);
        assertWarns(findings.getFirst(), ": hashes to change 2, not compared with the list", "See catalog.");
    }

    @Test
    void theKeyMustBeThatOfANode() throws IOException {
        String guarded = postgres.address(postgres.createDatabase());
        try (TestServer server = node("guarded", guarded);
                Documents shared = Objects.requireNonNull(
                                config(guarded, settings -> settings).catalog())
                        .documents(folder)) {
            KeyRing keys = new KeyRing(shared);
            Path nodes = secret(keys, "nodes", Role.NODE, false);
            Path blind = secret(keys, "blind", Role.NODE, true);
            Path match = secret(keys, "match", Role.MATCH, false);
            Path boss = secret(keys, "boss", Role.ADMIN, false);
            TestTransport.until(() -> server.get("/v1/snapshots").status() == 401);
            String advice = "semblance key create NAME --role node --catalog " + guarded;

            List<Finding> without = new PeerNodes(config(guarded, settings -> settings, url(server))).check();
            assertThat(without).hasSize(1);
            assertWarns(without.getFirst(), ": 401 a key is needed", advice);
            List<Finding> withMatch = withKey(guarded, match, url(server));
            assertThat(withMatch).hasSize(1);
            assertWarns(withMatch.getFirst(), ": 403 key match: role match (expected: node or admin)", advice);
            List<Finding> withBlind = withKey(guarded, blind, url(server));
            assertThat(withBlind).hasSize(2);
            assertWarns(withBlind.getLast(), ": 403 key blind: is not told hashes", advice);

            assertThat(withKey(guarded, nodes, url(server)))
                    .containsExactly(
                            Finding.ok("peer key", "key nodes: role node"),
                            Finding.ok("peer", url(server) + ": hashes to change 2"));
            List<Finding> withBoss = withKey(guarded, boss, url(server));
            assertThat(withBoss).hasSize(2);
            assertThat(withBoss.getFirst().grade()).isEqualTo(Grade.WARN);
            assertThat(withBoss.getFirst().detail())
                    .isEqualTo("key boss: role admin, which may do more than a node needs");
            assertThat(withBoss.getLast().grade()).isEqualTo(Grade.OK);
            assertThat(withBoss.toString())
                    .doesNotContain(Files.readString(boss).strip());
        }
        assertThat(withKey(address, folder.resolve("none"), url(node)))
                .singleElement()
                .satisfies(finding -> assertThat(finding.grade()).isEqualTo(Grade.FAIL));
    }

    private static Path secret(KeyRing keys, String name, Role role, boolean hides) throws IOException {
        String secret = keys.create(new KeyRing.Draft(name, role, Set.of(), hides, null, null, null), Instant.now())
                .secret();
        return Files.writeString(folder.resolve(name + ".key"), secret + "\n");
    }

    private static List<Finding> withKey(String catalog, Path key, URI peer) {
        return new PeerNodes(config(catalog, settings -> settings.set(Setting.PEER_KEY_FILE, key), peer)).check();
    }

    @Test
    void theCertificateMustBeTrusted() throws Exception {
        TestCertificate certificate = TestCertificate.ofCurve();
        try (MatchServer server = MatchServer.start(ServerConfig.builder(folder.resolve("tls"))
                .set(Setting.PORT, 0)
                .set(Setting.ISOLATION, Isolation.NONE)
                .set(Setting.CATALOG, address)
                .tls(certificate.write(folder))
                .build())) {
            assertWarns(findings(server.url()).getFirst(), server.url() + ": ", "Set peer_ca_file to the authorities");
            Path authorities = certificate.write(folder).certificate();
            assertThat(withAuthorities(authorities, server.url()))
                    .singleElement()
                    .satisfies(finding -> assertThat(finding.grade()).isEqualTo(Grade.OK));
            Path nonsense = Files.writeString(folder.resolve("nonsense.pem"), "x");
            assertThat(withAuthorities(nonsense, server.url())).singleElement().satisfies(finding -> {
                assertThat(finding.grade()).isEqualTo(Grade.FAIL);
                assertThat(finding.detail()).startsWith("peer_ca_file: ");
            });
        }
    }

    private static List<Finding> withAuthorities(Path authorities, String peer) {
        return new PeerNodes(config(address, settings -> settings.set(Setting.PEER_CA_FILE, authorities), peer))
                .check();
    }
}
