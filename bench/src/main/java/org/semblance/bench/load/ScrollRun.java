package org.semblance.bench.load;

import static org.semblance.bench.harness.Report.print;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.semblance.bench.harness.Banked;
import org.semblance.bench.harness.Folders;
import org.semblance.bench.harness.ServerProcess;
import org.semblance.bench.harness.Times;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * How smoothly the console scrolls through a bank of many contents, in headless Chromium: each frame goes some rows further, so
 * that pages are asked for all the time, and the times between frames are told.
 */
public final class ScrollRun {
    private static final int LIMIT_MS = 100;
    private static final File BROWSER = new File("/usr/bin/chromium");
    private static final File DRIVER = new File("/usr/bin/chromedriver");

    /** A thousand rows of 40 px a second: faster than anybody reads. */
    private static final int ROWS_A_FRAME = 16;

    private static final String SCROLL = """
            const [seconds, rows, done] = arguments;
            const table = document.querySelector('.table');
            const frames = [], waits = [];
            let long = 0, end = 0, last = 0, stuck = 0;
            new PerformanceObserver((list) => { long = Math.max(long, ...list.getEntries().map((e) => e.duration)); })
              .observe({ type: 'longtask' });
            function frame(now) {
              if (!last) {
                end = now + 1000 * seconds;
              } else {
                frames.push(now - last);
              }
              last = now;
              const before = table.scrollTop;
              table.scrollTop += 40 * rows;
              if (table.scrollTop > before) {
                waits.push(stuck ? now - stuck : 0);
                stuck = 0;
              } else {
                stuck ||= now;
              }
              if (now < end) {
                requestAnimationFrame(frame);
              } else {
                done([frames, waits, [long], [table.scrollTop / 40]]);
              }
            }
            requestAnimationFrame(frame);
            """;

    private ScrollRun() {}

    /** Returns 1 if a frame came more than 100 ms after the one before. */
    @Command(name = "scroll", description = "Tells how smoothly the console scrolls through a bank of many contents.")
    static int run(
            @Parameters(description = "Contents of the bank.") long contents,
            @Parameters(description = "Seconds to scroll for.") int seconds,
            @Parameters(description = "Of the hashes.") long seed)
            throws IOException {
        Path folder = Files.createTempDirectory("semblance-scroll");
        try {
            new DeskRun(contents, seed).fill(folder);
            try (ServerProcess server = ServerProcess.start(folder)) {
                return scroll("http://127.0.0.1:" + server.port(), seconds);
            }
        } finally {
            Folders.delete(folder);
        }
    }

    private static int scroll(String origin, int seconds) {
        ChromeOptions options = new ChromeOptions();
        options.setBinary(BROWSER);
        options.addArguments(
                "--headless=new", "--no-sandbox", "--disable-background-networking", "--window-size=1280,900");
        ChromeDriver browser = new ChromeDriver(
                new ChromeDriverService.Builder()
                        .usingDriverExecutable(DRIVER)
                        .usingAnyFreePort()
                        .build(),
                options);
        try {
            browser.manage().timeouts().implicitlyWait(Duration.ofSeconds(30));
            browser.manage().timeouts().scriptTimeout(Duration.ofSeconds(seconds + 30L));
            browser.get(origin + "/console");
            browser.findElement(By.name("name")).sendKeys("bench" + Keys.ENTER);
            browser.findElement(By.cssSelector("nav"));
            browser.executeScript("location.hash = arguments[0]", "#/banks/" + Banked.BANK);
            browser.findElement(By.cssSelector("tr[data-current]"));
            scroll(browser, 3); // The page's code is compiled.
            return report(scroll(browser, seconds));
        } finally {
            browser.quit();
        }
    }

    @SuppressWarnings("unchecked")
    private static List<List<Number>> scroll(ChromeDriver browser, int seconds) {
        return (List<List<Number>>) Objects.requireNonNull(browser.executeAsyncScript(SCROLL, seconds, ROWS_A_FRAME));
    }

    private static int report(List<List<Number>> seen) {
        Times frames = times(seen.get(0));
        Times waits = times(seen.get(1));
        print(
                "%d frames, to row %.0f: p50 %.1f ms, p99 %.1f ms, longest %.1f ms; longest task of the page %.0f ms",
                frames.size(),
                seen.get(3).getFirst().doubleValue(),
                frames.percentile(0.5),
                frames.percentile(0.99),
                frames.percentile(1),
                seen.get(2).getFirst().doubleValue());
        print(
                "waited for the next page at the end of what was loaded: p99 %.1f ms, longest %.1f ms",
                waits.percentile(0.99), waits.percentile(1));
        return frames.percentile(1) > LIMIT_MS ? 1 : 0;
    }

    private static Times times(List<Number> millis) {
        Times times = new Times();
        millis.forEach(each -> times.add((long) (each.doubleValue() * 1e6)));
        return times;
    }
}
