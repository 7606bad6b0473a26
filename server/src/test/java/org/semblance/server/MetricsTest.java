package org.semblance.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.semblance.hashdb.index.kernel.Kernels;
import org.semblance.server.fixture.Pictures;
import org.semblance.server.fixture.RawClient;
import org.semblance.server.fixture.ServerExtension;
import org.semblance.server.fixture.TestServer.Answer;
import org.semblance.server.metrics.Metrics;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MetricsTest {
    private static final String HASH = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22";
    private static final byte[] PHOTO = Pictures.png(Pictures.photo(3, 400, 300));

    @RegisterExtension
    final ServerExtension server = new ServerExtension();

    /** Each series and its value. */
    private Map<String, Double> scrape() {
        Answer answer = server.get("/metrics");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("Content-Type")).isEqualTo(Metrics.CONTENT_TYPE);
        Map<String, Double> series = new LinkedHashMap<>();
        answer.text().lines().filter(line -> !line.startsWith("#")).forEach(line -> {
            int space = line.lastIndexOf(' ');
            series.put(line.substring(0, space), Double.valueOf(line.substring(space + 1)));
        });
        return series;
    }

    /** Scrapes until the series has that value: a request is counted when its answer has left, not before. */
    private Map<String, Double> scrapeWhen(String series, double value) {
        Map<String, Double> scraped = scrape();
        while (scraped.getOrDefault(series, 0.0) < value) {
            scraped = scrape();
        }
        assertThat(scraped).containsEntry(series, value);
        // Once more: the state of the database is read anew every so often, and that may fall into the middle of a
        // scrape.
        return scrape();
    }

    private static String requests(String method, String route, int status, String verdict) {
        return "semblance_requests_total{method=\"" + method + "\",route=\"" + route + "\",status=\"" + status
                + "\",verdict=\"" + verdict + "\"}";
    }

    @Test
    void countsWhatWasAnsweredByRouteStatusAndVerdict() {
        server.postJson("/v1/banks", "{\"name\":\"A\"}");
        for (int i = 0; i < 3; i++) {
            server.post("/v1/match", PHOTO);
        }
        server.post("/v1/banks/A/content", PHOTO);
        server.post("/v1/match", PHOTO);
        server.post("/v1/match", "text".getBytes(StandardCharsets.UTF_8));
        server.post("/v1/match", Pictures.png(Pictures.flat(100, 100)));
        server.post("/v1/match?banks=NONE", PHOTO);
        server.postForm("/m/lookup", "photo", PHOTO, Map.of());
        server.postForm("/m/lookup", "photo", Pictures.png(Pictures.flat(100, 100)), Map.of());
        server.postForm("/m/lookup", "photo", "text".getBytes(StandardCharsets.UTF_8), Map.of());
        server.get("/m/lookup?signal_type=pdq&signal=" + HASH);

        scrapeWhen("semblance_hashes", 1); // The state of the database is read once in a while.
        Map<String, Double> scraped = scrapeWhen(requests("GET", "/m/lookup", 200, "no_match"), 1);
        assertThat(scraped)
                .containsEntry(requests("POST", "/v1/match", 200, "no_match"), 3.0)
                .containsEntry(requests("POST", "/v1/match", 200, "match"), 1.0)
                .containsEntry(requests("POST", "/v1/match", 200, "unsupported"), 1.0)
                .containsEntry(requests("POST", "/v1/match", 200, "undecidable"), 1.0)
                .containsEntry(requests("POST", "/v1/match", 400, "none"), 1.0)
                .containsEntry(requests("POST", "/m/lookup", 200, "match"), 1.0)
                .containsEntry(requests("POST", "/m/lookup", 200, "undecidable"), 1.0)
                .containsEntry(requests("POST", "/m/lookup", 400, "unsupported"), 1.0)
                .containsEntry(requests("POST", "/v1/banks/{bank}/content", 201, "none"), 1.0)
                .containsEntry("semblance_request_seconds_count{route=\"/v1/match\"}", 7.0)
                .containsEntry("semblance_hashes", 1.0)
                .containsEntry("semblance_list_version", 2.0);
        // Seven to /v1/match less the one that was refused, four to /m/lookup.
        assertThat(scraped.get("semblance_stage_seconds_count{stage=\"lookup\"}"))
                .isEqualTo(10);
        assertThat(scraped.get("semblance_stage_seconds_count{stage=\"decode\"}"))
                .isBetween(6.0, 10.0);
        assertThat(scraped.get("semblance_stage_seconds_bucket{stage=\"queue\",le=\"+Inf\"}"))
                .isEqualTo(scraped.get("semblance_stage_seconds_count{stage=\"queue\"}"))
                .isGreaterThanOrEqualTo(12); // A lookup that finds nothing waits in none.
        assertThat(scraped.get("semblance_stage_seconds_sum{stage=\"decode\"}")).isPositive();
    }

    @Test
    void tellsHowTheServerIs() {
        Map<String, Double> scraped = scrape();
        assertThat(scraped).containsEntry("semblance_connections", 1.0).containsEntry("semblance_queue_depth", 0.0);
        assertThat(scraped.get("process_resident_memory_bytes")).isGreaterThan(10_000_000);
        assertThat(scraped).containsKeys("semblance_index_memory_bytes", "netty_direct_memory_bytes");
        assertThat(scraped)
                .containsEntry(
                        "semblance_index_kernel_info{form=\"" + Kernels.best().name() + "\"}", 1.0)
                .containsKeys(
                        "semblance_index_resident_bytes{pages=\"huge\"}",
                        "semblance_index_resident_bytes{pages=\"small\"}");
        assertThat(scraped.keySet()).anyMatch(name -> name.startsWith("jvm_memory_used_bytes{area=\"heap\""));
    }

    @Test
    void countsFeaturesAndWhatTheyCost() {
        assertThat(scrape()).containsEntry("semblance_features", 0.0).containsEntry("semblance_features_pictures", 0.0);
        BufferedImage photo = Pictures.photo(5, 600, 450);
        server.postJson("/v1/banks", "{\"name\":\"A\"}");
        int banked = server.post("/v1/banks/A/content", Pictures.png(photo))
                .json()
                .get("features")
                .get("count")
                .intValue();
        assertThat(banked).isGreaterThan(100);
        Answer found = server.post("/v1/match", Pictures.png(photo.getSubimage(150, 100, 400, 300)));
        assertThat(found.json().get("matches").get(0).get("signal_type").stringValue())
                .isEqualTo("orb");

        Map<String, Double> scraped = scrapeWhen("semblance_features_pictures", 1);
        assertThat(scraped)
                .containsEntry("semblance_features", (double) banked)
                .containsEntry("semblance_features_unsaved", (double) banked)
                // Of the upload, and of the banked picture to see how many others are like it.
                .containsEntry("semblance_features_lookups_total", 2.0)
                .containsEntry("semblance_features_capped_pictures_total", 0.0)
                .containsKeys("semblance_features_hubs_total", "semblance_storage_bytes{file=\"features\"}");
        assertThat(scraped.get("semblance_features_memory_bytes")).isGreaterThan(36 * banked);
        assertThat(scraped.get("semblance_features_candidates_total")).isPositive();
    }

    @Test
    void makesNoLabelOfWhatAClientSends() {
        int before = scrape().size();
        String secret = "s3cr3t";
        for (int i = 0; i < 20; i++) {
            server.get("/" + secret + i);
            server.get("/v1/banks/" + secret + i);
            server.send("OPTIONS", "/v1/banks/" + secret + i, Map.of(), new byte[0]);
            server.send("BREW" + i, "/v1/banks", Map.of(), new byte[0]);
            server.get("/m/lookup?signal_type=" + secret + i + "&signal=" + HASH);
        }
        Map<String, Double> scraped = scrapeWhen(requests("GET", "/m/lookup", 400, "none"), 20);
        assertThat(scraped.keySet())
                .noneMatch(name -> name.contains(secret) || name.contains("BREW"))
                .noneMatch(Pattern.compile("[0-9a-f]{32}").asPredicate());
        assertThat(scraped).containsEntry(requests("none", "none", 404, "none"), 20.0);
        assertThat(scraped).containsEntry(requests("OPTIONS", "/v1/banks/{bank}", 200, "none"), 20.0);
        assertThat(scraped.size() - before).isLessThan(200);
    }

    @Test
    void countsRefusals() {
        String refused = "semblance_refusals_total{reason=\"";
        assertThat(scrape().keySet()).noneMatch(name -> name.startsWith(refused));
        try (RawClient client = new RawClient(server.port())) {
            client.send("POST /v1/match HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n");
            assertThat(client.read().status()).isEqualTo(413);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        assertThat(scrapeWhen(requests("POST", "/v1/match", 413, "none"), 1).keySet())
                .as("too large is not for lack of capacity")
                .noneMatch(name -> name.startsWith(refused));
    }
}
