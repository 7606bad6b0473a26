package org.semblance.server.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The fields of a JSON object that a request sent; each getter refuses a value of another kind with 400. */
public final class Fields {
    private final JsonNode object;

    private Fields(JsonNode object) {
        this.object = object;
    }

    /** The fields of that object, which must have no others than those. */
    public static Fields of(JsonNode node, Set<String> known) {
        if (!node.isObject()) {
            throw HttpError.field(400, "body", describe(node), "a JSON object");
        }
        for (String name : node.propertyNames()) {
            if (!known.contains(name)) {
                throw HttpError.field(
                        400,
                        "body",
                        name,
                        "fields " + String.join(", ", known.stream().sorted().toList()));
            }
        }
        return new Fields(node);
    }

    private @Nullable JsonNode get(String name) {
        JsonNode value = object.get(name);
        return value == null || value.isNull() ? null : value;
    }

    private @Nullable JsonNode get(String name, Predicate<JsonNode> isRight, String expected) {
        JsonNode value = get(name);
        if (value != null && !isRight.test(value)) {
            throw HttpError.field(400, name, describe(value), expected);
        }
        return value;
    }

    /** Whether it was sent, be it as null. */
    public boolean has(String name) {
        return object.has(name);
    }

    /** Whether it was sent as null. */
    public boolean isNull(String name) {
        JsonNode value = object.get(name);
        return value != null && value.isNull();
    }

    /** These fields, of which that one must be there. */
    public Fields required(String name) {
        if (get(name) == null) {
            throw HttpError.field(400, name, null, "a value");
        }
        return this;
    }

    /** At least one of those fields must be there, be it as null. */
    public void requireSome(Set<String> names) {
        if (names.stream().noneMatch(this::has)) {
            throw HttpError.field(
                    400,
                    "body",
                    describe(object),
                    "at least one of "
                            + String.join(", ", names.stream().sorted().toList()));
        }
    }

    /** A string or number. */
    @Nullable
    public JsonNode scalar(String name) {
        return get(name, value -> value.isString() || value.isNumber(), "a string or number");
    }

    /** A string, or an array as its text. */
    @Nullable
    public String textOrArray(String name) {
        JsonNode value = get(name);
        return value != null && value.isArray() ? value.toString() : text(name);
    }

    @Nullable
    public String text(String name) {
        JsonNode value = get(name, JsonNode::isString, "a string");
        return value == null ? null : value.stringValue();
    }

    @Nullable
    public Double number(String name) {
        JsonNode value = get(name, JsonNode::isNumber, "a number");
        if (value != null && !Double.isFinite(value.asDouble(Double.NaN))) {
            throw HttpError.field(400, name, describe(value), "a number that a double holds");
        }
        return value == null ? null : value.asDouble();
    }

    @Nullable
    public Integer integer(String name) {
        JsonNode value = get(name, node -> node.isIntegralNumber() && node.canConvertToInt(), "a whole number");
        return value == null ? null : value.intValue();
    }

    @Nullable
    public Long wholeNumber(String name) {
        JsonNode value = get(name, node -> node.isIntegralNumber() && node.canConvertToLong(), "a whole number");
        return value == null ? null : value.longValue();
    }

    @Nullable
    public Boolean flag(String name) {
        JsonNode value = get(name, JsonNode::isBoolean, "true or false");
        return value == null ? null : value.booleanValue();
    }

    public List<String> texts(String name) {
        List<String> texts = new ArrayList<>();
        for (JsonNode value : array(name)) {
            if (!value.isString()) {
                throw HttpError.field(400, name, describe(value), "an array of strings");
            }
            texts.add(value.stringValue());
        }
        return texts;
    }

    /** Whole numbers of an array. */
    public List<Integer> integers(String name) {
        List<Integer> numbers = new ArrayList<>();
        for (JsonNode value : array(name)) {
            if (!value.isIntegralNumber() || !value.canConvertToInt()) {
                throw HttpError.field(400, name, describe(value), "an array of whole numbers");
            }
            numbers.add(value.intValue());
        }
        return numbers;
    }

    public List<Fields> objects(String name, Set<String> known) {
        List<Fields> objects = new ArrayList<>();
        for (JsonNode value : array(name)) {
            objects.add(of(value, known));
        }
        return objects;
    }

    @Nullable
    public Fields object(String name, Set<String> known) {
        JsonNode value = get(name, JsonNode::isObject, "an object");
        return value == null ? null : of(value, known);
    }

    private Iterable<JsonNode> array(String name) {
        JsonNode value = get(name, JsonNode::isArray, "an array");
        return value == null ? List.of() : value;
    }

    /** A JSON object, as text. */
    @Nullable
    public String json(String name) {
        JsonNode value = get(name, JsonNode::isObject, "a JSON object");
        return value == null ? null : value.toString();
    }

    private static String describe(JsonNode node) {
        return node.toString();
    }
}
