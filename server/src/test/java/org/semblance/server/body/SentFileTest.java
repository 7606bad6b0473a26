package org.semblance.server.body;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.Pictures;
import org.semblance.server.fixture.ServerExtension;
import org.semblance.server.fixture.TestServer.Answer;

/** Where a file is meant, whatever else is sent is refused and told what to send, and a file is taken however it is sent. */
@ExtendWith(LeakWatch.class)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SentFileTest {
    private static final String FORM = "application/x-www-form-urlencoded";
    private static final BufferedImage PHOTO = Pictures.photo(71, 320, 240);

    @RegisterExtension
    static final ServerExtension server = new ServerExtension();

    @BeforeAll
    static void start() {
        assertThat(server.postJson("/v1/banks", "{\"name\":\"FILES\"}").status())
                .isEqualTo(201);
    }

    private static Answer send(String path, String type, byte[] body) {
        return server.send("POST", path, Map.of("Content-Type", type), body);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** As {@code curl -d @file} sends it. */
    private static byte[] stripped(byte[] file) {
        ByteArrayOutputStream left = new ByteArrayOutputStream();
        for (byte b : file) {
            if (b != 0 && b != '\n' && b != '\r') {
                left.write(b);
            }
        }
        return left.toByteArray();
    }

    private static void assertToldWhatToSend(Answer answer) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(415);
        assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(answer.json().get("field").stringValue()).isEqualTo("Content-Type");
        assertThat(answer.json().get("detail").stringValue())
                .contains("curl --data-binary @FILE -H 'Content-Type: application/octet-stream'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/json", "application/problem+json; charset=utf-8", "application/x-ndjson"})
    void jsonIsNoFile(String type) {
        for (String path : List.of("/v1/match", "/v1/hash")) {
            assertToldWhatToSend(send(path, type, bytes("{\"url\":\"https://cdn.example.org/a.jpg\"}")));
            assertToldWhatToSend(send(path, type, Pictures.png(PHOTO)));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/match", "/v1/hash", "/v1/banks/FILES/content"})
    void aUrlEncodedFormIsNoFile(String path) {
        assertToldWhatToSend(send(path, FORM, bytes("url=https%3A%2F%2Fcdn.example.org%2Fa.jpg")));
        assertToldWhatToSend(send(path, FORM + "; charset=UTF-8", bytes("@copy.jpg")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/match", "/v1/hash", "/v1/banks/FILES/content"})
    void aFileThatLostItsNewlinesAndZerosToCurlIsNoFile(String path) {
        assertToldWhatToSend(send(path, FORM, stripped(Pictures.jpeg(PHOTO, 0.9))));
        assertToldWhatToSend(send(path, FORM, stripped(gif())));
        assertToldWhatToSend(send(path, FORM, stripped(Pictures.png(PHOTO))));
        assertThat(server.get("/v1/banks/FILES/content").json().get("contents")).isEmpty();
    }

    @Test
    void curlSendsEveryFormatUnderItsDefaultMediaType() {
        assertThat(server.postJson("/v1/banks", "{\"name\":\"SENT\"}").status()).isEqualTo(201);
        byte[] jpeg = Pictures.jpeg(PHOTO, 0.9);
        assertThat(send("/v1/banks/SENT/content", FORM, jpeg).status()).isEqualTo(201);
        for (byte[] file : List.of(jpeg, Pictures.png(PHOTO), gif())) {
            Answer answer = send("/v1/match", FORM, file);
            assertThat(answer.status()).as(answer.text()).isEqualTo(200);
            assertThat(answer.json().get("verdict").stringValue()).isEqualTo("match");
            assertThat(send("/v1/hash", FORM, file).status()).isEqualTo(200);
        }
    }

    @Test
    void aStrangeFileStillGetsAVerdict() {
        byte[] text = bytes("not a picture at all, but somebody's upload");
        assertThat(send("/v1/match", "text/plain", text).json().get("verdict").stringValue())
                .isEqualTo("unsupported");
        byte[] cut = new byte[200];
        System.arraycopy(Pictures.jpeg(PHOTO, 0.9), 0, cut, 0, cut.length);
        assertThat(send("/v1/match", FORM, cut).json().get("verdict").stringValue())
                .isEqualTo("corrupt");
        assertThat(send("/v1/match", FORM, new byte[0]).status()).isEqualTo(200);
    }

    /** A list of digests may hold what no decoder knows. */
    @Test
    void knownBytesAreAMatchHoweverTheyWereSent() {
        byte[] text = bytes("a manual, as a text");
        String sha256 =
                org.semblance.engine.Digests.of(java.nio.ByteBuffer.wrap(text)).sha256();
        assertThat(server.postJson("/v1/banks", "{\"name\":\"TEXTS\"}").status())
                .isEqualTo(201);
        assertThat(server.postJson(
                                "/v1/banks/TEXTS/content",
                                "{\"signals\":[{\"type\":\"sha256\",\"hash\":\"" + sha256 + "\"}]}")
                        .status())
                .isEqualTo(201);
        Answer answer = send("/v1/match", FORM, text);
        assertThat(answer.json().get("verdict").stringValue()).isEqualTo("match");
    }

    private static byte[] gif() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            ImageIO.write(PHOTO, "gif", out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }
}
