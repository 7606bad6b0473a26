package org.semblance.server.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.ElementClickInterceptedException;
import org.openqa.selenium.Keys;
import org.openqa.selenium.NoSuchElementException;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;

/** A Chromium without a window, in which a test uses the console as a person does; what pages do that they must not is noted. */
final class Browser implements AutoCloseable {
    private static final List<Path> BROWSERS = List.of(Path.of("/usr/bin/chromium"), Path.of("/usr/bin/google-chrome"));
    private static final Path DRIVER = Path.of("/usr/bin/chromedriver");
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration POLL = Duration.ofMillis(20);

    /** Runs before each page's own scripts. */
    private static final String WATCH = """
            performance.setResourceTimingBufferSize(5000);
            window.seen = {violations: [], draws: [], bitmaps: []};
            document.addEventListener('securitypolicyviolation', e => seen.violations.push(e.violatedDirective + ' ' + e.blockedURI));
            const draw = CanvasRenderingContext2D.prototype.drawImage;
            CanvasRenderingContext2D.prototype.drawImage = function(...all) {
                seen.draws.push({width: this.canvas.width, filter: getComputedStyle(this.canvas).filter, there: this.canvas.isConnected});
                return draw.apply(this, all);
            };
            const decode = window.createImageBitmap;
            window.createImageBitmap = async (source, options) => {
                const bitmap = await decode(source, options);
                seen.bitmaps.push({asked: options && options.resizeWidth, width: bitmap.width});
                return bitmap;
            };
            """;

    private final ChromeDriver driver;
    private final String origin;

    /** What the browser would leave in the system's folder. */
    private final Path temporary;

    private Browser(ChromeDriver driver, String origin, Path temporary) {
        this.driver = driver;
        this.origin = origin;
        this.temporary = temporary;
    }

    /**
     * Opens a browser, or skips the test where there is none; with {@code -Dsemblance.browser=required} the test fails there.
     *
     * @param port of the server on this machine
     */
    static Browser open(int port) {
        return open("http://127.0.0.1:" + port);
    }

    /** Opens a browser that takes whatever certificate that server has. */
    static Browser openTls(int port) {
        return open("https://localhost:" + port);
    }

