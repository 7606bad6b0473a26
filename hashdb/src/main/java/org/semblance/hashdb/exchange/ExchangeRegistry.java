package org.semblance.hashdb.exchange;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.file.DurableFile;
import org.semblance.hashdb.json.StrictJson;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The exchanges of a data folder and the credentials for them, in its {@code exchanges.json}, which its owner alone can
 * read. A change is written aside, synced and moved into place before it is seen. Safe for many threads of the one process
 * that has the folder open.
 *
 * <pre>
 * {"format":1,
 *  "exchanges":[{"name":…,"bank_id":1,"api":"local_file","config":{…},"enabled":true,
 *    "progress":{"items":3,"completed":…,"error":…,"version":…}}],
 *  "credentials":{"ncmec":{"user":…,"password":…}}}
 * </pre>
 */
public final class ExchangeRegistry {
    /** The file in the data folder. */
    public static final String FILE_NAME = "exchanges.json";

    private static final int FORMAT = 1;
    private static final TypeReference<Map<String, @Nullable Object>> MAP = new TypeReference<>() {};

    private static final JsonMapper JSON = StrictJson.INDENTED;

    private final Path file;
    private State state;

    /** Never changed once it is seen. */
    private record State(Map<String, Exchange> exchanges, Map<ExchangeApi, Map<String, @Nullable Object>> credentials) {
        State() {
            this(new LinkedHashMap<>(), new EnumMap<>(ExchangeApi.class));
        }

        State copy() {
            State copy = new State();
            copy.exchanges.putAll(exchanges);
            copy.credentials.putAll(credentials);
            return copy;
        }
    }

    private ExchangeRegistry(Path folder) {
        this.file = folder.resolve(FILE_NAME);
        this.state = read();
    }

    /**
     * Reads the file of that folder; there need be none.
     *
     * @throws ExchangesRefusedException if it cannot be read or is damaged, naming it and what is at fault
     */
    public static ExchangeRegistry open(Path folder) {
        return new ExchangeRegistry(folder);
    }

    /** The exchanges in the order in which they were made. */
    public synchronized Collection<Exchange> exchanges() {
        return List.copyOf(state.exchanges.values());
    }

    /** The exchange of that name. */
    public synchronized Optional<Exchange> exchange(String name) {
        return Optional.ofNullable(state.exchanges.get(name));
    }

    /** The credentials for an API, with all fields it has; empty if none are set. */
    public synchronized Map<String, @Nullable Object> credentials(ExchangeApi api) {
        return state.credentials.getOrDefault(api, Map.of());
    }

    /**
     * Keeps credentials, or forgets them if those are empty.
     *
     * @throws IllegalArgumentException naming a field that is missing, unknown or of another type
     * @throws ExchangesRefusedException if the file cannot be written
     */
    public synchronized void setCredentials(ExchangeApi api, Map<String, @Nullable Object> given) {
        State next = state.copy();
        if (given.isEmpty()) {
            next.credentials.remove(api);
        } else {
            next.credentials.put(api, api.credentials(given));
        }
        write(next);
    }

    /**
     * Adds an exchange, or replaces the one of its name.
     *
     * @throws ExchangesRefusedException if the file cannot be written
     */
    public synchronized void put(Exchange exchange) {
        State next = state.copy();
        next.exchanges.put(exchange.name(), exchange);
        write(next);
    }

    /**
     * Changes the exchange of that name; nothing if there is none.
     *
     * @throws ExchangesRefusedException if the file cannot be written
     */
    public synchronized void update(String name, UnaryOperator<Exchange> change) {
        Exchange exchange = state.exchanges.get(name);
        if (exchange != null) {
            put(change.apply(exchange));
        }
    }

    /**
     * Forgets the exchange of that name.
     *
     * @throws ExchangesRefusedException if the file cannot be written
     */
    public synchronized void remove(String name) {
        State next = state.copy();
        if (next.exchanges.remove(name) != null) {
            write(next);
        }
    }

