package org.semblance.server.doctor;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.semblance.server.auth.RunningServer;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.config.TlsFiles;
import org.semblance.server.tls.Identity;
import org.semblance.server.tls.Pinned;
import org.semblance.server.tls.TlsRefusedException;

/** Whose requests the workers of a running server work on: whether one key takes most of their time. */
final class KeyShares {
    private static final String CHECK = "turns";
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Pattern WORK =
            Pattern.compile("(?m)^semblance_key_work_seconds_sum\\{key=\"([^\"]+)\"\\} ([0-9.Ee+-]+)$");

    /** Less work tells nothing about how a server is used. */
    private static final double LEAST_SECONDS = 60;

    private static final double MOST_OF_ALL = 0.5;

    private final ServerConfig config;

    KeyShares(ServerConfig config) {
        this.config = config;
    }

    /** Nothing where no server runs, or where it cannot be asked: other findings say so. */
    List<Finding> check() {
        try {
            String metrics = metrics();
            return metrics == null ? List.of() : of(metrics);
        } catch (IOException | TlsRefusedException e) {
            return List.of();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of();
        }
    }

    private @Nullable String metrics() throws IOException, InterruptedException {
        RunningServer running = RunningServer.of(config.dataFolder()).orElse(null);
        if (running == null) {
            return null;
        }
        TlsFiles tls = config.tls();
        HttpClient.Builder client = HttpClient.newBuilder().connectTimeout(PATIENCE);
        if (tls != null) {
            client.sslContext(Pinned.context(Identity.read(tls)));
        }
        HttpRequest request = HttpRequest.newBuilder(URI.create(running.url() + "/metrics"))
                .header("X-API-Key", running.secret())
                .timeout(PATIENCE)
                .build();
        try (HttpClient open = client.build()) {
            HttpResponse<String> answer = open.send(request, HttpResponse.BodyHandlers.ofString());
            return answer.statusCode() == 200 ? answer.body() : null;
        }
    }

    /** What the metrics of a server say. */
    static List<Finding> of(String metrics) {
        Map<String, Double> seconds =
                WORK.matcher(metrics).results().collect(Collectors.toMap(key -> key.group(1), KeyShares::seconds));
        double all = seconds.values().stream().mapToDouble(Double::doubleValue).sum();
        if (seconds.size() < 2 || all < LEAST_SECONDS) {
            return List.of();
        }
        Map.Entry<String, Double> most =
                seconds.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow();
        double share = most.getValue() / all;
        String detail = (most.getKey().startsWith("(") ? "requests of " : "key ") + most.getKey() + ": "
                + Math.round(100 * share) + " % of the workers' time since the server started";
        return List.of(
                share <= MOST_OF_ALL
                        ? Finding.ok(CHECK, detail)
                        : Finding.warn(
                                CHECK,
                                detail,
                                "Others do not wait for it. If it need not have so much, give it a key with --rate or"
                                        + " --concurrent; if it must not wait itself, use a machine with more cores."));
    }

    private static double seconds(MatchResult key) {
        return Double.parseDouble(key.group(2));
    }
}
