package org.semblance.server.desk;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.server.auth.KeyRing;
import org.semblance.server.auth.Role;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.ServerExtension;
import org.semblance.server.fixture.TestServer.Answer;
import tools.jackson.databind.JsonNode;

/** The journal, undoing and proposals over HTTP, with keys of several people. */
@ExtendWith(LeakWatch.class)
class DeskRoutesTest {
    private static String root = "";
    private static String ann = "";
    private static String bob = "";
    private static String other = "";

    @RegisterExtension
    static final ServerExtension server = new ServerExtension(DeskRoutesTest::makeKeys, settings -> settings);

    private final SplittableRandom random = new SplittableRandom(19);

    private static void makeKeys(Path data) {
        root = key(data, "root", Role.ADMIN, Set.of());
        ann = key(data, "ann", Role.CURATE, Set.of("A", "TWO"));
        bob = key(data, "bob", Role.CURATE, Set.of("A", "TWO"));
        other = key(data, "other", Role.CURATE, Set.of("B"));
    }

    private static String key(Path data, String name, Role role, Set<String> banks) {
        return new KeyRing(data)
                .create(new KeyRing.Draft(name, role, banks, false, null, null, null), Instant.now())
                .secret();
    }

    private static Answer send(String key, String method, String path, @Nullable String json) {
        Map<String, String> headers =
                json == null ? Map.of("X-API-Key", key) : Map.of("X-API-Key", key, "Content-Type", "application/json");
        return server.send(method, path, headers, json == null ? new byte[0] : json.getBytes(StandardCharsets.UTF_8));
    }

    private static Answer get(String key, String path) {
        Answer answer = send(key, "GET", path, null);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer;
    }

    private static long seq(Answer answer) {
        return answer.json().get("seq").longValue();
    }

    private String signal() {
        Hash256 hash = new Hash256(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong());
        return "{\"signals\":[{\"type\":\"pdq\",\"hash\":\"" + hash.toHex() + "\",\"quality\":100}],\"labels\":[\"x\"],"
                + "\"note\":\"case 2024/117\",\"source\":\"desk\"}";
    }

    private static void bank(String name, boolean needsApproval) {
        send(root, "DELETE", "/v1/banks/" + name, null);
        Answer made =
                send(root, "POST", "/v1/banks", "{\"name\":\"" + name + "\",\"needs_approval\":" + needsApproval + "}");
        assertThat(made.status()).as(made.text()).isEqualTo(201);
    }

    @Test
    void curatorsReadAndUndoTheChangesOfTheirBanks() {
        bank("A", false);
        bank("B", false);
        Answer added = send(ann, "POST", "/v1/banks/A/content", signal());
        String one = "/v1/banks/A/content/" + added.json().get("id");
        Answer foreign = send(other, "POST", "/v1/banks/B/content", signal());
        Answer withdrawn = send(bob, "DELETE", one, null);

        JsonNode rows = get(ann, "/v1/journal?order=desc&limit=2").json().get("entries");
        assertThat(rows).extracting(row -> row.get("seq").longValue()).containsExactly(seq(withdrawn), seq(added));
        assertThat(get(ann, "/v1/journal").text()).doesNotContain("\"bank\\\":\\\"B");
        assertThat(get(ann, "/v1/journal?bank=B").json().get("entries")).isEmpty();
        assertThat(get(ann, one).json().get("status").stringValue()).isEqualTo("withdrawn");

        Answer notFound = send(ann, "POST", "/v1/journal/" + seq(foreign) + "/undo", null);
        assertThat(notFound.status()).isEqualTo(404);
        assertThat(notFound.json().get("field").stringValue()).isEqualTo("seq");
        Answer created = send(ann, "POST", "/v1/journal/" + bankSeq("A") + "/undo", null);
        assertThat(created.status()).as(created.text()).isEqualTo(403);

        Answer undone = send(ann, "POST", "/v1/journal/" + seq(withdrawn) + "/undo", null);
        assertThat(undone.status()).as(undone.text()).isEqualTo(200);
        assertThat(get(ann, one).json().get("status").stringValue()).isEqualTo("enabled");
        Answer again = send(ann, "POST", "/v1/journal/" + seq(withdrawn) + "/undo", null);
        assertThat(again.status()).isEqualTo(409);
        assertThat(again.json().get("detail").stringValue()).contains("was undone by change " + seq(undone));
        assertThat(get(ann, "/v1/journal?content_id=" + added.json().get("id") + "&kind=withdraw_content")
                        .json()
                        .get("entries")
                        .get(0)
                        .get("undone_by")
                        .longValue())
                .isEqualTo(seq(undone));
    }

    private static long bankSeq(String bank) {
        JsonNode rows = get(root, "/v1/journal?order=desc&limit=1&kind=create_bank&bank=" + bank)
                .json()
                .get("entries");
        return rows.get(0).get("seq").longValue();
    }

