package org.semblance.server.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.LongFunction;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.postgres.PostgresAddress;

/**
 * The values that a setting takes, and their written form.
 *
 * @param <T> the type of the values
 */
sealed interface Kind<T> {
    Kind<String> TEXT = new Text();
    Kind<Path> PATH = new FilePath(false);

    /** The empty path stands for none. */
    Kind<Path> OPTIONAL_PATH = new FilePath(true);

    /** The empty text stands for none. */
    Kind<String> OPTIONAL_URL = new Url();

    /** The empty text stands for none. */
    Kind<String> OPTIONAL_CATALOG = new CatalogAddress();

    Kind<Boolean> FLAG = new Flag();

    static Kind<Long> whole(long least, long most) {
        return new Whole<>(Long::valueOf, least, most);
    }

    static Kind<Integer> number(int least, int most) {
        return new Whole<>(Math::toIntExact, least, most);
    }

    static <E extends Enum<E>> Kind<E> word(Class<E> type) {
        return new Word<>(List.of(type.getEnumConstants()));
    }

    /**
     * Any number of texts.
     *
     * @param of tells which texts are valid
     * @param expected the same in words
     */
    static Kind<List<String>> texts(Predicate<List<String>> of, String expected) {
        return new Texts(of, expected);
    }

    /** The value of a text of the environment or the command line, or null if the text is none. */
    @Nullable
    T parse(String text);

    /** The value of what TOML has, or null if it is none. */
    default @Nullable T convert(Object value) {
        return value instanceof String text ? parse(text) : null;
    }

    /** Whether it is in the range. */
    default boolean isValid(T value) {
        return true;
    }

    /** What a message may show of a text that is no value. */
    default String shown(String text) {
        return text;
    }

    /** As a text that {@link #parse} takes. */
    default String text(T value) {
        return String.valueOf(value);
    }

    /** As TOML has it. */
    default String toml(T value) {
        return '"' + text(value).replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    /** In words, for a message. */
    String expected();

    /** In short, for the help. */
    String placeholder();

    /** Any that is not blank. */
    record Text() implements Kind<String> {
        @Override
        public String parse(String text) {
            return text;
        }

        @Override
        public boolean isValid(String value) {
            return !value.isBlank();
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

    /** An address of PostgreSQL. One with a password is no value, and no message shows the password. */
    record CatalogAddress() implements Kind<String> {
        @Override
        public String parse(String text) {
            return text.strip();
        }

        @Override
        public String shown(String text) {
            return text.replaceFirst("://([^@:]*):.*@", "://$1:...@");
        }

        @Override
        public boolean isValid(String value) {
            try {
                return value.isEmpty() || !PostgresAddress.parse(value).hosts().isEmpty();
            } catch (IllegalArgumentException e) {
                return false;
            }
        }

        @Override
        public String expected() {
            return "an address as postgresql://user@host:5432/database without a password, or nothing";
        }

        @Override
        public String placeholder() {
            return "ADDRESS";
        }
    }

    /** True or false. */
    record Flag() implements Kind<Boolean> {
        @Override
        public @Nullable Boolean parse(String text) {
            return switch (text.strip()) {
                case "true" -> Boolean.TRUE;
                case "false" -> Boolean.FALSE;
                default -> null;
            };
        }

        @Override
        public @Nullable Boolean convert(Object value) {
            return value instanceof Boolean flag ? flag : null;
        }

        @Override
        public String toml(Boolean value) {
            return text(value);
        }

        @Override
        public String expected() {
            return "true or false";
        }

        @Override
        public String placeholder() {
            return "true|false";
        }
    }

    /** Where something is posted to. */
    record Url() implements Kind<String> {
        @Override
        public @Nullable String parse(String text) {
            return isValid(text.strip()) ? text.strip() : null;
        }

        @Override
        public boolean isValid(String value) {
            if (value.isEmpty()) {
                return true;
            }
            try {
                URI url = new URI(value);
                return url.getHost() != null
                        && url.getUserInfo() == null
                        && url.getFragment() == null
                        && ("http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme()));
            } catch (URISyntaxException e) {
                return false;
            }
        }

        @Override
        public String expected() {
            return "an http or https URL without a user and a fragment, or nothing";
        }

        @Override
        public String placeholder() {
            return "URL";
        }
    }

    /** A relative path is resolved against the folder that the process is started in. */
    record FilePath(boolean optional) implements Kind<Path> {
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
    record Whole<N extends Number>(LongFunction<N> of, long least, long most) implements Kind<N> {
        @Override
        public @Nullable N parse(String text) {
            try {
                return inRange(Long.parseLong(text.strip().replace("_", "")));
            } catch (NumberFormatException e) {
                return null;
            }
        }

        @Override
        public @Nullable N convert(Object value) {
            return value instanceof Long number ? inRange(number) : null;
        }

        private @Nullable N inRange(long number) {
            return number >= least && number <= most ? of.apply(number) : null;
        }

        @Override
        public boolean isValid(N value) {
            return inRange(value.longValue()) != null;
        }

        @Override
        public String toml(N value) {
            return String.format(Locale.ROOT, "%,d", value.longValue()).replace(',', '_');
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
    record Texts(Predicate<List<String>> of, String expected) implements Kind<List<String>> {
        @Override
        public List<String> parse(String text) {
            return Arrays.stream(text.split(","))
                    .map(String::strip)
                    .filter(one -> !one.isEmpty())
                    .toList();
        }

        @Override
        public @Nullable List<String> convert(Object value) {
            if (!(value instanceof List<?> list)) {
                return value instanceof String text ? parse(text) : null;
            }
            return list.stream().allMatch(String.class::isInstance)
                    ? list.stream().map(String.class::cast).toList()
                    : null;
        }

        @Override
        public boolean isValid(List<String> value) {
            return of.test(value);
        }

        @Override
        public String text(List<String> value) {
            return String.join(",", value);
        }

        @Override
        public String toml(List<String> value) {
            return value.stream().map(TEXT::toml).collect(Collectors.joining(", ", "[", "]"));
        }

        @Override
        public String placeholder() {
            return "TEXT,...";
        }
    }

    /** The constants of an enum, in lower case. */
    record Word<E extends Enum<E>>(List<E> words) implements Kind<E> {
        @Override
        public @Nullable E parse(String text) {
            String wanted = text.strip().replace('-', '_');
            return words.stream()
                    .filter(word -> word.name().equalsIgnoreCase(wanted))
                    .findFirst()
                    .orElse(null);
        }

        @Override
        public String text(E value) {
            return value.name().toLowerCase(Locale.ROOT);
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
            return words.stream().map(this::text).toList();
        }
    }
}
