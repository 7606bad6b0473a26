package org.semblance.server.webhook;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.outbox.Event;
import org.semblance.hashdb.outbox.Outbox;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.metrics.Metrics;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Posts events to the one URL that the operator has set, each until it is taken, on a thread of its own.
 *
 * <p>An event is on the disk before {@link #post} returns, so a kill loses none. It is posted again until the receiver
 * answers with a status of 2xx; a receiver whose answer got lost gets it twice, with the same id. After a failure there is a
 * pause that doubles, up to ten minutes. A receiver that is away or overloaded pauses all events, one that refuses an event
 * pauses that one. Status 410 ends the posting until the server starts anew. A redirect is a failure: the URL is the
 * operator's alone.
 */
public final class Webhook implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Webhook.class);

    private static final Outbox.Limits LIMITS = new Outbox.Limits(Duration.ofDays(7), 1_000_000);
    private static final Duration CONNECTING = Duration.ofSeconds(5);
    private static final Duration ANSWERING = Duration.ofSeconds(15);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(10);
    private static final int MOST_DOUBLINGS = 20;

    /** What is said of one event; everything else is said of the receiver. */
    private static final Set<Integer> REFUSALS = Set.of(400, 409, 413, 415, 422);

    private final URI url;
    private final WebhookSigner signer;
    private final Duration firstPause;
    private final Outbox outbox;
    private final HttpClient client;
    private final Thread sender;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final LongAdder sent = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final LongAdder lost = new LongAdder();

    // Guarded by the lock.
    private boolean fresh = true;
    private boolean closing;

    private volatile boolean gone;

    // The sender's own.
    private int failuresInARow;

    private Webhook(URI url, WebhookSigner signer, Duration firstPause, Outbox outbox) {
        this.url = url;
        this.signer = signer;
        this.firstPause = firstPause;
        this.outbox = outbox;
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(CONNECTING)
                .build();
        this.sender = Thread.ofPlatform().daemon().name("webhook").unstarted(this::run);
    }

    /**
     * Begins to post what waits, if the settings name a receiver.
     *
     * @return null if they do not
     * @throws WebhookRefusedException if the secret cannot be used
     * @throws IOException if events cannot be stored in the data folder
     */
    public static @Nullable Webhook open(ServerConfig config, Metrics metrics) throws IOException {
        URI url = config.webhookUrl();
        Path secretFile = config.webhookSecretFile();
        Webhook webhook = null;
        if (url != null && secretFile != null) {
            WebhookSigner signer = WebhookSigner.of(secretFile);
            Outbox outbox = Outbox.open(config.dataFolder(), LIMITS, Instant::now);
            webhook = new Webhook(url, signer, Duration.ofMillis(config.webhookRetryMs()), outbox);
            webhook.sender.start();
        }
        measure(webhook, metrics);
        return webhook;
    }

    private static void measure(@Nullable Webhook webhook, Metrics metrics) {
        Outbox.State none = new Outbox.State(0, null, 0);
        metrics.gauge(
                "semblance.webhook.waiting",
                "Events that wait to be posted",
                () -> state(webhook, none).waiting());
        metrics.gauge("semblance.webhook.oldest.seconds", "Age of the oldest event that waits to be posted", () -> {
            Instant oldest = state(webhook, none).oldest();
            return oldest == null ? 0 : Duration.between(oldest, Instant.now()).toMillis() / 1000.0;
        });
        metrics.gauge(
                "semblance.webhook.gone",
                "1 if the receiver has said 410, so that nothing is posted until the server starts anew",
                () -> webhook != null && webhook.gone ? 1 : 0);
        metrics.counter(
                "semblance.webhook.sent",
                "Events that the receiver has taken",
                () -> webhook == null ? 0 : webhook.sent.sum());
        metrics.counter(
                "semblance.webhook.failures",
                "Posts that the receiver has not taken",
                () -> webhook == null ? 0 : webhook.failed.sum());
        metrics.counter(
                "semblance.webhook.lost",
                "Events that were given up, as they were too many or too old, or could not be stored",
                () -> state(webhook, none).givenUp() + (webhook == null ? 0 : webhook.lost.sum()));
    }

    private static Outbox.State state(@Nullable Webhook webhook, Outbox.State none) {
        try {
            return webhook == null ? none : webhook.outbox.state();
        } catch (Outbox.FailedException e) {
            LOG.debug("the outbox cannot be asked", e);
            return none;
        }
    }

    /** Has these events posted. They are on the disk when this returns; if the disk does not take them, the log says so. */
    public void post(List<Event> events) {
        if (events.isEmpty()) {
            return;
        }
        try {
            outbox.put(events);
        } catch (Outbox.FailedException e) {
            lost.add(events.size());
            LOG.error("{} events cannot be stored, and are not posted: {}", events.size(), e.getMessage());
            return;
        }
        lock.lock();
        try {
            fresh = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        Duration pause = Duration.ZERO;
        while (awaitTurn(pause)) {
            try {
                pause = sendDue();
            } catch (Outbox.FailedException e) {
                LOG.error("the outbox fails: {}", e.getMessage());
                pause = pause(++failuresInARow);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    /** Waits for a new event, or for so long. Returns false when it is to end. */
    private boolean awaitTurn(Duration pause) {
        long left = pause.toNanos();
        lock.lock();
        try {
            // After a failure new events do not end the pause: the receiver is away.
            while (!closing && left > 0 && !(fresh && failuresInARow == 0)) {
                left = changed.awaitNanos(left);
            }
            fresh = false;
            return !closing;
        } catch (InterruptedException e) {
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** Posts what is due; returns how long to wait then. */
    private Duration sendDue() throws InterruptedException {
        while (!gone) {
            Optional<Outbox.Due> due = outbox.next();
            if (due.isEmpty()) {
                return firstPause; // An event that failed may be due again.
            }
            Outbox.Due next = due.get();
            int status = send(next.event());
            if (status >= 200 && status < 300) {
                outbox.done(next);
                sent.increment();
                failuresInARow = 0;
                continue;
            }
            failed.increment();
            if (status == 410) {
                gone = true;
                LOG.warn("webhook_url: the receiver has said 410: no event is posted until the server starts anew");
            } else if (!REFUSALS.contains(status)) {
                Duration pause = pause(++failuresInARow);
                if (failuresInARow == 1) {
                    LOG.warn(
                            "webhook_url: the receiver {}: posted again in {} ms",
                            status == 0 ? "cannot be reached" : "has said " + status,
                            pause.toMillis());
                }
                return pause;
            } else {
                LOG.warn(
                        "webhook_url: the receiver has refused event {}: {}",
                        next.event().id(),
                        status);
                outbox.retry(next, Instant.now().plus(pause(next.attempts() + 1)));
            }
        }
        return LONGEST_PAUSE;
    }

    private Duration pause(int failures) {
        long millis = firstPause.toMillis() << Math.min(failures - 1, MOST_DOUBLINGS);
        long most = Math.min(millis, LONGEST_PAUSE.toMillis());
        // Not every server of a fleet at the same time.
        return Duration.ofMillis(most - ThreadLocalRandom.current().nextLong(most / 4 + 1));
    }

    /** The status of the answer; 0 if there is none. */
    private int send(Event event) throws InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(url)
                .header("Content-Type", "application/json")
                .header("X-Semblance-Event", event.id())
                .header(WebhookSigner.HEADER, signer.sign(event.body(), Instant.now()))
                .timeout(ANSWERING)
                .POST(HttpRequest.BodyPublishers.ofString(event.body()))
                .build();
        // The client's own limit ends with the head of the answer, whose body can go on.
        CompletableFuture<HttpResponse<Void>> answer = client.sendAsync(request, BodyHandlers.discarding());
        try {
            return answer.get(ANSWERING.toMillis(), TimeUnit.MILLISECONDS).statusCode();
        } catch (ExecutionException e) {
            LOG.debug("webhook_url: {}", Objects.toString(e.getCause()));
            return 0;
        } catch (TimeoutException e) {
            return 0;
        } finally {
            answer.cancel(true);
        }
    }

    /** Ends the posting. What is not posted yet stays on the disk. */
    @Override
    public void close() {
        lock.lock();
        try {
            closing = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        sender.interrupt();
        try {
            sender.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        client.shutdownNow();
        outbox.close();
    }
}
