package org.semblance.bench.load;

import static org.semblance.bench.harness.Report.print;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.semblance.bench.harness.Banked;
import org.semblance.bench.harness.ServerProcess;
import org.semblance.bench.harness.Times;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * How many lookups a server answers a second over HTTP, how long they take, and whether its own metrics say the same.
 *
 * <p>A server in a JVM of its own gets {@link LookupTraffic} on a folder that the verb {@code import} made.
 *
 * <p>After the warm-up there is a round for each number of connections, which send one request after the other, or so many a
 * second in all. No request comes twice. What is banked has to be found at its distance, and nothing else. Client and server
 * share the machine; the processors' time that each took is told. Last comes what the server's own {@code /metrics} say of the
 * times, beside what they are here: from when a request was sent to when the kernel had its answer, and how much later the client
 * had it, for want of a processor.
 */
public final class HttpLoadRun {
    private static final Pattern HASHES = Pattern.compile("(?m)^semblance_hashes (\\S+)$");

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();
    private final ServerProcess server;
    private final int port;
    private boolean failed;

    private HttpLoadRun(ServerProcess server) {
        this.server = server;
        this.port = server.port();
    }

    @Command(
            name = "http-load",
            description = {
                "Looks up what a server has, and what it has not, over HTTP: a round for each number of connections.",
                "Fails if any status but 200 and 503 was seen, a connection broke, something was missed or found that is not there,"
                        + " or the server counted other requests than were sent."
            })
    static int load(
            @Parameters(description = "A data folder that 'import FOLDER ... database' made.") Path folder,
            @Parameters(description = "Seconds before the first round.") int warmUp,
            @Parameters(description = "Length of a round.") int seconds,
            @Parameters(
                            paramLabel = "octets[:HASHES]|single|photo",
                            description = {
                                "octets: POST /v1/lookup with 256 or so many hashes as octets.",
                                "single: GET /m/lookup with one hash.",
                                "photo: POST /m/lookup with a JPEG of 1.6 megapixels; the bank that it needs is deleted at the end."
                            })
                    String what,
            @Parameters(
                            arity = "1..*",
                            paramLabel = "CONNECTIONS[@RATE]",
                            description = "One round each: one request after the other, or so many a second in all.")
                    String[] rounds)
            throws Exception {
        try (ServerProcess server = ServerProcess.start(folder)) {
            HttpLoadRun run = new HttpLoadRun(server);
            run.rounds(warmUp, seconds, run.traffic(what), rounds);
            server.stop(60);
            return run.failed ? 1 : 0;
        }
    }

    private void rounds(int warmUp, int seconds, LookupTraffic traffic, String... rounds) throws Exception {
        try (LoadClient client = new LoadClient(port)) {
            if (warmUp > 0) {
                client.run(traffic, connections(rounds[0]), 0, warmUp);
            }
            for (String round : rounds) {
                round(client, traffic, round, seconds);
            }
        } finally {
            if (traffic instanceof LookupTraffic.Pictures) {
                call("DELETE", "/v1/banks/" + LookupTraffic.Pictures.BANK, new byte[0], "application/json");
            }
        }
    }

    private static int connections(String round) {
        return Integer.parseInt(round.split("@", 2)[0]);
    }

    private static double rate(String round) {
        String[] parts = round.split("@", 2);
        return parts.length == 1 ? 0 : Double.parseDouble(parts[1]);
    }

    private LookupTraffic traffic(String what) throws IOException, InterruptedException {
        String[] parts = what.split(":", 2);
        LookupTraffic.First banked = new LookupTraffic.First(hashes());
        return switch (parts[0]) {
            case "octets" -> new LookupTraffic.Octets(banked, parts.length == 1 ? 256 : Integer.parseInt(parts[1]));
            case "single" -> new LookupTraffic.Single(banked);
            case "photo" -> bank(new LookupTraffic.Pictures());
            default -> throw new IllegalArgumentException(what + " (expected: octets[:HASHES], single or photo)");
        };
    }

    /** How many the server has. */
    private long hashes() throws IOException, InterruptedException {
        Matcher hashes = HASHES.matcher(RouteTimes.scrape(http, port));
        long count = hashes.find() ? (long) Double.parseDouble(hashes.group(1)) : 0;
        print("%,d hashes banked, seed %d", count, Banked.SEED);
        if (count == 0) {
            throw new IllegalStateException("nothing is banked (expected: a folder that 'import' made)");
        }
        return count;
    }

