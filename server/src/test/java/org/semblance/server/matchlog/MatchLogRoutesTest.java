package org.semblance.server.matchlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.awt.image.BufferedImage;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.semblance.server.config.HashUse;
import org.semblance.server.config.Setting;
import org.semblance.server.fixture.FileHost;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.MotionJpeg;
import org.semblance.server.fixture.Pictures;
import org.semblance.server.fixture.ServerExtension;
import org.semblance.server.fixture.TestServer.Answer;
import org.semblance.server.http.Json;
import tools.jackson.databind.JsonNode;

/** What each door tells is in the log, once; and what people say of it counts. */
@ExtendWith(LeakWatch.class)
@SuppressWarnings("NullAway.Init") // JUnit calls start.
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MatchLogRoutesTest {
    private static final BufferedImage PICTURE = Pictures.photo(801, 320, 240);
    private static final byte[] PHOTO = Pictures.png(PICTURE);
    private static final byte[] COPY = Pictures.jpeg(PICTURE, 0.7);
    private static final String OTHER_HASH = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22";
    private static final Map<String, String> LINES = Map.of("Content-Type", "application/x-ndjson");

    private final FileHost host = new FileHost();

    @RegisterExtension
    final ServerExtension server =
            new ServerExtension(settings -> settings.set(Setting.FETCH_HOSTS, List.of(host.name())));

    private long id;
    private String hash;

    @BeforeEach
    void start() {
        ok(server.postJson("/v1/banks", "{\"name\":\"KNOWN\"}"));
        JsonNode added = ok(server.postForm("/v1/banks/KNOWN/content", "file", PHOTO, Map.of("labels", "[\"flag\"]")));
        id = added.get("id").longValue();
        hash = added.at("/signals/0/hash").stringValue();
    }

    @AfterEach
    void stop() {
        host.close();
    }

    private static JsonNode ok(Answer answer) {
        assertThat(answer.status()).as(answer.text()).isBetween(200, 299);
        return answer.json();
    }

    private List<JsonNode> rows(String query) {
        List<JsonNode> rows = new ArrayList<>();
        ok(server.get("/v1/matches" + query)).get("matches").forEach(rows::add);
        return rows;
    }

    private static String text(JsonNode node, String field) {
        return node.path(field).asString("-");
    }

    @Test
    void everyDoorLogsWhatItNamesOnce() {
        byte[] other = Pictures.png(Pictures.photo(802, 320, 240));
        Set<String> told = new HashSet<>();
        JsonNode matched = ok(server.post("/v1/match?reference=up1", COPY));
        told.add(text(matched, "verdict_id"));
        assertThat(text(ok(server.post("/v1/match?reference=up2", other)), "verdict_id"))
                .hasSize(36);
        JsonNode looked = ok(server.postJson(
                "/v1/lookup?reference=all",
                "{\"queries\":[{\"hash\":\"" + hash + "\",\"id\":\"q1\"},{\"hash\":\"" + OTHER_HASH
                        + "\",\"id\":\"q2\"},{\"hash\":\"" + hash + "\",\"id\":7},{\"hash\":\"" + hash + "\"}]}"));
        assertThat(looked.get("results")).hasSize(3);
        looked.get("results").forEach(result -> told.add(text(result, "verdict_id")));
        Answer lines = server.send(
                "POST",
                "/v1/lookup?reference=lines",
                LINES,
                (hash + "\n" + OTHER_HASH + "\n").getBytes(StandardCharsets.UTF_8));
        List<JsonNode> answers = lines.text().lines().map(Json::read).toList();
        told.add(text(answers.getFirst(), "verdict_id"));
        assertThat(answers.getLast().has("verdict_id")).isFalse();
        assertThat(told).hasSize(5);
        ok(server.get("/m/lookup?signal_type=pdq&signal=" + hash));
        ok(server.get("/m/lookup?signal_type=pdq&signal=" + OTHER_HASH));
        ok(server.get("/m/raw_lookup?signal_type=pdq&signal=" + hash));
        ok(server.postForm("/m/lookup", "photo", COPY, Map.of()));
        ok(server.postForm("/m/lookup", "photo", other, Map.of()));
        ok(server.postForm("/m/lookup", "photo", Pictures.png(Pictures.flat(99, 99)), Map.of()));
        String url = host.has("/copy.jpg", "image/jpeg", COPY);
        ok(server.get("/m/lookup?url=" + URLEncoder.encode(url, StandardCharsets.UTF_8)));
        ok(server.post("/v1/match?reference=url&url=" + URLEncoder.encode(url, StandardCharsets.UTF_8), new byte[0]));

        List<JsonNode> rows = rows("?order=oldest");
        assertThat(rows)
                .extracting(row -> text(row, "route"), row -> text(row, "reference"), row -> text(row, "content_type"))
                .containsExactly(
                        tuple("/v1/match", "up1", "image"),
                        tuple("/v1/lookup", "q1", "-"),
                        tuple("/v1/lookup", "7", "-"),
                        tuple("/v1/lookup", "all", "-"),
                        tuple("/v1/lookup", "lines", "-"),
                        tuple("/m/lookup", "-", "-"),
                        tuple("/m/raw_lookup", "-", "-"),
                        tuple("/m/lookup", "-", "image"),
                        tuple("/m/lookup", "-", "image"),
                        tuple("/v1/match", "url", "image"));
        assertThat(rows).allSatisfy(row -> {
            assertThat(text(row, "verdict")).isEqualTo("match");
            assertThat(text(row, "outcome")).isEqualTo("match");
            assertThat(text(row, "bank")).isEqualTo("KNOWN");
            assertThat(row.get("content_id").longValue()).isEqualTo(id);
            assertThat(row.get("labels").toString()).isEqualTo("[\"flag\"]");
            assertThat(text(row, "signal_type")).isEqualTo("pdq");
            assertThat(row.get("distance").intValue()).isBetween(0, 31);
            assertThat(text(row, "transform")).isEqualTo("none");
            assertThat(row.get("list_version").longValue()).isEqualTo(2);
            assertThat(row.has("hash")).isFalse();
            assertThat(Instant.parse(text(row, "at"))).isBetween(Instant.now().minusSeconds(120), Instant.now());
        });
        assertThat(rows.subList(0, 5))
                .extracting(row -> text(row, "verdict_id"))
                .containsAll(told);
        assertThat(rows).extracting(row -> text(row, "verdict_id")).doesNotHaveDuplicates();

        Map<String, String> asked = new HashMap<>();
        ok(server.get("/v1/stats?by=verdict"))
                .get("figures")
                .forEach(figure ->
                        asked.put(text(figure, "verdict"), figure.get("files") + "/" + figure.get("hash_lookups")));
        assertThat(asked).isEqualTo(Map.of("match", "4/6", "no_match", "2/3", "undecidable", "1/0"));
    }

    @Test
    void aVideoIsLoggedWithItsSpansInBothDialects() {
        byte[] video = MotionJpeg.avi(
                IntStream.range(0, 40)
                        .mapToObj(i -> Pictures.photo(820 + i / 5, 160, 120))
                        .toList(),
                5,
                0.9);
        byte[] copy = MotionJpeg.avi(
                IntStream.range(0, 40)
                        .mapToObj(i -> Pictures.photo(820 + i / 5, 160, 120))
                        .toList(),
                5,
                0.6);
        ok(server.post("/v1/banks/KNOWN/content", video));
        assertThat(text(ok(server.post("/v1/match", copy)), "verdict")).isEqualTo("match");
        ok(server.postForm("/m/lookup", "video", copy, Map.of()));
        List<JsonNode> rows = rows("");
        assertThat(rows).hasSize(2).allSatisfy(row -> {
            assertThat(text(row, "content_type")).isEqualTo("video");
            assertThat(text(row, "signal_type")).isEqualTo("vpdq");
            assertThat(row.at("/spans/0/query/1").doubleValue()).isPositive();
        });
    }

    @Test
    void tellsWhatSuppressesAndWhatIsSuppressed() {
        ok(server.postJson("/v1/banks", "{\"name\":\"FINE\",\"kind\":\"allow\"}"));
        ok(server.postJson("/v1/banks/FINE/content", "{\"signals\":[{\"type\":\"pdq\",\"hash\":\"" + hash + "\"}]}"));
        assertThat(text(ok(server.post("/v1/match", COPY)), "verdict")).isEqualTo("suppressed");
        ok(server.get("/m/lookup?signal_type=pdq&signal=" + hash));
        assertThat(rows("?order=oldest"))
                .extracting(row -> text(row, "verdict"), row -> text(row, "outcome"), row -> text(row, "bank"))
                .containsExactly(
                        tuple("suppressed", "suppressed_by", "FINE"),
                        tuple("suppressed", "suppressed", "KNOWN"),
                        tuple("suppressed", "suppressed_by", "FINE"),
                        tuple("suppressed", "suppressed", "KNOWN"));
        assertThat(rows("?bank=FINE")).hasSize(2);
        JsonNode figures = ok(server.get("/v1/stats")).get("figures");
        assertThat(figures)
                .extracting(
                        f -> text(f, "bank"),
                        f -> f.get("suppressed").intValue(),
                        f -> f.get("suppressing").intValue())
                .containsExactlyInAnyOrder(tuple("KNOWN", 2, 0), tuple("FINE", 0, 2));
    }

    @Test
    void aBankThatHmasCoinLeavesOutIsNotInTheLog() {
        ok(server.sendJson("PATCH", "/v1/banks/KNOWN", "{\"enabled_ratio\":0.5}"));
        int told = 0;
        for (int seed = 0; seed < 20; seed++) {
            told += ok(server.get("/m/lookup?signal_type=pdq&seed=" + seed + "&signal=" + hash))
                    .size();
        }
        assertThat(told).isBetween(1, 19);
        assertThat(rows("")).hasSize(told);
    }

    @Test
    void keepsTheHashOnlyWhereItIsSwitchedOnAndNoRowsWhereTheLogIsOff() {
        server.restart(settings -> settings.set(Setting.MATCH_LOG_HASHES, HashUse.ON));
        ok(server.post("/v1/match", COPY));
        ok(server.get("/m/lookup?signal_type=pdq&signal=" + hash));
        assertThat(rows("").getFirst().get("hash").stringValue()).isEqualTo(hash);
        assertThat(rows("").getLast().get("hash").stringValue()).hasSize(64);
        server.restart(settings -> settings.set(Setting.MATCH_LOG_DAYS, 0));
        ok(server.post("/v1/match?reference=r", COPY));
        JsonNode page = ok(server.get("/v1/matches?reference=r"));
        assertThat(page.get("matches")).isEmpty();
        assertThat(page.get("log_days").intValue()).isZero();
        assertThat(ok(server.get("/v1/stats")).at("/figures/0/hits").intValue()).isEqualTo(3);
        assertThat(ok(server.delete("/v1/banks/KNOWN/content/" + id))
                        .get("warnings")
                        .toString())
                .contains("match_log_days = 0");
    }

    @Test
    void pagesAndFilters() {
        for (int i = 0; i < 5; i++) {
            ok(server.post("/v1/match?reference=r" + i, COPY));
        }
        JsonNode first = ok(server.get("/v1/matches?limit=2"));
        assertThat(first.get("matches"))
                .extracting(row -> text(row, "reference"))
                .containsExactly("r4", "r3");
        JsonNode second = ok(server.get("/v1/matches?limit=2&before=" + first.get("next_before")));
        assertThat(second.get("matches"))
                .extracting(row -> text(row, "reference"))
                .containsExactly("r2", "r1");
        long last = second.get("matches").get(1).get("id").longValue();
        JsonNode after = ok(server.get("/v1/matches?after=" + last));
        assertThat(after.get("matches"))
                .extracting(row -> text(row, "reference"))
                .containsExactly("r2", "r3", "r4");
        assertThat(after.has("next_after")).isFalse();
        JsonNode row = second.get("matches").get(0);
        for (String filter : List.of(
                "reference=r2",
                "verdict_id=" + text(row, "verdict_id"),
                "reference=r2&bank=KNOWN&label=flag&verdict=match&content_id=" + id,
                "reference=r2&from=" + text(row, "at"),
                "reference=r2&to=" + Instant.parse(text(row, "at")).plusMillis(1))) {
            assertThat(rows("?" + filter)).as(filter).containsExactly(row);
        }
        for (String filter : List.of(
                "label=other",
                "key=k",
                "verdict=suppressed",
                "content_id=99",
                "reference=r",
                "to=" + text(rows("?order=oldest").getFirst(), "at"),
                "verdict_id=0190163d-8694-739b-aea5-966c26f8ad91")) {
            assertThat(rows("?" + filter)).as(filter).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                "/v1/matches?limit=0 limit",
                "/v1/matches?limit=1001 limit",
                "/v1/matches?after=x after",
                "/v1/matches?after=1&order=newest after",
                "/v1/matches?before=1&order=oldest before",
                "/v1/matches?after=1&before=9 before",
                "/v1/matches?order=up order",
                "/v1/matches?bank=NOPE bank",
                "/v1/matches?verdict=bad verdict",
                "/v1/matches?from=yesterday from",
                "/v1/matches?to=2027 to",
                "/v1/matches?content_id=-1 content_id",
                "/v1/matches?verdict_id=7 verdict_id",
                "/v1/matches/stream?bank=NOPE bank",
                "/v1/matches/stream?limit=0 limit",
                "/v1/stats?by=colour by",
                "/v1/stats?by=missing by",
                "/v1/stats?step=period step",
                "/v1/stats?bank=NOPE bank",
                "/v1/stats?by=verdict&bank=KNOWN bank",
                "/v1/stats?from=2027-01-02T00:00:00Z&to=2027-01-01T00:00:00Z from",
                "/v1/report?format=xml format",
            })
    void namesTheParameterThatIsWrong(String path, String field) {
        Answer answer = server.get(path);
        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.json().get("field").stringValue()).isEqualTo(field);
    }

    @Test
    void keepsEveryReviewAndCountsTheNewest() {
        String verdict = text(ok(server.post("/v1/match?reference=r", COPY)), "verdict_id");
        String path = "/v1/matches/" + verdict + "/review";
        JsonNode reviewed = ok(server.send(
                "POST",
                path,
                Map.of("Content-Type", "application/json", "X-Actor", "ann"),
                "{\"review\":\"confirmed\"}".getBytes(StandardCharsets.UTF_8)));
        assertThat(text(reviewed, "actor")).isEqualTo("ann");
        assertThat(reviewed.get("content_ids").toString()).isEqualTo("[" + id + "]");
        ok(server.postJson(path, "{\"review\":\"false_match\",\"reason\":\"a poster\",\"content_id\":" + id + "}"));
        JsonNode review = rows("").getFirst().get("review");
        assertThat(text(review, "review")).isEqualTo("false_match");
        assertThat(text(review, "reason")).isEqualTo("a poster");
        assertThat(text(review, "actor")).isEqualTo("anonymous");
        JsonNode report = ok(server.get("/v1/report"));
        assertThat(report.get("reviews").toString())
                .isEqualTo("{\"confirmed\":0,\"false_match\":1,\"error_rate\":1.0}");
        assertThat(report.get("reinstatable").toString()).isEqualTo("{\"references\":1,\"without_reference\":0}");

        for (String[] bad : new String[][] {
            {path, "{\"review\":\"maybe\"}", "400 review"},
            {path, "{}", "400 review"},
            {path, "{\"review\":\"confirmed\",\"reason\":7}", "400 reason"},
            {path, "{\"review\":\"confirmed\",\"reason\":\"" + "x".repeat(1_001) + "\"}", "400 reason"},
            {path, "{\"review\":\"confirmed\",\"content_id\":\"1\"}", "400 content_id"},
            {path, "{\"review\":\"confirmed\",\"content_id\":99}", "404 content_id"},
            {path, "{\"review\":\"confirmed\",\"zz\":1}", "400 body"},
            {"/v1/matches/7/review", "{\"review\":\"confirmed\"}", "404 verdict"},
            {"/v1/matches/0190163d-8694-739b-aea5-966c26f8ad91/review", "{\"review\":\"confirmed\"}", "404 verdict"},
        }) {
            Answer answer = server.postJson(bad[0], bad[1]);
            assertThat(answer.status() + " " + answer.json().path("field").asString(""))
                    .as(answer.text())
                    .isEqualTo(bad[2]);
        }
    }

    @Test
    void aWithdrawalTellsWhomTheContentMatched() {
        for (String reference : List.of("a", "b", "a")) {
            ok(server.post("/v1/match?reference=" + reference, COPY));
        }
        ok(server.post("/v1/match", COPY));
        JsonNode withdrawn = ok(server.delete("/v1/banks/KNOWN/content/" + id));
        assertThat(withdrawn.get("matched_references").toString()).isEqualTo("[\"a\",\"b\"]");
        assertThat(withdrawn.get("matched_without_reference").intValue()).isEqualTo(1);
        assertThat(withdrawn.has("more")).isFalse();
        assertThat(rows("?content_id=" + id)).hasSize(4);
        assertThat(ok(server.get("/v1/report")).get("reinstatable").toString())
                .isEqualTo("{\"references\":2,\"without_reference\":1}");
        long other = ok(server.post("/v1/banks/KNOWN/content", PHOTO)).get("id").longValue();
        assertThat(other).isGreaterThan(id);
        ok(server.post("/v1/match?reference=c", COPY));
        JsonNode deleted = ok(server.delete("/v1/banks/KNOWN"));
        assertThat(deleted.get("matched_uploads").intValue()).isEqualTo(4);
        // The rows of a bank that is gone are still found by its name.
        assertThat(rows("?bank=KNOWN")).hasSize(5);
    }

    @Test
    void reportsWhatTheLawAsksForInJsonAndCsv() {
        ok(server.post("/v1/match?reference=r", COPY));
        ok(server.postJson("/v1/lookup", "[\"" + OTHER_HASH + "\"]"));
        JsonNode report = ok(server.get("/v1/report"));
        assertThat(report.get("uploads").toString())
                .isEqualTo(
                        "{\"files\":1,\"hash_lookups\":1,\"by_verdict\":[{\"verdict\":\"match\",\"files\":1,\"hash_lookups\":0},"
                                + "{\"verdict\":\"no_match\",\"files\":0,\"hash_lookups\":1}]}");
        assertThat(report.get("matches").toString())
                .isEqualTo(
                        "{\"hits\":1,\"suppressed\":0,\"likely\":0,\"quarantined\":0,\"by_bank\":[{\"bank\":\"KNOWN\","
                                + "\"legal_basis\":\"not given\",\"hits\":1,\"suppressed\":0,\"likely\":0,\"quarantined\":0}],"
                                + "\"by_legal_basis\":[{\"legal_basis\":\"not given\",\"hits\":1,\"suppressed\":0,\"likely\":0,\"quarantined\":0}],"
                                + "\"by_label\":[{\"label\":\"flag\",\"hits\":1,\"suppressed\":0,\"likely\":0,\"quarantined\":0}]}");
        assertThat(report.at("/list/additions").intValue()).isEqualTo(1);
        assertThat(report.get("missing_rows").toString()).isEqualTo("{\"lost\":0,\"dropped\":0,\"cut\":0}");
        assertThat(Instant.parse(text(report, "from"))).isBefore(Instant.now().minusSeconds(29 * 86_400));
        Answer csv = server.send("GET", "/v1/report", Map.of("Accept", "text/csv"), new byte[0]);
        assertThat(csv.header("Content-Type")).startsWith("text/csv");
        assertThat(csv.text().lines())
                .startsWith("figure,group,name,value")
                .contains("files,,,1", "hits,bank,KNOWN,1", "hits,label,flag,1", "error_rate,,,", "additions,,,1");
        assertThat(server.get("/v1/report?format=csv").text()).isEqualTo(csv.text());
    }

    @Test
    void groupsByTheLegalBasisOfTheBankAndCountsWhatIsInQuarantineApart() {
        ok(server.sendJson("PATCH", "/v1/banks/KNOWN", "{\"legal_basis\":\"EU 2021/784\"}"));
        ok(server.post("/v1/match?reference=before", COPY));
        ok(server.sendJson("PATCH", "/v1/banks/KNOWN/content/" + id, "{\"quarantine\":{\"reason\":\"a meme\"}}"));
        ok(server.post("/v1/match?reference=after", COPY));
        assertThat(rows("?order=oldest"))
                .extracting(row -> text(row, "reference"), row -> text(row, "verdict"), row -> text(row, "outcome"))
                .containsExactly(tuple("before", "match", "match"), tuple("after", "no_match", "quarantined"));
        JsonNode report = ok(server.get("/v1/report"));
        assertThat(report.at("/matches/by_legal_basis").toString())
                .isEqualTo("[{\"legal_basis\":\"EU 2021/784\",\"hits\":1,\"suppressed\":0,\"likely\":0,"
                        + "\"quarantined\":1}]");
        assertThat(ok(server.delete("/v1/banks/KNOWN/content/" + id))
                        .get("matched_references")
                        .toString())
                .isEqualTo("[\"before\"]");
    }

    @Test
    void aQuestionOfAnEarlierListIsOnNoUpload() {
        assertThat(ok(server.post("/v1/match?as_of=2", COPY)).has("verdict_id")).isFalse();
        JsonNode looked = ok(server.postJson("/v1/lookup?as_of=2", "[\"" + hash + "\"]"));
        assertThat(looked.at("/results/0/matches")).hasSize(1);
        assertThat(looked.at("/results/0").has("verdict_id")).isFalse();
        assertThat(rows("")).isEmpty();
        assertThat(ok(server.get("/v1/stats?by=verdict")).get("figures")).isEmpty();
    }

    @Test
    void figuresAndRowsOutliveARestart() {
        ok(server.post("/v1/match?reference=r", COPY));
        List<JsonNode> rows = rows("");
        JsonNode figures = ok(server.get("/v1/stats?step=hour"));
        server.restart(settings -> settings);
        assertThat(rows("")).isEqualTo(rows);
        assertThat(ok(server.get("/v1/stats?step=hour")).get("figures")).isEqualTo(figures.get("figures"));
    }
}
