package org.semblance.hashdb.exchange;

import java.io.IOException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.document.Document;
import org.semblance.hashdb.document.Documents;
import org.semblance.hashdb.document.FileDocument;
import org.semblance.hashdb.json.StrictJson;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The exchanges and the credentials for them, in a document of their own: the file {@code exchanges.json} of a data folder, which
 * its owner alone can read, or a row that several nodes share. A change is durable before it is seen. Safe for many threads.
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

    private final Document document;

    /** What was read last, and what it says. Guarded by this. */
    private byte @Nullable [] content;

    private State state = new State();

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

    private ExchangeRegistry(Document document) {
        this.document = document;
        state();
    }

    /**
     * Reads the file of that folder; there need be none.
     *
     * @throws ExchangesRefusedException if it cannot be read or is damaged, naming it and what is at fault
     */
    public static ExchangeRegistry open(Path folder) {
        return new ExchangeRegistry(new FileDocument(folder, FILE_NAME));
    }

    /**
     * Reads the exchanges of several nodes; there need be none. Others may change them at any time.
     *
     * @throws ExchangesRefusedException if they cannot be read or are damaged, naming what is at fault
     */
    public static ExchangeRegistry open(Documents shared) {
        return new ExchangeRegistry(shared.document(FILE_NAME));
    }

    /**
     * The exchanges in the order in which they were made.
     *
     * @throws ExchangesRefusedException if they cannot be read
     */
    public Collection<Exchange> exchanges() {
        return List.copyOf(state().exchanges.values());
    }

    /** The exchange of that name. */
    public Optional<Exchange> exchange(String name) {
        return Optional.ofNullable(state().exchanges.get(name));
    }

    /** The credentials for an API, with all fields it has; empty if none are set. */
    public Map<String, @Nullable Object> credentials(ExchangeApi api) {
        return state().credentials.getOrDefault(api, Map.of());
    }

    /**
     * Keeps credentials, or forgets them if those are empty.
     *
     * @throws IllegalArgumentException naming a field that is missing, unknown or of another type
     * @throws ExchangesRefusedException if the file cannot be written
     */
    public void setCredentials(ExchangeApi api, Map<String, @Nullable Object> given) {
        Map<String, @Nullable Object> credentials = given.isEmpty() ? Map.of() : api.credentials(given);
        change(next -> {
            if (given.isEmpty()) {
                next.credentials.remove(api);
            } else {
                next.credentials.put(api, credentials);
            }
        });
    }

    /**
     * Adds an exchange, or replaces the one of its name.
     *
     * @throws ExchangesRefusedException if the file cannot be written
     */
    public void put(Exchange exchange) {
        change(next -> next.exchanges.put(exchange.name(), exchange));
    }

    /**
     * Changes the exchange of that name; nothing if there is none.
     *
     * @throws ExchangesRefusedException if the file cannot be written
     */
    public void update(String name, UnaryOperator<Exchange> change) {
        change(next -> next.exchanges.computeIfPresent(name, (same, exchange) -> change.apply(exchange)));
    }

    /**
     * Forgets the exchange of that name.
     *
     * @throws ExchangesRefusedException if the file cannot be written
     */
    public void remove(String name) {
        change(next -> next.exchanges.remove(name));
    }

    /** The newest state. */
    private synchronized State state() {
        try {
            byte[] now = document.read();
            if (!Arrays.equals(now, content)) {
                state = parse(now);
                content = now;
            }
            return state;
        } catch (IOException e) {
            throw new ExchangesRefusedException(document + ": cannot be read: " + e.getMessage(), e);
        }
    }

    private void change(Consumer<State> change) {
        try {
            document.change(now -> {
                State next = parse(now).copy();
                change.accept(next);
                return JSON.writeValueAsBytes(json(next));
            });
        } catch (IOException e) {
            throw new ExchangesRefusedException(document + ": cannot be written: " + e.getMessage(), e);
        }
    }

    private State parse(byte @Nullable [] read) {
        if (read == null) {
            return new State();
        }
        try {
            return parse(JSON.readTree(read));
        } catch (JacksonException e) {
            // Its own message may quote the document, and so a secret.
            throw damaged("not valid JSON, at " + e.getLocation().getLineNr() + ":"
                    + e.getLocation().getColumnNr());
        } catch (IllegalArgumentException | DateTimeException e) {
            throw damaged(String.valueOf(e.getMessage()));
        }
    }

    private ExchangesRefusedException damaged(String why) {
        return new ExchangesRefusedException(document + ": damaged: " + why, null);
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
