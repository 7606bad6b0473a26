package org.semblance.server.selfbench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.semblance.server.json.ReportJson;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The figures of one run, with all that somebody needs to tell whether another run can be held against it.
 *
 * @param version of Semblance
 * @param madeAt ISO 8601, UTC
 * @param machine processor, cores, memory, system
 * @param jdk name of the virtual machine and version of the runtime
 * @param seed of all that was generated
 * @param size hashes that were looked up among
 * @param figures of each kind of work that was measured
 * @param capacity what uploads by all clients at once came to; null if it could not be measured
 * @param notes what a reader has to know of the run, in sentences: that the machine was busy
 * @param failures what could not be measured, or not to its end, and why
 */
public record BenchReport(
        String version,
        String madeAt,
        String machine,
        String jdk,
        long seed,
        int size,
        List<Figure> figures,
        @Nullable Capacity capacity,
        List<String> notes,
        List<String> failures) {
    public BenchReport {
        figures = List.copyOf(figures);
        notes = List.copyOf(notes);
        failures = List.copyOf(failures);
    }

    /** The figure of that name. */
    public Optional<Figure> figure(String name) {
        return figures.stream().filter(f -> f.name().equals(name)).findFirst();
    }

    /** Writes the report as a JSON file. */
    public void write(Path file) throws IOException {
        Files.writeString(
                file, ReportJson.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(json()) + "\n");
    }

    /** The report as JSON. */
    public ObjectNode json() {
        ObjectNode node = ReportJson.MAPPER.createObjectNode();
        node.put("version", version)
                .put("made_at", madeAt)
                .put("machine", machine)
                .put("jdk", jdk);
        node.put("seed", seed).put("size", size);
        ArrayNode list = node.putArray("figures");
        for (Figure figure : figures) {
            ObjectNode one = list.addObject();
            one.put("name", figure.name()).put("what", figure.what());
            one.put("per_second", rounded(figure.perSecond()));
            one.put("median_per_second", rounded(figure.medianPerSecond()));
            one.put("p50_us", rounded(figure.p50Us()));
            one.put("p99_us", rounded(figure.p99Us()));
            one.put("p999_us", rounded(figure.p999Us()));
            if (figure.recall() != null) {
                one.put("recall", figure.recall());
            }
        }
        if (capacity != null) {
            node.putObject("capacity")
                    .put("upload_bytes", capacity.uploadBytes())
                    .put("connections", capacity.connections())
                    .put("per_second", rounded(capacity.perSecond()))
                    .put("uploads_per_day", capacity.perDay())
                    .put("p50_us", rounded(capacity.p50Us()))
                    .put("p99_us", rounded(capacity.p99Us()));
        }
        notes.forEach(node.putArray("notes")::add);
        failures.forEach(node.putArray("failures")::add);
        return node;
    }

    private static double rounded(double value) {
        return Math.round(value * 10) / 10.0;
    }

    /**
     * Reads what {@link #write} wrote.
     *
     * @throws IllegalArgumentException if it is no such file, naming it, the field and what was expected
     * @throws IOException if it cannot be read
     */
    public static BenchReport read(Path file) throws IOException {
        JsonNode node;
        try {
            node = ReportJson.MAPPER.readTree(Files.readString(file));
        } catch (JacksonException e) {
            throw new IllegalArgumentException(file + ": not valid JSON: " + e.getOriginalMessage(), e);
        }
        List<Figure> figures = new ArrayList<>();
        for (JsonNode one : field(file, node, "figures", JsonNode::isArray, "a list")) {
            figures.add(new Figure(
                    text(file, one, "name"),
                    text(file, one, "what"),
                    number(file, one, "per_second"),
                    number(file, one, "median_per_second"),
                    number(file, one, "p50_us"),
                    number(file, one, "p99_us"),
                    number(file, one, "p999_us"),
                    one.has("recall") ? (Double) number(file, one, "recall") : null));
        }
        return new BenchReport(
                text(file, node, "version"),
                text(file, node, "made_at"),
                text(file, node, "machine"),
                text(file, node, "jdk"),
                (long) number(file, node, "seed"),
                (int) number(file, node, "size"),
                figures,
                node.has("capacity") ? capacity(file, node.get("capacity")) : null,
                texts(node.path("notes")),
                texts(node.path("failures")));
    }

    private static Capacity capacity(Path file, JsonNode node) {
        return new Capacity(
                (int) number(file, node, "upload_bytes"),
                (int) number(file, node, "connections"),
                number(file, node, "per_second"),
                number(file, node, "p50_us"),
                number(file, node, "p99_us"));
    }

    /** The texts of a list, which earlier versions did not write. */
    private static List<String> texts(JsonNode list) {
        return list.valueStream().map(JsonNode::asString).toList();
    }

    private static String text(Path file, JsonNode node, String name) {
        return field(file, node, name, JsonNode::isString, "a text").stringValue();
    }

    private static double number(Path file, JsonNode node, String name) {
        return field(file, node, name, JsonNode::isNumber, "a number").doubleValue();
    }

    private static JsonNode field(Path file, JsonNode node, String name, Predicate<JsonNode> is, String expected) {
        JsonNode value = node.path(name);
        if (!is.test(value)) {
            throw new IllegalArgumentException(file + ": " + name + ": " + (value.isMissingNode() ? "missing" : value)
                    + " (expected: " + expected + ", as semblance bench --results writes it)");
        }
        return value;
    }
}
