package org.semblance.hashdb.exchange;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;

/**
 * A line of a list that is not CSV with a header, as people and tools write it:
 *
 * <ul>
 *   <li>{@code [<type>] <hash>}, what {@code tx dataset -P -S} prints among others;
 *   <li>{@code [<type>] <hash> ['<collaboration>'] <CATEGORY> [<tag>,<tag>]}, as {@code tx dataset -P} of python-threatexchange
 *       does; its earlier releases have the collaboration first. The hash of a {@code vpdq} is a JSON array;
 *   <li>{@code <hash>,<quality>,<path>}, as Meta's {@code pdq-photo-hasher} does;
 *   <li>{@code hash=<hash>,norm=…,delta=…,quality=<quality>,filename=<path>}, as it does with {@code -d}.
 * </ul>
 */
final class HashListLine {
    private static final Pattern CATEGORY =
            Pattern.compile("\\s(NEGATIVE_CLASS|INVESTIGATION_SEED|POSITIVE_CLASS|DISPUTED)(\\s|$)");

    /** A number before the tags, which signals of StopNCII have. */
    private static final Pattern CONFIDENCE = Pattern.compile("[+-]?\\d+(\\s+|$)");

    private static final String DETAILS = "hash=";

    private final String text;
    private final SignalType bareType;
    private final VideoSignals videos;
    private final Set<String> ignored;
    private int at;

    /**
     * @param bareType the type of a hash that comes without one
     * @param ignored takes the names of fields of which nothing is taken
     */
    HashListLine(String text, SignalType bareType, VideoSignals videos, Set<String> ignored) {
        this.text = text;
        this.bareType = bareType;
        this.videos = videos;
        this.ignored = ignored;
    }

    /** Whether the first line of a list is of such a form, and not a header. */
    static boolean opensList(String first, SignalType bareType) {
        int space = first.indexOf(' ');
        boolean bare = first.length() == bareType.hexDigits() && isHex(first, first.length());
        boolean typed = space > 0
                && first.indexOf(',') < 0
                && isHex(first.substring(space + 1).strip(), 1);
        return bare
                || typed
                || first.startsWith("[")
                || first.startsWith(VideoSignals.TYPE + " [")
                || first.indexOf(',') == SignalType.PDQ.hexDigits() && isHex(first, SignalType.PDQ.hexDigits())
                || first.startsWith(DETAILS)
                || CATEGORY.matcher(first).find();
    }

    private static boolean isHex(String text, int digits) {
        return text.length() >= digits && text.chars().limit(digits).allMatch(c -> Character.digit(c, 16) >= 0);
    }

    /**
     * The entry of the line.
     *
     * @throws IllegalArgumentException saying what came and what was expected
     */
    HashListEntry entry(long line) {
        if (text.startsWith(DETAILS)) {
            return details(line);
        }
        if (isToolOutput()) {
            return toolOutput(line);
        }
        String collaboration = quoted();
        String signal = word();
        String type = null;
        boolean isArray = signal.startsWith("[");
        if (!isArray
                && at < text.length()
                && !opensQuoted()
                && ListCategory.of(peek()).isEmpty()) {
            type = signal;
            if (!type.equalsIgnoreCase(VideoSignals.TYPE)) {
                HashListReader.type(type); // Before its text, which may be of any form.
            }
            signal = word();
        }
        if (collaboration == null) {
            collaboration = quoted();
        }
        ListCategory category = ListCategory.UNSTATED;
        Set<String> labels = new LinkedHashSet<>();
        if (at < text.length()) {
            String word = word();
            category = ListCategory.of(word)
                    .orElseThrow(
                            () -> new IllegalArgumentException("'" + word + "' after the hash (expected: nothing, or"
                                    + " NEGATIVE_CLASS, INVESTIGATION_SEED, POSITIVE_CLASS or DISPUTED)"));
            Matcher confidence = CONFIDENCE.matcher(text).region(at, text.length());
            if (confidence.lookingAt()) {
                ignored.add("confidence");
                at = confidence.end();
            }
            Arrays.stream(text.substring(at).split(","))
                    .map(String::strip)
                    .filter(tag -> !tag.isEmpty())
                    .forEach(labels::add);
            labels.addAll(HashListReader.labels(word));
        }
        boolean video = isArray && type == null || VideoSignals.TYPE.equalsIgnoreCase(type);
        ContentDraft draft = new ContentDraft(
                video ? List.of() : List.of(new Signal(type == null ? bareType : HashListReader.type(type), signal)),
                List.copyOf(labels),
                null,
                collaboration == null || collaboration.isEmpty() ? null : collaboration,
                null,
                video ? videos.known(signal, null) : null);
        return HashListReader.entry(line, draft, category);
    }

    private boolean isToolOutput() {
        int comma = text.indexOf(',');
        int space = text.indexOf(' ');
        return comma >= 0 && (space < 0 || comma < space) && !text.startsWith("[") && !opensQuoted();
    }

    private HashListEntry toolOutput(long line) {
        String[] fields = text.split(",", 3);
        if (fields.length > 2) {
            ignored.add("path");
        }
        return usable(line, fields[0], fields[1]);
    }

    private HashListEntry details(long line) {
        // A path, the last one, may hold commas.
        int path = text.indexOf(",filename=");
        String hash = "";
        String quality = "";
        for (String field : (path < 0 ? text : text.substring(0, path)).split(",")) {
            String name = field.substring(0, Math.max(0, field.indexOf('=')));
            String value = field.substring(name.length() + (field.contains("=") ? 1 : 0));
            switch (name) {
                case "hash" -> hash = value;
                case "quality" -> quality = value;
                default -> ignored.add(name.isEmpty() ? field : name);
            }
        }
        if (path >= 0) {
            ignored.add("filename");
        }
        return usable(line, hash, quality);
    }

    private static HashListEntry usable(long line, String pdq, String quality) {
        Signal signal = HashListReader.signal(SignalType.PDQ, pdq, quality);
        return HashListReader.entry(line, new ContentDraft(List.of(signal)), ListCategory.UNSTATED);
    }

    private boolean opensQuoted() {
        return at < text.length() && (text.charAt(at) == '\'' || text.charAt(at) == '"');
    }

    /** The Python string that is next, or null if none is. */
    private @Nullable String quoted() {
        if (!opensQuoted()) {
            return null;
        }
        char quote = text.charAt(at);
        StringBuilder value = new StringBuilder();
        int i = at + 1;
        while (i < text.length() && text.charAt(i) != quote) {
            if (text.charAt(i) == '\\' && i + 1 < text.length()) {
                i++;
            }
            value.append(text.charAt(i++));
        }
        if (i == text.length()) {
            throw new IllegalArgumentException("the name of a collaboration that has no end (expected: " + quote + ")");
        }
        at = i + 1;
        skipSpace();
        return value.toString();
    }

    /** The next word, or the whole of a JSON array of strings. */
    private String word() {
        int from = at;
        at = text.startsWith("[", at) ? endOfArray() : endOfWord();
        String word = text.substring(from, at);
        skipSpace();
        return word;
    }

    private String peek() {
        return text.substring(at, endOfWord());
    }

    private int endOfWord() {
        int end = text.indexOf(' ', at);
        return end < 0 ? text.length() : end;
    }

    private int endOfArray() {
        int end = text.indexOf(']', at);
        if (end < 0) {
            throw new IllegalArgumentException("vpdq: an array that has no end (expected: ])");
        }
        return end + 1;
    }

    private void skipSpace() {
        while (at < text.length() && text.charAt(at) == ' ') {
            at++;
        }
    }
}
