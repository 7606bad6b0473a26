package org.semblance.server.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What values a key takes, and how they are written. Values are a Long, a String, a Path, a word of an enum or a List of Strings. */
sealed interface Kind {
    Kind TEXT = new Text();
    Kind PATH = new FilePath(false);

    /** Of which the empty one is none. */
    Kind OPTIONAL_PATH = new FilePath(true);

    static Kind whole(long least, long most) {
        return new Whole(least, most);
    }

    static Kind word(Class<? extends Enum<?>> type) {
        return new Word(List.of(type.getEnumConstants()));
    }

    /**
     * Any number of texts.
     *
     * @param of which texts
     * @param expected that, in words
     */
    static Kind texts(Predicate<List<String>> of, String expected) {
        return new Texts(of, expected);
    }

    /** The value of a text of the environment or the command line, or null if it is none. */
    @Nullable
    Object parse(String text);

    /** The value of what TOML has, or null if it is none. */
    default @Nullable Object convert(Object value) {
        return value instanceof String text ? parse(text) : null;
    }

    /** Whether it is in the range. */
    default boolean isValid(Object value) {
        return true;
    }

    /** As a text that {@link #parse} takes. */
    default String text(Object value) {
        return String.valueOf(value);
    }

    /** As TOML has it. */
    default String toml(Object value) {
        return '"' + text(value).replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    /** In words, for a message. */
    String expected();

    /** In short, for the help. */
    String placeholder();

    /** Any that is not blank. */
    record Text() implements Kind {
        @Override
        public String parse(String text) {
            return text;
        }

        @Override
        public boolean isValid(Object value) {
            return !((String) value).isBlank();
        }

        @Override
        public String expected() {
            return "a text that is not empty";
        }

        @Override
        public String placeholder() {
            return "TEXT";
        }
    }

    /** Relative ones are of the folder the process is started in. */
    record FilePath(boolean optional) implements Kind {
        @Override
        public @Nullable Path parse(String text) {
            try {
                if (text.isBlank()) {
                    return optional ? Path.of("") : null;
                }
                return Path.of(text);
            } catch (InvalidPathException e) {
                return null;
            }
        }

        @Override
        public String expected() {
            return optional ? "a path, or nothing" : "a path";
        }

        @Override
        public String placeholder() {
            return "PATH";
        }
    }

    /** Digits may be grouped by underscores everywhere, as TOML allows. */
    record Whole(long least, long most) implements Kind {
        @Override
        public @Nullable Long parse(String text) {
            try {
                return Long.valueOf(text.strip().replace("_", ""));
            } catch (NumberFormatException e) {
                return null;
            }
        }

        @Override
        public @Nullable Object convert(Object value) {
            return value instanceof Long ? value : null;
        }

        @Override
        public boolean isValid(Object value) {
            long number = (Long) value;
            return number >= least && number <= most;
        }

        @Override
        public String toml(Object value) {
            return String.format(Locale.ROOT, "%,d", (Long) value).replace(',', '_');
        }

        @Override
        public String expected() {
            return most == Long.MAX_VALUE
                    ? "a whole number, at least " + least
                    : "a whole number, " + least + " to " + most;
        }

        @Override
        public String placeholder() {
            return "N";
        }
    }

    /** An array in the file, elsewhere separated by commas. */
    record Texts(Predicate<List<String>> of, String expected) implements Kind {
        @Override
        public Object parse(String text) {
            return Arrays.stream(text.split(","))
                    .map(String::strip)
                    .filter(one -> !one.isEmpty())
                    .toList();
        }

        @Override
        public @Nullable Object convert(Object value) {
            if (!(value instanceof List<?> list)) {
                return value instanceof String text ? parse(text) : null;
            }
            return list.stream().allMatch(String.class::isInstance)
                    ? list.stream().map(String.class::cast).toList()
                    : null;
        }

        @Override
        public boolean isValid(Object value) {
            return of.test(texts(value));
        }

        @Override
        public String text(Object value) {
            return String.join(",", texts(value));
        }

        @Override
        public String toml(Object value) {
            return texts(value).stream().map(TEXT::toml).collect(Collectors.joining(", ", "[", "]"));
        }

        @Override
        public String placeholder() {
            return "TEXT,...";
        }

        @SuppressWarnings("unchecked") // No other value is made of this kind.
        private static List<String> texts(Object value) {
            return (List<String>) value;
        }
    }

    /** The constants of an enum, in lower case. */
    record Word(List<? extends Enum<?>> words) implements Kind {
        @Override
        public @Nullable Object parse(String text) {
            String wanted = text.strip().replace('-', '_');
            return words.stream()
                    .filter(word -> word.name().equalsIgnoreCase(wanted))
                    .findFirst()
                    .orElse(null);
        }

        @Override
        public String text(Object value) {
            return name((Enum<?>) value);
        }

        @Override
        public String expected() {
            List<String> names = names();
            return String.join(", ", names.subList(0, names.size() - 1)) + " or " + names.getLast();
        }

        @Override
        public String placeholder() {
            return String.join("|", names());
        }

        private List<String> names() {
            return words.stream().map(Word::name).toList();
        }

        private static String name(Enum<?> word) {
            return word.name().toLowerCase(Locale.ROOT);
        }
    }
}
