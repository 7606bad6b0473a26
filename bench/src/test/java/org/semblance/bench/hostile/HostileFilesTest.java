package org.semblance.bench.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.bench.harness.Connection;
import org.semblance.bench.harness.Photos;
import org.semblance.server.MatchServer;
import org.semblance.server.config.Isolation;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.config.Setting;
import org.slf4j.LoggerFactory;

/**
 * Hostile files for a server that decodes in its own process, so that a crash of a decoder is one of this test's.
 * {@code -Dsemblance.mutations=} sets how many, {@code -Dsemblance.seed=} which.
 */
class HostileFilesTest {
    private static final int FILES = Integer.getInteger("semblance.mutations", 400);
    private static final int BOMB_EVERY = 30;
    private static final int CONNECTIONS = 2;

    /** What a hostile file is given. A decoder is asked whether to go on between two steps, of which one may take long. */
    private static final int DEADLINE_MS = 1_000;

    private static final Duration MOST = Duration.ofSeconds(20);

    private static final Pattern VERDICT = Pattern.compile("^\\{\"verdict\":\"([a-z_]+)\"");

    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final ConcurrentLinkedQueue<String> found = new ConcurrentLinkedQueue<>();
    private final Map<String, LongAdder> answers = new ConcurrentSkipListMap<>();

    @BeforeEach
    void listen() {
        log.start();
        ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).addAppender(log);
    }

    @AfterEach
    void stopListening() {
        ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).detachAppender(log);
    }

    @Test
    @Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void areAnsweredInTimeAndHarmNobody(@TempDir Path folder) throws Exception {
        String given = System.getProperty("semblance.seed", "");
        long seed = given.isEmpty() ? 20_170_425 : Long.parseLong(given);
        try (MatchServer server = MatchServer.start(ServerConfig.builder(folder.resolve("db"))
                .set(Setting.PORT, 0)
                .set(Setting.WORKERS, CONNECTIONS)
                .set(Setting.ISOLATION, Isolation.NONE)
                .build())) {
            HostileFiles files = new HostileFiles(seed, BOMB_EVERY);
            byte[] photo = Photos.shapes(seed);
            byte[] copy = Arrays.copyOf(photo, photo.length + 1); // So that it is not found by its digests.
            try (Connection connection = new Connection(server.port())) {
                connection.send(Connection.post(
                        "/v1/banks", "application/json", "{\"name\":\"KNOWN\"}".getBytes(StandardCharsets.US_ASCII)));
                connection.send(Connection.post("/v1/banks/KNOWN/content", "image/jpeg", photo));
            }
            AtomicInteger next = new AtomicInteger();
            List<Thread> clients = new ArrayList<>();
            for (int i = 0; i < CONNECTIONS; i++) {
                clients.add(Thread.ofPlatform().start(() -> send(server.port(), files, next, copy)));
            }
            for (Thread client : clients) {
                client.join();
            }
        }
        assertThat(found).as("seed %d", seed).isEmpty();
        assertThat(errors()).as("seed %d", seed).isEmpty();
        // Else they were not hostile in many ways.
        assertThat(answers).containsKeys("match", "no_match", "corrupt", "too_large", "undecidable");
    }

    /** Sends one after the other, and a copy of a banked photo after each bomb: its match must not suffer. */
    private void send(int port, HostileFiles files, AtomicInteger next, byte[] copy) {
        int number = -1;
        try (Connection connection = new Connection(port)) {
            for (number = next.getAndIncrement(); number < FILES; number = next.getAndIncrement()) {
                HostileFiles.HostileFile file = files.get(number);
                String what = "file " + number + (file.bomb().isEmpty() ? "" : " (" + file.bomb() + ")");
                answer(what, connection, "?deadline_ms=" + DEADLINE_MS, file.bytes());
                if (!file.bomb().isEmpty()) {
                    String verdict = answer("the photo after " + what, connection, "", copy);
                    if (!verdict.equals("match")) {
                        found.add("the photo after " + what + ": " + verdict);
                    }
                }
            }
        } catch (IOException e) {
            found.add("file " + number + ": the connection broke: " + e.getMessage());
        }
    }

    /** The verdict, or an empty one if there was no time for any. */
    private String answer(String what, Connection connection, String query, byte[] file) throws IOException {
        long start = System.nanoTime();
        Connection.Answer answer =
                connection.send(Connection.post("/v1/match" + query, "application/octet-stream", file));
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        if (took.compareTo(MOST) > 0) {
            found.add(what + ": answered after " + took);
        }
        Matcher verdict = VERDICT.matcher(answer.body());
        String told = answer.status() == 200 && verdict.find() ? verdict.group(1) : "";
        if (told.isEmpty() && answer.status() != 503) {
            found.add(what + ": " + answer.status() + " " + answer.body());
        }
        answers.computeIfAbsent(told, verdicts -> new LongAdder()).increment();
        return told;
    }

    private List<String> errors() {
        synchronized (log) {
            return log.list.stream()
                    .filter(event -> event.getLevel().isGreaterOrEqual(Level.ERROR))
                    .map(ILoggingEvent::getFormattedMessage)
                    .toList();
        }
    }
}
