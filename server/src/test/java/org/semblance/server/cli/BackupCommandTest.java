package org.semblance.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.server.auth.KeyRing;
import org.semblance.server.auth.Role;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.Pictures;
import org.semblance.server.fixture.TestServer;
import picocli.CommandLine;

/** The verbs backup and restore, beside a server that runs. */
@ExtendWith(LeakWatch.class)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BackupCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    Path folder;

    private int run(String... args) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        CommandLine line = Main.commandLine();
        return line.setOut(new PrintWriter(out)).setErr(new PrintWriter(err)).execute(args);
    }

    @Test
    void aServerOnARestoredFolderKnowsAllThatTheOtherKnew() throws Exception {
        Path data = folder.resolve("data");
        Path backup = folder.resolve("backup");
        Path restored = folder.resolve("restored");
        byte[] photo = Pictures.png(Pictures.photo(1, 300, 200));
        Map<String, String> key = Map.of(
                "X-API-Key",
                new KeyRing(data)
                        .create(new KeyRing.Draft("root", Role.ADMIN, Set.of(), false, null, null, null), Instant.now())
                        .secret());
        String match;
        try (TestServer server = new TestServer(data)) {
            server.send(
                    "POST",
                    "/v1/banks",
                    Map.of("X-API-Key", key.get("X-API-Key"), "Content-Type", "application/json"),
                    "{\"name\":\"A\"}".getBytes(StandardCharsets.UTF_8));
            assertThat(server.send("POST", "/v1/banks/A/content", key, photo).status())
                    .isEqualTo(201);
            match = server.send("POST", "/v1/match", key, photo)
                    .json()
                    .get("verdict_id")
                    .stringValue();
            assertThat(server.send("GET", "/v1/matches", key, new byte[0]).text())
                    .contains(match);

            assertThat(run("backup", backup.toString(), "--data", data.toString()))
                    .as(err.toString())
                    .isZero();
            assertThat(out.toString())
                    .isEqualTo("change 2 and all before it are in " + backup
                            + ": keys.json, keys.json.made, catalog.db, matches.db\n");
            assertThat(run("backup", backup.toString(), "--data", data.toString()))
                    .isEqualTo(Exit.REFUSED);
            assertThat(err.toString())
                    .contains("holds backup.json (expected: a new or an empty folder for the backup)");
            assertThat(run("restore", backup.toString(), "--data", data.toString(), "--force"))
                    .isEqualTo(Exit.REFUSED);
            assertThat(err.toString()).contains("is in use");
        }
        assertThat(run("restore", backup.toString(), "--data", restored.toString()))
                .as(err.toString())
                .isZero();
        try (TestServer server = new TestServer(restored)) {
            assertThat(server.get("/v1/banks").status()).isEqualTo(401);
            assertThat(server.send("POST", "/v1/match", key, photo)
                            .json()
                            .get("verdict")
                            .stringValue())
                    .isEqualTo("match");
            assertThat(server.send("GET", "/v1/matches", key, new byte[0]).text())
                    .contains(match);
        }
        assertThat(run("restore", backup.toString(), "--data", restored.toString()))
                .isEqualTo(Exit.REFUSED);
        assertThat(run("restore", backup.toString(), "--data", restored.toString(), "--force"))
                .isZero();
        assertThat(out.toString()).contains("what was there is now in " + restored.resolve(".before-restore-"));
        assertThat(Files.exists(restored.resolve("catalog.head"))).isFalse();
        assertThat(run("verify", "--data", restored.toString())).isZero();
    }
}
