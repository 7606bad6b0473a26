package org.semblance.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;
import org.semblance.server.config.Isolation;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.config.Setting;

class RehearsalTest {
    private static final Origin ORIGIN = new Origin("person", "");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @Test
    void everyRequestIsAnsweredAndNothingOfTheServedDatabaseChanges() throws Exception {
        try (HashDb db = HashDb.open(folder)) {
            for (String bank : List.of("FIRST", "SECOND")) {
                db.apply(new Change.CreateBank(bank), ORIGIN);
                Signal signal = new Signal(SignalType.PDQ, new Hash256(1, 2, 3, 4).toHex());
                db.apply(
                        new Change.AddContents(
                                bank, List.of(new ContentDraft(List.of(signal), List.of(), null, null, null))),
                        ORIGIN);
            }
        }
        ServerConfig config = ServerConfig.builder(folder)
                .set(Setting.PORT, 0)
                .set(Setting.RECENT_UPLOADS, 1_000L)
                .set(Setting.ISOLATION, Isolation.NONE)
                .build();
        try (MatchServer server = MatchServer.start(config)) {
            List<String> before = state(server);
            Path rehearsal = Files.createDirectory(folder.resolve("rehearsal"));
            Files.writeString(rehearsal.resolve("catalog.db"), "left by a server that was killed");

            server.rehearse(); // A request that is refused throws.

            assertThat(state(server)).isEqualTo(before);
            assertThat(rehearsal).doesNotExist();
        }
    }

    @Test
    void theWarmUpEndsWithRequestsOverTheNetwork() throws Exception {
        ServerConfig config = ServerConfig.builder(folder)
                .set(Setting.PORT, 0)
                .set(Setting.ISOLATION, Isolation.NONE)
                .build();
        try (MatchServer server = MatchServer.start(config);
                HttpClient client = HttpClient.newHttpClient()) {
            server.warmUp().join();

            HttpRequest metrics = HttpRequest.newBuilder(URI.create(server.url() + "/metrics"))
                    .build();
            assertThat(client.send(metrics, HttpResponse.BodyHandlers.ofLines()).body())
                    .anyMatch(line -> line.startsWith("semblance_requests_total") && line.contains("\"/healthz\""));
        }
    }

    private static List<String> state(MatchServer server) throws Exception {
        List<String> state = new ArrayList<>();
        try (HttpClient client = HttpClient.newHttpClient()) {
            for (String path : List.of("/v1/journal", "/v1/banks?counts=true", "/v1/matches", "/v1/stats?by=verdict")) {
                HttpResponse<String> answer = client.send(
                        HttpRequest.newBuilder(URI.create(server.url() + path)).build(),
                        HttpResponse.BodyHandlers.ofString());
                assertThat(answer.statusCode()).as(path).isEqualTo(200);
                state.add(answer.body());
            }
            client.send(
                            HttpRequest.newBuilder(URI.create(server.url() + "/metrics"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofLines())
                    .body()
                    .filter(line -> line.startsWith("semblance_recent_") && !line.contains("bytes")
                            || line.startsWith("semblance_matchlog_rows"))
                    .forEach(state::add);
        }
        return state;
    }
}
