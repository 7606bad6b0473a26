package org.semblance.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.RawClient;
import org.semblance.server.fixture.ServerExtension;
import org.semblance.server.fixture.TestServer.Answer;

/** Requests that are wrong in a way of their own, and the words in which they are told so. */
@ExtendWith(LeakWatch.class)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BrokenRequestTest {

    @RegisterExtension
    static final ServerExtension server = new ServerExtension();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Host: t\r\nX: a\r\n b\r\n",
                "Host: t\r\nX: a\r\n\tb\r\n",
                "Host: t\r\nX: a\n b\r\n",
                "Host: t\r\nX:\r\n  \r\n",
                "Host: t\r\nContent-Length: 0\r\n 1\r\n",
                "Host: t\r\n u\r\n",
                " X: a\r\nHost: t\r\n"
            })
    void refusesAHeaderFieldOnTwoLines(String fields) throws IOException {
        byte[] request = ("GET /healthz HTTP/1.1\r\n" + fields + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
        for (int piece : List.of(request.length, 1, 7)) {
            try (RawClient client = new RawClient(server.port())) {
                for (int from = 0; from < request.length; from += piece) {
                    int length = Math.min(piece, request.length - from);
                    byte[] part = new byte[length];
                    System.arraycopy(request, from, part, 0, length);
                    client.send(part);
                }
                RawClient.Answer answer = client.read();
                assertThat(answer.status()).as(answer.body()).isEqualTo(400);
                assertThat(answer.headers()).containsEntry("connection", "close");
            }
        }
    }

    @Test
    void takesABodyThatLooksLikeOneAndLineBreaksBetweenRequests() throws IOException {
        try (RawClient client = new RawClient(server.port())) {
            String body = " a\n b\n\tc\n";
            String post = "POST /v1/match HTTP/1.1\r\nHost: t\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
            for (int i = 0; i < 2; i++) {
                RawClient.Answer posted = client.send(post + "\r\n").read();
                assertThat(posted.status()).as(posted.body()).isEqualTo(200);
                assertThat(client.send("GET /healthz HTTP/1.1\r\nHost: t\r\nX:  a  b\r\n\r\n")
                                .read()
                                .status())
                        .isEqualTo(200);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "no boundary at all",
                "--b\r\n\r\nno head\r\n--b--\r\n",
                "--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n",
                "--b\r\nContent-Disposition: form-data; name\r\n\r\nx\r\n--b--\r\n",
                "--b\r\nContent-Disposition: form-data; name=\"f\"; filename\r\n\r\nx\r\n--b--\r\n",
                "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\nContent-Type\r\n\r\nx\r\n--b--\r\n",
                "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\nContent-Type: text/plain; charset\r\n\r\nx\r\n--b--\r\n",
                "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\nContent-Type: text/plain; charset=zz\r\n\r\nx\r\n--b--\r\n",
                "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\nContent-Transfer-Encoding: zz\r\n\r\nx\r\n--b--\r\n",
                "--b\r\nContent-Disposition: form-data; name=\"f\"; filename*=zz\r\n\r\nx\r\n--b--\r\n",
                "--b\r\nContent-Disposition: form-data; name=\"f\"\r\nContent-Length: zz\r\n\r\nx\r\n--b--\r\n",
                "--b\r\nContent-Type: multipart/mixed\r\n\r\nx\r\n--b--\r\n",
                "--b\r\nContent-Disposition: form-data; name=\"f\"\r\nContent-Type: multipart/mixed\r\n\r\nx\r\n--b--\r\n",
                "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\ncut off"
            })
    void saysWhatIsWrongWithAForm(String body) {
        Answer answer = server.send(
                "POST",
                "/v1/match",
                Map.of("Content-Type", "multipart/form-data; boundary=b"),
                body.getBytes(StandardCharsets.ISO_8859_1));
        if (answer.status() != 200) {
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.json().get("detail").stringValue())
                    .doesNotContain("null", "Exception", "java.", "index")
                    .contains("(expected: ");
        }
    }
}
