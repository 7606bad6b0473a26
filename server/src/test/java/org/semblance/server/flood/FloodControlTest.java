package org.semblance.server.flood;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.config.Setting;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.Pictures;
import org.semblance.server.fixture.TestServer;
import org.semblance.server.fixture.TestServer.Answer;
import tools.jackson.databind.JsonNode;

/** A content that matches too often goes into quarantine by itself, and comes out by one call. */
@ExtendWith(LeakWatch.class)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FloodControlTest {
    private static final String LOGO = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22";
    private static final String BAD = "0707f0cee0f4a84f06370a22038f63f0b36e2ed596621e1dcc196b39c4e9c9b2";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private TestServer server(UnaryOperator<ServerConfig.Builder> more) {
        TestServer server = new TestServer(folder, more);
        ok(server.postJson("/v1/banks", "{\"name\":\"B\"}"));
        return server;
    }

    private static JsonNode ok(Answer answer) {
        assertThat(answer.status()).as(answer.text()).isBetween(200, 201);
        return answer.json();
    }

    private static String bank(TestServer server, String hash) {
        JsonNode added = ok(
                server.postJson("/v1/banks/B/content", "{\"signals\":[{\"type\":\"pdq\",\"hash\":\"" + hash + "\"}]}"));
        return "/v1/banks/B/content/" + added.get("id").longValue();
    }

    private static String verdict(TestServer server, String hash) {
        JsonNode results =
                ok(server.postJson("/v1/lookup", "[\"" + hash + "\"]")).get("results");
        return results.isEmpty() ? "no_match" : results.get(0).get("verdict").stringValue();
    }

    @Test
    void putsAContentIntoQuarantineWithinAHundredthOfTheLimit() throws Exception {
        int limit = 1_000;
        try (TestServer server = server(settings -> settings.set(Setting.FLOOD_MATCHES, (long) limit))) {
            String logo = bank(server, LOGO);
            String bad = bank(server, BAD);
            AtomicInteger matches = new AtomicInteger();
            AtomicInteger others = new AtomicInteger();
            try (ExecutorService clients = Executors.newFixedThreadPool(8)) {
                IntStream.range(0, 1_500)
                        .forEach(i -> clients.execute(() -> {
                            if (verdict(server, LOGO).equals("match")) {
                                matches.incrementAndGet();
                            }
                            if (i % 3 == 0 && verdict(server, BAD).equals("match")) {
                                others.incrementAndGet();
                            }
                        }));
            }
            assertThat(matches.get()).isBetween(limit, limit + limit / 100);
            assertThat(others.get()).isEqualTo(500);
            assertThat(ok(server.get(bad)).has("quarantine")).isFalse();
            JsonNode quarantine = ok(server.get(logo)).get("quarantine");
            assertThat(quarantine.get("reason").stringValue())
                    .isEqualTo("matched 1001 uploads within 3600 s (flood_matches: 1000)");
            assertThat(quarantine.get("exact").booleanValue()).isTrue();
            JsonNode row = ok(server.get("/v1/journal?after=3")).get("entries").get(0);
            assertThat(row.get("actor").stringValue()).isEqualTo("flood-control");
            assertThat(server.get("/metrics").text()).contains("\nsemblance_flood_quarantines_total 1.0\n");

            ok(server.sendJson("PATCH", logo, "{\"quarantine\":null}"));
            for (int i = 0; i < limit; i++) {
                assertThat(verdict(server, LOGO)).isEqualTo("match");
            }
            assertThat(verdict(server, LOGO)).isEqualTo("match");
            assertThat(verdict(server, LOGO)).isEqualTo("no_match");
        }
    }

    @Test
    void countsAtEveryDoorAndSaysSoInTheAnswer() {
        byte[] photo = Pictures.png(Pictures.photo(3, 400, 300));
        try (TestServer server = server(settings -> settings.set(Setting.FLOOD_MATCHES, 4L))) {
            ok(server.post("/v1/banks/B/content", photo));
            BufferedImage scaled = Pictures.scaled(Pictures.photo(3, 400, 300), 0.5);
            byte[] copy = Pictures.jpeg(scaled, 0.8);
            String hash = ok(server.post("/v1/hash", copy))
                    .get("signals")
                    .get(0)
                    .get("hash")
                    .stringValue();
            assertThat(ok(server.post("/v1/match", copy)).get("verdict").stringValue())
                    .isEqualTo("match");
            assertThat(verdict(server, hash)).isEqualTo("match");
            assertThat(ok(server.postForm("/m/lookup", "photo", copy, Map.of()))
                            .get("pdq")
                            .has("B"))
                    .isTrue();
            assertThat(ok(server.get("/m/raw_lookup?signal_type=pdq&signal=" + hash))
                            .get("matches"))
                    .hasSize(1);
            assertThat(ok(server.post("/v1/match", copy)).get("verdict").stringValue())
                    .isEqualTo("match");
            JsonNode after = ok(server.post("/v1/match", copy));
            assertThat(after.get("verdict").stringValue()).isEqualTo("no_match");
            assertThat(after.get("quarantined").get(0).get("content_id").longValue())
                    .isOne();
            assertThat(ok(server.post("/v1/match", photo)).get("verdict").stringValue())
                    .isEqualTo("no_match");
        }
    }

    @Test
    void exactBytesStayAMatchWhereTheyAreExempt() {
        byte[] photo = Pictures.png(Pictures.photo(3, 400, 300));
        byte[] copy = Pictures.jpeg(Pictures.photo(3, 400, 300), 0.8);
        try (TestServer server =
                server(settings -> settings.set(Setting.FLOOD_MATCHES, 2L).set(Setting.FLOOD_EXEMPT_DIGEST, true))) {
            ok(server.post("/v1/banks/B/content", photo));
            for (byte[] upload : List.of(photo, photo, photo, copy, copy, copy, photo)) {
                assertThat(ok(server.post("/v1/match", upload)).get("verdict").stringValue())
                        .isEqualTo("match");
            }
            assertThat(ok(server.post("/v1/match", copy)).get("verdict").stringValue())
                    .isEqualTo("no_match");
        }
    }

    @Test
    void countsNothingUnlessToldTo() {
        try (TestServer server = server(settings -> settings)) {
            bank(server, LOGO);
            String many = "[" + ("\"" + LOGO + "\",").repeat(9_999) + "\"" + LOGO + "\"]";
            assertThat(ok(server.postJson("/v1/lookup", many)).get("results")).hasSize(10_000);
            assertThat(verdict(server, LOGO)).isEqualTo("match");
            assertThat(server.get("/metrics").text()).contains("\nsemblance_flood_contents 0.0\n");
        }
    }
}
