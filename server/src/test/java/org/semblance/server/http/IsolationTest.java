package org.semblance.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.engine.worker.DecodeWorker;
import org.semblance.server.config.Isolation;
import tools.jackson.databind.JsonNode;

/** A server whose uploads are decoded in worker processes. */
@EnabledOnOs(OS.LINUX)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class IsolationTest {
    @TempDir
    private Path folder;

    private static Stream<ProcessHandle> decoders() {
        String program = DecodeWorker.class.getName();
        return ProcessHandle.current()
                .children()
                .filter(child -> child.info().commandLine().orElse("").contains(program));
    }

    @Test
    void answersAsTheServersOwnProcessDoesAndOutlivesItsDecoder() throws Exception {
        byte[] jpeg = Pictures.jpeg(Pictures.photo(7, 400, 300), 0.8);
        JsonNode expected;
        try (TestServer server = new TestServer(folder.resolve("a"))) {
            expected = server.post("/v1/hash", jpeg).json();
            assertThat(decoders()).isEmpty();
        }
        List<ProcessHandle> all;
        try (TestServer server = new TestServer(folder.resolve("b"), Isolation.WORKERS)) {
            JsonNode answer = server.post("/v1/hash", jpeg).json();
            assertThat(answer.get("signals")).isEqualTo(expected.get("signals"));
            assertThat(verdict(server, jpeg)).isEqualTo("no_match");
            assertThat(verdict(server, new byte[] {1, 2, 3})).isEqualTo("unsupported");

            ProcessHandle decoder = decoders().findFirst().orElseThrow();
            decoder.destroyForcibly();
            decoder.onExit().get();
            assertThat(verdict(server, jpeg)).isEqualTo("no_match");
            String metrics = server.get("/metrics").text();
            assertThat(metrics).contains("semblance_decoders_started_total{lane=\"images\"} 2.0");
            assertThat(metrics).contains("semblance_decoders_ended_total{cause=\"idle\",lane=\"images\"} 1.0");
            assertThat(metrics).contains("semblance_decoders_idle{lane=\"images\"} 1.0");
            assertThat(metrics).contains("semblance_decoders_busy{lane=\"videos\"} 0.0");
            all = decoders().toList();
            assertThat(all).hasSize(1);
        }
        for (ProcessHandle decoder : all) {
            assertThat(decoder.onExit()).succeedsWithin(Duration.ofSeconds(30));
        }
    }

    private static String verdict(TestServer server, byte[] content) {
        return server.post("/v1/match", content).json().get("verdict").asString();
    }
}
