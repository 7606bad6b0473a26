package org.semblance.server.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.openqa.selenium.Keys;
import org.semblance.server.auth.KeyRing;
import org.semblance.server.auth.Role;
import org.semblance.server.fixture.Pictures;
import org.semblance.server.fixture.ServerExtension;
import org.semblance.server.fixture.TestServer;
import org.semblance.server.fixture.TestServer.Answer;
import tools.jackson.databind.JsonNode;

/** What is found, undone and approved in a real browser. */
@Tag("browser")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ConsoleChangesTest {
    @RegisterExtension
    static final ServerExtension server = new ServerExtension(ConsoleChangesTest::makeKeys, settings -> settings);

    private static String admin = "";
    private static String second = "";

    @SuppressWarnings("NullAway.Init")
    private static Browser browser;

    private static int banks;
    private String bank = "";

    private static String key(Path data, String name) {
        return new KeyRing(data)
                .create(new KeyRing.Draft(name, Role.ADMIN, Set.of(), false, null, null, null), Instant.now())
                .secret();
    }

    private static void makeKeys(Path data) {
        admin = key(data, "admin");
        second = key(data, "second");
    }

    @BeforeAll
    static void start() {
        browser = Browser.open(server.port());
    }

    @AfterAll
    @SuppressWarnings("NullAway")
    static void stop() {
        if (browser != null) {
            browser.close();
        }
    }

    @BeforeEach
    void renew() {
        bank = "BANK_" + ++banks;
        browser.renew();
        signIn(admin, "Ada");
    }

    private static void signIn(String secret, String name) {
        if (!browser.all("nav").isEmpty()) {
            browser.act("sign-out");
            browser.find("input[name=key]");
        }
        browser.signIn(secret, name);
    }

    private static Answer api(String method, String path, String json) {
        return server.send(
                method,
                path,
                Map.of("Content-Type", "application/json", "X-API-Key", admin, "X-Actor", "Setup"),
                json.getBytes(StandardCharsets.UTF_8));
    }

    private void makeBank(String more) {
        assertThat(api("POST", "/v1/banks", "{\"name\":\"" + bank + "\"" + more + "}")
                        .status())
                .isEqualTo(201);
    }

    private void bankPhoto(long seed, String note) {
        bankPhoto(admin, seed, note);
    }

    private void bankPhoto(String secret, long seed, String note) {
        TestServer.Form form = TestServer.form(
                List.of("file"),
                Pictures.png(Pictures.photo(seed, 200, 150)),
                Map.of("note", note, "labels", "poster"));
        Answer answer = server.send(
                "POST",
                "/v1/banks/" + bank + "/content",
                Map.of("Content-Type", form.contentType(), "X-API-Key", secret, "X-Actor", "Setup"),
                form.body());
        assertThat(answer.status()).as(answer.text()).isIn(201, 202);
    }

    private JsonNode contents() {
        return server.send("GET", "/v1/banks/" + bank + "/content?limit=100", Map.of("X-API-Key", admin), new byte[0])
                .json()
                .get("contents");
    }

    @Test
    void findsDisablesWithdrawsAndUndoes() {
        makeBank("");
        bankPhoto(1, "a flag over a bridge");
        bankPhoto(2, "a speech");
        browser.go("#/banks/" + bank);
        browser.untilCount("tbody tr[data-current]", 2);
        browser.type(".filters input", "bridge");
        browser.untilCount("tbody tr[data-current]", 1);
        assertThat(browser.text()).contains("a flag over a bridge").doesNotContain("a speech");
        browser.act("disable");
        browser.reason("appeal");
        browser.untilText("Disabled 1 of 1");
        browser.act("undo");
        browser.untilText("Undid: Disabled");
        assertThat(contents().toString()).doesNotContain("\"status\":\"disabled\"");
        browser.act("withdraw");
        browser.reason("wrong");
        browser.untilText("Withdrew 1 of 1");
        assertThat(contents()).hasSize(1);
        browser.script("document.activeElement.blur()");
        browser.press("u");
        browser.untilText("Undid: Withdrew");
        assertThat(contents()).hasSize(2);
        browser.assertKeptToItself();
    }

    @Test
    void findsDisablesWithdrawsUndoesAndApprovesByKeyboardAlone() {
        makeBank(",\"needs_approval\":true");
        bankPhoto(second, 5, "a flag over a bridge");
        browser.press("gp");
        browser.until(() -> browser.text().contains(bank) ? true : null, "the proposal");
        while (!String.valueOf(browser.script("return document.querySelector('.item[data-current=true]').innerText"))
                .contains(bank)) {
            browser.press("j");
        }
        browser.press("c");
        browser.find("dialog [name=reason]");
        browser.press(Keys.ENTER);
        browser.untilText("Approved proposal");
        api("PATCH", "/v1/banks/" + bank, "{\"needs_approval\":false}");
        String switchedOff = server.send(
                        "GET", "/v1/proposals?status=open&bank=" + bank, Map.of("X-API-Key", second), new byte[0])
                .json()
                .at("/proposals/0/proposal")
                .toString();
        server.send("POST", "/v1/proposals/" + switchedOff + "/approve", Map.of("X-API-Key", second), new byte[0]);
        bankPhoto(6, "a speech");
        browser.go("#/banks/" + bank);
        browser.untilCount("tbody tr[data-current]", 2);
        browser.press("/");
        browser.press("bridge");
        browser.untilCount("tbody tr[data-current]", 1);
        browser.tabTo("tr[data-current=true]");
        browser.press("d");
        browser.find("dialog [name=reason]");
        browser.press("appeal", Keys.ENTER);
        browser.untilText("Disabled 1 of 1");
        browser.press("u");
        browser.untilText("Undid: Disabled");
        browser.press("w");
        browser.find("dialog [name=reason]");
        browser.press("wrong", Keys.ENTER);
        browser.untilText("Withdrew 1 of 1");
        browser.press("u");
        browser.untilText("Undid: Withdrew");
        assertThat(contents()).hasSize(2);
    }

    @Test
    void theJournalUndoesAndTellsSo() {
        makeBank("");
        bankPhoto(3, "one");
        browser.go("#/journal?bank=" + bank);
        browser.untilCount("tbody tr[data-current]", 2);
        browser.tabTo("tr[data-current=true]");
        browser.press("z");
        browser.find("dialog");
        browser.press(Keys.ENTER);
        browser.untilText("undone by");
        assertThat(contents()).isEmpty();
    }

    @Test
    void anothersProposalIsApprovedAndOnesOwnIsNot() {
        makeBank(",\"needs_approval\":true");
        browser.go("#/banks/" + bank);
        browser.untilText("No content fits.");
        bankPhoto(second, 4, "proposed by another");
        browser.go("#/approvals?bank=" + bank);
        browser.untilCount(".item", 1);
        browser.act("approve");
        browser.type("dialog [name=reason]", "seen" + Keys.ENTER);
        browser.untilText("Approved proposal");
        assertThat(contents().toString()).contains("\"status\":\"enabled\"");
        // One's own: the control is off, and the server refuses whoever asks it all the same.
        browser.go("#/banks/" + bank);
        browser.untilCount("tbody tr[data-current]", 1);
        browser.act("withdraw");
        browser.reason("gone");
        browser.untilText("proposed");
        browser.go("#/approvals?bank=" + bank);
        browser.untilText("yours");
        assertThat(browser.find("[data-action=approve]").isEnabled()).isFalse();
        String number = browser.find(".item").getDomAttribute("data-proposal");
        Object status = browser.driver()
                .executeAsyncScript(
                        "const done = arguments[1]; fetch('/v1/proposals/' + arguments[0] + '/approve', {method: 'POST', headers:"
                                + " {'X-Semblance-Console': '1', 'Content-Type': 'application/json'}, body: '{}'}).then(a => done(a.status))",
                        number);
        assertThat(status).isEqualTo(403L);
        assertThat(contents()).hasSize(1);
        signIn(second, "Grace");
        browser.go("#/approvals?bank=" + bank);
        browser.untilCount(".item", 1);
        browser.script("document.activeElement.blur()");
        browser.press("f");
        browser.find("dialog [name=reason]");
        browser.press("still needed", Keys.ENTER);
        browser.untilText("Rejected proposal");
        assertThat(contents()).hasSize(1);
        browser.assertKeptToItself();
    }
}
