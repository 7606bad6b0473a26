package org.semblance.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.server.auth.KeyRing;
import org.semblance.server.auth.Role;
import org.semblance.server.config.Setting;
import org.semblance.server.fixture.FileHost;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.MotionJpeg;
import org.semblance.server.fixture.Pictures;
import org.semblance.server.fixture.RawClient;
import org.semblance.server.fixture.ServerExtension;
import org.semblance.server.fixture.TestServer;
import org.semblance.server.fixture.TestServer.Answer;
import org.semblance.server.http.Json;

/** What is asked of a URL, on a real server that fetches from a real host. */
@ExtendWith(LeakWatch.class)
@SuppressWarnings("NullAway.Init") // JUnit calls start.
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FetchRoutesTest {
    private static final BufferedImage PHOTO = Pictures.photo(501, 320, 240);

    @TempDir
    private Path folder;

    private final FileHost host = new FileHost();
    private final FileHost unnamed = new FileHost();

    @RegisterExtension
    final ServerExtension server = new ServerExtension(settings -> settings.set(
                    Setting.FETCH_HOSTS, List.of(host.name(), "localhost:" + host.port()))
            .set(Setting.FETCH_TIMEOUT_MS, 5_000L)
            .set(Setting.MAX_BODY_BYTES, 200_000L)
            .set(Setting.SPILL_BYTES, 50_000L)
            .set(Setting.HASH_TYPES, List.of("pdq", "video_md5", "vpdq")));

    @AfterEach
    void stop() {
        host.close();
        unnamed.close();
    }

    private void bank(String name, String field, byte[] file) {
        assertThat(server.postJson("/c/banks", "{\"name\":\"" + name + "\"}").status())
                .isEqualTo(201);
        assertThat(server.postForm("/c/bank/" + name + "/content", field, file, Map.of())
                        .status())
                .isEqualTo(200);
    }

    private static String encoded(String url) {
        return URLEncoder.encode(url, StandardCharsets.UTF_8);
    }

    private static byte[] video(double quality) {
        List<BufferedImage> frames = new ArrayList<>();
        for (int picture = 600; picture < 608; picture++) {
            for (int i = 0; i < 5; i++) {
                frames.add(Pictures.photo(picture, 96, 72));
            }
        }
        return MotionJpeg.avi(frames, 5, quality);
    }

    private void assertRefused(Answer answer) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.text()).isEqualTo("{\"message\":\"Invalid or unsafe URL provided\"}\n");
    }

    /** Coop's {@code hashContentFromUrl}, with the head that its HTTP client sends, and its lookup of each hash. */
    @Test
    void coopFindsABankedPictureByTheUrlOfACopy() throws IOException {
        bank("COOP_ORG1_BANK", "photo", Pictures.png(PHOTO));
        String url = host.has("/uploads/copy.jpg", "image/jpeg", Pictures.jpeg(PHOTO, 0.6));
        String head = " HTTP/1.1\r\nhost: 127.0.0.1:" + server.port()
                + "\r\nconnection: keep-alive\r\naccept: */*\r\naccept-language: *\r\nsec-fetch-mode: cors\r\n"
                + "user-agent: node\r\naccept-encoding: gzip, deflate\r\n\r\n";
        try (RawClient coop = new RawClient(server.port())) {
            RawClient.Answer hashed =
                    coop.send("GET //h/hash?url=" + encoded(url) + head).read();
            assertThat(hashed.status()).as(hashed.body()).isEqualTo(200);
            assertThat(hashed.body()).matches("\\{\"pdq\":\"[0-9a-f]{64}\"}\n");
            String pdq = Json.read(hashed.body()).get("pdq").stringValue();
            RawClient.Answer found = coop.send("GET //m/lookup?signal=" + pdq + "&signal_type=pdq" + head)
                    .read();
            assertThat(Json.read(found.body()).has("COOP_ORG1_BANK")).isTrue();

            String elsewhere = unnamed.has("/copy.jpg", "image/jpeg", Pictures.jpeg(PHOTO, 0.6));
            String within = host.redirects("/redirect", elsewhere);
            for (String bad : List.of(elsewhere, within, "http://user@" + host.name() + "/uploads/copy.jpg")) {
                RawClient.Answer refused =
                        coop.send("GET //h/hash?url=" + encoded(bad) + head).read();
                assertThat(refused.status()).as(bad).isEqualTo(400);
                assertThat(refused.body()).isEqualTo("{\"message\":\"Invalid or unsafe URL provided\"}\n");
            }
        }
        assertThat(unnamed.asked()).isEmpty();
        assertThat(host.asked()).containsExactly("/uploads/copy.jpg", "/redirect");
        assertThat(server.get("/metrics").text())
                .contains("semblance_fetches_total{outcome=\"fetched\"} 1.0")
                .contains("semblance_fetches_total{outcome=\"refused\"} 3.0");
    }

    @Test
    void aUrlCanBeLookedUpBankedAndMatched() {
        bank("PHOTOS", "photo", Pictures.png(PHOTO));
        String url = encoded(host.has("/copy.jpg", "image/jpeg", Pictures.jpeg(PHOTO, 0.6)));
        String local = encoded("http://localhost:" + host.port() + "/copy.jpg");
        assertThat(server.get("/m/lookup?url=" + url)
                        .json()
                        .at("/pdq/PHOTOS/0/bank_content_id")
                        .longValue())
                .isEqualTo(1);
        assertThat(server.get("/m/lookup?signal_type=pdq&url=" + local).json().propertyNames())
                .containsExactly("PHOTOS");
        assertThat(server.get("/m/lookup?signal_type=video_md5&url=" + url).text())
                .isEqualTo("{}\n");
        assertThat(server.get("/m/lookup?banks=OTHER&url=" + url).text()).isEqualTo("{\"pdq\":{}}\n");

        Answer match = server.send("POST", "/v1/match?reference=a&url=" + url, Map.of(), new byte[0]);
        assertThat(match.json().get("verdict").stringValue()).isEqualTo("match");
        assertThat(match.json().get("reference").stringValue()).isEqualTo("a");
        Answer both = server.post("/v1/match?url=" + url, Pictures.png(PHOTO));
        assertThat(both.status()).isEqualTo(400);
        assertThat(both.json().get("field").stringValue()).isEqualTo("url");

        String content = "/c/bank/PHOTOS/content?url=" + url;
        Answer banked = server.postJson(content, "{\"metadata\":{\"content_id\":\"a7\"},\"note\":\"seen\"}");
        assertThat(banked.status()).as(banked.text()).isEqualTo(200);
        long id = banked.json().get("id").longValue();
        Answer shown = server.get("/c/bank/PHOTOS/content/" + id);
        assertThat(shown.json().get("note").stringValue()).isEqualTo("seen");
        assertThat(shown.json().at("/metadata/content_id").stringValue()).isEqualTo("a7");
        // As Coop banks, with what HMA does not read in the query.
        assertThat(server.send("POST", content + "&content_id=x&metadata=%7B%7D", Map.of(), new byte[0])
                        .status())
                .isEqualTo(200);
        assertThat(server.postJson(content, "{\"note\":7}").text())
                .isEqualTo("{\"message\":\"note should be a string\"}\n");
    }

    @Test
    void aVideoIsHashedAndMatchedByItsFrames() {
        bank("CLIPS", "video", video(0.9));
        byte[] copy = video(0.5);
        assertThat(copy.length).isBetween(50_000, 200_000); // It goes by a file.
        String url = encoded(host.has("/copy.avi", "application/octet-stream", copy));
        assertThat(server.get("/h/hash?url=" + url).json().propertyNames()).containsExactly("video_md5", "vpdq");
        assertThat(server.get("/h/hash?types=video_md5&url=" + url).json().propertyNames())
                .containsExactly("video_md5");
        assertThat(server.get("/m/lookup?url=" + url)
                        .json()
                        .at("/vpdq/CLIPS/0/bank_content_id")
                        .longValue())
                .isEqualTo(1);
        assertThat(server.send("POST", "/v1/match?url=" + url, Map.of(), new byte[0])
                        .json()
                        .get("verdict")
                        .stringValue())
                .isEqualTo("match");
    }

    @Test
    void theContentTypeIsWhatTheBytesAreUnlessTheCallerSays() {
        byte[] text = "not a picture".getBytes(StandardCharsets.UTF_8);
        String html = encoded(host.has("/page", "text/html; charset=utf-8", text));
        assertThat(server.get("/h/hash?url=" + html).text())
                .isEqualTo("{\"message\":\"unsupported url ContentType: 'text/html', if you know the expected type,"
                        + " provide it with the content_type query param\"}\n");
        assertThat(server.get("/h/hash?content_type=video&url=" + html).json().propertyNames())
                .containsExactly("video_md5");
        assertThat(server.get("/h/hash?content_type=zzz&url=" + html).text())
                .isEqualTo("{\"message\":\"no such content_type: 'zzz'\"}\n");
        String untold = encoded(host.has("/untold", "", Pictures.png(PHOTO)));
        assertThat(server.get("/h/hash?url=" + untold).json().propertyNames()).containsExactly("pdq");
        String broken = encoded(host.has("/broken", "image/png", text));
        assertThat(server.get("/h/hash?url=" + broken).status()).isEqualTo(400);
    }

    @Test
    void whatCannotBeFetchedIsToldInTheWordsOfTheDialect() throws IOException {
        String missing = encoded("http://" + host.name() + "/missing");
        assertThat(server.get("/h/hash?url=" + missing).text())
                .isEqualTo("{\"message\":\"Failed to fetch URL: its host answered 404\"}\n");
        Answer gone = server.send("POST", "/v1/match?url=" + missing, Map.of(), new byte[0]);
        assertThat(gone.status()).isEqualTo(502);
        assertThat(gone.json().get("detail").stringValue()).isEqualTo("url: not fetched: its host answered 404");

        String large = encoded(host.has("/large", "image/png", new byte[200_001]));
        Answer tooLarge = server.get("/m/lookup?url=" + large);
        assertThat(tooLarge.status()).isEqualTo(413);
        assertThat(tooLarge.text()).isEqualTo("{\"message\":\"Content too large\"}\n");

        for (String path : List.of("/h/hash?url=", "/m/lookup?url=")) {
            assertRefused(server.get(path + encoded(unnamed.has(path.replace('?', '/'), "image/png", new byte[1]))));
        }
        assertRefused(server.get("/h/hash?url="));
        assertThat(server.get("/h/hash").status()).isEqualTo(422);
        Answer named = server.send("POST", "/v1/match?url=file%3A%2F%2F%2Fetc%2Fpasswd", Map.of(), new byte[0]);
        assertThat(named.status()).isEqualTo(400);
        assertThat(named.json().get("field").stringValue()).isEqualTo("url");
    }

    @Test
    void aHostThatHangsCostsItsRequestAlone() throws IOException {
        try (ServerSocket silent = new ServerSocket(0);
                TestServer hanging = new TestServer(
                        folder.resolve("hanging"),
                        settings -> settings.set(Setting.WORKERS, 1)
                                .set(Setting.FETCH_HOSTS, List.of("127.0.0.1:" + silent.getLocalPort()))
                                .set(Setting.FETCH_TIMEOUT_MS, 60_000L));
                RawClient waiting = new RawClient(hanging.port())) {
            waiting.send("GET /h/hash?url="
                    + encoded("http://127.0.0.1:" + silent.getLocalPort() + "/")
                    + " HTTP/1.1\r\nHost: a\r\n\r\n");
            silent.accept().getInputStream().read(); // It has been asked.
            // The only worker is free.
            assertThat(hanging.post("/v1/match", Pictures.png(PHOTO)).status()).isEqualTo(200);
        }
    }

    @Test
    void aServerThatNamesNoHostSaysSoInHmasWords() {
        try (TestServer off = new TestServer(folder.resolve("off"))) {
            String url = encoded("http://" + host.name() + "/x");
            for (String path : List.of("/h/hash?url=", "/m/lookup?url=")) {
                Answer refused = off.get(path + url);
                assertThat(refused.status()).isEqualTo(403);
                assertThat(refused.text()).isEqualTo("{\"message\":\"Hashing is disabled, missing role\"}\n");
            }
            Answer refused = off.send("POST", "/v1/match?url=" + url, Map.of(), new byte[0]);
            assertThat(refused.status()).isEqualTo(403);
            assertThat(refused.json().get("field").stringValue()).isEqualTo("url");
            assertThat(off.get("/metrics").text()).contains("semblance_fetches_total{outcome=\"off\"} 3.0");
        }
        assertThat(host.asked()).isEmpty();
    }

    /** Nothing is fetched for who may not ask. */
    @Test
    void aUrlNeedsAKeyAsAFileDoes() {
        Path data = folder.resolve("keyed");
        KeyRing keys = new KeyRing(data);
        String secret = keys.create(
                        new KeyRing.Draft("match", Role.MATCH, Set.of(), false, null, null, null), Instant.now())
                .secret();
        String url = encoded(host.has("/keyed.png", "image/png", Pictures.png(PHOTO)));
        try (TestServer keyed =
                new TestServer(data, settings -> settings.set(Setting.FETCH_HOSTS, List.of(host.name())))) {
            assertThat(keyed.get("/h/hash?url=" + url).status()).isEqualTo(401);
            assertThat(keyed.send("POST", "/c/bank/B/content?url=" + url, Map.of("X-API-Key", secret), new byte[0])
                            .status())
                    .isEqualTo(403);
            assertThat(host.asked()).isEmpty();
            assertThat(keyed.send("GET", "/h/hash?url=" + url, Map.of("X-API-Key", secret), new byte[0])
                            .status())
                    .isEqualTo(200);
        }
    }
}
