package org.semblance.server.ops;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.semblance.hashdb.json.StrictJson;
import org.semblance.server.auth.Role;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.Json;
import org.semblance.server.http.Response;
import org.semblance.server.metrics.History;
import org.semblance.server.route.Request;
import org.semblance.server.route.Route;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /v1/ops}: the figures of the last hour, and the benchmarks in the data folder. */
public final class OpsRoutes {
    private static final String BENCH = "bench";
    private static final int MOST_RUNS = 200;
    private static final long MOST_BYTES = 1_000_000;

    /** Digits after the point that a plot can show. */
    private static final double PARTS = 1_000;

    private final History history;
    private final Path benchFolder;

    /** @param dataFolder in which results of benchmarks are looked for, in its folder {@value #BENCH} */
    public OpsRoutes(History history, Path dataFolder) {
        this.history = history;
        this.benchFolder = dataFolder.resolve(BENCH);
    }

    public List<Route> routes() {
        return List.of(
                route("/v1/ops/history", (request, worker) -> history(request)),
                route("/v1/ops/benchmarks", (request, worker) -> benchmarks()));
    }

    private static Route route(String pattern, Route.Work work) {
        return new Route(Dialect.NATIVE, "GET", pattern, Set.of(), Route.Takes.NOTHING, Role.OPS, work);
    }

    /** The figures count over all banks, so a key of some is refused. */
    private Response history(Request request) {
        request.caller().requiresAllBanks();
        History.Snapshot snapshot = history.snapshot();
        ObjectNode answer = Json.object().put("step_ms", History.STEP_MS);
        ArrayNode at = answer.putArray("at_ms");
        for (long ms : snapshot.atMs()) {
            at.add(ms);
        }
        ArrayNode all = answer.putArray("series");
        for (History.Series series : snapshot.series()) {
            ObjectNode node = all.addObject().put("name", series.name());
            ObjectNode labels = node.putObject("labels");
            new TreeMap<>(series.labels()).forEach(labels::put);
            node.put("unit", series.unit());
            ArrayNode values = node.putArray("values");
            for (double value : series.values()) {
                add(values, value);
            }
        }
        return Response.json(200, answer);
    }

    private static void add(ArrayNode values, double value) {
        if (!Double.isFinite(value)) {
            values.addNull();
        } else if (value == Math.rint(value) && Math.abs(value) < Long.MAX_VALUE) {
            values.add((long) value);
        } else {
            values.add(Math.rint(value * PARTS) / PARTS);
        }
    }

    private Response benchmarks() {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(benchFolder, "*.json")) {
            all.forEach(files::add);
        } catch (NoSuchFileException | NotDirectoryException e) {
            // Nobody has put one there.
        } catch (IOException e) {
            return Response.json(200, bad(answer(), BENCH, e.toString()));
        }
        Collections.sort(files);
        ObjectNode answer = answer();
        List<Path> newest = files.subList(Math.max(0, files.size() - MOST_RUNS), files.size());
        for (Path file : newest) {
            String name = file.getFileName().toString();
            try {
                if (Files.size(file) > MOST_BYTES) {
                    bad(answer, name, Files.size(file) + " bytes (expected: at most " + MOST_BYTES + ")");
                    continue;
                }
                JsonNode run = StrictJson.COMPACT.readTree(Files.readAllBytes(file));
                if (run.isObject()) {
                    answer.withArray("runs").addObject().put("file", name).set("run", run);
                } else {
                    bad(answer, name, "no JSON object");
                }
            } catch (JacksonException e) {
                bad(answer, name, "not valid JSON: " + e.getOriginalMessage());
            } catch (IOException e) {
                bad(answer, name, "cannot be read: " + e.getClass().getSimpleName());
            }
        }
        return Response.json(200, answer);
    }

    private static ObjectNode answer() {
        ObjectNode answer = Json.object();
        answer.putArray("runs");
        answer.putArray("bad");
        return answer;
    }

    private static ObjectNode bad(ObjectNode answer, String file, String problem) {
        answer.withArray("bad").addObject().put("file", file).put("problem", problem);
        return answer;
    }
}
