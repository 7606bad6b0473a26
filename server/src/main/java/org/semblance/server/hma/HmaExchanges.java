package org.semblance.server.hma;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.exchange.Exchange;
import org.semblance.hashdb.exchange.ExchangeApi;
import org.semblance.hashdb.exchange.ExchangeField;
import org.semblance.server.auth.Role;
import org.semblance.server.exchange.Exchanges;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Json;
import org.semblance.server.http.Response;
import org.semblance.server.route.Request;
import org.semblance.server.route.Route;
import tools.jackson.databind.JsonNode;

/**
 * HMA's {@code /c/exchange*}: partners' feeds and the credentials for them. Credentials are taken and never given back. An
 * exchange is seen by whoever sees the bank of its name.
 */
final class HmaExchanges {
    private static final Pattern NAME = Pattern.compile("[A-Z0-9_]+");

    private final Exchanges exchanges;

    HmaExchanges(Exchanges exchanges) {
        this.exchanges = exchanges;
    }

    List<Route> routes() {
        return List.of(
                HmaRoutes.work(Role.CURATE, "GET", "/c/exchanges/apis", (request, worker) -> apis()),
                HmaRoutes.work(
                        Role.CURATE,
                        "GET",
                        "/c/exchanges/api/{api}",
                        (request, worker) -> authentication(api(request, 400, "no such Exchange API '%s'"))),
                HmaRoutes.json(
                        Role.ADMIN, "POST", "/c/exchanges/api/{api}", (request, worker) -> setCredentials(request)),
                HmaRoutes.work(
                        Role.CURATE, "GET", "/c/exchanges/api/{api}/schema", (request, worker) -> schema(request)),
                HmaRoutes.work(Role.CURATE, "GET", "/c/exchanges", (request, worker) -> list(request))
                        .forOpsToo(),
                HmaRoutes.json(Role.ADMIN, "POST", "/c/exchanges", (request, worker) -> create(request)),
                HmaRoutes.work(
                        Role.CURATE, "GET", "/c/exchange/{exchange}", (request, worker) -> config(exchange(request))),
                HmaRoutes.work(
                                Role.CURATE,
                                "GET",
                                "/c/exchange/{exchange}/status",
                                (request, worker) -> status(request))
                        .forOpsToo(),
                HmaRoutes.json(Role.ADMIN, "PUT", "/c/exchange/{exchange}", (request, worker) -> update(request)),
                HmaRoutes.work(Role.ADMIN, "DELETE", "/c/exchange/{exchange}", (request, worker) -> delete(request)));
    }

    // The APIs

    private static Response apis() {
        List<String> names = new ArrayList<>();
        for (ExchangeApi api : ExchangeApi.values()) {
            names.add(api.wireName());
        }
        return Response.sortedJson(200, names);
    }

    private static ExchangeApi api(Request request, int status, String message) {
        String name = request.name("api");
        return ExchangeApi.of(name).orElseThrow(() -> new HttpError(status, String.format(message, name)));
    }

    /** HMA's spelling. */
    private Response authentication(ExchangeApi api) {
        return Response.sortedJson(
                200,
                Map.of(
                        "has_set_authentification",
                        exchanges.hasCredentials(api),
                        "supports_authentification",
                        !api.credentialFields().isEmpty()));
    }

    private Response setCredentials(Request request) {
        // They are for every bank that is fetched from there.
        request.caller().requiresAllBanks();
        ExchangeApi api = api(request, 400, "no such Exchange API '%s'");
        JsonNode body = HmaRoutes.json(request);
        if (!body.isObject()) {
            throw new HttpError(400, "this endpoint expects a json object payload");
        }
        JsonNode credentials = body.get("credential_json");
        if (credentials != null && !credentials.isNull()) {
            if (!credentials.isObject()) {
                throw new HttpError(400, "Field `credential_json` must be object");
            }
            try {
                exchanges.setCredentials(api, map(credentials));
            } catch (IllegalArgumentException e) {
                throw new HttpError(400, "Failed to parse `credential_json` - " + e.getMessage());
            }
        }
        return authentication(api);
    }

