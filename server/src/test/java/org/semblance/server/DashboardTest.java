package org.semblance.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.server.auth.AccessRefusedException;
import org.semblance.server.config.Isolation;
import org.semblance.server.fixture.Pictures;
import org.semblance.server.fixture.TestServer;
import org.yaml.snakeyaml.Yaml;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A dashboard that asks for what is not there shows nothing, and nobody notices until it is needed. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DashboardTest {
    private static final byte[] PHOTO = Pictures.png(Pictures.photo(3, 400, 300));

    /** Of a metric and, in braces, its label matchers. */
    private static final Pattern SELECTOR = Pattern.compile("([a-z_][a-z0-9_]*)(?:\\{((?:[^\"}]|\"[^\"]*\")*)})?");

    private static final Pattern MATCHER = Pattern.compile("([a-z_]+)(=~|!~|!=|=)\"([^\"]*)\"");
    private static final Pattern GROUPING = Pattern.compile("\\b(?:by|without) \\(([^)]*)\\)");

    private static final Set<String> WORDS =
            Set.of("sum", "rate", "increase", "by", "histogram_quantile", "max", "min", "avg");

    /** Exported and of no use on a dashboard beside what is on it. */
    private static final Set<String> NOT_SHOWN = Set.of(
            "semblance_request_seconds_max",
            "semblance_stage_seconds_count",
            "semblance_stage_seconds_sum",
            "semblance_stage_seconds_max",
            "semblance_key_wait_seconds_max",
            "semblance_key_work_seconds_count",
            "semblance_key_work_seconds_max",
            "semblance_commit_seconds_sum",
            "semblance_commit_seconds_max",
            "semblance_commit_changes_count",
            "semblance_commit_changes_max",
            "semblance_decoders_av1",
            "semblance_index_kernel_info",
            "semblance_index_save_seconds_sum",
            "semblance_index_build_seconds_sum",
            "semblance_index_fetch_seconds_sum",
            "semblance_view_build_seconds_sum");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    /** An expression and the panel it is of. */
    private record Query(String panel, String expression, String legend) {}

    private static List<Query> queries() throws IOException {
        JsonNode dashboard = new JsonMapper().readTree(Files.readString(Path.of("src/main/dist/grafana.json")));
        List<Query> queries = new ArrayList<>();
        for (JsonNode panel : dashboard.get("panels")) {
            for (JsonNode target : panel.path("targets")) {
                queries.add(new Query(
                        panel.get("title").stringValue(),
                        target.get("expr").stringValue(),
                        target.get("legendFormat").stringValue()));
            }
        }
        return queries;
    }

    private static JsonNode yaml(String file) throws IOException {
        Object content = new Yaml().load(Files.readString(Path.of("src/main/dist/" + file)));
        return new JsonMapper().valueToTree(content);
    }

    /** The name of the only job of the scrape configuration, which has to ask for what the server serves. */
    private static String job() throws IOException {
        JsonNode configuration = yaml("prometheus.yml");
        assertThat(configuration.get("rule_files").toString()).isEqualTo("[\"alerts.yml\"]");
        JsonNode scrape = configuration.get("scrape_configs").get(0);
        assertThat(scrape.get("metrics_path").stringValue()).isEqualTo("/metrics");
        assertThat(scrape.get("authorization").get("type").stringValue()).isEqualTo("Bearer");
        return scrape.get("job_name").stringValue();
    }

    /** What Prometheus adds to each series. */
    private static final Set<String> ADDED = Set.of("instance", "job");

    /** The rules, each with the labels that its text names. */
    private static List<Query> alerts() throws IOException {
        List<Query> alerts = new ArrayList<>();
        for (JsonNode group : yaml("alerts.yml").get("groups")) {
            for (JsonNode rule : group.get("rules")) {
                JsonNode texts = rule.get("annotations");
                assertThat(texts.propertyNames()).containsExactly("summary", "description");
                assertThat(rule.get("labels").get("severity").stringValue()).isIn("page", "ticket");
                StringBuilder legend = new StringBuilder();
                Pattern.compile("\\{\\{ \\$labels\\.(\\w+) }}")
                        .matcher(texts.get("summary").stringValue())
                        .results()
                        .filter(label -> !ADDED.contains(label.group(1)))
                        .forEach(label ->
                                legend.append("{{").append(label.group(1)).append("}}"));
                alerts.add(new Query(
                        rule.get("alert").stringValue(), rule.get("expr").stringValue(), legend.toString()));
            }
        }
        assertThat(alerts).hasSizeGreaterThan(10);
        return alerts;
    }

    /** The labels of each series, by metric. */
    private static Map<String, List<Map<String, String>>> scrape(TestServer server) {
        Map<String, List<Map<String, String>>> series = new HashMap<>();
        server.get("/metrics")
                .text()
                .lines()
                .filter(line -> !line.startsWith("#"))
                .forEach(line -> {
                    Matcher selector = SELECTOR.matcher(line);
                    assertThat(selector.lookingAt()).as(line).isTrue();
                    Map<String, String> labels = new HashMap<>();
                    if (selector.group(2) != null) {
                        MATCHER.matcher(selector.group(2))
                                .results()
                                .forEach(label -> labels.put(label.group(1), label.group(3)));
                    }
                    series.computeIfAbsent(selector.group(1), name -> new ArrayList<>())
                            .add(labels);
                });
        return series;
    }

    /** Everything that makes a series: matches, changes, errors, refusals, a save of the index. */
    private static Map<String, List<Map<String, String>>> exercised(TestServer server) throws IOException {
        server.postJson("/v1/banks", "{\"name\":\"A\"}");
        server.post("/v1/banks/A/content", PHOTO);
        server.post("/v1/match", PHOTO);
        server.get("/v1/banks/NONE");
        System.gc(); // a pause is told of when there has been one
        Map<String, List<Map<String, String>>> series = scrape(server);
        while (!series.containsKey("jvm_gc_pause_seconds_sum")
                || series.getOrDefault("semblance_requests_total", List.of()).stream()
                        .noneMatch(labels -> labels.getOrDefault("status", "").equals("404"))) {
            series = scrape(server);
        }
        return series;
    }

    @Test
    void asksForNothingThatAServerDoesNotTellAndForAllThatItTells() throws IOException {
        try (TestServer server = new TestServer(folder.resolve("db"), Isolation.WORKERS)) {
            Map<String, List<Map<String, String>>> series = exercised(server);
            // There is one as soon as something is refused; the name and the label are MetricsTest's and this test's.
            series.putIfAbsent(
                    "semblance_refusals_total",
                    List.of(Map.of("reason", AccessRefusedException.Reason.BAD_KEY.wireName())));
            // As soon as there is a certificate; their names are TlsTest's.
            series.putIfAbsent("semblance_tls_handshake_failures_total", List.of(Map.of()));
            series.putIfAbsent("semblance_tls_certificate_expiry_seconds", List.of(Map.of()));
            // There is one as soon as the server is busy, as HttpTransportTest has it.
            series.computeIfAbsent("semblance_requests_total", name -> new ArrayList<>())
                    .add(Map.of("status", "503"));
            // What Prometheus itself says of a server that it asks.
            series.put("up", List.of(Map.of("job", job(), "instance", "127.0.0.1:5100")));
            for (Query rule : alerts()) {
                check(rule, series);
            }
            Set<String> asked = new TreeSet<>();
            for (Query query : queries()) {
                asked.addAll(check(query, series));
            }
            List<String> missing = series.keySet().stream()
                    .filter(name -> name.startsWith("semblance_"))
                    .filter(Predicate.not(asked::contains))
                    .filter(Predicate.not(NOT_SHOWN::contains))
                    .sorted()
                    .toList();
            assertThat(missing)
                    .as("exported, but neither in a panel of src/main/dist/grafana.json nor in NOT_SHOWN")
                    .isEmpty();
            assertThat(NOT_SHOWN).as("no longer exported").isSubsetOf(series.keySet());
        }
    }

    /** Checks each selector, grouping and legend; returns the metrics. */
    private static Set<String> check(Query query, Map<String, List<Map<String, String>>> series) {
        Set<String> names = new TreeSet<>();
        Set<String> labels = new TreeSet<>();
        String rest = query.expression.replaceAll("\\[[^]]*]|\\b[0-9.]+e[0-9]+\\b", "");
        Matcher grouping = GROUPING.matcher(rest);
        while (grouping.find()) {
            labels.addAll(List.of(grouping.group(1).split(", ")));
        }
        Matcher selector = SELECTOR.matcher(grouping.replaceAll(""));
        while (selector.find()) {
            String name = selector.group(1);
            if (WORDS.contains(name)) {
                continue;
            }
            names.add(name);
            assertThat(series).as("%s: %s", query.panel, query.expression).containsKey(name);
            if (selector.group(2) != null) {
                MATCHER.matcher(selector.group(2))
                        .results()
                        .forEach(matcher -> assertMatches(
                                query,
                                series.getOrDefault(name, List.of()),
                                matcher.group(1),
                                matcher.group(2),
                                matcher.group(3)));
            }
        }
        assertThat(names).as("%s: %s", query.panel, query.expression).isNotEmpty();
        Pattern.compile("\\{\\{(\\w+)}}").matcher(query.legend).results().forEach(label -> labels.add(label.group(1)));
        for (String name : names) {
            for (String label : labels) {
                assertThat(series.get(name))
                        .as("%s: label %s of %s", query.panel, label, name)
                        .anyMatch(has -> has.containsKey(label));
            }
        }
        return names;
    }

    /** What is asked for by its exact value is there; of the rest the label is. */
    private static void assertMatches(
            Query query, List<Map<String, String>> series, String label, String operator, String value) {
        assertThat(series)
                .as("%s: label %s of %s", query.panel, label, query.expression)
                .anyMatch(labels ->
                        labels.containsKey(label) && (!operator.equals("=") || value.equals(labels.get(label))));
    }
}
