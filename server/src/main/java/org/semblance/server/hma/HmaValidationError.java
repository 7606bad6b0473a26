package org.semblance.server.hma;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.semblance.server.http.Json;
import org.semblance.server.http.ReadyAnswer;
import org.semblance.server.http.Response;

/**
 * A request that HMA's declared models refuse: 422 with pydantic's list of errors, unsorted and without a newline, as
 * flask-openapi3 sends it.
 */
public final class HmaValidationError extends ReadyAnswer {
    private static final String DOCUMENTATION = "https://errors.pydantic.dev/2.10/v/";

    private final transient List<Map<String, @Nullable Object>> errors;

    HmaValidationError(List<Map<String, @Nullable Object>> errors) {
        super("the request does not fit its model");
        this.errors = List.copyOf(errors);
    }

    @Override
    public Response answer() {
        return new Response(422, "application/json", Json.write(errors), Map.of());
    }

    /** A field that must be there; {@code input} is all that came. */
    static Map<String, @Nullable Object> missing(String field, Object input) {
        return error("missing", List.of(field), "Field required", input, null);
    }

    static Map<String, @Nullable Object> noBoolean(String field, @Nullable Object input) {
        return input instanceof String || input instanceof Number
                ? error(
                        "bool_parsing",
                        List.of(field),
                        "Input should be a valid boolean, unable to interpret input",
                        input,
                        null)
                : error("bool_type", List.of(field), "Input should be a valid boolean", input, null);
    }

    static Map<String, @Nullable Object> noFloat(String field, @Nullable Object input) {
        return input instanceof String
                ? error(
                        "float_parsing",
                        List.of(field),
                        "Input should be a valid number, unable to parse string as a number",
                        input,
                        null)
                : error("float_type", List.of(field), "Input should be a valid number", input, null);
    }

    static Map<String, @Nullable Object> noString(String field, @Nullable Object input) {
        return error("string_type", List.of(field), "Input should be a valid string", input, null);
    }

    /** A body that is not a JSON object. */
    static Map<String, @Nullable Object> noModel(String model, @Nullable Object input) {
        return error(
                "model_type",
                List.of(),
                "Input should be a valid dictionary or instance of " + model,
                input,
                Map.of("class_name", model));
    }

    private static Map<String, @Nullable Object> error(
            String type,
            List<String> location,
            String message,
            @Nullable Object input,
            @Nullable Map<String, String> context) {
        Map<String, @Nullable Object> error = new LinkedHashMap<>();
        error.put("type", type);
        error.put("loc", location);
        error.put("msg", message);
        error.put("input", input);
        if (context != null) {
            error.put("ctx", context);
        }
        error.put("url", DOCUMENTATION + type);
        return error;
    }
}
