package org.semblance.server.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.semblance.hashdb.features.Features;
import org.semblance.server.config.FeatureUse;
import org.semblance.server.config.Setting;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.Pictures;
import org.semblance.server.fixture.ServerExtension;
import org.semblance.server.fixture.TestServer.Answer;
import org.semblance.server.http.Json;
import tools.jackson.databind.JsonNode;

/** Uploads that stay with their provider: their features are taken by {@code /v1/hash} and asked for by {@code /v1/lookup}. */
@ExtendWith(LeakWatch.class)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FeatureLookupTest {
    private static final long SEED = Long.getLong("semblance.seed", 2026L);
    private static final Map<String, String> LINES = Map.of("Content-Type", "application/x-ndjson");
    private static final BufferedImage BANKED = Pictures.photo(SEED, 640, 480);
    private static final BufferedImage CROP = BANKED.getSubimage(160, 96, 448, 336);

    @RegisterExtension
    final ServerExtension server = new ServerExtension();

    private long id;

    @BeforeEach
    void start() {
        server.postJson("/v1/banks", "{\"name\":\"KNOWN\"}");
        id = server.post("/v1/banks/KNOWN/content", Pictures.png(BANKED))
                .json()
                .get("id")
                .longValue();
    }

    private String features(BufferedImage picture) {
        Answer answer = server.post("/v1/hash?features=true", Pictures.png(picture));
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        JsonNode signal = answer.json()
                .get("signals")
                .valueStream()
                .filter(s -> s.get("type").stringValue().equals("orb"))
                .findFirst()
                .orElseThrow();
        assertThat(signal.propertyNames()).containsExactly("type", "version", "count", "features");
        assertThat(signal.get("version").intValue()).isEqualTo(Features.VERSION);
        assertThat(signal.get("count")).isEqualTo(answer.json().get("features").get("count"));
        String encoded = signal.get("features").stringValue();
        assertThat(Features.ofBase64(encoded).count())
                .isEqualTo(signal.get("count").intValue());
        return encoded;
    }

    private static String query(String features, String more) {
        return "{\"features\":\"" + features + "\"" + more + "}";
    }

    private JsonNode onlyResult(String path, String body) {
        Answer answer = server.postJson(path, body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.json().get("results")).as(answer.text()).hasSize(1);
        return answer.json().get("results").get(0);
    }

    @Test
    void hashGivesFeaturesToThoseWhoAskAlone() {
        assertThat(server.post("/v1/hash", Pictures.png(CROP)).json().get("signals"))
                .noneMatch(signal -> signal.get("type").stringValue().equals("orb"));
    }

    @Test
    void findsACropInEachForm() {
        String crop = features(CROP);
        String other = features(Pictures.photo(~SEED, 500, 400));
        String pdq = server.post("/v1/hash", Pictures.png(BANKED))
                .json()
                .get("signals")
                .get(0)
                .get("hash")
                .stringValue();
        String queries =
                "[" + query(other, "") + "," + query(crop, ",\"id\":\"u7\"") + ",{\"hash\":\"" + pdq + "\"}" + "]";
        for (Answer answer : List.of(
                server.postJson("/v1/lookup", queries),
                server.postJson("/v1/lookup?banks=KNOWN", "{\"queries\":" + queries + "}"))) {
            assertThat(answer.status()).as(answer.text()).isEqualTo(200);
            assertThat(answer.json().get("queries").intValue()).isEqualTo(3);
            JsonNode results = answer.json().get("results");
            assertThat(results)
                    .extracting(result -> result.get("query").intValue()
                            + result.get("verdict").stringValue())
                    .containsExactly("1match", "2match");
            isTheCrop(results.get(0));
            assertThat(results.get(1).get("matches").get(0).get("distance").intValue())
                    .isZero();
        }
        String lines = query(other, ",\"id\":1") + "\n" + pdq + "\n" + query(crop, ",\"id\":\"u7\"") + "\n";
        Answer answer = server.send("POST", "/v1/lookup", LINES, lines.getBytes(StandardCharsets.UTF_8));
        List<JsonNode> answers = answer.text().lines().map(Json::read).toList();
        assertThat(answers)
                .extracting(line -> line.get("verdict").stringValue())
                .as(answer.text())
                .containsExactly("no_match", "match", "match");
        assertThat(answers.get(0).get("id").intValue()).isEqualTo(1);
        isTheCrop(answers.get(2));
    }

    private void isTheCrop(JsonNode result) {
        assertThat(result.get("id").stringValue()).isEqualTo("u7");
        assertThat(result.get("matches")).hasSize(1);
        JsonNode match = result.get("matches").get(0);
        assertThat(match.propertyNames())
                .containsExactly("bank", "content_id", "signal_type", "strength", "transform", "placement");
        assertThat(match.get("content_id").longValue()).isEqualTo(id);
        assertThat(match.get("signal_type").stringValue()).isEqualTo("orb");
        assertThat(match.get("strength").stringValue()).isEqualTo("match");
        double[] expected = {640 / 448.0, 0, -160 / 448.0, 0, 480 / 336.0, -96 / 336.0, 0, 0, 1};
        JsonNode matrix = match.get("placement").get("matrix");
        for (int i = 0; i < 9; i++) {
            assertThat(matrix.get(i).doubleValue()).as("matrix[%d]", i).isCloseTo(expected[i], within(0.02));
        }
    }

    @Test
    void isSuppressedByAllowedContentAndSeesNoBankThatIsOff() {
        String body = "[" + query(features(CROP), "") + "]";
        assertThat(onlyResult("/v1/lookup", body).get("verdict").stringValue()).isEqualTo("match");
        server.postJson("/v1/banks", "{\"name\":\"FINE\",\"kind\":\"allow\"}");
        long fine = server.post("/v1/banks/FINE/content", Pictures.png(BANKED))
                .json()
                .get("id")
                .longValue();
        JsonNode result = onlyResult("/v1/lookup", body);
        assertThat(result.get("verdict").stringValue()).isEqualTo("suppressed");
        assertThat(result.get("suppressed_by").get(0).get("content_id").longValue())
                .isEqualTo(fine);
        assertThat(onlyResult("/v1/lookup?banks=KNOWN", body).get("verdict").stringValue())
                .isEqualTo("match");
        server.sendJson("PATCH", "/v1/banks/KNOWN", "{\"enabled_ratio\":0}");
        assertThat(server.postJson("/v1/lookup", body).json().get("results")).isEmpty();
    }

    @Test
    void whatManyShareIsLikelyAndDecidesOnlyForThoseWhoAsk() {
        // Nine pictures with the same left half; the upload has that half and another right one.
        for (int i = 1; i < 9; i++) {
            BufferedImage card = Pictures.photo(SEED, 640, 480);
            card.createGraphics().drawImage(Pictures.photo(SEED + i, 300, 480), 340, 0, null);
            server.post("/v1/banks/KNOWN/content", Pictures.png(card));
        }
        BufferedImage upload = Pictures.photo(SEED, 640, 480);
        upload.createGraphics().drawImage(Pictures.photo(SEED + 20, 300, 480), 340, 0, null);
        String body = "[" + query(features(upload), "") + "]";
        JsonNode listed = onlyResult("/v1/lookup", body);
        assertThat(listed.get("verdict").stringValue()).isEqualTo("no_match");
        assertThat(listed.has("matches")).isFalse();
        assertThat(listed.get("likely"))
                .isNotEmpty()
                .allMatch(hit -> hit.get("strength").stringValue().equals("likely"));
        assertThat(onlyResult("/v1/lookup?likely=true", body).get("verdict").stringValue())
                .isEqualTo("likely");
        assertThat(server.postJson("/v1/lookup?likely=perhaps", body)
                        .json()
                        .get("field")
                        .stringValue())
                .isEqualTo("likely");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"features":"*"}              | features | not Base64 (expected: features in Base64)
            {"features":"AQA="}           | features | features of 2 bytes (expected: at least 8)
            {"features":"AgABAAEAAAA="}   | features | features of version 2 (expected: 1)
            {"features":"AQABAAEACQA="}   | features | 9 features in 8 bytes (expected: 332 bytes)
            {"features":"AQAAAAEAAAA="}   | features | features of a picture of 0x1 (expected: sides of 1 to 511)
            {"features":7}                | features | '7' (expected: a string)
            {"id":1}                      | hash     | missing (expected: 64 hex digits, or features in its place)
            {"hash":"ab","features":"AQ"} | hash     | 'ab' (expected: 64 hex digits, or features in its place)
            """)
    void namesWhatIsWrongInEachForm(String query, String field, String what) {
        Answer json = server.postJson("/v1/lookup", "{\"queries\":[{\"features\":\"AQABAAEAAAA=\"}," + query + "]}");
        assertThat(json.status()).isEqualTo(400);
        assertThat(json.json().get("detail").stringValue()).isEqualTo("queries[1]." + field + ": " + what);
        assertThat(json.json().get("field").stringValue()).isEqualTo("queries[1]." + field);
        Answer lines = server.send("POST", "/v1/lookup", LINES, query.getBytes(StandardCharsets.UTF_8));
        assertThat(lines.json().get("status").intValue()).isEqualTo(400);
        assertThat(lines.json().get("detail").stringValue()).isEqualTo(field + ": " + what);
    }

    @Test
    void refusesMoreFeaturesThanAPictureHasAndTwoKindsAtOnce() {
        String tooMany = new Features(9, 9, new long[501 * Features.WORDS], new int[501]).toBase64();
        assertThat(server.postJson("/v1/lookup", "[" + query(tooMany, "") + "]")
                        .json()
                        .get("detail")
                        .stringValue())
                .isEqualTo("queries[0].features: '501 features' (expected: at most 500)");
        String both = "{\"hashes\":[\"" + "0".repeat(64) + "\"],\"queries\":[{\"hash\":\"" + "0".repeat(64) + "\"}]}";
        assertThat(server.postJson("/v1/lookup", both).json().get("field").stringValue())
                .isEqualTo("queries");
    }

    @Test
    void saysSoWhereFeaturesAreOff() {
        String crop = query(features(CROP), "");
        server.restart(settings -> settings.set(Setting.FEATURES, FeatureUse.OFF));
        Answer answer = server.postJson("/v1/lookup", "[" + crop + "]");
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.json().get("expected").stringValue())
                .isEqualTo("hashes alone, as the setting features is off");
        Answer line = server.send("POST", "/v1/lookup", LINES, crop.getBytes(StandardCharsets.UTF_8));
        assertThat(line.json().get("status").intValue()).isEqualTo(400);
    }

    @Test
    void answersWhateverFeaturesAreMadeUp() {
        byte[] crop = Base64.getDecoder().decode(features(CROP));
        Random random = new Random(SEED);
        int places = crop.length - (crop.length - Features.HEADER_BYTES) / Features.FEATURE_BYTES * Integer.BYTES;
        for (int i = 0; i < 60; i++) {
            byte[] bytes = crop.clone();
            switch (i % 3) {
                case 0 -> { // descriptors and places of chance
                    for (int k = 0; k < 500; k++) {
                        bytes[Features.HEADER_BYTES + random.nextInt(bytes.length - Features.HEADER_BYTES)] =
                                (byte) random.nextInt();
                    }
                }
                case 1 -> { // all in one place
                    for (int k = places + Integer.BYTES; k < bytes.length; k++) {
                        bytes[k] = bytes[k - Integer.BYTES];
                    }
                }
                default -> { // any level and angle
                    for (int k = places + 2; k < bytes.length; k += Integer.BYTES) {
                        bytes[k] = (byte) (bytes[k] & 0x0f | random.nextInt(16) << 4);
                        bytes[k + 1] = (byte) random.nextInt();
                    }
                }
            }
            Answer answer = server.postJson(
                    "/v1/lookup", "[" + query(Base64.getEncoder().encodeToString(bytes), "") + "]");
            assertThat(answer.status())
                    .as("%s, number %d of -Dsemblance.seed=%d", answer.text(), i, SEED)
                    .isIn(200, 400);
        }
    }
}
