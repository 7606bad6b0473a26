package org.semblance.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.SpecificationVersion;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The served description as a judge: an answer must have a status that its operation names, a media type of that status, and
 * a body of that media type's schema, without a field more. {@link TestServer} puts every answer of every test before it.
 */
final class OpenApiContract {
    static final OpenApiContract INSTANCE = new OpenApiContract();

    /** What the transport answers of itself, to any request; each operation has it as its default. */
    private static final Set<Integer> OF_ANY_OPERATION = Set.of(405, 408, 413, 414, 415, 417, 431, 503);

    final JsonNode document = Json.read(new String(OpenApi.document(), StandardCharsets.UTF_8));

    /** The schemas, of which each object has no other fields than those that it names. */
    private final ObjectNode components =
            (ObjectNode) document.get("components").deepCopy();

    private final SchemaRegistry registry = SchemaRegistry.withDefaultDialect(
            SpecificationVersion.DRAFT_2020_12,
            builder -> builder.schemaRegistryConfig(
                    SchemaRegistryConfig.builder().formatAssertionsEnabled(true).build()));
    private final Map<JsonNode, Schema> schemas = new ConcurrentHashMap<>();

    private OpenApiContract() {
        close(components);
    }

    private static void close(JsonNode node) {
        if (node instanceof ObjectNode object
                && object.path("properties").isObject()
                && !object.has("additionalProperties")) {
            object.put("additionalProperties", false);
        }
        node.forEach(OpenApiContract::close);
    }

    /** An operation: its method in upper case, its path and what the document says of it. */
    record Operation(String method, String path, JsonNode node) {
        String name() {
            return method + " " + path;
        }
    }

    Stream<Operation> operations() {
        return document.get("paths").properties().stream()
                .flatMap(path -> path.getValue().properties().stream()
                        .map(operation ->
                                new Operation(operation.getKey().toUpperCase(), path.getKey(), operation.getValue())));
    }

    /** What answers that method on that path, which may have a query. Of two a path without names is meant. */
    Optional<Operation> operation(String method, String target) {
        String path = Router.path(target.split("\\?", 2)[0]);
        String wanted = method.equals("HEAD") ? "GET" : method;
        return operations()
                .filter(operation -> operation.method.equals(wanted)
                        && path.matches(operation.path.replaceAll("\\{[^}]+}", "[^/]+")))
                .min((one, other) -> Boolean.compare(one.path.contains("{"), other.path.contains("{")));
    }

    /** Follows a reference, if it is one. */
    JsonNode resolve(JsonNode node) {
        JsonNode reference = node.path("$ref");
        return reference.isString() ? document.at(reference.stringValue().substring(1)) : node;
    }

    /** Fails unless the document allows that answer. */
    void check(String method, String target, TestServer.Answer answer) {
        if (method.equals("OPTIONS")) {
            return;
        }
        Optional<Operation> found = operation(method, target);
        if (found.isEmpty()) {
            assertThat(answer.status())
                    .as("%s %s is described by nothing", method, target)
                    .isBetween(400, 499);
            return;
        }
        Operation operation = found.get();
        String what = operation.name() + ": " + answer.status() + " " + answer.text();
        JsonNode responses = operation.node.get("responses");
        JsonNode response = responses.get(Integer.toString(answer.status()));
        if (response == null && OF_ANY_OPERATION.contains(answer.status())) {
            response = responses.get("default");
        }
        assertThat(response).as("the status of %s", what).isNotNull();
        JsonNode content = resolve(response).path("content");
        if (answer.raw().body().length == 0) {
            return; // a HEAD, a 204 or a redirect
        }
        String mediaType = answer.header("Content-Type").split(";", 2)[0];
        JsonNode media = content.get(mediaType);
        assertThat(media).as("the media type %s of %s", mediaType, what).isNotNull();
        if (mediaType.equals(Ndjson.MEDIA_TYPE)) {
            answer.text().lines().forEach(line -> checkBody(media.get("schema"), Json.read(line), what));
        } else if (mediaType.endsWith("json")) {
            checkBody(media.get("schema"), Json.read(answer.text()), what);
        }
    }

    private void checkBody(JsonNode schema, JsonNode body, String what) {
        List<Error> errors = schemas.computeIfAbsent(schema, this::compile).validate(body);
        assertThat(errors).as(what).isEmpty();
    }

    private Schema compile(JsonNode schema) {
        ObjectNode closed = (ObjectNode) schema.deepCopy();
        close(closed);
        ObjectNode root = Json.object();
        root.putArray("allOf").add(closed);
        root.set("components", components);
        return registry.getSchema(root);
    }
}
