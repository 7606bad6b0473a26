package org.semblance.hashdb.exchange;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A field of an exchange's configuration or credentials.
 *
 * @param otherwise its value where none is given; null for a required field, and where none is no value
 * @param help what it means, in a line
 * @param choices of an {@link Type#ENUM}, otherwise null
 */
public record ExchangeField(
        String name,
        Type type,
        boolean required,
        @Nullable Object otherwise,
        String help,
        @Nullable List<String> choices) {
    private static final int MAX_CHARS = 4_096;
    private static final int MAX_NUMBERS = 10_000;

    /** What a value is: a string, a {@link Long}, one of the choices, or a list of {@link Long} without repetition. */
    public enum Type {
        STRING("a string"),
        NUMBER("a whole number"),
        ENUM("one of the choices"),
        SET_OF_NUMBER("an array of whole numbers");

        private final String expected;

        Type(String expected) {
            this.expected = expected;
        }

        /** As HMA's schemas name it. */
        public String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    static ExchangeField required(String name, Type type, String help) {
        return new ExchangeField(name, type, true, null, help, null);
    }

    static ExchangeField optional(String name, Type type, @Nullable Object otherwise, String help) {
        return new ExchangeField(name, type, false, otherwise, help, null);
    }

    /**
     * The value in the form in which it is kept.
     *
     * @param value as JSON gives it: null, a string, a number, a boolean, a list or a map
     * @throws IllegalArgumentException naming the field and what was expected; a value is never told, it may be a secret
     */
    @Nullable
    Object check(@Nullable Object value) {
        if (value == null) {
            if (required) {
                throw new IllegalArgumentException("missing value for field \"" + name + "\"");
            }
            return otherwise;
        }
        Object checked = switch (type) {
            case STRING -> value instanceof String text && text.length() <= MAX_CHARS ? text : null;
            case NUMBER -> whole(value);
            case ENUM -> value instanceof String text && choices != null && choices.contains(text) ? text : null;
            case SET_OF_NUMBER -> value instanceof List<?> list ? wholes(list) : null;
        };
        if (checked == null || (required && checked.equals(""))) {
            throw new IllegalArgumentException("wrong value for field \"" + name + "\" (expected: "
                    + (choices == null ? type.expected : String.join(", ", choices)) + ")");
        }
        return checked;
    }

    private static @Nullable Long whole(Object value) {
        if (value instanceof Integer || value instanceof Long) {
            return ((Number) value).longValue();
        }
        // Ids of that length are sent as strings by clients whose numbers are floating point.
        return value instanceof String text && text.matches("-?[0-9]{1,18}") ? Long.valueOf(text) : null;
    }

    private static @Nullable List<Long> wholes(List<?> values) {
        List<Long> numbers = new ArrayList<>();
        for (Object value : values) {
            Long number = value == null ? null : whole(value);
            if (number == null || numbers.size() == MAX_NUMBERS) {
                return null;
            }
            if (!numbers.contains(number)) {
                numbers.add(number);
            }
        }
        return List.copyOf(numbers);
    }
}
