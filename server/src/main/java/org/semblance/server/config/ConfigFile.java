package org.semblance.server.config;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.toml.TomlMapper;

/** Settings from a TOML file: {@code key = value} lines, without tables. */
final class ConfigFile {
    /** The file's name where it is looked for without being named. */
    static final String NAME = "semblance.toml";

    private static final int LINE_CHARS = 100;

    private final Path file;
    private final List<String> lines;
    private final Map<Setting<?>, Object> values = new LinkedHashMap<>();
    private final List<String> problems = new ArrayList<>();

    /**
     * Reads the file; what is wrong with single keys is told by {@link #problems}.
     *
     * @throws ConfigRefusedException if the file cannot be read or is not valid TOML
     */
    ConfigFile(Path file) {
        this.file = file;
        String text;
        JsonNode root;
        try {
            text = Files.readString(file);
            root = new TomlMapper().readTree(text);
        } catch (NoSuchFileException e) {
            throw new ConfigRefusedException(file + ": not there", e);
        } catch (CharacterCodingException e) {
            throw new ConfigRefusedException(file + ": is not UTF-8", e);
        } catch (IOException e) {
            throw new ConfigRefusedException(file + ": cannot be read: " + e.getMessage(), e);
        } catch (JacksonException e) {
            TokenStreamLocation where = e.getLocation();
            throw new ConfigRefusedException(
                    file + (where == null ? "" : " line " + where.getLineNr()) + ": not valid TOML: "
                            + e.getOriginalMessage(),
                    e);
        }
        this.lines = text.lines().toList();
        for (Map.Entry<String, JsonNode> entry : root.properties()) {
            take(entry.getKey(), entry.getValue());
        }
    }

    private void take(String name, JsonNode node) {
        Setting<?> key = Setting.of(name);
        if (key == null) {
            Setting<?> nearest = Setting.nearest(name);
            problems.add(place(name) + ": unknown key " + name
                    + (nearest == null ? "" : " (did you mean " + nearest.key() + "?)"));
            return;
        }
        try {
            values.put(key, key.convert(value(node), node.toString()));
        } catch (ConfigRefusedException e) {
            problems.add(String.valueOf(e.at(place(name)).getMessage()));
        }
    }

    private static Object value(JsonNode node) {
        if (node.isIntegralNumber() && node.canConvertToLong()) {
            return node.longValue();
        }
        if (node.isBoolean()) {
            return node.booleanValue();
        }
        if (node.isArray()) {
            return node.valueStream().map(ConfigFile::value).toList();
        }
        return node.isString() ? node.stringValue() : node;
    }

    /** What is set. */
    Map<Setting<?>, Object> values() {
        return values;
    }

    /** What is wrong, one a line of text; empty if nothing is. */
    List<String> problems() {
        return problems;
    }

    /** Where a key stands, for a message. */
    String place(String name) {
        Pattern assignment = Pattern.compile("\\s*\\[?\\s*[\"']?" + Pattern.quote(name) + "[\"']?\\s*[=.\\]].*");
        for (int i = 0; i < lines.size(); i++) {
            if (assignment.matcher(lines.get(i)).matches()) {
                return file + " line " + (i + 1);
            }
        }
        return file.toString();
    }

    /** A file with every key, its documentation, and its default commented out. */
    static String annotated() {
        StringBuilder text = new StringBuilder();
        comment(
                text,
                "Settings of Semblance. What is commented out is the default; nothing here is needed. A setting can also be"
                        + " given by the environment (SEMBLANCE_ and the key in capitals, as in "
                        + Setting.MAX_BODY_BYTES.variable()
                        + ") and on the command line (as in "
                        + Setting.MAX_BODY_BYTES.flag()
                        + "): the command line wins over the environment, and the environment over this file. The file is"
                        + " named by --config or SEMBLANCE_CONFIG, or is " + NAME
                        + " in the folder that the server is started in. `semblance config` shows what is in effect and"
                        + " where it is from.");
        for (Setting<?> key : Setting.all()) {
            text.append('\n');
            comment(text, key.doc());
            String range = Character.toUpperCase(key.expected().charAt(0))
                    + key.expected().substring(1) + ".";
            comment(text, key.hasFixedDefault() ? range : range + " Default: " + key.defaultText() + ".");
            text.append('#').append(key.key()).append(" =");
            if (key.hasFixedDefault()) {
                text.append(' ').append(key.defaultText());
            }
            text.append('\n');
        }
        return text.toString();
    }

    private static void comment(StringBuilder text, String words) {
        int width = 1;
        text.append('#');
        for (String word : words.split(" ")) {
            if (width + 1 + word.length() > LINE_CHARS) {
                text.append("\n#");
                width = 1;
            }
            text.append(' ').append(word);
            width += 1 + word.length();
        }
        text.append('\n');
    }
}
