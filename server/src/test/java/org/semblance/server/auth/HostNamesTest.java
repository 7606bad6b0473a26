package org.semblance.server.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostNamesTest {
    private final HostNames names = new HostNames("Media-1.internal", List.of("hma", "Semblance.example.org"));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "LocalHost:5100",
                "localhost.",
                "hma.localhost:5100",
                "127.0.0.1",
                "127.0.0.1:5100",
                "192.168.1.7:80",
                "[::1]",
                "[::1]:5100",
                "[fe80::1]",
                "hma",
                "hma:5100",
                "semblance.example.org",
                "media-1.internal:5100"
            })
    void itsOwnNamesAndAddressesAreAllowed(String host) {
        assertThat(names.allow(host)).isTrue();
        assertThat(names.allow(host)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example",
                "evil.example:5100",
                "localhost.evil.example",
                "evil-localhost",
                "127.0.0.1.evil.example",
                "127.0.0.1.nip.io",
                "1.2.3.4.5",
                "hma.evil.example",
                "xhma",
                "example.org",
                "localhost:5100@evil.example",
                "localhost evil",
                "[::1].evil.example",
                "::1",
                ":5100"
            })
    void otherNamesAreNot(String host) {
        assertThat(names.allow(host)).isFalse();
        assertThat(names.allow("localhost")).isTrue();
        assertThat(names.allow(host)).isFalse();
    }

    @Test
    void aSettingIsANameWithoutAPort() {
        assertThat(HostNames.areValid(List.of("hma", "a.example.org", "a_b"))).isTrue();
        for (String bad : List.of("", "a:80", "http://a", "a/", "*", ".a", "a.")) {
            assertThat(HostNames.areValid(List.of(bad))).as(bad).isFalse();
        }
    }
}