    private static Map<String, @Nullable Object> map(JsonNode object) {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : object.properties()) {
            map.put(entry.getKey(), Json.plain(entry.getValue()));
        }
        return map;
    }

    private static Response schema(Request request) {
        ExchangeApi api = api(request, 404, "Exchange API '%s' not found");
        Map<String, @Nullable Object> answer = new HashMap<>();
        answer.put("config_schema", fields(api.configFields()));
        answer.put("credentials_schema", api.credentialFields().isEmpty() ? null : fields(api.credentialFields()));
        return Response.sortedJson(200, answer);
    }

    private static Map<String, Object> fields(List<ExchangeField> fields) {
        List<Object> described = new ArrayList<>();
        for (ExchangeField field : fields) {
            Map<String, @Nullable Object> one = new HashMap<>();
            one.put("name", field.name());
            one.put("type", field.type().wireName());
            one.put("required", field.required());
            one.put("default", field.otherwise());
            one.put("help", field.help());
            one.put("choices", field.choices());
            described.add(one);
        }
        return Map.of("fields", described);
    }

    // The exchanges

    private Response list(Request request) {
        return Response.sortedJson(
                200,
                exchanges.all().stream()
                        .filter(exchange -> sees(request, exchange))
                        .map(Exchange::name)
                        .toList());
    }

    /** An exchange is seen by those who see its bank, whatever the bank is called now. */
    private boolean sees(Request request, Exchange exchange) {
        return request.caller()
                .sees(exchanges.bank(exchange).map(bank -> bank.name()).orElse(exchange.name()));
    }

    private Response create(Request request) {
        JsonNode body = HmaRoutes.json(request);
        JsonNode bank = body.get("bank");
        if (bank == null || bank.isNull()) {
            throw new HttpError(400, "bank is required");
        }
        String name = bank.isString() ? bank.stringValue() : "";
        if (!NAME.matcher(name).matches()) {
            throw new HttpError(400, "Field `bank` must match /^[A-Z0-9_]+$/");
        }
        JsonNode given = body.get("api_json");
        if (given != null && !given.isObject()) {
            throw new HttpError(400, "Field `api_json` must be object");
        }
        JsonNode type = body.get("api");
        if (type == null || type.isNull()) {
            throw new HttpError(400, "Field `api_type` is required");
        }
        String apiName = type.isString() ? type.stringValue() : type.toString();
        ExchangeApi api = ExchangeApi.of(apiName)
                .orElseThrow(() -> new HttpError(400, "No such exchange type '" + apiName + "'"));
        if (!request.caller().sees(name)) {
            throw new HttpError(403, "key " + request.caller().key() + ": bank '" + name + "' is not in its scope");
        }
        if (api == ExchangeApi.LOCAL_FILE) {
            // A client that reads the server's disk must be trusted with all of it that is there to be read.
            request.caller().requiresAllBanks();
        }
        try {
            Map<String, @Nullable Object> config = given == null ? Map.of() : map(given);
            exchanges.create(name, api, config, enabled(config), request.origin());
        } catch (IllegalArgumentException e) {
            throw new HttpError(400, "Failed to parse `api_json` - " + e.getMessage());
        }
        return Response.sortedJson(201, Map.of("message", "Created successfully"));
    }

    private static boolean enabled(Map<String, @Nullable Object> config) {
        Object enabled = config.get("enabled");
        if (enabled != null && !(enabled instanceof Boolean)) {
            throw new IllegalArgumentException("wrong value for field \"enabled\" (expected: true or false)");
        }
        return !Boolean.FALSE.equals(enabled);
    }

    private Exchange exchange(Request request) {
        String name = request.name("exchange");
        return exchanges
                .find(name)
                .filter(exchange -> sees(request, exchange))
                .orElseThrow(() -> new HttpError(404, "Exchange '" + name + "' not found"));
    }

    /** As HMA's dataclasses are written: what is required, the name, the API and the switch, what is optional; indented. */
    private static Response config(Exchange exchange) {
        Map<String, @Nullable Object> config = new LinkedHashMap<>();
        for (boolean required : new boolean[] {true, false}) {
            for (ExchangeField field : exchange.api().configFields()) {
                if (field.required() == required) {
                    config.put(field.name(), exchange.config().get(field.name()));
                }
            }
            if (required) {
                config.put("name", exchange.name());
                config.put("api", exchange.api().wireName());
                config.put("enabled", exchange.enabled());
            }
        }
        return new Response(200, "application/json", Json.writeIndented(config), Map.of());
    }

    private Response status(Request request) {
        Exchange exchange = exchange(request);
        Exchange.Progress progress = exchange.progress();
        Map<String, @Nullable Object> status = new HashMap<>();
        status.put("checkpoint_ts", null);
        status.put("fetched_items", progress.items());
        status.put("last_fetch_complete_ts", seconds(progress.completed()));
        status.put("last_fetch_succeeded", progress.completed() == null ? null : progress.error() == null);
        status.put(
                "running_fetch_start_ts",
                seconds(exchanges.runningSince(exchange).orElse(null)));
        status.put("up_to_date", exchanges.isUpToDate(exchange));
        // Beside HMA's six, where there is something to say.
        String message = !exchange.api().isFetched()
                ? "this release does not fetch from " + exchange.api().wireName()
                : progress.error();
        if (message != null) {
            status.put("message", message);
        }
        return Response.sortedJson(200, status);
    }

    private static @Nullable Long seconds(@Nullable Instant instant) {
        return instant == null ? null : instant.getEpochSecond();
    }

    private Response update(Request request) {
        Exchange exchange = exchange(request);
        JsonNode body = HmaRoutes.jsonOrNull(request);
        if (body == null || !body.isObject()) {
            throw new HmaValidationError(List.of(
                    HmaValidationError.noModel("ExchangeUpdateRequest", body == null ? null : Json.plain(body))));
        }
        JsonNode enabled = body.get("enabled");
        if (enabled != null && !enabled.isNull()) {
            Boolean on = enabled.isBoolean()
                    ? Boolean.valueOf(enabled.booleanValue())
                    : HmaRoutes.bool(enabled.asString(""));
            if (on == null) {
                throw new HmaValidationError(List.of(HmaValidationError.noBoolean("enabled", Json.plain(enabled))));
            }
            exchanges.setEnabled(exchange.name(), on);
        }
        return config(exchange(request));
    }

    private Response delete(Request request) {
        String name = request.name("exchange");
        exchanges
                .find(name)
                .filter(exchange -> sees(request, exchange))
                .ifPresent(exchange -> exchanges.delete(name, request.origin()));
        return Response.sortedJson(200, Map.of("message", "Exchange deleted"));
    }
}
