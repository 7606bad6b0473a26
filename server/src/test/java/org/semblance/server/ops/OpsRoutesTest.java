package org.semblance.server.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.ServerExtension;
import org.semblance.server.fixture.TestTransport;
import tools.jackson.databind.JsonNode;

/** What operators see of the last hour, and of benchmarks. */
@ExtendWith(LeakWatch.class)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class OpsRoutesTest {
    @RegisterExtension
    static final ServerExtension server = new ServerExtension();

    @Test
    void givesEachFigureOfTheLastHour() {
        server.postJson("/v1/banks", "{\"name\":\"A\"}");
        // The first reading is taken at the start and has no rates; the second one comes by itself.
        TestTransport.until(
                () -> server.get("/v1/ops/history").json().get("at_ms").size() > 1);
        JsonNode history = server.get("/v1/ops/history").json();
        assertThat(history.get("step_ms").intValue()).isEqualTo(5_000);
        int readings = history.get("at_ms").size();
        List<String> names = new ArrayList<>();
        for (JsonNode series : history.get("series")) {
            names.add(series.get("name").stringValue() + series.get("labels"));
            assertThat(series.get("values")).hasSize(readings);
        }
        assertThat(names)
                .doesNotHaveDuplicates()
                .contains(
                        "requests_per_second{\"status\":\"2xx\"}",
                        "stage_ms{\"stage\":\"queue\"}",
                        "queue_depth{\"pool\":\"images\"}",
                        "queue_depth{\"pool\":\"videos\"}",
                        "queue_limit{\"pool\":\"images\"}",
                        "workers_busy{\"pool\":\"images\"}",
                        "hashes{}",
                        "index_bytes{}",
                        "lag_changes{}",
                        "disk_free_bytes{}",
                        "catalog_bytes{}",
                        "heap_bytes{}",
                        "gc_ms_per_second{}",
                        "open_files{}",
                        "warnings_per_minute{}",
                        "list_version{}");
        assertThat(names).anyMatch(name -> name.startsWith("latency_ms{\"quantile\":\"0.999\",\"route\":\"/"));
    }

    @Test
    void listsBenchmarksAndNamesWhatIsNone() throws IOException {
        assertThat(server.get("/v1/ops/benchmarks").text()).isEqualTo("{\"runs\":[],\"bad\":[]}");
        Path bench = Files.createDirectories(server.data().resolve("bench"));
        Files.writeString(bench.resolve("a.json"), "{\"machine\":\"m\",\"size\":1000000}");
        Files.writeString(bench.resolve("b.json"), "{\"machine\":");
        Files.writeString(bench.resolve("c.json"), "[1]");
        Files.writeString(bench.resolve("d.txt"), "no result");
        Files.createDirectories(bench.resolve("e.json"));
        Files.write(bench.resolve("f.json"), new byte[1_000_001]);
        JsonNode answer = server.get("/v1/ops/benchmarks").json();
        assertThat(answer.get("runs").toString())
                .isEqualTo("[{\"file\":\"a.json\",\"run\":{\"machine\":\"m\",\"size\":1000000}}]");
        assertThat(answer.get("bad"))
                .extracting(bad -> bad.get("file").stringValue())
                .containsExactly("b.json", "c.json", "e.json", "f.json");
        assertThat(answer.get("bad").get(3).get("problem").stringValue())
                .isEqualTo("1000001 bytes (expected: at most 1000000)");
    }
}
