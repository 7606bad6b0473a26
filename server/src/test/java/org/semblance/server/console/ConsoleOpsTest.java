package org.semblance.server.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
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
import org.semblance.server.selfbench.BenchReport;
import org.semblance.server.selfbench.Figure;

/** What ops sees and sets up, in a real browser: partners' feeds, figures of the last hour, runs of the benchmark. */
@Tag("browser")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ConsoleOpsTest {
    @RegisterExtension
    static final ServerExtension server = new ServerExtension(ConsoleOpsTest::makeKey, settings -> settings);

    private static String admin = "";

    @SuppressWarnings("NullAway.Init")
    private static Browser browser;

    private static void makeKey(Path data) {
        admin = new KeyRing(data)
                .create(new KeyRing.Draft("admin", Role.ADMIN, Set.of(), false, null, null, null), Instant.now())
                .secret();
    }

    @BeforeAll
    static void start() {
        browser = Browser.open(server.port());
        browser.signIn(admin, "Ada");
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
        browser.renew();
    }

    private static String get(String path) {
        return server.send("GET", path, Map.of("X-API-Key", admin), new byte[0]).text();
    }

    @Test
    void setsUpAnExchangeStopsItAndDeletesItByKeyboardAlone() {
        browser.go("#/exchanges");
        browser.untilText("No exchange is set up.");
        browser.press("n");
        browser.find("dialog [name=bank]");
        browser.press("FEED", Keys.TAB, "sample", Keys.TAB, Keys.TAB, Keys.ENTER);
        browser.untilText("Set up FEED.");
        browser.find("tbody tr[data-current]");
        browser.press("e");
        browser.find("dialog");
        browser.press(Keys.ENTER);
        browser.untilText("Stopped FEED.");
        assertThat(get("/c/exchange/FEED")).contains("\"enabled\": false");
        browser.press("w");
        browser.untilText("Its bank is deleted as well");
        browser.press("no longer sent", Keys.ENTER);
        browser.untilText("Deleted exchange FEED.");
        assertThat(get("/c/exchanges")).isEqualToIgnoringWhitespace("[]");
        assertThat(get("/v1/journal?limit=1&order=desc")).contains("no longer sent");
        browser.assertKeptToItself();
    }

    @Test
    void saysWhyAFetchFailed() {
        browser.go("#/exchanges");
        browser.act("new-exchange");
        browser.type("dialog [name=bank]", "LISTED");
        browser.script("const it = document.querySelector('dialog [name=api]'); it.value = 'local_file';"
                + " it.dispatchEvent(new Event('change', {bubbles: true}))");
        browser.type("dialog [name=bank]", "" + Keys.ENTER);
        browser.type("dialog [name=filename]", "nowhere.txt" + Keys.ENTER);
        browser.untilText("Set up LISTED.");
        browser.until(
                () -> {
                    browser.act("refresh");
                    return browser.text().contains("failed") && browser.text().contains("there is no such file")
                            ? true
                            : null;
                },
                "why the fetch failed");
    }

    @Test
    void keepsCredentialsToItself() {
        browser.go("#/exchanges");
        browser.act("new-exchange");
        browser.type("dialog [name=bank]", "PARTNER");
        browser.script("const it = document.querySelector('dialog [name=api]'); it.value = 'tat';"
                + " it.dispatchEvent(new Event('change', {bubbles: true}))");
        browser.type("dialog [name=bank]", "" + Keys.ENTER);
        browser.untilText("Credentials for tat");
        assertThat(browser.find("dialog [name=password]").getAttribute("type")).isEqualTo("password");
        browser.type("dialog [name=username]", "us");
        browser.type("dialog [name=password]", "hunter-7" + Keys.ENTER);
        browser.untilText("Set up PARTNER.");
        browser.untilText("this release does not fetch from tat");
        assertThat(get("/c/exchanges/api/tat")).contains("\"has_set_authentification\":true");
        assertThat(String.valueOf(browser.script("return document.documentElement.outerHTML")))
                .doesNotContain("hunter-7");
        browser.keep("exchanges");
        browser.assertKeptToItself();
    }

    @Test
    void showsTheFiguresOfARunningServer() {
        server.send("POST", "/v1/match", Map.of("X-API-Key", admin), Pictures.png(Pictures.photo(3, 200, 150)));
        browser.go("#/ops");
        browser.until(
                () -> {
                    boolean isDrawn = Boolean.TRUE.equals(browser.script("""
                            return [...document.querySelectorAll('.charts canvas')].filter(canvas => {
                              const dots = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
                              return dots.some((value, i) => i % 4 === 3 && value > 0);
                            }).length > 5"""));
                    return isDrawn && browser.text().contains("/v1/match") ? true : null;
                },
                "plots of a server that has answered");
        assertThat(browser.text()).contains("hashes", "list version", "Requests a second", "Heap");
        browser.act("pause");
        assertThat(browser.find("[data-action=pause]").getText()).contains("Go on");
        browser.keep("ops");
        browser.assertKeptToItself();
    }

    @Test
    void comparesRunsOfTheBenchmark() throws IOException {
        Path folder = Files.createDirectories(server.data().resolve("bench"));
        write(folder, "one.json", "2026-11-26T00:00:00Z", 50_000);
        write(folder, "two.json", "2026-11-27T00:00:00Z", 54_000);
        Files.writeString(folder.resolve("three.json"), "{", StandardCharsets.UTF_8);
        browser.go("#/bench");
        browser.untilText("lookup");
        assertThat(browser.find("tbody tr").getText()).contains("54,000", "+8 %");
        assertThat(browser.text()).contains("a processor, 2 cores", "three.json");
        browser.keep("bench");
        browser.assertKeptToItself();
    }

    private static void write(Path folder, String name, String madeAt, double rate) throws IOException {
        new BenchReport(
                        "1.0",
                        madeAt,
                        "a processor, 2 cores",
                        "a JDK",
                        7,
                        1_000,
                        List.of(new Figure("lookup", "lookup of a hash", rate, rate, 1, 2, 3, 1.0)),
                        null,
                        List.of(),
                        List.of())
                .write(folder.resolve(name));
    }
}
