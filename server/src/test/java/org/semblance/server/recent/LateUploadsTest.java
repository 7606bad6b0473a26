package org.semblance.server.recent;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Applied;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.HashAndQuality;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;
import org.semblance.hashdb.recent.RecentUploads;
import org.semblance.hashdb.recent.Upload;
import org.semblance.server.auth.AccessPolicy;
import org.semblance.server.auth.Caller;
import org.semblance.server.auth.Gate;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.config.Setting;
import org.semblance.server.http.Json;
import org.semblance.server.metrics.Metrics;
import org.semblance.server.webhook.Webhook;

/** The webhook is told of uploads that an addition could not find: those on their way, and those not indexed yet. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LateUploadsTest {
    private static final Origin ORIGIN = new Origin("test", "");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private final SplittableRandom random = new SplittableRandom(5);
    private final BlockingQueue<String> references = new LinkedBlockingQueue<>();

    @SuppressWarnings("NullAway.Init")
    private HttpServer receiver;

    @BeforeEach
    void start() throws IOException {
        receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        receiver.createContext("/", exchange -> {
            references.add(Json.read(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8))
                    .get("reference")
                    .stringValue());
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        receiver.start();
    }

    @AfterEach
    void stop() {
        receiver.stop(0);
    }

    private ServerConfig config() throws IOException {
        return ServerConfig.builder(folder.resolve("db"))
                .set(Setting.RECENT_UPLOADS, 200_000L)
                .set(
                        Setting.WEBHOOK_URL,
                        "http://127.0.0.1:" + receiver.getAddress().getPort() + "/")
                .set(Setting.WEBHOOK_SECRET_FILE, Files.writeString(folder.resolve("secret"), "0123456789abcdef"))
                .build();
    }

    private Hash256 hash() {
        return new Hash256(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong());
    }

    private static ContentDraft draft(Hash256 hash) {
        return new ContentDraft(List.of(new Signal(SignalType.PDQ, hash.toHex())));
    }

    @Test
    void tellsOfAnUploadThatHadNotSeenTheContentAndOfNoOther() throws Exception {
        ServerConfig config = config();
        Hash256 hash = hash();
        try (HashDb db = HashDb.open(config.dataFolder());
                Gate gate = Gate.start(config.dataFolder(), AccessPolicy.KEYS, "127.0.0.1");
                Metrics metrics = new Metrics();
                UploadMemory memory = UploadMemory.open(config, metrics);
                Webhook webhook = Objects.requireNonNull(Webhook.open(config, metrics))) {
            EarlierUploads earlier = new EarlierUploads(db, gate, memory, webhook);
            db.apply(new Change.CreateBank("B"), ORIGIN);
            Applied added = db.apply(new Change.AddContents("B", List.of(draft(hash))), ORIGIN);
            Earlier found = earlier.of(
                    db.bank("B").orElseThrow(), added.firstContentId(), draft(hash), added.seq(), () -> false);
            assertThat(Objects.requireNonNull(found).uploads()).isEmpty();

            memory.remember(Caller.ANYONE, "saw it", hash, added.seq());
            memory.remember(Caller.ANYONE, "far", hash(), added.seq() - 1);
            memory.remember(Caller.ANYONE, "late", hash.flip(1, 2, 3), added.seq() - 1);
            assertThat(references.poll(30, TimeUnit.SECONDS)).isEqualTo("late");
            // They come in their order, so that nothing of before can come any more.
            memory.remember(Caller.ANYONE, "last", hash, 0);
            assertThat(references.poll(30, TimeUnit.SECONDS)).isEqualTo("last");
            assertThat(references).isEmpty();
        }
    }

    @Test
    void tellsOfWhatWasNotIndexedYet() throws Exception {
        ServerConfig config = config();
        Hash256 hash = hash();
        try (HashDb db = HashDb.open(config.dataFolder())) {
            db.apply(new Change.CreateBank("B"), ORIGIN);
            try (RecentUploads recent = RecentUploads.open(
                    config.dataFolder(),
                    new RecentUploads.Limits(config.recentUploads(), Duration.ofDays(7)),
                    InstantSource.system())) {
                recent.offer(new Upload(List.of(new HashAndQuality(hash, 100)), null, "of before"));
                for (int i = 1; i < config.recentUploads(); i++) {
                    recent.offer(new Upload(List.of(new HashAndQuality(hash(), 100)), null, null));
                    if (i % 10_000 == 0) {
                        recent.near(List.of(hash), 0, key -> true, 1, () -> false); // Waits until they are kept.
                    }
                }
            }
            try (Gate gate = Gate.start(config.dataFolder(), AccessPolicy.KEYS, "127.0.0.1");
                    Metrics metrics = new Metrics();
                    UploadMemory memory = UploadMemory.open(config, metrics);
                    Webhook webhook = Objects.requireNonNull(Webhook.open(config, metrics))) {
                EarlierUploads earlier = new EarlierUploads(db, gate, memory, webhook);
                Applied added = db.apply(new Change.AddContents("B", List.of(draft(hash))), ORIGIN);
                Earlier found = earlier.of(
                        db.bank("B").orElseThrow(), added.firstContentId(), draft(hash), added.seq(), () -> false);
                assertThat(Objects.requireNonNull(found).loading()
                                || found.uploads().size() == 1)
                        .isTrue();
                assertThat(references.poll(30, TimeUnit.SECONDS)).isEqualTo("of before");
            }
        }
    }
}
