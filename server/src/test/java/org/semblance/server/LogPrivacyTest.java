package org.semblance.server;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.engine.Digests;
import org.semblance.server.auth.KeyRing;
import org.semblance.server.auth.Role;
import org.semblance.server.fixture.Pictures;
import org.semblance.server.fixture.TestServer;
import org.slf4j.LoggerFactory;

/** A log goes to more people than a list may: it has no hash, nothing of a content, no file's name and no secret. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LogPrivacyTest {
    private static final String HASH = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22";
    private static final String NAME = "geheimer-dateiname";
    private static final byte[] PHOTO = Pictures.png(Pictures.photo(3, 400, 300));
    private static final Pattern HEX = Pattern.compile("[0-9a-fA-F]{32}");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private final Logger ours = (Logger) LoggerFactory.getLogger("org.semblance");
    private final Logger access = (Logger) LoggerFactory.getLogger("org.semblance.server.access");
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

    @BeforeEach
    void listen() {
        log.start();
        ours.setLevel(Level.DEBUG);
        access.setLevel(null); // another test may have set it
        ours.setAdditive(false);
        ours.addAppender(log);
    }

    @AfterEach
    void stopListening() {
        ours.detachAppender(log);
        ours.setAdditive(true);
        ours.setLevel(Level.INFO);
    }

    private List<String> lines() {
        synchronized (log) {
            return log.list.stream()
                    .map(event -> event.getFormattedMessage() + " " + event.getKeyValuePairs()
                            + (event.getThrowableProxy() == null
                                    ? ""
                                    : ThrowableProxyUtil.asString(event.getThrowableProxy())))
                    .toList();
        }
    }

    @Test
    void theLogOfABusyServerHasNoHashNoContentNoFileNameAndNoSecret() throws IOException {
        Path data = folder.resolve("db");
        String secret = new KeyRing(data)
                .create(new KeyRing.Draft("boss", Role.ADMIN, Set.of(), false, null, null, null), Instant.now())
                .secret();
        byte[] cut = Arrays.copyOf(PHOTO, PHOTO.length / 2);
        String json = "application/json";
        int sent = 0;
        try (TestServer server = new TestServer(data)) {
            Map<String, String> key = Map.of("Authorization", "Bearer " + secret);
            Map<String, String> jsonKey = Map.of("Authorization", "Bearer " + secret, "Content-Type", json);
            server.send("POST", "/v1/banks", jsonKey, utf8("{\"name\":\"A\"}"));
            for (int round = 0; round < 3; round++) {
                for (byte[] content : List.of(PHOTO, cut, utf8(HASH), new byte[0])) {
                    TestServer.Form form = TestServer.form(List.of("photo"), content, Map.of("note", NAME));
                    String named = new String(form.body(), StandardCharsets.ISO_8859_1)
                            .replace("filename=\"f\"", "filename=\"" + NAME + ".png\"");
                    Map<String, String> formKey =
                            Map.of("Authorization", "Bearer " + secret, "Content-Type", form.contentType());
                    byte[] body = named.getBytes(StandardCharsets.ISO_8859_1);
                    for (String path :
                            List.of("/v1/match", "/v1/hash", "/v1/banks/A/content", "/m/lookup", "/h/hash")) {
                        server.send("POST", path, formKey, body);
                        server.send("POST", path, key, content);
                        sent += 2;
                    }
                }
                for (String path : List.of(
                        "/m/lookup?signal_type=pdq&signal=" + HASH,
                        "/m/lookup?signal_type=pdq&signal=" + HASH + "00",
                        "/m/raw_lookup?signal_type=pdq&signal=" + HASH,
                        "/v1/banks/" + HASH + "/content",
                        "/v1/journal?after=" + HASH,
                        "/" + HASH + "?" + NAME)) {
                    server.send("GET", path, key, new byte[0]);
                    sent++;
                }
                for (String body : List.of(
                        "[\"" + HASH + "\"]", "[\"" + HASH + "0\"]", "{\"hashes\":\"" + HASH + "\"", "\"" + HASH)) {
                    server.send("POST", "/v1/lookup", jsonKey, utf8(body));
                    server.send("POST", "/v1/banks/A/content", jsonKey, utf8(body));
                    server.send(
                            "POST",
                            "/v1/banks/A/content",
                            Map.of("Authorization", "Bearer " + secret, "Content-Type", "application/x-ndjson"),
                            utf8(body + "\n{\"signals\":[{\"type\":\"pdq\",\"hash\":\"" + HASH
                                    + "\",\"quality\":100}],\"note\":\"" + NAME + "\"}\n"));
                    sent += 3;
                }
                server.send("GET", "/v1/banks", Map.of("Authorization", "Bearer smb_" + NAME), new byte[0]);
                server.send("GET", "/v1/banks", Map.of("X-API-Key", secret + "x"), new byte[0]);
                sent += 2;
            }
            awaitLines(sent);
        }
        assertThat(lines())
                .anyMatch(
                        line -> line.matches(
                                "request \\[method=\"POST\", route=\"/v1/match\", status=\"200\","
                                        + " verdict=\"no_match\", key=\"boss\", in_bytes=\"\\d+\", out_bytes=\"\\d+\", total_us=\"\\d+\"]"));
        Digests digests = Digests.of(java.nio.ByteBuffer.wrap(PHOTO));
        assertThat(String.join("\n", lines()))
                .doesNotContain(HASH, NAME, secret, digests.sha256().toString())
                .doesNotContainPattern(HEX);
    }

    /** There is a line a request, when its answer has been handed over. */
    private void awaitLines(int least) {
        Instant until = Instant.now().plus(Duration.ofSeconds(20));
        while (requests() < least && Instant.now().isBefore(until)) {
            Thread.onSpinWait();
        }
        assertThat(requests()).isGreaterThanOrEqualTo(least);
    }

    private long requests() {
        synchronized (log) {
            return log.list.stream()
                    .filter(event -> event.getLoggerName().equals(access.getName()))
                    .count();
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
