package org.semblance.server.selfbench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * A client of a server that may have no capacity for a while: a request that is answered with 503 or 429 is sent again after
 * the time that {@code Retry-After} names, until the patience is over. May be used by several threads at once, each of which
 * has a connection of its own then.
 */
public final class PatientClient implements AutoCloseable {
    private static final int TOO_MANY_REQUESTS = 429;
    private static final int UNAVAILABLE = 503;
    private static final int LONGEST_ECHO = 200;
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);
    private static final Duration USUAL_PAUSE = Duration.ofSeconds(1);

    /** How long a server may take to become ready, and to answer one request. */
    private static final Duration LONGEST_WAIT = Duration.ofMinutes(2);

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String url;
    private final Duration patience;
    private final Consumer<String> onRefusal;
    private final AtomicLong refusals = new AtomicLong();

    /**
     * @param url of the server, without a slash at its end
     * @param patience how long one request is sent again and again
     * @param onRefusal told what the server answered, each time
     */
    public PatientClient(String url, Duration patience, Consumer<String> onRefusal) {
        this.url = url;
        this.patience = patience;
        this.onRefusal = onRefusal;
    }

    /** How often the server refused a request so far for want of capacity. */
    public long refusals() {
        return refusals.get();
    }

    /**
     * Returns when the server says that it is ready. That it is not counts as no refusal, and has two minutes.
     *
     * @throws BusyException if it is not ready by then
     */
    public void awaitReady() throws IOException, InterruptedException {
        send(request("/readyz").GET().build(), LONGEST_WAIT, answer -> {});
    }

    /** As {@link #post}, without a body. */
    public String get(String path) throws IOException, InterruptedException {
        return send(request(path).GET().build(), patience, this::refused);
    }

    /**
     * Sends the body until it is taken.
     *
     * @return the body of the answer, whose status is 2xx
     * @throws BusyException if the server refuses it until the patience is over
     * @throws IOException if there is no answer, or one of another status
     */
    public String post(String path, String type, byte[] body) throws IOException, InterruptedException {
        return send("POST", path, type, body);
    }

    /** As {@link #post}, with another method. */
    public String send(String method, String path, String type, byte[] body) throws IOException, InterruptedException {
        HttpRequest request = request(path)
                .header("Content-Type", type)
                .method(method, BodyPublishers.ofByteArray(body))
                .build();
        return send(request, patience, this::refused);
    }

    private void refused(String answer) {
        refusals.incrementAndGet();
        onRefusal.accept(answer);
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(url + path)).timeout(LONGEST_WAIT);
    }

    private String send(HttpRequest request, Duration limit, Consumer<String> refused)
            throws IOException, InterruptedException {
        String what = request.method() + " " + request.uri().getPath() + ": ";
        long end = System.nanoTime() + limit.toNanos();
        while (true) {
            HttpResponse<String> answer;
            try {
                answer = http.send(request, BodyHandlers.ofString());
            } catch (HttpTimeoutException e) {
                throw new BusyException(what + "no answer within " + LONGEST_WAIT.toSeconds() + " s");
            }
            int status = answer.statusCode();
            if (status / 100 == 2) {
                return answer.body();
            }
            String said = what + status + " " + start(answer.body());
            if (status != UNAVAILABLE && status != TOO_MANY_REQUESTS) {
                throw new IOException(said);
            }
            refused.accept(said);
            Duration pause = pause(answer);
            if (System.nanoTime() + pause.toNanos() >= end) {
                throw new BusyException("refused for " + limit.toMillis() + " ms, at last with " + said);
            }
            Thread.sleep(pause);
        }
    }

    private static String start(String body) {
        String line = body.strip().replaceAll("\\s+", " ");
        return line.length() <= LONGEST_ECHO ? line : line.substring(0, LONGEST_ECHO) + "…";
    }

    private static Duration pause(HttpResponse<String> answer) {
        String seconds = answer.headers().firstValue("Retry-After").orElse("");
        if (!seconds.matches("[0-9]{1,9}")) { // Retry-After may also be a date, which servers like ours do not send.
            return USUAL_PAUSE;
        }
        Duration asked = Duration.ofSeconds(Long.parseLong(seconds));
        return asked.compareTo(LONGEST_PAUSE) < 0 ? asked : LONGEST_PAUSE;
    }

    @Override
    public void close() {
        http.close();
    }
}
