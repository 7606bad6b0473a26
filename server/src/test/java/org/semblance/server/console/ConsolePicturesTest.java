package org.semblance.server.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;
import org.semblance.server.auth.KeyRing;
import org.semblance.server.auth.Role;
import org.semblance.server.fixture.Pictures;
import org.semblance.server.fixture.ServerExtension;
import org.semblance.server.fixture.TestServer;

/** Takes the pictures of {@code docs/console.md}, of generated photos. With {@code -Dsemblance.write} they are kept in docs/images. */
@Tag("browser")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ConsolePicturesTest {
    private static final int MOST_BYTES = 150_000;

    @RegisterExtension
    final ServerExtension server = new ServerExtension(ConsolePicturesTest::makeKeys, settings -> settings);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    private static String admin = "";

    private static void makeKeys(Path data) {
        admin = new KeyRing(data)
                .create(
                        new KeyRing.Draft("trust-and-safety", Role.ADMIN, Set.of(), false, null, null, null),
                        Instant.now())
                .secret();
    }

    private void post(String path, String contentType, byte[] body) {
        int status = server.send(
                        "POST",
                        path,
                        Map.of(
                                "X-API-Key",
                                admin,
                                "Content-Type",
                                contentType,
                                "X-Actor",
                                "Grace",
                                "X-Reason",
                                "order 7/2026"),
                        body)
                .status();
        assertThat(status).isIn(200, 201);
    }

    private static byte[] photo(int i, double quality) {
        return Pictures.jpeg(Pictures.photo(900 + i, 480, 360), quality);
    }

    @Test
    void takesThem() throws IOException {
        for (String bank : List.of("PROPAGANDA", "MANUALS")) {
            post(
                    "/v1/banks",
                    "application/json",
                    ("{\"name\":\"" + bank + "\",\"legal_basis\":\"Regulation (EU) 2021/784\",\"description\":\"Known "
                                    + bank.toLowerCase(Locale.ROOT) + "\"}")
                            .getBytes(StandardCharsets.UTF_8));
            for (int i = 0; i < 9; i++) {
                TestServer.Form form = TestServer.form(
                        List.of("file"),
                        photo(i + (bank.equals("MANUALS") ? 50 : 0), 0.9),
                        Map.of(
                                "labels",
                                i % 3 == 0 ? "poster,group-7" : "video-still",
                                "source",
                                "hotline",
                                "note",
                                "item " + (i + 1)));
                post("/v1/banks/" + bank + "/content", form.contentType(), form.body());
            }
        }
        for (int i : new int[] {1, 3, 3, 52, 6, 3, 1}) {
            post("/v1/match?reference=upload-" + (4_711 + 7 * i), "application/octet-stream", photo(i, 0.5));
        }
        try (Browser browser = Browser.open(server.port())) {
            browser.size(1120, 700);
            browser.signIn(admin, "Ada");
            browser.untilCount(".item", 7);
            keep(browser, "console-matches");
            browser.go("#/banks/PROPAGANDA");
            browser.untilCount("tbody tr[data-current]", 9);
            browser.press("j", "x", "j", "x");
            browser.untilText("2 selected");
            keep(browser, "console-bank");
            browser.go("#/check");
            List<Path> files = new ArrayList<>();
            for (int i : new int[] {3, 20, 54}) {
                files.add(Files.write(folder.resolve("case-" + i + ".jpg"), photo(i, 0.6)));
            }
            browser.drop(files);
            browser.untilText("3 of 3 files checked, 2 matches");
            browser.until(() -> browser.list("return seen.draws").size() == 3 ? true : null, "three pictures");
            browser.press(Keys.HOME);
            keep(browser, "console-check");
        }
    }

    private static void keep(Browser browser, String name) throws IOException {
        byte[] picture = browser.picture();
        assertThat(picture).hasSizeBetween(5_000, MOST_BYTES);
        if (System.getProperty("semblance.write") != null) {
            Path images = Files.createDirectories(Path.of("..", "docs", "images"));
            Files.write(images.resolve(name + ".png"), picture);
        }
    }
}
