package org.semblance.server.body;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.semblance.engine.ContentHasher;
import org.semblance.engine.ContentMatcher;
import org.semblance.engine.Digests;
import org.semblance.engine.InProcessHasher;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.MediaLimits;
import org.semblance.engine.media.MediaSource;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.server.auth.AccessPolicy;
import org.semblance.server.auth.Gate;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.config.Setting;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.Pictures;
import org.semblance.server.fixture.RawClient;
import org.semblance.server.fixture.TestFront;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.Json;
import org.semblance.server.http.Response;
import org.semblance.server.metrics.Metrics;
import org.semblance.server.route.Route;
import org.semblance.server.work.BackgroundThreads;
import org.semblance.server.work.Worker;
import org.semblance.server.work.WorkerPool;

/** Uploads that are too large for memory, over real sockets and with real files; and videos beside images. */
@ExtendWith(LeakWatch.class)
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SpilledUploadTest {
    private static final int SPILL = 100_000;
    private static final int MAX_BODY = 1_000_000;
    private static final int MAX_VIDEO = 30_000_000;
    private static final long SEED = Long.getLong("semblance.seed", 5_100L);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    static Path folder;

    @SuppressWarnings("NullAway.Init")
    private static HashDb db;

    private static Gate gate;

    private final Metrics metrics = new Metrics();

    private final Random random = new Random(SEED);
    private final Path files = folder.resolve("uploads");

    /** Closed by a test that wants a disk which takes nothing; tells when it was first asked to. */
    private volatile CountDownLatch disk = new CountDownLatch(0);

    private final CountDownLatch diskAsked = new CountDownLatch(1);
    private final CountDownLatch blocked = new CountDownLatch(1);
    private final CountDownLatch go = new CountDownLatch(1);
    private final AtomicReference<String> cancelled = new AtomicReference<>("");

    @SuppressWarnings("NullAway.Init") // each test starts its own
    private TestFront transport;

    @SuppressWarnings("NullAway.Init")
    private WorkerPool<Worker> workers;

    @SuppressWarnings("NullAway.Init")
    private WorkerPool<Worker> videoWorkers;

    @BeforeAll
    static void openDatabase() {
        db = HashDb.open(folder.resolve("db"));
        gate = Gate.start(folder, AccessPolicy.OPEN, "127.0.0.1");
    }

    @AfterAll
    static void closeDatabase() {
        db.close();
        gate.close();
    }

    private static ServerConfig.Builder settings() {
        return ServerConfig.builder(folder).set(Setting.HOST_NAMES, List.of("t", "a", "b", "x", "test"));
    }

    private void start(ServerConfig.Builder settings) throws IOException {
        ServerConfig config = settings.set(Setting.PORT, 0)
                .set(Setting.MAX_BODY_BYTES, (long) MAX_BODY)
                .set(Setting.MAX_VIDEO_BYTES, (long) MAX_VIDEO)
                .set(Setting.SPILL_BYTES, (long) SPILL)
                .set(Setting.WORKERS, 1)
                .set(Setting.VIDEO_QUEUE_LIMIT, 1)
                .build();
        workers = new WorkerPool<>(1, 2, SpilledUploadTest::tools);
        videoWorkers =
                new WorkerPool<>(1, config.videoQueueLimit(), SpilledUploadTest::tools, new BackgroundThreads("video"));
        ExecutorService threads = Executors.newFixedThreadPool(2);
        Executor gated = work -> threads.execute(() -> {
            diskAsked.countDown();
            await(disk);
            work.run();
        });
        transport = new TestFront(
                config, routes(), workers, videoWorkers, gate, metrics, new SpillFolder(config, threads, gated));
    }

    private static Worker tools() {
        ContentHasher hasher = new InProcessHasher(MediaLimits.DEFAULT, DecodePath.FAST);
        return new Worker(hasher, hasher, new ContentMatcher(hasher, db));
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @AfterEach
    void stop() throws IOException {
        go.countDown();
        disk.countDown();
        if (transport != null) {
            transport.close(Duration.ofSeconds(2));
            workers.close();
            videoWorkers.close();
            assertNothingIsHeld();
        }
    }

    private void assertNothingIsHeld() throws IOException {
        assertThat(transport.budget().used()).as("bytes in memory").isZero();
        assertThat(transport.uploads().budget().used()).as("bytes on the disk").isZero();
        assertThat(spilled()).isEmpty();
    }

    private List<Path> spilled() throws IOException {
        try (Stream<Path> all = Files.list(files)) {
            return all.filter(file -> file.toString().endsWith(".tmp")).toList();
        }
    }

    private long spilledBytes() {
        try {
            long bytes = 0;
            for (Path file : spilled()) {
                bytes += Files.size(file);
            }
            return bytes;
        } catch (java.nio.file.NoSuchFileException e) {
            return 0; // It was removed meanwhile.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private int spilledFiles() {
        try {
            return spilled().size();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean nothingIsHeld() {
        return spilledBytes() == 0
                && transport.budget().used() == 0
                && transport.uploads().budget().used() == 0;
    }

    private List<Route> routes() {
        Route.Work digest = (request, worker) -> {
            Body body = request.body();
            Path path = body.file() instanceof MediaSource.InFile file ? file.path() : null;
            try {
                String permissions =
                        path == null ? "" : PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
                return Response.json(
                        200,
                        Json.object()
                                .put("size", body.upload().size())
                                .put("spilled", path != null)
                                .put("permissions", permissions)
                                .put("video", body.file().format().isVideo())
                                .put("digests", body.digests().toString())
                                .put("read", Digests.of(body.bytes()).toString())
                                .put("files", body.files())
                                .put("note", body.fields().get("note"))
                                .put("thread", Thread.currentThread().getName()));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };
        Route.Work block = (request, worker) -> {
            blocked.countDown();
            await(go);
            return Response.json(200, Json.object().put("blocked", true));
        };
        Route.Work watch = (request, worker) -> {
            blocked.countDown();
            Deadline deadline = request.deadline();
            until(deadline::passed);
            cancelled.set(Thread.currentThread().getName());
            return Response.json(200, Json.object());
        };
        Set<String> parameters = Set.of("deadline_ms", "banks");
        return List.of(
                new Route(Dialect.NATIVE, "POST", "/digest", parameters, Route.Takes.UPLOAD, digest),
                new Route(Dialect.NATIVE, "POST", "/match", parameters, Route.Takes.MATCHED_UPLOAD, digest),
                new Route(Dialect.NATIVE, "POST", "/watch", parameters, Route.Takes.UPLOAD, watch),
                new Route(Dialect.NATIVE, "POST", "/block", parameters, Route.Takes.UPLOAD, block));
    }

    /** Spins, and gives up long before the test's own timeout. */
    private static void until(BooleanSupplier condition) {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - start).as("nanoseconds waited").isLessThan(20_000_000_000L);
            Thread.onSpinWait();
        }
    }

    private byte[] bytes(int size) {
        byte[] bytes = new byte[size];
        random.nextBytes(bytes);
        bytes[0] = 'x'; // of no format
        return bytes;
    }

    private byte[] video(int size) {
        byte[] bytes = bytes(size);
        byte[] head = "\0\0\0\u0018ftypisom".getBytes(StandardCharsets.ISO_8859_1);
        System.arraycopy(head, 0, bytes, 0, Math.min(size, head.length));
        return bytes;
    }

    private RawClient connect() throws IOException {
        return new RawClient(transport.port());
    }

    private static String head(String path, long length) {
        return "POST " + path + " HTTP/1.1\r\nHost: t\r\nContent-Length: " + length + "\r\n\r\n";
    }

    private static String chunkedHead(String path) {
        return "POST " + path + " HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
    }

    private byte[] chunked(byte[] body) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(body.length + 100_000);
        for (int at = 0; at < body.length; ) {
            int size = Math.min(body.length - at, 1 + random.nextInt(200_000));
            out.writeBytes((Integer.toHexString(size) + "\r\n").getBytes(StandardCharsets.US_ASCII));
            out.write(body, at, size);
            out.writeBytes("\r\n".getBytes(StandardCharsets.US_ASCII));
            at += size;
        }
        out.writeBytes("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        return out.toByteArray();
    }

    private static byte[] form(byte[] file) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(file.length + 1_000);
        out.writeBytes(("--b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n"
                        + "--b\r\nContent-Disposition: form-data; name=\"video\"; filename=\"a.mp4\"\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(file);
        out.writeBytes("\r\n--b--\r\n".getBytes(StandardCharsets.US_ASCII));
        return out.toByteArray();
    }

    private static String formHead(String path, String framing) {
        return "POST " + path + " HTTP/1.1\r\nHost: t\r\nContent-Type: multipart/form-data; boundary=b\r\n" + framing
                + "\r\n\r\n";
    }

    private static void assertArrived(String answer, byte[] body) {
        assertArrived(answer, body.length, Digests.of(ByteBuffer.wrap(body)).toString());
    }

    private static void assertArrived(String answer, int size, String digests) {
        boolean spilled = size > SPILL;
        assertThat(answer)
                .as("-Dsemblance.seed=%d", SEED)
                .contains(
                        "\"size\":" + size + ",",
                        "\"spilled\":" + spilled + ",",
                        "\"digests\":\"" + digests + "\"",
                        "\"read\":\"" + digests + "\"");
    }

    @Test
    void bringsLargeBodiesToAFileWithTheirDigests() throws Exception {
        start(settings());
        try (RawClient client = connect()) {
            for (int size : new int[] {
                SPILL - 1,
                SPILL,
                SPILL + 1,
                Upload.BLOCK_BYTES - 65_536,
                Upload.BLOCK_BYTES,
                2 * Upload.BLOCK_BYTES + 1,
                21_000_000
            }) {
                byte[] body = video(size);
                String digests = Digests.of(ByteBuffer.wrap(body)).toString();
                String raw =
                        client.send(head("/digest", size)).send(body).read().body();
                assertArrived(raw, size, digests);
                assertThat(raw).contains("\"video\":true", "\"thread\":\"video-0\"");
                assertArrived(
                        client.send(chunkedHead("/digest"))
                                .send(chunked(body))
                                .read()
                                .body(),
                        size,
                        digests);
                byte[] form = form(body);
                String fromForm = client.send(formHead("/digest", "Content-Length: " + form.length))
                        .send(form)
                        .read()
                        .body();
                assertArrived(fromForm, size, digests);
                assertThat(fromForm).contains("\"files\":1,\"note\":\"hello\"");
                assertArrived(
                        client.send(formHead("/digest", "Transfer-Encoding: chunked"))
                                .send(chunked(form))
                                .read()
                                .body(),
                        size,
                        digests);
            }
        }
        until(this::nothingIsHeld);
    }

    @Test
    void spillsLargeBodiesThatAreNoVideoTooAndKeepsThemToThisUser() throws Exception {
        start(settings());
        byte[] body = bytes(900_000);
        try (RawClient client = connect()) {
            String answer =
                    client.send(head("/digest", body.length)).send(body).read().body();
            assertArrived(answer, body);
            assertThat(answer).contains("\"video\":false", "\"permissions\":\"rw-------\"", "\"thread\":\"worker-0\"");
        }
    }

    @Test
    void spillsEarlyWhatMemoryHasNoRoomFor() throws Exception {
        start(settings().set(Setting.MAX_BODY_BYTES_IN_FLIGHT, 700_000L).set(Setting.SPILL_BYTES, (long) SPILL));
        transport.budget().take(300_000); // others' uploads
        byte[] body = video(5_000_000);
        try (RawClient client = connect()) {
            String answer = client.send(chunkedHead("/digest"))
                    .send(chunked(body))
                    .read()
                    .body();
            assertThat(answer)
                    .contains(
                            "\"spilled\":true",
                            Digests.of(ByteBuffer.wrap(body)).toString());
        }
        transport.budget().giveBack(300_000);
    }

    @Test
    void refusesWhatNothingMayBeAtOnceAndOtherLargeThingsByTheirFirstBytes() throws Exception {
        start(settings());
        try (RawClient client = connect()) {
            RawClient.Answer answer =
                    client.send(head("/digest", MAX_VIDEO + 1)).read();
            assertThat(answer.status()).isEqualTo(413);
            assertThat(answer.body()).contains("Content-Length: '30000001' (expected: at most 30000000)");
        }
        try (RawClient client = connect()) {
            // The header's claim is of no weight.
            String head = head("/digest", MAX_BODY + 1).replace("Host: t", "Host: t\r\nContent-Type: video/mp4");
            RawClient.Answer answer = client.send(head).send(bytes(2_048)).read();
            assertThat(answer.status()).isEqualTo(413);
            assertThat(answer.body())
                    .contains("body: 1000001 announced bytes (expected: at most 1000000, or 30000000 of a video)");
            assertThat(answer.headers()).containsEntry("connection", "close");
        }
        try (RawClient client = connect()) {
            int length = MAX_BODY + BodyReader.MAX_FORM_BYTES + 1;
            RawClient.Answer answer = client.send(formHead("/digest", "Content-Length: " + length))
                    .send(Arrays.copyOf(form(bytes(20_000)), 20_000))
                    .read();
            assertThat(answer.status()).isEqualTo(413);
        }
    }

    @Test
    void refusesWhatTurnsOutTooLargeAsItComes() throws Exception {
        start(settings());
        try (RawClient client = connect()) {
            RawClient.Answer answer = client.send(chunkedHead("/digest"))
                    .send(chunked(bytes(MAX_BODY + 1)))
                    .read();
            assertThat(answer.status()).isEqualTo(413);
            assertThat(answer.body())
                    .contains("more than 1000000 bytes (expected: at most 1000000, or 30000000 of a video)");
        }
        try (RawClient client = connect()) {
            byte[] form = form(bytes(MAX_BODY + 1));
            RawClient.Answer answer = client.send(formHead("/digest", "Content-Length: " + form.length))
                    .send(form)
                    .read();
            assertThat(answer.status()).isEqualTo(413);
        }
        try (RawClient client = connect()) {
            RawClient.Answer answer = client.send(chunkedHead("/digest"))
                    .send(chunked(video(MAX_VIDEO + 1)))
                    .read();
            assertThat(answer.status()).isEqualTo(413);
            assertThat(answer.body()).contains("more than 30000000 bytes (expected: at most 30000000)");
        }
        try (RawClient client = connect()) {
            // A second file is dropped, but not without end.
            byte[] form = form(bytes(10));
            byte[] two = (new String(form, 0, form.length - 7, StandardCharsets.ISO_8859_1)
                            + "\r\n--b\r\nContent-Disposition: form-data; name=\"video\"; filename=\"b\"\r\n\r\n"
                            + "x".repeat(MAX_BODY + 200_000))
                    .getBytes(StandardCharsets.ISO_8859_1);
            RawClient.Answer answer = client.send(formHead("/digest", "Transfer-Encoding: chunked"))
                    .send(chunked(two))
                    .read();
            assertThat(answer.status()).isEqualTo(413);
            assertThat(answer.body()).contains("further files");
        }
        until(this::nothingIsHeld);
    }

    @Test
    void removesTheFileOfAClientThatGoesAway() throws Exception {
        start(settings());
        try (RawClient client = connect()) {
            client.send(head("/digest", 20_000_000)).send(video(3_000_000));
            until(() -> spilledBytes() > 2_000_000);
        }
        until(this::nothingIsHeld);
    }

    @Test
    void takesTheWorkOfAClientThatGoesAwayOutOfTheQueue() throws Exception {
        start(settings());
        byte[] body = video(500_000);
        try (RawClient running = connect()) {
            running.send(head("/block", body.length)).send(body);
            blocked.await();
            try (RawClient waiting = connect()) {
                waiting.send(head("/digest", body.length)).send(body);
                until(() -> videoWorkers.queued() == 1);
            }
            until(() -> videoWorkers.queued() == 0 && spilledBytes() == body.length);
            go.countDown();
            assertThat(running.read().status()).isEqualTo(200);
        }
        until(this::nothingIsHeld);
    }

    @Test
    void cancelsTheWorkOfAClientThatGoesAway() throws Exception {
        start(settings());
        byte[] body = video(500_000);
        try (RawClient client = connect()) {
            client.send(head("/watch?deadline_ms=600000", body.length)).send(body);
            blocked.await();
        }
        until(() -> cancelled.get().equals("video-0"));
        until(this::nothingIsHeld);
    }

    @Test
    void boundsTheBytesOfAllFilesTogether() throws Exception {
        start(settings().set(Setting.MAX_UPLOAD_FOLDER_BYTES, 2_000_000L));
        byte[] body = video(1_500_000);
        try (RawClient holder = connect()) {
            holder.send(head("/digest", body.length)).send(Arrays.copyOf(body, body.length - 1));
            until(() -> transport.uploads().budget().used() > 1_000_000);
            try (RawClient declared = connect()) {
                RawClient.Answer answer =
                        declared.send(head("/digest", 1_000_000)).read();
                assertThat(answer.status()).isEqualTo(503);
                assertThat(answer.headers()).containsEntry("retry-after", "1");
                assertThat(answer.body()).contains("too many bytes of uploads are on the disk");
            }
            try (RawClient undeclared = connect()) {
                RawClient.Answer answer = undeclared
                        .send(chunkedHead("/digest"))
                        .send(chunked(body))
                        .read();
                assertThat(answer.status()).isEqualTo(503);
                assertThat(answer.body()).contains("too many bytes of uploads are on the disk");
            }
            // The first upload alone is left: its file, and the bytes of that.
            until(() -> spilledFiles() == 1 && transport.uploads().budget().used() == spilledBytes());
            assertArrived(
                    holder.send(Arrays.copyOfRange(body, body.length - 1, body.length))
                            .read()
                            .body(),
                    body);
        }
        until(this::nothingIsHeld);
    }

    @Test
    void saysSoIfTheFolderIsGone() throws Exception {
        start(settings().set(Setting.UPLOAD_FOLDER, folder.resolve("gone")));
        Path gone = folder.resolve("gone");
        Files.delete(gone.resolve("lock"));
        Files.delete(gone);
        try (RawClient client = connect()) {
            byte[] body = video(5_000_000);
            RawClient.Answer answer =
                    client.send(head("/digest", body.length)).send(body).read();
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.body())
                    .contains("the upload could not be stored on the server's disk: NoSuchFile")
                    .doesNotContain(folder.toString());
        }
        Files.createDirectory(gone);
    }

    /** The process may write no file beyond some bytes, which is to a writer as a disk that is full. */
    private static void limitFiles(long bytes) {
        Linker linker = Linker.nativeLinker();
        FunctionDescriptor shape =
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS);
        MethodHandle get = linker.downcallHandle(linker.defaultLookup().findOrThrow("getrlimit"), shape);
        MethodHandle set = linker.downcallHandle(linker.defaultLookup().findOrThrow("setrlimit"), shape);
        int fileSize = 1; // RLIMIT_FSIZE
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment softAndHard = arena.allocate(ValueLayout.JAVA_LONG, 2);
            assertThat((int) get.invokeExact(fileSize, softAndHard)).isZero();
            long hard = softAndHard.getAtIndex(ValueLayout.JAVA_LONG, 1);
            softAndHard.setAtIndex(ValueLayout.JAVA_LONG, 0, bytes < 0 ? hard : bytes);
            assertThat((int) set.invokeExact(fileSize, softAndHard)).isZero();
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void saysSoIfTheDiskIsFullAndRemovesWhatItWrote() throws Exception {
        start(settings());
        byte[] body = video(8_000_000);
        limitFiles(4_000_000);
        try (RawClient client = connect()) {
            RawClient.Answer answer =
                    client.send(head("/digest", body.length)).send(body).read();
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.headers()).containsEntry("retry-after", "1");
            assertThat(answer.body())
                    .contains("the upload could not be stored on the server's disk: File too large")
                    .doesNotContain(folder.toString());
            until(this::nothingIsHeld);
        } finally {
            limitFiles(-1);
        }
        try (RawClient client = connect()) {
            assertArrived(
                    client.send(head("/digest", body.length)).send(body).read().body(), body);
        }
    }

    @Test
    void readsNoMoreThanTheDiskTakes() throws Exception {
        disk = new CountDownLatch(1);
        start(settings());
        byte[] body = video(MAX_VIDEO);
        try (SocketChannel client =
                        SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), transport.port()));
                RawClient other = connect()) {
            client.configureBlocking(false);
            ByteBuffer head = ByteBuffer.wrap(head("/digest", body.length).getBytes(StandardCharsets.US_ASCII));
            while (head.hasRemaining()) {
                client.write(head);
            }
            ByteBuffer rest = ByteBuffer.wrap(body);
            // The other connection's answers show that the event loop has had its turn again and again meanwhile.
            for (int still = 0; still < 20; ) {
                int written = client.write(rest);
                assertThat(other.send(head("/digest", 1)).send("x").read().status())
                        .isEqualTo(200);
                still = written == 0 ? still + 1 : 0;
            }
            diskAsked.await();
            assertThat(rest.remaining()).as("bytes the client could not send").isPositive();
            assertThat(transport.budget().used()).isLessThanOrEqualTo(4L * Upload.BLOCK_BYTES);
            disk.countDown();
            client.configureBlocking(true);
            while (rest.hasRemaining()) {
                client.write(rest);
            }
            ByteBuffer answer = ByteBuffer.allocate(10_000);
            client.read(answer);
            assertArrived(new String(answer.array(), 0, answer.position(), StandardCharsets.UTF_8), body);
        }
    }

    @Test
    void doesNotCountTheTimeOfItsOwnDiskAgainstTheClient() throws Exception {
        disk = new CountDownLatch(1);
        start(settings().set(Setting.STALL_TIMEOUT_MS, 200L).set(Setting.MIN_BODY_BYTES_PER_SECOND, 1L << 30));
        byte[] body = video(5_000_000);
        try (RawClient client = connect()) {
            Thread sender = Thread.ofVirtual().start(() -> {
                try {
                    client.send(head("/digest", body.length)).send(body);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            diskAsked.await();
            long asked = System.nanoTime();
            until(() -> System.nanoTime() - asked > 500_000_000);
            assertThat(client.nothingCame()).isTrue();
            disk.countDown();
            assertArrived(client.read().body(), body);
            sender.join();
        }
    }

    @Test
    void stillCutsOffAClientThatIsSlowItself() throws Exception {
        start(settings().set(Setting.STALL_TIMEOUT_MS, 100L));
        try (RawClient client = connect()) {
            client.send(head("/digest", 5_000_000)).send(video(2_000_000));
            RawClient.Answer answer = client.read();
            assertThat(answer.status()).isEqualTo(408);
            assertThat(answer.body()).contains("2000000 bytes arrived");
        }
        until(this::nothingIsHeld);
    }

    @Test
    void givesUpOnADiskThatTakesNothing() throws Exception {
        disk = new CountDownLatch(1);
        start(settings().set(Setting.IDLE_TIMEOUT_MS, 300L));
        try (RawClient client = connect()) {
            client.send(head("/digest", 5_000_000)).send(video(2_000_000));
            RawClient.Answer answer = client.read();
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.body()).contains("disk takes no more");
        }
        disk.countDown();
        until(this::nothingIsHeld);
    }

    @Test
    void removesWhatAKilledServerLeftAndNothingElse() throws Exception {
        Files.createDirectories(files);
        Path left = Files.write(files.resolve("upload-17.tmp"), new byte[1_000]);
        Path other = Files.writeString(files.resolve("notes.txt"), "not ours");
        start(settings());
        assertThat(left).doesNotExist();
        assertThat(other).exists();
        Files.delete(other);
        assertThatThrownBy(() -> SpillFolder.open(settings().build()))
                .isInstanceOf(IOException.class)
                .hasMessage("upload_folder: " + files + " (expected: one that no other server uses)");
    }

    /** Each of its frames is decoded, which may be very many. */
    @Test
    void animatedImagesHaveTheLaneOfVideosAndStillOnesDoNot() throws Exception {
        start(settings());
        BufferedImage picture = Pictures.flat(40, 30);
        try (RawClient client = connect()) {
            assertLane(client, Pictures.gif(100, picture, Pictures.photo(2, 40, 30)), "video-0");
            assertLane(client, Pictures.gif(100, picture), "worker-0");
            assertLane(client, Pictures.png(picture), "worker-0");
        }
    }

    @Test
    void picturesFarLargerThanTheirFilesHaveTheLaneOfVideos() throws Exception {
        start(settings());
        try (RawClient client = connect()) {
            assertLane(
                    client, Pictures.png(new BufferedImage(2_001, 4_000, BufferedImage.TYPE_BYTE_BINARY)), "video-0");
            assertLane(
                    client, Pictures.png(new BufferedImage(2_000, 4_000, BufferedImage.TYPE_BYTE_BINARY)), "worker-0");
        }
    }

    private void assertLane(RawClient client, byte[] upload, String thread) throws Exception {
        assertThat(upload.length).isLessThan(SPILL);
        assertThat(client.send(head("/digest", upload.length))
                        .send(upload)
                        .read()
                        .body())
                .contains("\"thread\":\"" + thread + "\"");
    }

    @Test
    void answersImagesWhileVideosFillTheirLane() throws Exception {
        start(settings());
        byte[] video = video(10_000); // in memory: the lane does not depend on where it lies
        try (RawClient running = connect();
                RawClient waiting = connect();
                RawClient refused = connect();
                RawClient image = connect()) {
            running.send(head("/block", video.length)).send(video);
            blocked.await();
            waiting.send(head("/digest", video.length)).send(video);
            until(() -> videoWorkers.queued() == 1);
            RawClient.Answer full =
                    refused.send(head("/digest", video.length)).send(video).read();
            assertThat(full.status()).isEqualTo(503);
            assertThat(full.body()).contains("every worker for videos is busy and the queue is full");
            for (int i = 0; i < 50; i++) {
                assertThat(image.send(head("/digest", 5_000))
                                .send(bytes(5_000))
                                .read()
                                .body())
                        .contains("\"thread\":\"worker-0\"");
            }
            go.countDown();
            assertThat(running.read().status()).isEqualTo(200);
            assertThat(waiting.read().body()).contains("\"thread\":\"video-0\"");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {10_000, SPILL + 1})
    void answersAVideoThatIsKnownThoughOthersFillTheirLane(int size) throws Exception {
        start(settings());
        byte[] known = video(size);
        db.apply(new Change.CreateBank("KNOWN" + size), new Origin("test", ""));
        ContentDraft content =
                new ContentDraft(Digests.of(ByteBuffer.wrap(known)).signals());
        db.apply(new Change.AddContents("KNOWN" + size, List.of(content)), new Origin("test", ""));
        byte[] unknown = video(size + 1);
        try (RawClient running = connect();
                RawClient waiting = connect();
                RawClient refused = connect();
                RawClient gone = connect();
                RawClient found = connect()) {
            running.send(head("/block", unknown.length)).send(unknown);
            blocked.await();
            gone.send(head("/match", unknown.length)).send(unknown);
            until(() -> videoWorkers.queued() == 1);
            gone.close();
            until(() -> videoWorkers.queued() == 0);
            waiting.send(head("/match", unknown.length)).send(unknown);
            until(() -> videoWorkers.queued() == 1);
            RawClient.Answer full =
                    refused.send(head("/match", unknown.length)).send(unknown).read();
            assertThat(full.status()).isEqualTo(503);
            assertThat(full.body()).contains("every worker for videos is busy and the queue is full");
            for (int i = 0; i < 20; i++) {
                assertThat(found.send(head("/match", size)).send(known).read().body())
                        .contains("\"thread\":\"worker-0\"");
            }
            assertThat(found.send(head("/match?banks=A,KNOWN" + size, size))
                            .send(known)
                            .read()
                            .status())
                    .isEqualTo(200);
            // Of other banks it is not known, and would have to be decoded.
            assertThat(found.send(head("/match?banks=A,B", size))
                            .send(known)
                            .read()
                            .status())
                    .isEqualTo(503);
            go.countDown();
            assertThat(running.read().status()).isEqualTo(200);
            assertThat(waiting.read().body()).contains("\"thread\":\"video-0\"");
        }
    }

    @Test
    void answersAVideoWhoseDeadlinePassesInTheQueueThoughNoWorkerIsFree() throws Exception {
        start(settings().set(Setting.VIDEO_DEADLINE_MS, 50L));
        byte[] video = video(500_000);
        try (RawClient running = connect();
                RawClient waiting = connect()) {
            running.send(head("/block?deadline_ms=600000", video.length)).send(video);
            blocked.await();
            RawClient.Answer late =
                    waiting.send(head("/digest", video.length)).send(video).read();
            assertThat(late.status()).isEqualTo(503);
            assertThat(late.body()).contains("the deadline passed while the request waited");
            assertThat(videoWorkers.queued()).isZero();
            // The connection goes on.
            assertThat(waiting.send(head("/digest", 3)).send("abc").read().status())
                    .isEqualTo(200);
            go.countDown();
            assertThat(running.read().status()).isEqualTo(200);
        }
    }

    @Test
    void stopsInTimeWithAnUploadOnItsWayToADiskThatTakesNothing() throws Exception {
        disk = new CountDownLatch(1);
        start(settings());
        try (RawClient client = connect()) {
            client.send(head("/digest", 20_000_000)).send(video(600_000));
            diskAsked.await();
            transport.close(Duration.ofMillis(100)); // A stop without a bound would run into the test's timeout.
        }
        disk.countDown();
        until(() ->
                transport.budget().used() == 0 && transport.uploads().budget().used() == 0);
    }

    @Test
    void stopsInTimeWithAnUploadUnderWay() throws Exception {
        start(settings());
        try (RawClient client = connect()) {
            client.send(head("/digest", 20_000_000)).send(video(3_000_000));
            until(() -> spilledBytes() > 2_000_000);
            transport.close(Duration.ofMillis(100));
            assertNothingIsHeld();
        }
    }
}