    @Test
    void restoresAWithdrawnContentByItsStatus() {
        bank("A", false);
        String one = "/v1/banks/A/content/"
                + send(ann, "POST", "/v1/banks/A/content", signal()).json().get("id");
        send(ann, "DELETE", one, null);
        Answer wrong = send(ann, "PATCH", one, "{\"note\":\"x\"}");
        assertThat(wrong.status()).as(wrong.text()).isEqualTo(409);
        Answer restored = send(ann, "PATCH", one, "{\"status\":\"enabled\"}");
        assertThat(restored.status()).as(restored.text()).isEqualTo(200);
        assertThat(restored.json().get("status").stringValue()).isEqualTo("enabled");
    }

    @Test
    void asksForASecondPerson() {
        bank("TWO", true);
        Answer added = send(ann, "POST", "/v1/banks/TWO/content", signal());
        assertThat(added.status()).as(added.text()).isEqualTo(202);
        long proposal = added.json().get("proposal").longValue();
        String one = "/v1/banks/TWO/content/" + added.json().get("id");
        assertThat(get(ann, one).json().get("status").stringValue()).isEqualTo("proposed");

        Answer own = send(ann, "POST", "/v1/proposals/" + proposal + "/approve", null);
        assertThat(own.status()).as(own.text()).isEqualTo(403);
        assertThat(send(other, "POST", "/v1/proposals/" + proposal + "/approve", null)
                        .status())
                .isEqualTo(404);
        JsonNode open = get(bob, "/v1/proposals?status=open").json().get("proposals");
        assertThat(open).hasSize(1);
        assertThat(open.get(0).get("kind").stringValue()).isEqualTo("add_contents");
        assertThat(get(other, "/v1/proposals").json().get("proposals")).isEmpty();

        Answer approved = send(bob, "POST", "/v1/proposals/" + proposal + "/approve", null);
        assertThat(approved.status()).as(approved.text()).isEqualTo(200);
        assertThat(get(ann, one).json().get("confirmed_by").stringValue()).isEqualTo("bob");

        Answer deletion = send(root, "DELETE", "/v1/banks/TWO", null);
        assertThat(deletion.status()).isEqualTo(202);
        Answer curator = send(bob, "POST", "/v1/proposals/" + deletion.json().get("proposal") + "/approve", null);
        assertThat(curator.status()).as(curator.text()).isEqualTo(403);
        Answer rejected = send(root, "POST", "/v1/proposals/" + deletion.json().get("proposal") + "/reject", null);
        assertThat(rejected.json().get("status").stringValue()).isEqualTo("rejected");
        // Otherwise the bank would stay for the next test.
        send(root, "PATCH", "/v1/banks/TWO", "{\"enabled_ratio\":0}");
    }

    @Test
    void searchesAndPagesFromBothEnds() {
        bank("A", false);
        List<Long> ids = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            ids.add(send(ann, "POST", "/v1/banks/A/content", signal())
                    .json()
                    .get("id")
                    .longValue());
        }
        send(bob, "PATCH", "/v1/banks/A/content/" + ids.get(2), "{\"note\":\"other words\"}");
        String all = "/v1/banks/A/content?";
        assertThat(ids(all + "order=desc&limit=2")).containsExactly(ids.get(4), ids.get(3));
        long before =
                get(ann, all + "order=desc&limit=2").json().get("next_before").longValue();
        assertThat(ids(all + "order=desc&limit=2&before=" + before)).containsExactly(ids.get(2), ids.get(1));
        assertThat(ids(all + "q=Case%202024")).containsExactly(ids.get(0), ids.get(1), ids.get(3), ids.get(4));
        assertThat(ids(all + "q=%22other")).isEmpty();
        assertThat(ids(all + "actor=ann&source=desk&label=x")).isEqualTo(ids);
        assertThat(ids(all + "actor=bob")).isEmpty();
        String hash = get(ann, "/v1/banks/A/content/" + ids.get(1))
                .json()
                .get("signals")
                .get(0)
                .get("hash")
                .stringValue();
        assertThat(ids(all + "hash=" + hash.toUpperCase(Locale.ROOT))).containsExactly(ids.get(1));
        for (String wrong : List.of(
                "q=ab",
                "q=a%00bc",
                "hash=zz",
                "status=gone",
                "order=up",
                "order=desc&after=1",
                "before=1",
                "exact_only=1")) {
            Answer refused = send(ann, "GET", all + wrong, null);
            assertThat(refused.status()).as(wrong).isEqualTo(400);
            assertThat(refused.json().has("field")).as(refused.text()).isTrue();
        }
        JsonNode counts = get(ann, "/v1/banks/A?counts=true").json().get("counts");
        assertThat(counts.get("enabled").intValue()).isEqualTo(5);
        assertThat(counts.get("images").intValue()).isEqualTo(5);
    }

    private static List<Long> ids(String path) {
        List<Long> ids = new ArrayList<>();
        get(ann, path)
                .json()
                .get("contents")
                .forEach(content -> ids.add(content.get("id").longValue()));
        return ids;
    }
}
