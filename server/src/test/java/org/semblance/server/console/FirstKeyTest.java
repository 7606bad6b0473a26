package org.semblance.server.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.openqa.selenium.Keys;
import org.semblance.server.fixture.ServerExtension;

/** A server without keys, from the first look at the console to the first key. */
@Tag("browser")
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FirstKeyTest {
    @RegisterExtension
    final ServerExtension server = new ServerExtension();

    @Test
    void asksForANameAloneUntilThereIsAKey() {
        try (Browser browser = Browser.open(server.port())) {
            browser.load();
            assertThat(browser.all("input[name=key]")).isEmpty();
            browser.type("input[name=name]", "Ada" + Keys.ENTER);
            browser.untilText("no key needed");
            browser.press("gb");
            browser.untilText("There is no bank yet");
            browser.act("new-bank");
            browser.type("dialog [name=name]", "KNOWN");
            browser.reason("to begin");
            browser.untilText("Created the bank");
            assertThat(server.get("/v1/journal").json().at("/entries/0/actor").stringValue())
                    .isEqualTo("Ada");
            browser.press("gk");
            browser.untilText("There is no key");
            browser.act("new-key");
            browser.type("dialog [name=name]", "first");
            browser.click("dialog [name=role] option[value=admin]");
            browser.type("dialog [name=reason]", "to begin" + Keys.ENTER);
            String secret = browser.find(".secret").getText();
            assertThat(secret).startsWith("smb_");
            browser.press(Keys.ESCAPE);
            browser.find("input[name=key]");
            assertThat(browser.text()).doesNotContain(secret);
            browser.type("input[name=key]", secret);
            browser.type("input[name=name]", "Ada" + Keys.ENTER);
            browser.untilText("key first, admin");
            assertThat(server.send("GET", "/v1/banks", Map.of(), new byte[0]).status())
                    .isEqualTo(401);
            browser.assertKeptToItself();
        }
    }
}