    private State read() {
        byte[] content;
        try {
            if (!Files.exists(file)) {
                return new State();
            }
            content = Files.readAllBytes(file);
        } catch (IOException e) {
            throw new ExchangesRefusedException(file + ": cannot be read: " + e, e);
        }
        try {
            return parse(JSON.readTree(content));
        } catch (JacksonException e) {
            // Its own message may quote the file, and so a secret.
            throw damaged("not valid JSON, at " + e.getLocation().getLineNr() + ":"
                    + e.getLocation().getColumnNr());
        } catch (IllegalArgumentException | DateTimeException e) {
            throw damaged(String.valueOf(e.getMessage()));
        }
    }

    private ExchangesRefusedException damaged(String why) {
        return new ExchangesRefusedException(file + ": damaged: " + why, null);
    }

    private static State parse(JsonNode root) {
        if (!root.path("format").isInt() || root.path("format").intValue() != FORMAT) {
            throw new IllegalArgumentException("format: " + root.path("format") + " (expected: " + FORMAT + ")");
        }
        Map<String, Exchange> exchanges = new LinkedHashMap<>();
        for (JsonNode node : root.path("exchanges")) {
            Exchange exchange = exchange(node, exchanges.size());
            if (exchanges.put(exchange.name(), exchange) != null) {
                throw new IllegalArgumentException("exchanges: '" + exchange.name() + "' twice");
            }
        }
        Map<ExchangeApi, Map<String, @Nullable Object>> credentials = new EnumMap<>(ExchangeApi.class);
        for (Map.Entry<String, JsonNode> entry : root.path("credentials").properties()) {
            ExchangeApi api = api(entry.getKey(), "credentials");
            credentials.put(api, api.credentials(JSON.convertValue(entry.getValue(), MAP)));
        }
        return new State(exchanges, credentials);
    }

    private static Exchange exchange(JsonNode node, int position) {
        String place = "exchanges[" + position + "]";
        String name = node.path("name").asString("");
        if (name.isEmpty()
                || !node.path("bank_id").isIntegralNumber()
                || !node.path("config").isObject()
                || !node.path("enabled").isBoolean()) {
            throw new IllegalArgumentException(place + ": not of the form name, bank_id, config, enabled");
        }
        ExchangeApi api = api(node.path("api").asString(""), place);
        try {
            return new Exchange(
                    name,
                    node.path("bank_id").longValue(),
                    api,
                    api.config(JSON.convertValue(node.path("config"), MAP)),
                    node.path("enabled").booleanValue(),
                    progress(node.path("progress")));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(place + ": " + e.getMessage(), e);
        }
    }

    private static Exchange.Progress progress(JsonNode node) {
        String completed = text(node, "completed");
        return new Exchange.Progress(
                node.path("items").asLong(0),
                completed == null ? null : Instant.parse(completed),
                text(node, "error"),
                text(node, "version"));
    }

    private static @Nullable String text(JsonNode node, String field) {
        JsonNode value = node.get(field);
        return value == null || !value.isString() ? null : value.stringValue();
    }

    private static ExchangeApi api(String name, String place) {
        return ExchangeApi.of(name)
                .orElseThrow(
                        () -> new IllegalArgumentException(place + ": no API '" + name + "'; of a newer release?"));
    }

    private void write(State next) {
        try {
            DurableFile.writePrivate(file, JSON.writeValueAsBytes(json(next)));
        } catch (IOException e) {
            throw new ExchangesRefusedException(file + ": cannot be written: " + e, e);
        }
        state = next;
    }

    private static ObjectNode json(State state) {
        ObjectNode root = JSON.createObjectNode().put("format", FORMAT);
        ArrayNode exchanges = root.putArray("exchanges");
        for (Exchange exchange : state.exchanges.values()) {
            ObjectNode node = exchanges
                    .addObject()
                    .put("name", exchange.name())
                    .put("bank_id", exchange.bankId())
                    .put("api", exchange.api().wireName());
            node.set("config", JSON.valueToTree(exchange.config()));
            node.put("enabled", exchange.enabled());
            Exchange.Progress progress = exchange.progress();
            Instant completed = progress.completed();
            node.putObject("progress")
                    .put("items", progress.items())
                    .put("completed", completed == null ? null : completed.toString())
                    .put("error", progress.error())
                    .put("version", progress.version());
        }
        ObjectNode credentials = root.putObject("credentials");
        state.credentials.forEach((api, values) -> credentials.set(api.wireName(), JSON.valueToTree(values)));
        return root;
    }
}
