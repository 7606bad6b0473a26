package org.semblance.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.engine.worker.DecodeWorker;
import org.semblance.engine.worker.Ending;
import org.semblance.server.cli.Main;
import org.semblance.server.config.Isolation;
import org.semblance.server.fixture.Pictures;
import org.semblance.server.fixture.TestServer;
import tools.jackson.databind.JsonNode;

/** A server whose uploads are decoded in worker processes. */
@EnabledOnOs(OS.LINUX)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class IsolationTest {
    private static final int REQUESTS = 1_000;
    private static final int CRASHES = 2;
    private static final int MOST_KILLS = 40;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** How long decoders may outlive their server. */
    private static final Duration SOON = Duration.ofSeconds(2);

    @TempDir
    private Path folder;

    private static Stream<ProcessHandle> decoders() {
        String program = DecodeWorker.class.getName();
        return ProcessHandle.current()
                .children()
                .filter(child -> child.info().commandLine().orElse("").contains(program));
    }

    /** Those of the lane of images, which have half the heap of the others. */
    private static Stream<ProcessHandle> imageDecoders() {
        return decoders().filter(child -> child.info().commandLine().orElse("").contains(" -Xmx512m "));
    }

    @Test
    void answersAsTheServersOwnProcessDoesAndOutlivesItsDecoder() throws Exception {
        byte[] jpeg = Pictures.jpeg(Pictures.photo(7, 400, 300), 0.8);
        JsonNode expected;
        // One that was about to begin when another test closed its server ends once it has begun.
        await(() -> decoders().findAny().isEmpty());
        try (TestServer server = new TestServer(folder.resolve("a"))) {
            expected = server.post("/v1/hash", jpeg).json();
            assertThat(decoders()).isEmpty();
        }
        List<ProcessHandle> all;
        try (TestServer server = new TestServer(folder.resolve("b"), Isolation.WORKERS)) {
            JsonNode answer = server.post("/v1/hash", jpeg).json();
            assertThat(answer.get("signals")).isEqualTo(expected.get("signals"));
            assertThat(verdict(server, jpeg)).isEqualTo("no_match");
            assertThat(verdict(server, new byte[] {1, 2, 3})).isEqualTo("unsupported");

            ProcessHandle decoder = imageDecoders().findFirst().orElseThrow();
            decoder.destroyForcibly();
            decoder.onExit().get();
            assertThat(verdict(server, jpeg)).isEqualTo("no_match");
            String metrics = server.get("/metrics").text();
            assertThat(metrics).contains("semblance_decoders_ended_total{cause=\"idle\",lane=\"images\"} 1.0");
            await(() -> metric(server.get("/metrics").text(), "semblance_decoders_spare{lane=\"images\"}") == 1);
            metrics = server.get("/metrics").text();
            assertThat(metrics).contains("semblance_decoders_started_total{lane=\"images\"} 3.0");
            assertThat(metrics).contains("semblance_decoders_idle{lane=\"images\"} 1.0");
            assertThat(metrics).contains("semblance_decoders_retries_total{lane=\"images\"} 0.0");
            assertThat(metrics)
                    .containsPattern("semblance_decoders_av1\\{lane=\"images\",library=\"(dav1d|libaom)\"} 2\\.0");
            assertThat(metrics).contains("semblance_decoders_busy{lane=\"videos\"} 0.0");
            assertThat(imageDecoders()).hasSize(2);
            all = decoders().toList();
        }
        for (ProcessHandle decoder : all) {
            assertThat(decoder.onExit()).succeedsWithin(Duration.ofSeconds(30));
        }
    }

    private static String verdict(TestServer server, byte[] content) {
        TestServer.Answer answer = server.post("/v1/match", content);
        return answer.status() == 200 ? answer.json().get("verdict").asString() : answer.text();
    }

    /**
     * Decoders crash and are killed at random moments while four clients have a thousand uploads matched, and more until some of
     * those moments were in the middle of one: between two, none is lost.
     */
    @Test
    void losesNoMoreThanTheRequestsInAKilledDecoder() throws Exception {
        byte[] jpeg = Pictures.jpeg(Pictures.photo(8, 900, 600), 0.8);
        long seed = Long.getLong("semblance.seed", System.nanoTime());
        Random random = new Random(seed);
        try (TestServer server = new TestServer(folder.resolve("db"), Isolation.WORKERS)) {
            AtomicInteger sent = new AtomicInteger();
            AtomicBoolean enough = new AtomicBoolean();
            Map<String, Integer> verdicts = new ConcurrentHashMap<>();
            List<Thread> clients = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                clients.add(Thread.ofPlatform().start(() -> {
                    while (!enough.get() || sent.get() < REQUESTS) {
                        sent.incrementAndGet();
                        verdicts.merge(verdict(server, jpeg), 1, Integer::sum);
                    }
                }));
            }
            int kills = 0;
            while (kills < MOST_KILLS && crashes(server) < CRASHES) {
                int next = sent.get() + 20 + random.nextInt(60);
                await(() -> sent.get() >= next);
                List<ProcessHandle> all = begun(server);
                String signal = random.nextBoolean() ? "-KILL" : "-SEGV";
                String pid = Long.toString(all.get(random.nextInt(all.size())).pid());
                new ProcessBuilder("kill", signal, pid).start().waitFor();
                kills++;
            }
            enough.set(true);
            for (Thread client : clients) {
                client.join();
            }
            int crashes = crashes(server);
            assertThat(crashes).as("of %d kills, seed %s", kills, seed).isBetween(CRASHES, kills);
            assertThat(verdicts)
                    .as("seed %s", seed)
                    .isEqualTo(Map.of("no_match", sent.get() - crashes, "corrupt", crashes));
        }
    }

    /** All decoders, once each of them has begun. Asked after they are listed, the server counts none that is not among them. */
    private static List<ProcessHandle> begun(TestServer server) {
        List<ProcessHandle> all = new ArrayList<>();
        await(() -> {
            all.clear();
            imageDecoders().forEach(all::add);
            String metrics = server.get("/metrics").text();
            // Not those idle and those busy: the two are told one after the other.
            double begun = metric(metrics, "semblance_decoders_started_total{lane=\"images\"}");
            for (Ending cause : Ending.values()) {
                if (cause != Ending.START) {
                    begun -= metric(
                            metrics,
                            "semblance_decoders_ended_total{cause=\"" + cause.wireName() + "\",lane=\"images\"}");
                }
            }
            return begun > 0 && begun == all.size();
        });
        return all;
    }

    /** To begin takes a decoder a second, and far longer where others need the processor as well. */
    private static void await(BooleanSupplier condition) {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            assertThat(Duration.ofNanos(System.nanoTime() - start)).as("waited").isLessThan(PATIENCE);
            LockSupport.parkNanos(5_000_000);
        }
    }

    private static int crashes(TestServer server) {
        return (int) metric(
                server.get("/metrics").text(), "semblance_decoders_ended_total{cause=\"crash\",lane=\"images\"}");
    }

    private static double metric(String metrics, String series) {
        Matcher line = Pattern.compile("^" + Pattern.quote(series) + " (\\S+)$", Pattern.MULTILINE)
                .matcher(metrics);
        return line.find() ? Double.parseDouble(line.group(1)) : 0;
    }

    /** Those that have just begun as well, which compile what will be needed: nothing of that may keep them. */
    @Test
    void takesItsDecodersWithItWhenItIsKilled() throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(
                List.of("serve", "--port", "0", "--data", folder.resolve("db").toString()));
        command.addAll(List.of("--isolation", "workers", "--workers", "1", "--video-workers", "1"));
        Process server = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (BufferedReader out =
                        new BufferedReader(new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8));
                HttpClient client = HttpClient.newHttpClient()) {
            String said = out.readLine();
            assertThat(said).startsWith("Semblance answers on http://");
            URI metrics = URI.create(said.substring(said.indexOf("http://")) + "/metrics");
            await(() -> started(client, metrics) == 4); // Each lane has its spare.
            List<ProcessHandle> decoders = server.children().toList();
            assertThat(decoders).hasSize(4);
            long killed = System.nanoTime();
            server.destroyForcibly().waitFor();
            await(() -> decoders.stream().noneMatch(IsolationTest::isAlive));
            assertThat(Duration.ofNanos(System.nanoTime() - killed)).isLessThan(SOON);
        } finally {
            server.destroyForcibly();
        }
    }

    private static double started(HttpClient client, URI metrics) {
        try {
            String text = client.send(HttpRequest.newBuilder(metrics).build(), HttpResponse.BodyHandlers.ofString())
                    .body();
            return metric(text, "semblance_decoders_started_total{lane=\"images\"}")
                    + metric(text, "semblance_decoders_started_total{lane=\"videos\"}");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Orphans are their new parent's to bury, which may take its time. */
    private static boolean isAlive(ProcessHandle process) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
            return process.isAlive()
                    && !stat.substring(stat.lastIndexOf(')') + 1).strip().startsWith("Z");
        } catch (NoSuchFileException e) {
            return false;
        } catch (IOException e) {
            return process.isAlive();
        }
    }
}
