package org.semblance.server.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FetchTargetTest {
    private static final FetchHosts HOSTS = FetchHosts.of(List.of(
            "cdn.example.org",
            "media.example.org:8443",
            "Upper.Example.ORG",
            "127.0.0.1:8080",
            "[::1]:8080",
            "localhost:9"));

    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                "http://cdn.example.org/a.jpg cdn.example.org 80 /a.jpg",
                "https://cdn.example.org/a.jpg?x=1&y=%20 cdn.example.org 443 /a.jpg?x=1&y=%20",
                "HTTPS://CDN.Example.org:443/ cdn.example.org 443 /",
                "https://cdn.example.org. cdn.example.org 443 /",
                "http://cdn.example.org:443/#part cdn.example.org 443 /",
                "https://media.example.org:8443/x media.example.org 8443 /x",
                "http://upper.example.org/x upper.example.org 80 /x",
                "http://127.0.0.1:8080/x 127.0.0.1 8080 /x",
                "http://[::1]:8080/x [::1] 8080 /x",
                "http://[0:0:0:0:0:0:0:1]:8080/x [0:0:0:0:0:0:0:1] 8080 /x",
                "http://localhost:9/ localhost 9 /",
                "http://cdn.example.org/f\u00fcr|[1].jpg cdn.example.org 80 /f%C3%BCr%7C%5B1%5D.jpg"
            })
    void takesWhatIsNamed(String url, String host, int port, String path) {
        FetchTarget target = FetchTarget.of(url, HOSTS);
        assertThat(target.host()).isEqualTo(host);
        assertThat(target.port()).isEqualTo(port);
        assertThat(target.path()).isEqualTo(path);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "cdn.example.org/a.jpg",
                "//cdn.example.org/a.jpg",
                "ftp://cdn.example.org/a.jpg",
                "file:///etc/passwd",
                "http:cdn.example.org",
                "http:///a.jpg",
                "http://user@cdn.example.org/a.jpg",
                "http://user:password@cdn.example.org/a.jpg",
                "http://cdn.example.org@127.0.0.1/a.jpg",
                "http://cdn.example.org:/a.jpg",
                "http://cdn.example.org:8080/a.jpg",
                "https://media.example.org/x",
                "http://media.example.org:80/x",
                "http://evil.cdn.example.org/",
                "http://cdn.example.org.evil.net/",
                "http://evilcdn.example.org/",
                "http://cdn.example.org\\@evil.net/",
                "http://cdn.example.org\\.evil.net/",
                "http://127.0.0.1/",
                "http://127.1:8080/",
                "http://2130706433:8080/",
                "http://0x7f000001:8080/",
                "http://0177.0.0.1:8080/",
                "http://127.0.0.01:8080/",
                "http://[::ffff:127.0.0.1]:80/",
                "http://[::2]:8080/",
                "http://localhost/",
                "http://localhost:8080/",
                "http://cdn.example.org:99999/",
                "http://cdn.example.org/%zz",
                "http://cdn.example.org/\u0000\r\nHost: evil/%"
            })
    void refusesAllElse(String url) {
        assertThatThrownBy(() -> FetchTarget.of(url, HOSTS))
                .isInstanceOfSatisfying(
                        FetchFailedException.class,
                        e -> assertThat(e.reason()).isEqualTo(FetchFailedException.Reason.REFUSED));
    }

    @Test
    void aNewlineInAPathIsEscapedAndEndsNoRequestLine() {
        assertThat(FetchTarget.of("http://cdn.example.org/a\r\nHost: evil", HOSTS)
                        .path())
                .isEqualTo("/a%0D%0AHost:%20evil");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a b",
                "http://a.example",
                "a.example/",
                "user@a.example",
                "a.example:0",
                "a.example:65536",
                "a.example:x",
                "127.1",
                "0x7f.0.0.1",
                "1.2.3.4.5",
                "256.1.1.1",
                "a.0x1f",
                "::1",
                "[::1",
                "[zz]",
                "-a.example",
                "a..example",
                "*.example.org",
                "a_b.example"
            })
    void refusesASettingThatIsNoHost(String host) {
        assertThat(FetchHosts.areValid(List.of(host))).isFalse();
    }

    @Test
    void aRedirectMustBeNamedToo() {
        FetchTarget target = FetchTarget.of("https://cdn.example.org/a/b.jpg?x", HOSTS);
        assertThat(target.redirected("/c.jpg", HOSTS).url()).hasToString("https://cdn.example.org/c.jpg");
        assertThat(target.redirected("d.jpg", HOSTS).path()).isEqualTo("/a/d.jpg");
        assertThat(target.redirected("//upper.example.org/e", HOSTS).host()).isEqualTo("upper.example.org");
        for (String elsewhere : List.of("http://10.0.0.1/", "//evil.net/", "file:///etc/passwd", "http://127.0.0.1/")) {
            assertThatThrownBy(() -> target.redirected(elsewhere, HOSTS)).isInstanceOf(FetchFailedException.class);
        }
    }

    @Test
    void everyAddressOfANameHasToBePublicUnlessItIsNamedItself() throws UnknownHostException {
        InetAddress known = InetAddress.getByName("8.8.8.8");
        InetAddress inner = InetAddress.getByName("10.0.0.1");
        InetAddress own = InetAddress.getByName("127.0.0.1");
        FetchTarget target = FetchTarget.of("https://cdn.example.org/", HOSTS);
        assertThat(target.vetted(List.of(known))).isEqualTo(known);
        for (List<InetAddress> some :
                List.of(List.<InetAddress>of(), List.of(inner), List.of(known, inner), List.of(own))) {
            assertThatThrownBy(() -> target.vetted(some)).isInstanceOf(FetchFailedException.class);
        }
        FetchTarget named = FetchTarget.of("http://127.0.0.1:8080/", HOSTS);
        assertThat(named.vetted(List.of(own))).isEqualTo(own);
        assertThatThrownBy(() -> named.vetted(List.of(inner))).isInstanceOf(FetchFailedException.class);
        FetchTarget local = FetchTarget.of("http://localhost:9/", HOSTS);
        assertThat(local.vetted(List.of(own))).isEqualTo(own);
        assertThatThrownBy(() -> local.vetted(List.of(inner))).isInstanceOf(FetchFailedException.class);
    }
}
