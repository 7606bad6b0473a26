package org.semblance.server.cli;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.semblance.engine.worker.DecodeWorkers;
import org.semblance.server.MatchServer;
import org.semblance.server.config.Isolation;
import org.semblance.server.config.ServerConfig;
import picocli.CommandLine.Command;

/**
 * What the virtual machine watches while the launcher has it write an archive of the classes it loaded (JEP 350): the start
 * of a server on a new database and on one that was there before, the first requests, and the stop. An AOT cache would
 * have to do without linked classes, because of the incubating module of vectors, and was measured to save less.
 */
@Command(
        name = "train",
        mixinStandardHelpOptions = true,
        description =
                "Makes the cache by which a start takes less time, for the JDK that is found. To be done again for"
                        + " another one; without it all works, later.")
final class TrainCommand implements Callable<Integer> {
    private static final String BANK = "/v1/banks/TRAINING";

    @Override
    public Integer call() throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("semblance-train");
        try {
            serve(folder, Isolation.NONE); // What the other verbs need, as well.
            serve(folder, Isolation.NONE);
            if (DecodeWorkers.areSupported()) {
                serve(folder, Isolation.WORKERS);
            }
        } finally {
            remove(folder);
        }
        return Main.DONE;
    }

    private static void serve(Path folder, Isolation isolation) throws IOException, InterruptedException {
        byte[] photo = DemoPhoto.draw(1);
        byte[] copy = DemoPhoto.copyOf(photo).orElse(photo);
        ServerConfig config =
                ServerConfig.builder(folder).port(0).isolation(isolation).build();
        try (MatchServer server = MatchServer.start(config);
                HttpClient client = HttpClient.newHttpClient()) {
            server.warmUp();
            Requests requests = new Requests(client, server.url());
            requests.get("/readyz");
            requests.post("/v1/banks", "application/json", "{\"name\":\"TRAINING\"}".getBytes(StandardCharsets.UTF_8));
            requests.post(BANK + "/content", "application/octet-stream", photo);
            String answer = requests.post("/v1/match", "application/octet-stream", copy);
            if (!answer.contains("\"verdict\":\"match\"")) {
                throw new IllegalStateException("a copy of a banked photo was not matched: " + answer);
            }
            requests.get(BANK + "/content");
            requests.get("/v1/journal");
            requests.get("/metrics");
            requests.get("/status");
        }
    }

    private record Requests(HttpClient client, String url) {
        String get(String path) throws IOException, InterruptedException {
            return send(HttpRequest.newBuilder(URI.create(url + path)).build());
        }

        String post(String path, String type, byte[] body) throws IOException, InterruptedException {
            return send(HttpRequest.newBuilder(URI.create(url + path))
                    .header("Content-Type", type)
                    .POST(BodyPublishers.ofByteArray(body))
                    .build());
        }

        private String send(HttpRequest request) throws IOException, InterruptedException {
            HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
            // The bank of the first time is there the second.
            if (answer.statusCode() >= 400 && answer.statusCode() != 409) {
                throw new IllegalStateException(request.uri() + ": " + answer.statusCode() + " " + answer.body());
            }
            return answer.body();
        }
    }

    private static void remove(Path folder) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.walk(folder)) {
            files = all.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : files) {
            Files.deleteIfExists(file);
        }
    }
}