    private LookupTraffic bank(LookupTraffic.Pictures photos) throws IOException, InterruptedException {
        String bank = "/v1/banks/" + LookupTraffic.Pictures.BANK;
        call("DELETE", bank, new byte[0], "application/json"); // if a run before this one was killed
        byte[] named = ("{\"name\":\"" + LookupTraffic.Pictures.BANK + "\"}").getBytes(StandardCharsets.UTF_8);
        expect(201, call("POST", "/v1/banks", named, "application/json"));
        for (byte[] photo : photos.banked()) {
            expect(201, call("POST", bank + "/content", photo, "image/jpeg"));
        }
        print("photos of %s", photos.size());
        return photos;
    }

    private HttpResponse<String> call(String method, String path, byte[] body, String type)
            throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .header("Content-Type", type)
                .method(method, BodyPublishers.ofByteArray(body))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private static void expect(int status, HttpResponse<String> answer) {
        if (answer.statusCode() != status) {
            throw new IllegalStateException(answer.statusCode() + " (expected: " + status + "): " + answer.body());
        }
    }

    private void round(LoadClient client, LookupTraffic traffic, String round, int seconds) throws Exception {
        RouteTimes before = RouteTimes.of(RouteTimes.scrape(http, port), traffic.route());
        double clientBefore = cpuSeconds(ProcessHandle.current());
        double serverBefore = cpuSeconds(server.handle());
        LoadClient.Result result = client.run(traffic, connections(round), rate(round), seconds);
        double clientCpu = cpuSeconds(ProcessHandle.current()) - clientBefore;
        double serverCpu = cpuSeconds(server.handle()) - serverBefore;
        long right = result.count(LookupTraffic.Answer.FOUND) + result.count(LookupTraffic.Answer.NOTHING);
        long planted = result.count(LookupTraffic.Answer.FOUND) + result.count(LookupTraffic.Answer.MISSED);
        print(
                "%d connections%s, %d s: %,.0f requests/s, %,.0f lookups/s; p50 %.2f ms, p99 %.2f, p99.9 %.2f, max %.2f; %s",
                connections(round),
                rate(round) == 0 ? "" : String.format(Locale.ROOT, " at %,.0f/s", rate(round)),
                seconds,
                right / result.seconds(),
                right * (double) traffic.lookups() / result.seconds(),
                Times.percentile(result.latencies(), 0.5),
                Times.percentile(result.latencies(), 0.99),
                Times.percentile(result.latencies(), 0.999),
                Times.percentile(result.latencies(), 1),
                result.statuses());
        print(
                "  %,d of %,d banked found, %,d false matches%s; processors' time: client %.0f %%, server %.0f %% of one",
                result.count(LookupTraffic.Answer.FOUND),
                planted,
                result.count(LookupTraffic.Answer.FALSE_MATCH),
                result.late() == 0 ? "" : String.format(Locale.ROOT, ", %,d requests not sent in time", result.late()),
                100 * clientCpu / result.seconds(),
                100 * serverCpu / result.seconds());
        failed |= !result.isRight() | !agrees(traffic, before, result);
    }

    /** Compares the times as sent and answered here with those of the server. Returns whether the numbers of requests agree. */
    private boolean agrees(LookupTraffic traffic, RouteTimes before, LoadClient.Result result)
            throws IOException, InterruptedException {
        long sent =
                result.statuses().values().stream().mapToLong(Long::longValue).sum();
        RouteTimes told =
                RouteTimes.of(RouteTimes.scrape(http, port), traffic.route()).since(before);
        for (int i = 0; i < 40 && told.count() < sent; i++) { // It counts when the network has taken the answer.
            Thread.sleep(50);
            told = RouteTimes.of(RouteTimes.scrape(http, port), traffic.route()).since(before);
        }
        RouteTimes here = RouteTimes.of(result.times(), told.buckets().keySet());
        print(
                "  /metrics %,.0f requests, mean %.3f ms, p50 %.2f, p99 %.2f; client %,d, mean %.3f ms (%+.1f %%), in the same"
                        + " buckets p50 %.2f, p99 %.2f (%+.1f %%), read %.3f ms later",
                told.count(),
                told.meanMs(),
                told.quantileMs(0.5),
                told.quantileMs(0.99),
                sent,
                here.meanMs(),
                100 * (here.meanMs() / told.meanMs() - 1),
                here.quantileMs(0.5),
                here.quantileMs(0.99),
                100 * (here.quantileMs(0.99) / told.quantileMs(0.99) - 1),
                1_000 * result.unreadSeconds() / here.count());
        return told.count() == sent;
    }

    private static double cpuSeconds(ProcessHandle process) {
        return process.info().totalCpuDuration().orElse(Duration.ZERO).toNanos() / 1e9;
    }
}
