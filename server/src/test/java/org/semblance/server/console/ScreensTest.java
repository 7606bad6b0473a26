package org.semblance.server.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.openqa.selenium.Keys;
import org.semblance.server.auth.KeyRing;
import org.semblance.server.auth.Role;
import org.semblance.server.fixture.Pictures;
import org.semblance.server.fixture.ServerExtension;
import org.semblance.server.fixture.TestServer;
import org.semblance.server.fixture.TestServer.Answer;

/** Every screen, for those who do not see it, for those who like it light, and for a key that must not see all. */
@Tag("browser")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ScreensTest {
    private static final String SCRIPT = "<img src=x onerror=alert(1)><script>alert(2)</script>";

    private static final List<String> SCREENS = List.of(
            "matches",
            "check",
            "compare",
            "add",
            "add?tab=list",
            "approvals",
            "banks",
            "banks/MINE",
            "banks/MINE/content/1",
            "journal",
            "exchanges",
            "trends",
            "ops",
            "bench",
            "keys",
            "me");

    @RegisterExtension
    static final ServerExtension server = new ServerExtension(ScreensTest::makeKeys, settings -> settings);

    private static String admin = "";
    private static String curator = "";
    private static String matcher = "";
    private static String watcher = "";
    private static String blind = "";
    private static String doomed = "";

    @SuppressWarnings("NullAway.Init")
    private static Browser browser;

    private static String key(Path data, String name, Role role, Set<String> banks) {
        return key(data, name, role, banks, false);
    }

    private static String key(Path data, String name, Role role, Set<String> banks, boolean hideDistance) {
        return new KeyRing(data)
                .create(new KeyRing.Draft(name, role, banks, hideDistance, null, null, null), Instant.now())
                .secret();
    }

    private static void makeKeys(Path data) {
        admin = key(data, "admin", Role.ADMIN, Set.of());
        curator = key(data, "curator", Role.CURATE, Set.of("MINE"));
        matcher = key(data, "matcher", Role.MATCH, Set.of());
        watcher = key(data, "watcher", Role.OPS, Set.of());
        blind = key(data, "blind", Role.CURATE, Set.of(), true);
        doomed = key(data, "doomed", Role.ADMIN, Set.of());
    }

    private static Answer api(String method, String path, Map<String, String> more, String json) {
        Map<String, String> fields = new HashMap<>(more);
        fields.put("Content-Type", "application/json");
        fields.put("X-API-Key", admin);
        return server.send(method, path, fields, json.getBytes(StandardCharsets.UTF_8));
    }

    @BeforeAll
    static void start() {
        browser = Browser.open(server.port());
        for (String bank : List.of("MINE", "SECRET_OTHER")) {
            String text = bank.equals("MINE") ? SCRIPT : "of the others";
            assertThat(api(
                                    "POST",
                                    "/v1/banks",
                                    Map.of("X-Reason", text),
                                    "{\"name\":\"" + bank + "\",\"description\":\"" + text + "\"}")
                            .status())
                    .isEqualTo(201);
            for (int i = 0; i < 3; i++) {
                byte[] photo = Pictures.png(Pictures.photo(bank.hashCode() + i, 200, 150));
                Answer banked = server.send(
                        "POST",
                        "/v1/banks/" + bank + "/content",
                        formFields(text, photo).fields(),
                        formFields(text, photo).body());
                assertThat(banked.status()).as(banked.text()).isEqualTo(201);
                String reference = URLEncoder.encode(text, StandardCharsets.UTF_8);
                server.send("POST", "/v1/match?reference=" + reference, Map.of("X-API-Key", admin), photo);
            }
        }
        browser.signIn(admin, SCRIPT);
    }

    private record Sent(Map<String, String> fields, byte[] body) {}

    private static Sent formFields(String text, byte[] photo) {
        var form = TestServer.form(
                List.of("file"), photo, Map.of("note", text, "source", text, "labels", "[\"" + text + "\"]"));
        return new Sent(Map.of("Content-Type", form.contentType(), "X-API-Key", admin, "X-Reason", text), form.body());
    }

    @AfterAll
    @SuppressWarnings("NullAway")
    static void stop() {
        if (browser != null) {
            browser.close();
        }
    }

    static Stream<String> screens() {
        return SCREENS.stream();
    }

    private static void show(String screen) {
        browser.renew();
        if (browser.all("nav").isEmpty()) {
            browser.signIn(admin, SCRIPT);
        }
        browser.go("#/" + screen);
        browser.until(() -> browser.all("main .empty[role=status]").isEmpty() ? true : null, "the screen " + screen);
    }

    private static void assertAccessible(String what) {
        browser.script(axe());
        Object found = browser.driver()
                .executeAsyncScript(
                        "const done = arguments[arguments.length - 1];"
                                + "axe.run(document, {resultTypes: ['violations']}).then(r => done(r.violations.map(v => v.id + ': ' + v.help"
                                + " + ' ' + v.nodes.slice(0, 3).map(n => n.html + ' ' + n.failureSummary).join(' | '))), e => done([String(e)]))");
        assertThat((List<?>) Objects.requireNonNull(found)).as(what).isEmpty();
    }

    private static String axe() {
        try (InputStream in =
                ScreensTest.class.getResourceAsStream("/META-INF/resources/webjars/axe-core/4.6.3/axe.min.js")) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @MethodSource("screens")
    void canBeUsedByThoseWhoDoNotSeeItDarkOrLight(String screen) {
        show(screen);
        assertAccessible(screen + ", dark");
        browser.script("document.documentElement.dataset.theme = 'light'");
        assertAccessible(screen + ", light");
        browser.keep("screen-" + screen.replaceAll("[^a-z]+", "-"));
        browser.assertKeptToItself();
    }

    @Test
    void theDoorAndDialogsCanBeUsedByThoseWhoDoNotSeeThem() {
        show("banks");
        browser.act("new-bank");
        browser.find("dialog");
        assertAccessible("the dialog of a new bank");
        browser.press(Keys.ESCAPE);
        browser.untilCount("dialog", 0);
        browser.act("help");
        browser.find("dialog");
        assertAccessible("the help");
        browser.press(Keys.ESCAPE);
        browser.act("sign-out");
        browser.find("input[name=key]");
        assertAccessible("the door, dark");
        browser.script("document.documentElement.dataset.theme = 'light'");
        assertAccessible("the door, light");
    }

    @Test
    void thePartsOfABankCanBeUsedByThoseWhoDoNotSeeThem() {
        show("banks/MINE");
        for (String part : List.of("health", "settings")) {
            browser.click("[data-tab=" + part + "]");
            browser.find("main .panel");
            browser.until(() -> browser.all("main .empty[role=status]").isEmpty() ? true : null, part);
            assertAccessible(part);
            assertThat(browser.all("main .note.bad")).isEmpty();
        }
        browser.assertKeptToItself();
    }

    /** No screen is wider than a small window. */
    @ParameterizedTest
    @MethodSource("screens")
    void fitsIntoASmallWindow(String screen) {
        browser.size(800, 900);
        try {
            show(screen);
            assertThat((Long) browser.script("return document.documentElement.scrollWidth"))
                    .isLessThanOrEqualTo(800);
            browser.keep("small-" + screen.replaceAll("[^a-z]+", "-"));
        } finally {
            browser.size(1280, 900);
        }
    }

    @ParameterizedTest
    @MethodSource("screens")
    void showsScriptsAsText(String screen) {
        show(screen);
        assertThat(browser.all("main img, main script")).isEmpty();
        if (Set.of("matches", "banks/MINE", "banks/MINE/content/1").contains(screen)) {
            assertThat(browser.text()).contains(SCRIPT);
        }
        browser.assertKeptToItself();
    }

    private static void enter(String secret) {
        browser.renew();
        if (!browser.all("nav").isEmpty()) {
            browser.act("sign-out");
            browser.find("input[name=key]");
        }
        browser.signIn(secret, "Eve");
    }

    private static List<String> menu() {
        return browser.list("return [...document.querySelectorAll('nav li a')].map(a => a.firstChild.textContent)");
    }

    @Test
    void theMenuHasWhatTheRoleIncludes() {
        enter(matcher);
        assertThat(menu()).containsExactly("Check", "My safety");
        browser.go("#/banks");
        browser.untilText("does not include this screen");
        enter(watcher);
        assertThat(menu()).containsExactly("Ops", "Benchmarks", "Keys", "My safety");
        enter(admin);
        assertThat(menu()).hasSize(13);
    }

    @Test
    void aKeyThatIsNotToldDistancesSeesNoneAndNoHash() {
        List<String> hashes = server.send("GET", "/v1/banks/MINE/content", Map.of("X-API-Key", admin), new byte[0])
                .json()
                .get("contents")
                .findValuesAsString("hash");
        assertThat(hashes).hasSize(9);
        enter(blind);
        for (String screen : SCREENS) {
            browser.go("#/" + screen);
            browser.until(
                    () -> browser.all("main .empty[role=status]").isEmpty() ? true : null, "the screen " + screen);
            assertThat(browser.text()).as(screen).doesNotContain(hashes).doesNotContain("bits off");
        }
    }

    @Test
    void revokingTheKeyShowsTheDoor() {
        enter(doomed);
        new KeyRing(server.data()).revoke("doomed", Instant.now());
        browser.until(
                () -> {
                    browser.go("#/banks");
                    browser.go("#/journal");
                    return browser.all("input[name=key]").isEmpty() ? null : true;
                },
                "the door");
        assertThat(browser.text()).doesNotContain("MINE");
    }

    @Test
    void aFileThatMissesItsPlaceIsNotShown() {
        show("banks");
        assertThat(browser.script("const drop = new DragEvent('drop', {bubbles: true, cancelable: true});"
                        + "document.body.dispatchEvent(drop); return drop.defaultPrevented"))
                .isEqualTo(true);
    }

    @Test
    void aKeyOfOneBankSeesNoOtherOnAnyScreen() {
        enter(curator);
        for (String screen : SCREENS) {
            browser.go("#/" + screen);
            browser.until(
                    () -> browser.all("main .empty[role=status]").isEmpty() ? true : null, "the screen " + screen);
            assertThat(browser.driver().getPageSource()).as(screen).doesNotContain("SECRET_OTHER", "of the others");
        }
        browser.go("#/banks/SECRET_OTHER");
        browser.find("main .note");
        assertThat(browser.text()).doesNotContain("of the others");
        browser.go("#/banks/SECRET_OTHER/content/4");
        browser.find("main .note");
        assertThat(browser.text()).doesNotContain("of the others");
        browser.act("sign-out");
        browser.find("input[name=key]");
    }
}
