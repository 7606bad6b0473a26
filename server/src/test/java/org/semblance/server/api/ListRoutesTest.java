package org.semblance.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.ServerExtension;
import org.semblance.server.fixture.TestServer.Answer;
import tools.jackson.databind.JsonNode;

/** Lists go into a bank and come out of it over HTTP. */
@ExtendWith(LeakWatch.class)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ListRoutesTest {
    private static final String A = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22";
    private static final String B = "0f0f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22a";

    @RegisterExtension
    static final ServerExtension server = new ServerExtension();

    private static String bank(String name) {
        assertThat(server.postJson("/v1/banks", "{\"name\":\"" + name + "\"}").status())
                .isEqualTo(201);
        return "/v1/banks/" + name;
    }

    private static Answer post(String path, String list, String... headers) {
        Map<String, String> all = new HashMap<>(Map.of("Content-Type", "text/csv"));
        for (int i = 0; i < headers.length; i += 2) {
            all.put(headers[i], headers[i + 1]);
        }
        return server.send("POST", path, all, list.getBytes(StandardCharsets.UTF_8));
    }

    private static JsonNode imported(Answer answer) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.json();
    }

    private static int contents(String bank) {
        return server.get(bank + "/content?limit=1000").json().get("contents").size();
    }

    @Test
    void importsAListAndTellsAllThatItLeavesOut() {
        String bank = bank("IMPORTED");
        String list = "signal_type;signal_str;category;tags;Case Number\npdq;" + A + ";POSITIVE_CLASS;is video;7\npdq;"
                + B + ";NEGATIVE_CLASS;;8\npdq;12;POSITIVE_CLASS;;9\nmd5;d41d8cd98f00b204e9800998ecf8427e;;;\n";
        JsonNode dry = imported(post(bank + "/import?dry_run=true", list));
        assertThat(dry.get("dry_run").booleanValue()).isTrue();
        assertThat(dry.get("imported").longValue()).isEqualTo(1);
        assertThat(contents(bank)).isZero();

        JsonNode summary = imported(post(bank + "/import", list, "X-Actor", "ann"));
        assertThat(summary.get("complete").booleanValue()).isTrue();
        assertThat(summary.get("entries").longValue()).isEqualTo(4);
        assertThat(summary.get("imported").longValue()).isEqualTo(1);
        assertThat(summary.get("unusable").longValue()).isEqualTo(2);
        assertThat(summary.get("left_out").toString()).isEqualTo("{\"negative_class\":1}");
        assertThat(summary.get("ignored_columns").toString()).isEqualTo("[\"Case Number\"]");
        assertThat(summary.get("errors").get(0).toString())
                .isEqualTo("{\"line\":4,\"detail\":\"pdq: 2 characters (expected: 64 hex digits)\"}");
        assertThat(summary.get("errors").get(1).get("line").longValue()).isEqualTo(5);
        JsonNode content = server.get(bank + "/content").json().get("contents").get(0);
        assertThat(content.get("labels").toString()).isEqualTo("[\"is\",\"video\"]");
        assertThat(server.get("/v1/journal?limit=1000")
                        .json()
                        .get("entries")
                        .valueStream()
                        .filter(row -> row.get("actor").stringValue().equals("ann"))
                        .map(row -> row.get("kind").stringValue() + ": "
                                + row.get("reason").stringValue()))
                .containsExactly("add_contents: import of a list");
        assertThat(server.postJson("/v1/lookup?banks=IMPORTED", "[\"" + A + "\",\"" + B + "\"]")
                        .json()
                        .get("results")
                        .toString())
                .contains("IMPORTED")
                .doesNotContain("\"query\":1");
    }

    @Test
    void readsColumnsAsTheyAreNamedAndStampsEachEntry() {
        String bank = bank("STAMPED");
        String list = "Digest;Kind;label;note\n" + A + ";pdq;own;own\n" + B + ";pdq;;\n";
        String query = "/import?columns=hash:digest,type:Kind,source:note&label=a,b&note=theirs";
        JsonNode dry = imported(post(bank + query + "&dry_run=true", list));
        assertThat(dry.get("columns").toString())
                .isEqualTo("[{\"name\":\"Digest\",\"as\":\"hash\"},{\"name\":\"Kind\",\"as\":\"type\"},"
                        + "{\"name\":\"label\",\"as\":\"label\"},{\"name\":\"note\",\"as\":\"source\"}]");
        assertThat(dry.get("preview").toString())
                .isEqualTo("[{\"line\":2,\"signals\":[{\"type\":\"pdq\",\"hash\":\"" + A
                        + "\"}],\"labels\":[\"own\",\"a\",\"b\"],\"note\":\"theirs\",\"source\":\"own\",\"known\":false},"
                        + "{\"line\":3,\"signals\":[{\"type\":\"pdq\",\"hash\":\"" + B
                        + "\"}],\"labels\":[\"a\",\"b\"],\"note\":\"theirs\",\"known\":false}]");
        assertThat(contents(bank)).isZero();
        imported(post(bank + query, list));
        JsonNode banked = server.get(bank + "/content").json().get("contents").get(0);
        assertThat(banked.get("labels").toString()).isEqualTo("[\"a\",\"b\",\"own\"]");
        assertThat(banked.get("note").stringValue()).isEqualTo("theirs");
        assertThat(banked.get("source").stringValue()).isEqualTo("own");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "columns=hash          | columns: 'hash' (expected: field:Column name, each field once)",
                "columns=hash:Case     | columns: 'Case' (expected: a column of the list, one of hash, note)",
                "columns=colour:note   | columns: 'colour' (expected: one of pdq, md5",
                "if_known=perhaps      | if_known: 'perhaps' (expected: bank or skip)",
            })
    void refusesWhatItCannotDo(String query, String detail) {
        Answer answer = post(
                bank("REFUSED_" + Math.floorMod(query.hashCode(), 1_000_000)) + "/import?" + query,
                "hash,note\n" + A + ",x");
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.json().get("detail").stringValue()).startsWith(detail);
    }

    @Test
    void countsWhatTheBankHasAndSkipsItIfAsked() {
        String bank = bank("TWICE");
        String md5 = "d35c785545392755e7e4164457657269";
        imported(post(bank + "/import", "pdq,md5\n" + A + "," + md5 + "\n"));
        JsonNode id =
                server.get(bank + "/content").json().get("contents").get(0).get("id");
        server.sendJson("PATCH", bank + "/content/" + id, "{\"status\":\"disabled\"}");
        // Of one content: its digest, its hash, both; then a pair that no content has, and a new hash twice.
        String list = "pdq,md5\n," + md5 + "\n" + A + ",\n" + A + "," + md5 + "\n" + B + "," + md5 + "\n" + B + ",\n"
                + B + ",\n";
        JsonNode dry = imported(post(bank + "/import?dry_run=true", list));
        assertThat(dry.get("imported").intValue()).isEqualTo(6);
        assertThat(dry.get("known").intValue()).isEqualTo(4);
        assertThat(dry.get("preview").valueStream().map(one -> one.get("known").booleanValue()))
                .containsExactly(true, true, true, false, false, true);
        for (int i = 0; i < 2; i++) {
            JsonNode summary = imported(post(bank + "/import?if_known=skip", list, "Idempotency-Key", "once"));
            assertThat(summary.get("imported").intValue()).isEqualTo(2);
            assertThat(summary.get("known").intValue()).isEqualTo(4);
        }
        assertThat(contents(bank)).isEqualTo(3);
    }

    @Test
    void takesTheLinesOfAnExportAndNothingHarmlessForKnownBad() {
        String from = bank("WITH_LINES");
        String to = bank("TAKEN");
        assertThat(server.postJson("/v1/banks", "{\"name\":\"HARMLESS\",\"kind\":\"allow\"}")
                        .status())
                .isEqualTo(201);
        String lines = "{\"signals\":[{\"type\":\"pdq\",\"hash\":\"" + A
                + "\"}],\"status\":\"disabled\",\"quarantine\":{\"reason\":\"r\"},\"source\":\"s\"}\n{\"signals\":[{\"type\":\"pdq\",\"hash\":\""
                + B + "\"}],\"labels\":[\"a\"]}\n{\"signals\":[],\"colour\":1}\nno JSON\n";
        Answer bulk = post(from + "/content", lines, "Content-Type", "application/x-ndjson");
        assertThat(bulk.text().lines().filter(line -> line.contains("\"id\""))).hasSize(2);
        JsonNode first = server.get(from + "/content").json().get("contents").get(0);
        assertThat(first.get("status").stringValue()).isEqualTo("disabled");
        assertThat(first.get("quarantine").toString()).isEqualTo("{\"reason\":\"r\",\"exact\":false}");

        String list = server.get(from + "/export?format=ndjson&source=s").text();
        assertThat(list.lines()).hasSize(1);
        assertThat(server.get(from + "/export?format=ndjson&label=a").text())
                .contains(B)
                .doesNotContain(A);
        assertThat(server.get(from + "/export?created_before=2020-01-01T00:00:00Z")
                        .text()
                        .lines())
                .hasSize(1);
        JsonNode summary = imported(post(to + "/import", list + "no JSON\n", "Content-Type", "application/x-ndjson"));
        assertThat(summary.toString()).contains("\"imported\":1", "\"unusable\":1", "(expected: a JSON object)");
        assertThat(server.get(to + "/content")
                        .json()
                        .get("contents")
                        .get(0)
                        .get("status")
                        .stringValue())
                .isEqualTo("disabled");

        imported(post("/v1/banks/HARMLESS/import", "pdq\n" + A + "\n"));
        String harmless = server.get("/v1/banks/HARMLESS/export?format=ndjson").text();
        assertThat(imported(post(to + "/import", harmless, "Content-Type", "application/x-ndjson"))
                        .get("left_out")
                        .toString())
                .isEqualTo("{\"negative_class\":1}");
        assertThat(post(to + "/content", harmless, "Content-Type", "application/x-ndjson")
                        .text())
                .contains("category: 'NEGATIVE_CLASS' (expected: one that belongs in a bank of kind match)");
    }

    @Test
    void importsWhatIsNoCsvAndForms() {
        String bank = bank("FORMS");
        assertThat(imported(post(
                                bank + "/import?type=md5",
                                "d35c785545392755e7e4164457657269\n",
                                "Content-Type",
                                "text/plain"))
                        .get("imported")
                        .longValue())
                .isEqualTo(1);
        Answer form = server.postForm(
                bank + "/import", "file", ("pdq " + A + "\n").getBytes(StandardCharsets.UTF_8), Map.of());
        assertThat(imported(form).get("imported").longValue()).isEqualTo(1);
        assertThat(imported(post(bank + "/import?after=1", "pdq " + A + "\npdq " + B + "\n"))
                        .toString())
                .contains("\"entries\":2,\"imported\":1");
        assertThat(contents(bank)).isEqualTo(3);
    }

    @Test
    void banksAListOnceForOneIdempotencyKey() {
        String bank = bank("ONCE");
        String list = "pdq\n" + A + "\n" + B + "\n";
        for (int i = 0; i < 2; i++) {
            assertThat(imported(post(bank + "/import", list, "Idempotency-Key", "k"))
                            .get("imported")
                            .longValue())
                    .isEqualTo(2);
        }
        assertThat(contents(bank)).isEqualTo(2);
        assertThat(post(bank + "/import", list + A + "\n", "Idempotency-Key", "k")
                        .status())
                .isEqualTo(422);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/v1/banks/NONE/import          | text/csv                          | pdq       | 404 | bank",
                "/v1/banks/REFUSED/import       | application/json                  | {}        | 415 | Content-Type",
                "/v1/banks/REFUSED/import       | application/x-www-form-urlencoded | pdq       | 415 | Content-Type",
                "/v1/banks/REFUSED/import       | text/csv                          | a,b       | 400 | body",
                "/v1/banks/REFUSED/import?type=x| text/csv                          | pdq       | 400 | type",
                "/v1/banks/REFUSED/import?dry_run=1 | text/csv                      | pdq       | 400 | dry_run",
                "/v1/banks/REFUSED/import?after=-1  | text/csv                      | pdq       | 400 | after",
            })
    void refusesWhatIsNoListAndSaysWhy(String path, String type, String body, int status, String field) {
        server.postJson("/v1/banks", "{\"name\":\"REFUSED\"}");
        Answer answer = post(path, body, "Content-Type", type);
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.json().get("field").stringValue()).isEqualTo(field);
    }

    @Test
    void refusesMoreLinesThanABulkMayHave() {
        String bank = bank("LONG");
        assertThat(post(bank + "/import?type=md5", "#\n".repeat(100_002)).status())
                .isEqualTo(413);
        assertThat(post(bank + "/import?type=md5", "#\r".repeat(100_002)).status())
                .isEqualTo(413);
        assertThat(imported(post(bank + "/import?type=md5", "#\r\n".repeat(100_001)))
                        .get("entries")
                        .longValue())
                .isZero();
    }

    /** In many pieces, of which the client takes its time. */
    @Test
    void exportsABankThatIsLongerThanAPiece() throws IOException {
        long seed = Long.getLong("semblance.seed", System.nanoTime());
        SplittableRandom random = new SplittableRandom(seed);
        String bank = bank("EXPORTED");
        StringBuilder list = new StringBuilder("pdq,md5,sha1,sha256,quality,labels,note,source,vpdq,duration_ms\n");
        for (int i = 0; i < 5_000; i++) {
            Hash256 hash = new Hash256(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong());
            list.append(hash.toHex())
                    .append(",,,,100,a;b c;,\"a note, ")
                    .append(i)
                    .append("\",,,\n");
        }
        list.append(",,,,,,,,\"[\"\"" + A + ",100,0.000\"\", \"\"" + B + ",90,1.500\"\"]\",2000\n");
        assertThat(imported(post(bank + "/import", list.toString()))
                        .get("imported")
                        .longValue())
                .isEqualTo(5_001);
        Answer exported = server.get(bank + "/export");
        assertThat(exported.status()).isEqualTo(200);
        assertThat(exported.header("Content-Type")).startsWith("text/csv");
        assertThat(exported.text()).as("seed %d", seed).isEqualTo(list.toString());
        Answer zipped = server.send("GET", bank + "/export", Map.of("Accept-Encoding", "gzip"), new byte[0]);
        assertThat(zipped.header("Content-Encoding")).isEqualTo("gzip");
        byte[] plain = new GZIPInputStream(new ByteArrayInputStream(zipped.raw().body())).readAllBytes();
        assertThat(new String(plain, StandardCharsets.UTF_8)).isEqualTo(list.toString());
    }

    @Test
    void exportsWhatIsEnabledAlone() {
        String bank = bank("PARTLY");
        imported(post(bank + "/import", "pdq\n" + A + "\n" + B + "\n"));
        JsonNode first = server.get(bank + "/content").json().get("contents").get(0);
        server.sendJson("PATCH", bank + "/content/" + first.get("id").longValue(), "{\"status\":\"disabled\"}");
        assertThat(server.get(bank + "/export").text()).contains(B).doesNotContain(A);
        assertThat(server.get(bank("EMPTY") + "/export").text().lines()).hasSize(1);
        assertThat(server.get("/v1/banks/NONE/export").status()).isEqualTo(404);
        Answer head = server.send("HEAD", bank + "/export", Map.of(), new byte[0]);
        assertThat(List.of(head.status(), head.raw().body().length)).containsExactly(200, 0);
        assertThat(server.get(bank).status()).as("by the same connection").isEqualTo(200);
    }
}
