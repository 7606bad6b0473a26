package org.semblance.server.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebElement;
import org.semblance.server.auth.KeyRing;
import org.semblance.server.auth.Role;
import org.semblance.server.fixture.Pictures;
import org.semblance.server.fixture.ServerExtension;
import org.semblance.server.fixture.TestServer.Answer;
import tools.jackson.databind.JsonNode;

/** An analyst's day in a real browser: with the mouse, and by keyboard alone. */
@Tag("browser")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ConsoleTest {
    @RegisterExtension
    static final ServerExtension server = new ServerExtension(ConsoleTest::makeKeys, settings -> settings);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    static Path folder;

    private static String admin = "";

    @SuppressWarnings("NullAway.Init")
    private static Browser browser;

    /** Another one for each test, so that no test sees the contents of another. */
    private static int banks;

    private String bank = "";

    private static void makeKeys(Path data) {
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
    void makeBank() {
        bank = "BANK_" + ++banks;
        assertThat(api("POST", "/v1/banks", "{\"name\":\"" + bank + "\"}").status())
                .isEqualTo(201);
        browser.renew();
        if (browser.all("nav").isEmpty()) {
            browser.signIn(admin, "Ada");
        }
    }

    @AfterEach
    void staysWithItself() {
        browser.keep("last-" + bank);
        browser.assertKeptToItself();
    }

    private static Answer api(String method, String path, String json) {
        return server.send(
                method,
                path,
                Map.of("Content-Type", "application/json", "X-API-Key", admin),
                json.getBytes(StandardCharsets.UTF_8));
    }

    private static JsonNode get(String path) {
        return server.send("GET", path, Map.of("X-API-Key", admin), new byte[0]).json();
    }

    private static byte[] photo(long seed) {
        return Pictures.jpeg(Pictures.photo(seed, 320, 240), 0.9);
    }

    private void bankPhoto(long seed) {
        assertThat(server.send("POST", "/v1/banks/" + bank + "/content", Map.of("X-API-Key", admin), photo(seed))
                        .status())
                .isEqualTo(201);
    }

    private static List<Path> photos(String name, long first, int count) throws IOException {
        Path own = Files.createDirectories(folder.resolve(name));
        List<Path> files = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            files.add(Files.write(own.resolve("photo-" + i + ".jpg"), photo(first + i)));
        }
        return files;
    }

    private JsonNode contents() {
        return get("/v1/banks/" + bank + "/content?limit=1000").get("contents");
    }

    // The work

    @Test
    void ofTwentyFilesThreeMatch() throws IOException {
        for (int i : new int[] {3, 9, 15}) {
            bankPhoto(1_000 + i);
        }
        browser.go("#/check");
        browser.drop(photos("check", 1_000, 20));
        browser.untilText("20 of 20 files checked, 3 matches");
        assertThat(browser.all(".item[data-verdict=match]")).hasSize(3);
        assertThat(browser.all(".item[data-verdict=no_match]")).hasSize(17);
    }

    @Test
    void aFolderOfFiftyIsBankedWithLabels() throws IOException {
        Path own = photos("folder", 2_000, 50).getFirst().getParent();
        browser.go("#/add?bank=" + bank);
        browser.type("[name=labels]", "poster, group-7");
        browser.type("[name=source]", "hotline");
        browser.type("[name=note]", "<script>alert(1)</script>");
        browser.type("[name=order]", "7/2026");
        browser.type("[name=reason]", "order 7 of 2026");
        browser.choose("[data-pick=folder]", List.of(own));
        browser.untilCount(".item", 50);
        browser.act("bank-all");
        browser.untilText("50 of 50 files done");
        JsonNode contents = contents();
        assertThat(contents).hasSize(50).allSatisfy(content -> {
            assertThat(content.get("labels").toString()).isEqualTo("[\"group-7\",\"poster\"]");
            assertThat(content.get("source").stringValue()).isEqualTo("hotline");
            assertThat(content.get("note").stringValue()).isEqualTo("<script>alert(1)</script>");
            assertThat(content.get("metadata").toString()).isEqualTo("{\"order_id\":\"7/2026\"}");
            assertThat(content.get("created_by").stringValue()).isEqualTo("admin/Ada");
        });
        JsonNode journal = get("/v1/journal?limit=1000").get("entries");
        assertThat(journal.get(journal.size() - 1).get("reason").stringValue()).isEqualTo("order 7 of 2026");
    }

    @Test
    void disablesAndWithdrawsWithAReason() {
        bankPhoto(3_001);
        bankPhoto(3_002);
        browser.go("#/banks/" + bank);
        browser.untilCount("tbody tr[data-current]", 2);
        browser.click("tbody tr[data-current] .check input");
        browser.act("disable");
        browser.reason("appeal under way");
        browser.untilText("Disabled 1 of 1");
        browser.untilText("disabled");
        assertThat(contents().toString()).contains("\"status\":\"disabled\"");
        browser.click("thead .check input");
        browser.act("withdraw");
        browser.reason("wrong bank");
        browser.untilText("Withdrew 2 of 2");
        assertThat(contents()).isEmpty();
    }

    @Test
    void aMatchIsInTheFeedWithinASecond() {
        bankPhoto(4_001);
        browser.go("#/matches?bank=" + bank);
        browser.untilText("live");
        long start = System.nanoTime();
        server.send("POST", "/v1/match?reference=upload-77", Map.of("X-API-Key", admin), photo(4_001));
        browser.untilText("reference upload-77");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(1));
        browser.act("false-match");
        browser.reason("a film poster");
        browser.untilText("a film poster");
        JsonNode row = get("/v1/matches?bank=" + bank).get("matches").get(0);
        assertThat(row.get("review").get("review").stringValue()).isEqualTo("false_match");
        assertThat(row.get("review").get("actor").stringValue()).isEqualTo("admin/Ada");
    }

    @Test
    void aListIsTriedBeforeItIsBanked() throws IOException {
        Path list = Files.writeString(
                folder.resolve("list.csv"),
                "pdq,note\n" + "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22,one\nzz,bad\n");
        browser.go("#/add?tab=list&bank=" + bank);
        browser.choose("[data-pick=files]", List.of(list));
        browser.untilText("The first lines");
        browser.act("dry-run");
        browser.untilText("What would happen");
        assertThat(contents()).isEmpty();
        assertThat(browser.text()).contains("Cannot be banked", "The first entries as they would be banked");
        browser.type("[name=reason]", "from a partner");
        browser.act("import");
        browser.untilText("Banked 1 of 2 entries");
        assertThat(contents()).hasSize(1);
        // Out again, by the links of the bank.
        browser.go("#/banks/" + bank);
        browser.untilCount("a[download]", 2);
        Object exported = browser.driver().executeAsyncScript("""
                const done = arguments[0];
                Promise.all([...document.querySelectorAll('a[download]')].map(async a => (await fetch(a.href)).text())).then(done);
                """);
        assertThat((List<?>) Objects.requireNonNull(exported))
                .hasSize(2)
                .allSatisfy(text -> assertThat(String.valueOf(text))
                        .contains("f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"));
    }

    @Test
    void anAlteredJournalIsSeenInTheBrowser() {
        bankPhoto(7_001);
        browser.go("#/journal");
        browser.act("verify");
        browser.untilText("Chain verified: ");
        Object said = browser.driver().executeAsyncScript("""
                const done = arguments[arguments.length - 1];
                (async () => {
                    const app = document.querySelector('script[type=module]').src;
                    const {check} = await import(app.replace('app.js', 'chain.js'));
                    const fields = {headers: {'X-Semblance-Console': '1'}};
                    const {entries} = await (await fetch('/v1/journal', fields)).json();
                    const altered = entries.map(e => ({...e}));
                    altered[1].reason = 'another';
                    const missing = entries.filter(e => e.seq !== 2);
                    done([await check(entries), await check(altered), await check(missing)]);
                })().catch(e => done([String(e)]));
                """);
        assertThat((List<?>) Objects.requireNonNull(said))
                .map(String::valueOf)
                .containsExactly(
                        "null", "row 2 was altered: its hash is another", "row 3 does not follow the row before it");
    }

    @Test
    void signsOut() {
        browser.act("sign-out");
        browser.find("input[name=key]");
        browser.driver().navigate().refresh();
        browser.find("input[name=key]");
        assertThat(browser.all("nav")).isEmpty();
    }

    // The same by keyboard alone

    @Test
    void theDayByKeyboardAlone() throws IOException {
        bankPhoto(5_001);
        browser.act("sign-out");
        browser.find("input[name=key]");
        browser.press(admin, Keys.TAB, "Grace", Keys.ENTER);
        browser.find("nav");
        // To a screen, into a row, and through a dialog.
        browser.press("gb");
        browser.untilText("New bank…");
        browser.find("tbody tr[data-current=true]");
        while (!String.valueOf(browser.script("return document.querySelector('tr[data-current=true]').innerText"))
                .contains(bank + "\t")) {
            browser.press("j");
        }
        browser.press(Keys.ENTER);
        browser.untilCount("tbody tr[data-current]", 1);
        browser.press("x", "d");
        browser.reason("by keys");
        browser.untilText("Disabled 1 of 1");
        browser.untilCount("tbody tr .badge", 1);
        browser.press("l");
        browser.find("dialog [name=add]");
        browser.press("urgent", Keys.TAB, Keys.TAB, "labelled", Keys.ENTER);
        browser.untilText("Labelled 1 of 1");
        assertThat(contents().get(0).get("labels").toString()).isEqualTo("[\"urgent\"]");
        // The file chooser is the browser's own; that the key opens it is what is tried here.
        browser.press("gc");
        browser.find(".drop");
        browser.script(
                "window.asked = 0; document.querySelector('[data-pick=files]').onclick = e => { asked++; e.preventDefault(); }");
        browser.press("p");
        browser.until(() -> Long.valueOf(1).equals(browser.script("return window.asked")) ? true : null, "the chooser");
        browser.choose("[data-pick=files]", photos("keys", 5_001, 2));
        browser.untilText("2 of 2 files checked");
        browser.press("j", "k", "y", "b");
        browser.press("?");
        browser.untilText("Close a dialog");
        browser.press(Keys.ESCAPE);
        browser.untilCount("dialog", 0);
        browser.tabTo("[data-action=sign-out]");
        browser.press(Keys.ENTER);
        browser.find("input[name=key]");
    }

    @Test
    void filesListsAndReviewsByKeyboardAlone() throws IOException {
        bankPhoto(8_001);
        Path own = photos("keyed", 8_100, 3).getFirst().getParent();
        browser.press("ga");
        browser.find("[name=labels]");
        browser.tabTo("[data-field=bank]");
        browser.press(bank);
        browser.tabTo("[name=labels]");
        browser.press("poster", Keys.TAB, "hotline", Keys.TAB, "a note", Keys.TAB, Keys.TAB, "order 8");
        browser.tabTo("[data-action=pick-folder]");
        browser.choose("[data-pick=folder]", List.of(own));
        browser.untilCount(".item", 3);
        browser.tabTo("[data-action=bank-all]");
        browser.press(Keys.ENTER);
        browser.untilText("3 of 3 files done");
        assertThat(contents()).hasSize(4);
        // A review: the newest match has the focus of the keys.
        browser.press("gm");
        browser.untilText("live");
        server.send("POST", "/v1/match?reference=by-keys", Map.of("X-API-Key", admin), photo(8_001));
        browser.untilText("reference by-keys");
        browser.script("document.activeElement.blur()");
        browser.press("f");
        browser.find("dialog [name=reason]");
        browser.press("a poster", Keys.ENTER);
        browser.untilText("a poster");
        browser.press("/");
        browser.press(bank);
        browser.until(
                () -> browser.driver().getCurrentUrl().endsWith("?bank=" + bank) ? true : null,
                "the filter in the address");
        // A list, tried and banked.
        Path list = Files.writeString(folder.resolve("keys.csv"), "md5,note\n" + "0".repeat(31) + "7,one\n");
        browser.script("document.activeElement.blur()");
        browser.press("ga");
        browser.untilText("A hash list");
        browser.tabTo("[role=tab][data-tab=list]");
        browser.press(Keys.ENTER);
        browser.tabTo("[data-field=bank]");
        browser.press(bank);
        browser.choose("[data-pick=files]", List.of(list));
        browser.untilText("The first lines");
        browser.tabTo("[name=reason]");
        browser.press("a partner's");
        browser.tabTo("[data-action=dry-run]");
        browser.press("d");
        browser.untilText("What would happen");
        browser.press("i");
        browser.untilText("Banked 1 of 1 entries");
        assertThat(contents()).hasSize(5);
        // Withdrawn, from the bank's own screen.
        browser.go("#/banks/" + bank);
        browser.untilCount("tbody tr[data-current]", 5);
        browser.tabTo("tr[data-current=true]");
        browser.press("x", "w");
        browser.find("dialog [name=reason]");
        browser.press("wrong", Keys.ENTER);
        browser.untilText("Withdrew 1 of 1");
        assertThat(contents()).hasSize(4);
    }

    @Test
    void keysAreOffWhileOneTypesAndCanBeSwitchedOffAndChanged() {
        browser.go("#/banks");
        browser.find("tbody tr");
        browser.press("n");
        browser.find("dialog [name=name]");
        browser.press("ghost?");
        assertThat(browser.all("dialog")).hasSize(1);
        browser.press(Keys.ESCAPE);
        browser.untilCount("dialog", 0);
        browser.go("#/me");
        browser.untilText("Shortcuts are on");
        browser.script("localStorage.setItem('semblance.safety', JSON.stringify({keys: {'new-bank': 'q'}}))");
        browser.driver().navigate().refresh();
        browser.go("#/banks");
        browser.find("tbody tr");
        assertThat(browser.find("[data-action=new-bank]").getDomAttribute("aria-keyshortcuts"))
                .isEqualTo("q");
        browser.press("q");
        browser.find("dialog");
        browser.press(Keys.ESCAPE);
        browser.script("localStorage.setItem('semblance.safety', JSON.stringify({shortcuts: false}))");
        browser.driver().navigate().refresh();
        browser.find("tbody tr");
        browser.press("n", "g", "m");
        assertThat(browser.all("dialog")).isEmpty();
        assertThat(browser.driver().getCurrentUrl()).endsWith("#/banks");
        browser.script("localStorage.removeItem('semblance.safety')");
        browser.driver().navigate().refresh();
        browser.find("tbody tr");
    }

    // Safety

    /** Stripes, which a blur makes grey. */
    private static BufferedImage stripes() {
        BufferedImage image = new BufferedImage(640, 480, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        for (int x = 0; x < 640; x += 32) {
            graphics.setColor(x % 64 == 0 ? Color.RED : Color.GREEN);
            graphics.fillRect(x, 0, 32, 480);
        }
        graphics.dispose();
        return image;
    }

    /** How far the colours of a row in the middle of the picture are from each other, and from grey. */
    private static int[] range(WebElement canvas) throws IOException {
        byte[] png = canvas.getScreenshotAs(OutputType.BYTES);
        BufferedImage shown = ImageIO.read(new ByteArrayInputStream(png));
        int low = 255;
        int high = 0;
        int hue = 0;
        for (int x = 40; x < shown.getWidth() - 40; x++) {
            Color colour = new Color(shown.getRGB(x, shown.getHeight() / 2));
            low = Math.min(low, colour.getGreen());
            high = Math.max(high, colour.getGreen());
            hue = Math.max(hue, Math.abs(colour.getRed() - colour.getGreen()));
        }
        return new int[] {high - low, hue};
    }

    @Test
    void picturesAreBlurredGreyAndSmallFromTheFirstPaintOn() throws IOException {
        Path file = Files.write(folder.resolve("stripes.png"), Pictures.png(stripes()));
        browser.go("#/check");
        browser.drop(List.of(file));
        browser.untilText("1 of 1 file checked");
        WebElement canvas = browser.find("canvas.media");
        browser.until(() -> browser.list("return seen.draws").isEmpty() ? null : true, "a picture");
        List<Map<String, Object>> draws = browser.list("return seen.draws");
        assertThat(draws).allSatisfy(draw -> {
            assertThat(draw.get("filter")).isEqualTo("blur(16px) grayscale(1)");
            assertThat(draw.get("there")).isEqualTo(true);
            assertThat((Long) draw.get("width")).isEqualTo(160);
        });
        assertThat(browser.<Map<String, Object>>list("return seen.bitmaps"))
                .isNotEmpty()
                .allSatisfy(bitmap -> assertThat((Long) bitmap.get("width")).isEqualTo(160));
        assertThat(browser.all("img, video")).isEmpty();
        int[] blurred = range(canvas);
        assertThat(blurred[0]).as("contrast of the blurred picture").isLessThan(60);
        assertThat(blurred[1]).as("colour of the grey picture").isLessThan(8);
        // Held, the key shows the picture; let go, it is blurred again. Each hold counts.
        browser.click(".item");
        browser.hold(Keys.SPACE);
        browser.find("canvas.media.peek");
        int[] clear = range(canvas);
        assertThat(clear[0]).as("contrast of the clear picture").isGreaterThan(90);
        assertThat(clear[1]).as("colour of the clear picture").isGreaterThan(90);
        browser.release(Keys.SPACE);
        browser.untilCount("canvas.media.peek", 0);
        assertThat(String.valueOf(browser.script("return localStorage.getItem('semblance.views')")))
                .endsWith(" 1");
    }

    @Test
    void aHiddenTabShowsNothing() throws IOException {
        browser.go("#/check");
        browser.drop(photos("hidden", 6_000, 1));
        browser.untilText("1 of 1 file checked");
        String visibility = "return getComputedStyle(document.querySelector('canvas.media')).visibility";
        assertThat(browser.script(visibility)).isEqualTo("visible");
        browser.driver().manage().window().minimize();
        browser.until(
                () -> Boolean.TRUE.equals(browser.script("return document.hidden")) ? true : null, "a hidden tab");
        assertThat(browser.script(visibility)).isEqualTo("hidden");
        browser.size(1280, 900);
        browser.until(() -> "visible".equals(browser.script(visibility)) ? true : null, "the tab again");
    }

    @Test
    void theFirstLoadIsSmall() {
        browser.driver().executeCdpCommand("Network.clearBrowserCache", Map.of());
        browser.driver().get("about:blank");
        browser.load();
        browser.find("nav");
        browser.find("h1");
        Object bytes = browser.script(
                "return performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))"
                        + ".filter(e => e.name.includes('/console')).reduce((sum, e) => sum + e.transferSize, 0)");
        assertThat(((Number) Objects.requireNonNull(bytes)).longValue()).isBetween(10_000L, 200_000L);
    }
}