    private static Browser open(String origin) {
        Path binary = BROWSERS.stream().filter(Files::isExecutable).findFirst().orElse(null);
        boolean isThere = binary != null && Files.isExecutable(DRIVER);
        String message =
                "no chromium and chromedriver on this machine (Debian: apt-get install chromium chromium-driver)";
        if ("required".equals(System.getProperty("semblance.browser"))) {
            assertThat(isThere).as(message).isTrue();
        }
        assumeTrue(isThere, message);
        ChromeOptions options = new ChromeOptions();
        options.setBinary(String.valueOf(binary));
        options.addArguments(
                "--headless=new",
                "--no-sandbox",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--ignore-certificate-errors",
                "--force-device-scale-factor=1",
                "--window-size=1280,900");
        options.setCapability("goog:loggingPrefs", Map.of("browser", "ALL"));
        Path temporary;
        try {
            temporary = Files.createTempDirectory("semblance-browser");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        ChromeDriver driver = new ChromeDriver(
                new ChromeDriverService.Builder()
                        .usingDriverExecutable(DRIVER.toFile())
                        .usingAnyFreePort()
                        .withEnvironment(Map.of("TMPDIR", temporary.toString()))
                        .build(),
                options);
        driver.executeCdpCommand("Page.addScriptToEvaluateOnNewDocument", Map.of("source", WATCH));
        return new Browser(driver, origin, temporary);
    }

    ChromeDriver driver() {
        return driver;
    }

    // Going about

    /** Loads the console. */
    void load() {
        driver.get(origin + "/console");
        find("nav, input[name=name]");
    }

    /** Loads the console as a person who has set nothing; who is signed in stays so. */
    void renew() {
        script("if (location.protocol.startsWith('http')) localStorage.clear()");
        driver.get("about:blank");
        load();
    }

    /** Loads the console and signs in. */
    void signIn(String secret, String name) {
        load();
        type("input[name=key]", secret);
        type("input[name=name]", name + Keys.ENTER);
        find("nav");
    }

    /** Shows a screen, by its address. */
    void go(String hash) {
        script("location.hash = arguments[0]", hash);
        find("h1");
    }

    void size(int width, int height) {
        driver.manage().window().setSize(new Dimension(width, height));
    }

    // Finding

    /** The first element that the selector fits, as soon as there is one. */
    WebElement find(String css) {
        return until(() -> driver.findElement(By.cssSelector(css)), "an element " + css);
    }

    List<WebElement> all(String css) {
        return driver.findElements(By.cssSelector(css));
    }

    /** The text that is on the page. */
    String text() {
        return String.valueOf(script("return document.body.innerText"));
    }

    void untilText(String part) {
        until(() -> text().contains(part) ? true : null, "the text '" + part + "'");
    }

    void untilCount(String css, int count) {
        until(() -> all(css).size() == count ? true : null, count + " of " + css);
    }

    /** What that gives, as soon as it gives something. */
    <T> T until(Supplier<@Nullable T> what, String name) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < end) {
            try {
                T found = what.get();
                if (found != null) {
                    return found;
                }
            } catch (NoSuchElementException | StaleElementReferenceException | ElementClickInterceptedException e) {
                // The page is about to change; the next look sees more.
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
        throw new AssertionError("never: " + name + " on the page:\n" + text());
    }

    // Doing

    /** Clicks the control of an action of the console. */
    void act(String action) {
        until(
                () -> {
                    WebElement button = driver.findElement(By.cssSelector("[data-action='" + action + "']"));
                    if (!button.isEnabled()) {
                        return null;
                    }
                    button.click();
                    return true;
                },
                "the action " + action);
    }

    void click(String css) {
        find(css).click();
    }

    /** Types into a field that is empty, or behind what is in it. */
    void type(String css, String text) {
        find(css).sendKeys(text);
    }

    /** Types keys to whatever has the focus. */
    void press(CharSequence... keys) {
        new Actions(driver).sendKeys(keys).perform();
    }

    /** Goes from control to control by Tab until the one that the selector fits has the focus. */
    void tabTo(String css) {
        for (int i = 0; i < 120; i++) {
            if (Boolean.TRUE.equals(script("return document.activeElement.matches(arguments[0])", css))) {
                return;
            }
            press(Keys.TAB);
        }
        throw new AssertionError("Tab never reaches " + css);
    }

    void hold(CharSequence key) {
        new Actions(driver).keyDown(key).perform();
    }

    void release(CharSequence key) {
        new Actions(driver).keyUp(key).perform();
    }

    /** Chooses files in a field for files; of a field for folders, a folder. */
    void choose(String css, List<Path> files) {
        WebElement input = until(() -> driver.findElement(By.cssSelector(css)), css);
        input.sendKeys(String.join("\n", files.stream().map(Path::toString).toList()));
    }

    /** Drops files on the page's place for files. */
    void drop(List<Path> files) {
        find(".drop");
        script(
                "const input = document.createElement('input'); input.type = 'file'; input.multiple = true; input.id = 'hand';"
                        + "document.body.append(input)");
        choose("#hand", files);
        script("""
                const input = document.getElementById('hand');
                const held = new DataTransfer();
                [...input.files].forEach(file => held.items.add(file));
                input.remove();
                document.querySelector('.drop').dispatchEvent(
                    new DragEvent('drop', {dataTransfer: held, bubbles: true, cancelable: true}));
                """);
    }

    /** Fills in the reason of the open dialog, and agrees. */
    void reason(String reason) {
        type("dialog [name=reason]", reason + Keys.ENTER);
        untilCount("dialog", 0);
    }

    @Nullable
    Object script(String source, Object... arguments) {
        return driver.executeScript(source, arguments);
    }

    // What pages must not do

    /** Checks that no page since the last load broke the policy, or asked another server for anything. */
    void assertKeptToItself() {
        assertThat(list("return seen.violations")).isEmpty();
        assertThat(list(
                        "return performance.getEntriesByType('resource').map(e => e.name).filter(n => !n.startsWith(arguments[0])"
                                + " && !n.startsWith('blob:' + arguments[0]))",
                        origin))
                .isEmpty();
        List<String> said = driver.manage().logs().get("browser").getAll().stream()
                .map(entry -> entry.getMessage())
                .filter(line -> line.contains("Content Security Policy")
                        || line.contains("Uncaught")
                        || line.contains("TypeError"))
                .toList();
        assertThat(said).isEmpty();
    }

    @SuppressWarnings("unchecked")
    <T> List<T> list(String source, Object... arguments) {
        return (List<T>) Objects.requireNonNull(driver.executeScript(source, arguments));
    }

    byte[] picture() {
        return driver.getScreenshotAs(OutputType.BYTES);
    }

    /** Keeps a picture of the page for a person who looks into a failure. */
    void keep(String name) {
        try {
            Path folder = Files.createDirectories(new File("target/console").toPath());
            Files.write(folder.resolve(name + ".png"), picture());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        driver.quit();
        try (Stream<Path> files = Files.walk(temporary)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException | UncheckedIOException e) {
            // The browser's last processes are still at it: that is no fault of what was tested.
        }
    }
}
