package org.semblance.bench.robustness;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.HashAndQuality;
import org.semblance.server.MatchServer;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.config.Setting;
import org.semblance.server.selfbench.PatientClient;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A server of its own on an empty database, over HTTP. Its deadlines are long: what is found counts here, not the time. May be
 * used by several threads.
 */
final class Service implements AutoCloseable {
    private static final String BANK = "ROBUSTNESS";
    private static final String FILE = "application/octet-stream";
    private static final String JSON = "application/json";
    private static final long DEADLINE_MS = 60_000;
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private final MatchServer server;
    private final PatientClient client;
    private final String matchPath;
    private final String hashPath;

    /** @param pdq null if the picture is too flat for one */
    record Hashed(@Nullable Hash256 pdq, int features) {}

    /**
     * @param features whether each upload asks for a lookup by features, or for none; null for the server's default
     * @throws IllegalArgumentException if they are asked for or not wanted, and the server knows of none
     */
    Service(Path data, @Nullable Boolean features) throws IOException, InterruptedException {
        server = MatchServer.start(ServerConfig.builder(data)
                .set(Setting.PORT, 0)
                .set(Setting.DEADLINE_MS, DEADLINE_MS)
                .set(Setting.BANK_DEADLINE_MS, DEADLINE_MS)
                .set(Setting.VIDEO_DEADLINE_MS, DEADLINE_MS)
                .build());
        client = new PatientClient(server.url(), PATIENCE, refusal -> {});
        client.awaitReady();
        JsonNode paths =
                JsonMapper.shared().readTree(client.get("/openapi.json")).path("paths");
        if (features != null && !takesFeatures(paths, "/v1/match")) {
            close();
            throw new IllegalArgumentException("--features: this server has none (expected: no such option)");
        }
        matchPath = "/v1/match" + (features == null ? "" : "?features=" + features);
        hashPath = "/v1/hash" + (takesFeatures(paths, "/v1/hash") ? "?features=true" : "");
        client.post("/v1/banks", JSON, ("{\"name\":\"" + BANK + "\"}").getBytes(StandardCharsets.UTF_8));
    }

    private static boolean takesFeatures(JsonNode paths, String path) {
        return paths.path(path)
                .path("post")
                .path("parameters")
                .valueStream()
                .anyMatch(p -> p.path("name").asString("").equals("features")
                        || p.path("$ref").asString("").endsWith("/Features"));
    }

    Hashed hash(byte[] file) throws IOException, InterruptedException {
        JsonNode answer = JsonMapper.shared().readTree(client.post(hashPath, FILE, file));
        Hash256 pdq = answer.path("signals")
                .valueStream()
                .filter(s -> s.path("type").asString("").equals("pdq")
                        && s.path("quality").asInt() >= HashAndQuality.MIN_QUALITY)
                .findFirst()
                .map(s -> Hash256.parse(s.path("hash").asString()))
                .orElse(null);
        return new Hashed(pdq, answer.path("features").path("count").asInt(Picture.UNKNOWN));
    }

    /** Returns its id. */
    long bank(byte[] file) throws IOException, InterruptedException {
        String answer = client.post("/v1/banks/" + BANK + "/content", FILE, file);
        return JsonMapper.shared().readTree(answer).path("id").asLong();
    }

    void enable(long id, boolean isEnabled) throws IOException, InterruptedException {
        String status = "{\"status\":\"" + (isEnabled ? "enabled" : "disabled") + "\"}";
        client.send("PATCH", "/v1/banks/" + BANK + "/content/" + id, JSON, status.getBytes(StandardCharsets.UTF_8));
    }

    /** With features or without, whatever the service was made with. */
    Answer match(byte[] file, boolean withFeatures) throws IOException, InterruptedException {
        return Answer.parse(client.post("/v1/match?features=" + withFeatures, FILE, file));
    }

    Answer match(byte[] file) throws IOException, InterruptedException {
        return Answer.parse(client.post(matchPath, FILE, file));
    }

    @Override
    public void close() {
        client.close();
        server.close();
    }
}
