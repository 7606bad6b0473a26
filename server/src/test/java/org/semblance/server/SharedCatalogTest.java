package org.semblance.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.server.config.ConfigRefusedException;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.config.Setting;
import org.semblance.server.config.Settings;
import org.semblance.server.doctor.Doctor;
import org.semblance.server.doctor.Finding;
import org.semblance.server.doctor.Finding.Grade;
import org.semblance.server.fixture.TestPostgres;
import org.semblance.server.fixture.TestServer;
import org.semblance.server.fixture.TestServer.Answer;
import org.semblance.server.fixture.TestTransport;

/** Two servers on one catalog. */
@Timeout(120)
class SharedCatalogTest {
    private static final String HASH = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22";
    private static final String SECRET = "not-for-everyone";

    @TempDir
    private Path folder;

    private TestPostgres postgres;
    private String address;
    private TestServer one;
    private TestServer other;

    @BeforeEach
    void open() {
        postgres = TestPostgres.own();
        address = postgres.address(postgres.createDatabase());
        one = server("one");
        other = server("other");
    }

    @AfterEach
    void close() {
        one.close();
        other.close();
        postgres.close();
    }

    private TestServer server(String name) {
        return new TestServer(
                folder.resolve(name),
                settings -> settings.set(Setting.CATALOG, address).set(Setting.CATALOG_MAX_LAG_S, 2L));
    }

    private static Answer lookup(TestServer server, String more) {
        return server.postJson("/v1/lookup" + more, "{\"hashes\":[\"" + HASH + "\"]}");
    }

    private static Answer add(TestServer server) {
        return server.postJson("/v1/banks/A/content", "{\"signals\":[{\"type\":\"pdq\",\"hash\":\"" + HASH + "\"}]}");
    }

    @Test
    void whatOneIsToldTheOtherAnswersAlsoWhileTheDatabaseIsAway() throws Exception {
        assertThat(one.postJson("/v1/banks", "{\"name\":\"A\"}").status()).isEqualTo(201);
        Answer added = add(one);
        assertThat(added.status()).as(added.text()).isEqualTo(201);
        Answer found = lookup(other, "?min_list_version=2");
        assertThat(found.status()).as(found.text()).isEqualTo(200);
        assertThat(found.text()).contains("\"bank\":\"A\"");
        TestTransport.until(() -> other.get("/metrics").text().contains("semblance_follow_reachable 1"));
        assertThat(other.get("/metrics").text())
                .contains("semblance_follow_lag_changes 0", "semblance_follow_lag_seconds");

        // Until a node has its view, it asks the database what a hit is.
        for (TestServer server : List.of(one, other)) {
            TestTransport.until(() -> server.get("/metrics").text().contains("semblance_view_ready 1"));
        }
        postgres.stop();
        long begun = System.nanoTime();
        Answer refused = add(one);
        assertThat(refused.status()).as(refused.text()).isEqualTo(503);
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(5));
        assertThat(refused.text()).contains("the catalog takes no change").doesNotContain("127.0.0.1");
        for (TestServer server : List.of(one, other)) {
            assertThat(lookup(server, "").text()).contains("\"bank\":\"A\"");
            TestTransport.until(() -> server.get("/readyz").status() == 503);
            assertThat(server.get("/readyz").json().path("status").asString()).isEqualTo("behind");
            assertThat(lookup(server, "").text()).contains("\"bank\":\"A\"");
        }

        postgres.start();
        for (TestServer server : List.of(one, other)) {
            TestTransport.until(() -> server.get("/readyz").status() == 200);
        }
        TestTransport.until(() -> add(other).status() == 201);
        assertThat(lookup(one, "?min_list_version=3").status()).isEqualTo(200);
        assertThat(one.post("/v1/verify", new byte[0]).text()).contains("\"problems\":[]");
    }

    @Test
    void theDoctorLooksAtTheDatabase() {
        List<Finding> findings = Doctor.examine(
                ServerConfig.builder(folder.resolve("one"))
                        .set(Setting.PORT, 0)
                        .set(Setting.CATALOG, address)
                        .build(),
                Map.of());
        assertThat(findings).anySatisfy(finding -> {
            assertThat(finding.check()).isEqualTo("catalog");
            assertThat(finding.grade()).isEqualTo(Grade.OK);
        });
        assertThat(findings).anySatisfy(finding -> {
            assertThat(finding.check()).isEqualTo("clocks");
            assertThat(finding.grade()).isEqualTo(Grade.OK);
        });
        // The servers of tests do not wait for their disk.
        assertThat(findings).anySatisfy(finding -> {
            assertThat(finding.check()).isEqualTo("durability");
            assertThat(finding.grade()).isEqualTo(Grade.FAIL);
        });
        assertThat(findings).anySatisfy(finding -> {
            assertThat(finding.check()).isEqualTo("standby");
            assertThat(finding.grade()).isEqualTo(Grade.WARN);
        });
    }

    @Test
    void aPasswordIsReadFromItsFileAndToldToNobody() throws Exception {
        Path file = folder.resolve("secret");
        Files.writeString(file, SECRET + "\n");
        ServerConfig config = ServerConfig.builder(folder)
                .set(Setting.CATALOG, address)
                .set(Setting.CATALOG_PASSWORD_FILE, file)
                .build();
        assertThat(String.valueOf(config.catalog())).isEqualTo(address).doesNotContain(SECRET);
        assertThat(Objects.requireNonNull(config.catalog()).password()).isEqualTo(SECRET);
        String withPassword = "postgresql://semblance:" + SECRET + "@localhost/semblance";
        assertThatThrownBy(() -> Settings.resolve(Map.of(Setting.CATALOG, withPassword), Map.of(), null))
                .isInstanceOf(ConfigRefusedException.class)
                .hasMessageContaining("catalog")
                .hasMessageContaining("without a password")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain(SECRET));
    }

    @Test
    void aKeyThatIsRevokedOnOneIsRefusedByAll() throws Exception {
        Answer made = one.postJson("/v1/keys", "{\"name\":\"boss\",\"role\":\"admin\"}");
        assertThat(made.status()).as(made.text()).isEqualTo(201);
        String boss = made.json().path("secret").asString();
        Map<String, String> asBoss = Map.of("Authorization", "Bearer " + boss, "Content-Type", "application/json");
        TestTransport.until(() -> lookup(other, "").status() == 401);
        TestTransport.until(
                () -> other.send("GET", "/v1/banks", asBoss, new byte[0]).status() == 200);
        Answer clerk = other.send(
                "POST", "/v1/keys", asBoss, "{\"name\":\"clerk\",\"role\":\"match\"}".getBytes(StandardCharsets.UTF_8));
        assertThat(clerk.status()).as(clerk.text()).isEqualTo(201);
        Map<String, String> asClerk =
                Map.of("Authorization", "Bearer " + clerk.json().path("secret").asString());
        // It may not list banks, which is another refusal than that of a key that is not known.
        TestTransport.until(
                () -> one.send("GET", "/v1/banks", asClerk, new byte[0]).status() == 403);
        assertThat(one.send("DELETE", "/v1/keys/clerk", asBoss, new byte[0]).status())
                .isBetween(200, 204);
        long revoked = System.nanoTime();
        TestTransport.until(
                () -> other.send("GET", "/v1/banks", asClerk, new byte[0]).status() == 401);
        assertThat(Duration.ofNanos(System.nanoTime() - revoked)).isLessThan(Duration.ofSeconds(3));
    }
}
