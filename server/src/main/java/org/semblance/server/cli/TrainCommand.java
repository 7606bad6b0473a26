package org.semblance.server.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.semblance.engine.worker.DecodeWorkers;
import org.semblance.server.MatchServer;
import org.semblance.server.config.Isolation;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.config.Setting;
import org.semblance.server.selfbench.PatientClient;
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
    /** The machine that builds is busy building. */
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @Override
    public Integer call() throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("semblance-train");
        try {
            serve(folder, Isolation.NONE, "FIRST"); // What the other verbs need, as well.
            serve(folder, Isolation.NONE, "SECOND");
            if (DecodeWorkers.areSupported()) {
                serve(folder, Isolation.WORKERS, "THIRD");
            }
        } finally {
            remove(folder);
        }
        return Exit.DONE;
    }

    /** @param bank a name of its own for each run */
    private static void serve(Path folder, Isolation isolation, String bank) throws IOException, InterruptedException {
        byte[] photo = DemoPhoto.draw(1);
        byte[] copy = DemoPhoto.copyOf(photo).orElse(photo);
        ServerConfig config = ServerConfig.builder(folder)
                .set(Setting.PORT, 0)
                .set(Setting.ISOLATION, isolation)
                .build();
        String contents = "/v1/banks/" + bank + "/content";
        try (MatchServer server = MatchServer.start(config);
                PatientClient client = new PatientClient(server.url(), PATIENCE, refusal -> {})) {
            client.awaitReady();
            client.post(
                    "/v1/banks", "application/json", ("{\"name\":\"" + bank + "\"}").getBytes(StandardCharsets.UTF_8));
            client.post(contents, "application/octet-stream", photo);
            String answer = client.post("/v1/match", "application/octet-stream", copy);
            if (!answer.contains("\"verdict\":\"match\"")) {
                throw new IllegalStateException("a copy of a banked photo was not matched: " + answer);
            }
            client.get(contents);
            client.get("/v1/journal");
            client.get("/metrics");
            client.get("/status");
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
