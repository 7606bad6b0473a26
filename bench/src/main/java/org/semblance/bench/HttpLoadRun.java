package org.semblance.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How many lookups a server answers a second over HTTP, how long they take, and whether its own metrics say the same.
 *
 * <p>{@code HttpLoadRun FOLDER WARM_UP_SECONDS SECONDS WHAT CONNECTIONS[@RATE]...} starts a server in a JVM of its own, with the
 * flags of this one, on a folder that {@link ImportBench} made. {@code WHAT} is
 *
 * <ul>
 *   <li>{@code octets} or {@code octets:N}: {@code POST /v1/lookup} with 256 or N hashes as octets;
 *   <li>{@code single}: {@code GET /m/lookup} with one hash;
 *   <li>{@code photo}: {@code POST /m/lookup} with a JPEG of 1.6 megapixels; the bank that it needs is deleted at the end.
 * </ul>
 *
 * <p>After the warm-up there is a round for each number of connections, which send one request after the other, or so many a
 * second in all. No request comes twice. What is banked has to be found at its distance, and nothing else. Client and server
 * share the machine; the processors' time that each took is told. Last comes what the server's own {@code /metrics} say of the
 * times, beside what they are here: from when a request was sent to when the kernel had its answer, and how much later the client
 * had it, for want of a processor.
 *
 * <p>Fails with exit status 1 if any status but 200 and 503 was seen, a connection broke, something was missed or found that is
 * not there, or the server counted other requests than were sent.
 */
public final class HttpLoadRun {
    private static final Pattern HASHES = Pattern.compile("(?m)^semblance_hashes (\\S+)$");

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();
    private final ProcessHandle server;
    private final int port;
    private boolean failed;

    private HttpLoadRun(ProcessHandle server, int port) {
        this.server = server;
        this.port = port;
    }

    /** Runs the rounds. */
    public static void main(String[] args) throws Exception {
        Usage.require(args, 5, "FOLDER WARM_UP_SECONDS SECONDS octets[:HASHES]|single|photo CONNECTIONS[@RATE]...");
        Process server = LoadRun.startServer(Path.of(args[0]));
        boolean failed;
        try (BufferedReader answers =
                new BufferedReader(new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8))) {
            String port = answers.readLine();
            if (port == null) {
                throw new IllegalStateException("the server did not start");
            }
            HttpLoadRun run = new HttpLoadRun(server.toHandle(), Integer.parseInt(port));
            run.rounds(args);
            failed = run.failed;
            server.getOutputStream().close();
            server.waitFor(60, TimeUnit.SECONDS);
        } finally {
            server.destroyForcibly();
        }
        System.exit(failed ? 1 : 0);
    }

    private void rounds(String[] args) throws Exception {
        LookupTraffic traffic = traffic(args[3]);
        try (LoadClient client = new LoadClient(port)) {
            int warmUp = Integer.parseInt(args[1]);
            if (warmUp > 0) {
                client.run(traffic, connections(args[4]), 0, warmUp);
            }
            for (int i = 4; i < args.length; i++) {
                round(client, traffic, args[i], Integer.parseInt(args[2]));
            }
        } finally {
            if (traffic instanceof LookupTraffic.Photos) {
                call("DELETE", "/v1/banks/" + LookupTraffic.Photos.BANK, new byte[0], "application/json");
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
        LookupTraffic.Banked banked = new LookupTraffic.Banked(hashes());
        return switch (parts[0]) {
            case "octets" -> new LookupTraffic.Octets(banked, parts.length == 1 ? 256 : Integer.parseInt(parts[1]));
            case "single" -> new LookupTraffic.Single(banked);
            case "photo" -> bank(new LookupTraffic.Photos());
            default -> throw new IllegalArgumentException(what + " (expected: octets[:HASHES], single or photo)");
        };
    }

    /** How many the server has. */
    private long hashes() throws IOException, InterruptedException {
        Matcher hashes = HASHES.matcher(RouteTimes.scrape(http, port));
        long count = hashes.find() ? (long) Double.parseDouble(hashes.group(1)) : 0;
        print("%,d hashes banked, seed %d", count, ImportBench.SEED);
        if (count == 0) {
            throw new IllegalStateException("nothing is banked (expected: a folder that ImportBench made)");
        }
        return count;
    }

    private LookupTraffic bank(LookupTraffic.Photos photos) throws IOException, InterruptedException {
        String bank = "/v1/banks/" + LookupTraffic.Photos.BANK;
        call("DELETE", bank, new byte[0], "application/json"); // if a run before this one was killed
        byte[] named = ("{\"name\":\"" + LookupTraffic.Photos.BANK + "\"}").getBytes(StandardCharsets.UTF_8);
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
        double serverBefore = cpuSeconds(server);
        LoadClient.Result result = client.run(traffic, connections(round), rate(round), seconds);
        double clientCpu = cpuSeconds(ProcessHandle.current()) - clientBefore;
        double serverCpu = cpuSeconds(server) - serverBefore;
        long right = result.count(LookupTraffic.Answer.FOUND) + result.count(LookupTraffic.Answer.NOTHING);
        long planted = result.count(LookupTraffic.Answer.FOUND) + result.count(LookupTraffic.Answer.MISSED);
        print(
                "%d connections%s, %d s: %,.0f requests/s, %,.0f lookups/s; p50 %.2f ms, p99 %.2f, p99.9 %.2f, max %.2f; %s",
                connections(round),
                rate(round) == 0 ? "" : String.format(Locale.ROOT, " at %,.0f/s", rate(round)),
                seconds,
                right / result.seconds(),
                right * (double) traffic.lookups() / result.seconds(),
                LoadRun.percentile(result.latencies(), 0.5),
                LoadRun.percentile(result.latencies(), 0.99),
                LoadRun.percentile(result.latencies(), 0.999),
                LoadRun.percentile(result.latencies(), 1),
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

    @SuppressWarnings("SystemOut") // The report is this program's output.
    private static void print(String format, Object... values) {
        System.out.println(String.format(Locale.ROOT, format, values));
    }
}
