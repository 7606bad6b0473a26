package org.semblance.server.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Cookie;
import org.semblance.server.MatchServer;
import org.semblance.server.auth.KeyRing;
import org.semblance.server.auth.Role;
import org.semblance.server.config.Isolation;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.config.Setting;
import org.semblance.server.config.TlsFiles;
import org.semblance.server.fixture.Pictures;
import org.semblance.server.tls.TestCertificate;

/** The console over TLS and HTTP/2, with the cookie that browsers bind to the host. */
@Tag("browser")
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ConsoleTlsTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @Test
    void signsInChecksAndIsToldWhatMatches() throws IOException {
        Path data = folder.resolve("db");
        TlsFiles files = TestCertificate.ofCurve().write(folder);
        String secret = new KeyRing(data)
                .create(new KeyRing.Draft("admin", Role.ADMIN, Set.of(), false, null, null, null), Instant.now())
                .secret();
        ServerConfig config = ServerConfig.builder(data)
                .set(Setting.PORT, 0)
                .set(Setting.ISOLATION, Isolation.NONE)
                .set(Setting.TLS_CERTIFICATE, files.certificate())
                .set(Setting.TLS_KEY, files.key())
                .build();
        try (MatchServer server = MatchServer.start(config);
                Browser browser = Browser.openTls(server.port())) {
            browser.signIn(secret, "Zoë");
            Cookie cookie = Objects.requireNonNull(browser.driver().manage().getCookieNamed("__Host-semblance"));
            assertThat(cookie.isSecure()).isTrue();
            assertThat(cookie.isHttpOnly()).isTrue();
            assertThat(cookie.getSameSite()).isEqualTo("Strict");
            browser.until(() -> browser.text().contains("live") ? true : null, "the feed, as events over HTTP/2");
            browser.press("gb");
            browser.untilText("There is no bank yet");
            browser.press("n");
            browser.type("dialog [name=name]", "KNOWN");
            browser.reason("first");
            browser.untilText("Created the bank");
            Path photo = Files.write(folder.resolve("photo.png"), Pictures.png(Pictures.photo(1, 200, 150)));
            browser.go("#/add?bank=KNOWN");
            browser.type("[name=reason]", "order 1");
            browser.drop(List.of(photo));
            browser.act("bank-all");
            browser.untilText("1 of 1 file done");
            browser.go("#/check");
            browser.drop(List.of(photo));
            browser.untilText("1 of 1 file checked, 1 match");
            browser.go("#/journal");
            browser.untilText("admin/Zoë");
            browser.assertKeptToItself();
            assertThat(browser.<String>list(
                            "return performance.getEntriesByType('resource').map(e => e.nextHopProtocol)"))
                    .contains("h2");
        }
        assertThat(Files.readString(data.resolve("keys.json"), StandardCharsets.UTF_8))
                .doesNotContain(secret);
    }
}
