package org.semblance.server.auth;

import java.io.IOException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.DatabaseFolder;
import org.semblance.hashdb.FileProblem;
import org.semblance.hashdb.document.Document;
import org.semblance.hashdb.document.Documents;
import org.semblance.hashdb.document.FileDocument;
import org.semblance.hashdb.json.StrictJson;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The keys of a server, in a document of their own: the file {@code keys.json} of its data folder, or a row that several nodes
 * share. Writers lock the document and not the database, so that keys can be made while a server runs.
 *
 * <pre>
 * {"format":1,"keys":[{"name":…,"sha256":…,"role":"match","banks":["A"],"hide_distance":true,"rate_per_second":10.0,
 *   "concurrent":4,"created_at":…,"expires_at":…,"revoked_at":…}]}
 * </pre>
 *
 * <p>That there ever were keys is remembered, so that a {@code keys.json} that is emptied or lost opens no server.
 *
 * <p>Without {@code banks} a key sees all of them; an empty array is refused, or taking the last name out by hand would
 * open every bank. Times are ISO 8601 in UTC.
 */
public final class KeyRing {
    static final String NAME = "keys.json";

    /** The files of a data folder that hold the keys, each replaced as a whole. */
    public static final List<String> FILES = List.of(NAME, FileDocument.markOf(NAME));

    private static final int FORMAT = 1;
    private static final String LOCK = ".keys.lock";
    private static final String MARK_TEXT = """
            Keys were made for this database. While this file is here, a server that finds no keys in keys.json refuses to start
            instead of answering everybody; --open answers everybody all the same.
            """;
    private static final Set<String> FIELDS = Set.of(
            "name",
            "sha256",
            "role",
            "banks",
            "hide_distance",
            "rate_per_second",
            "concurrent",
            "created_at",
            "expires_at",
            "revoked_at");

    private final Document document;

    /** Made before the document is written; null if it needs no folder. */
    private final @Nullable Path folder;

    private final String option;

    /** The keys of that data folder, which need not exist yet. */
    public KeyRing(Path folder) {
        this.folder = folder;
        this.option = "--data " + folder;
        this.document = new FileDocument(folder, NAME, LOCK, MARK_TEXT);
    }

    /** The keys of several nodes. */
    public KeyRing(Documents shared) {
        this.folder = null;
        this.option = "--catalog " + shared;
        this.document = shared.document(NAME);
    }

    /** The option of the command line that names these keys, with its value. */
    String option() {
        return option;
    }

    /** Where the keys are, for messages. */
    String place() {
        return document.toString();
    }

    /**
     * All keys in the order they were made, revoked ones as well; none if there is no document.
     *
     * @throws KeysRefusedException if the document cannot be read or is damaged
     */
    public List<Key> keys() {
        byte[] content = bytes();
        return content == null ? List.of() : parse(content);
    }

    /**
     * The key that has that secret, good or not.
     *
     * @throws KeysRefusedException if the document cannot be read or is damaged
     */
    public Optional<Key> ofSecret(String secret) {
        String sha256 = Secret.sha256(secret);
        return keys().stream().filter(key -> key.sha256().equals(sha256)).findFirst();
    }

    /**
     * The content of the document, or null if there is none.
     *
     * @throws KeysRefusedException if it cannot be read
     */
    byte @Nullable [] bytes() {
        try {
            return document.read();
        } catch (IOException e) {
            throw new KeysRefusedException(document + ": cannot be read: " + FileProblem.of(e), e);
        }
    }

    /** Whether there ever were keys. */
    boolean hadKeys() {
        try {
            return document.wasThere();
        } catch (IOException e) {
            throw new KeysRefusedException(document + ": cannot be read: " + FileProblem.of(e), e);
        }
    }

    /**
     * Remembers that there are keys.
     *
     * @throws KeysRefusedException if that cannot be written
     */
    void rememberKeys() {
        try {
            document.remember();
        } catch (IOException e) {
            throw new KeysRefusedException(document + ": cannot be written: " + e.getMessage(), e);
        }
    }

    /** What the holder must be told: the key, and the secret, which is nowhere else. */
    public record Made(Key key, String secret) {}

    /**
     * Makes a key; its secret is in the answer and nowhere else.
     *
     * @param draft with any hash; the answer has the right one
     * @throws NameTakenException if the name is taken
     * @throws IllegalArgumentException if a value is out of its range, naming the field
     * @throws KeysRefusedException if the document is damaged or cannot be written
     * @throws org.semblance.hashdb.DatabaseRefusedException if the folder holds something else than a database
     */
    public Made create(Draft draft, Instant now) {
        String secret = Secret.random();
        Key key = draft.key(Secret.sha256(secret), now);
        if (folder != null) {
            DatabaseFolder.prepare(folder);
        }
        change(keys -> {
            for (Key known : keys) {
                if (known.name().equals(key.name())) {
                    throw new NameTakenException(key.name());
                }
            }
            List<Key> more = new ArrayList<>(keys);
            more.add(key);
            return more;
        });
        return new Made(key, secret);
    }

    /** What its maker decides of a new key; see {@link Key} for each field. */
    public record Draft(
            String name,
            Role role,
            Set<String> banks,
            boolean hideDistance,
            @Nullable Double ratePerSecond,
            @Nullable Integer concurrent,
            @Nullable Instant expiresAt) {
        private Key key(String sha256, Instant now) {
            return new Key(name, sha256, role, banks, hideDistance, ratePerSecond, concurrent, now, expiresAt, null);
        }
    }

    /**
     * Revokes a key for good; one that is revoked already stays as it is.
     *
     * @throws IllegalArgumentException if there is no key of that name
     * @throws KeysRefusedException if the document is damaged or cannot be written
     */
    public void revoke(String name, Instant now) {
        String missing = "name: '" + name + "' (expected: the name of a key in " + document + ")";
        if (bytes() == null) {
            throw new IllegalArgumentException(missing);
        }
        change(keys -> {
            if (keys.stream().noneMatch(key -> key.name().equals(name))) {
                throw new IllegalArgumentException(missing);
            }
            return keys.stream()
                    .map(key -> key.name().equals(name) && key.revokedAt() == null ? key.revoked(now) : key)
                    .toList();
        });
    }

    private void change(UnaryOperator<List<Key>> change) {
        try {
            document.change(content -> StrictJson.INDENTED.writeValueAsBytes(
                    json(change.apply(content == null ? List.of() : parse(content)))));
        } catch (IOException e) {
            throw new KeysRefusedException(document + ": cannot be written: " + e.getMessage(), e);
        }
    }

    private static ObjectNode json(List<Key> keys) {
        ObjectNode root = StrictJson.INDENTED.createObjectNode().put("format", FORMAT);
        ArrayNode array = root.putArray("keys");
        for (Key key : keys) {
            ObjectNode node = array.addObject()
                    .put("name", key.name())
                    .put("sha256", key.sha256())
                    .put("role", key.role().wireName());
            KeyJson.put(node, key);
        }
        return root;
    }

    /**
     * The keys of such a document.
     *
     * @throws KeysRefusedException naming the key and field that is at fault
     */
    List<Key> parse(byte[] content) {
        try {
            JsonNode root = StrictJson.INDENTED.readTree(content);
            if (!root.isObject() || !root.path("keys").isArray()) {
                throw damaged("no object with an array of keys");
            }
            if (!root.path("format").isInt() || root.path("format").intValue() != FORMAT) {
                throw damaged("format: " + root.path("format") + " (expected: " + FORMAT + ")");
            }
            List<Key> keys = new ArrayList<>();
            Set<String> names = new HashSet<>();
            Set<String> hashes = new HashSet<>();
            for (JsonNode node : root.path("keys")) {
                Key key = key(node, keys.size());
                if (!names.add(key.name()) || !hashes.add(key.sha256())) {
                    throw damaged("keys[" + keys.size() + "]: name or secret of an earlier key");
                }
                keys.add(key);
            }
            return List.copyOf(keys);
        } catch (JacksonException e) {
            throw damaged("not valid JSON: " + e.getOriginalMessage());
        }
    }

    private Key key(JsonNode node, int position) {
        try {
            if (!node.isObject()) {
                throw new IllegalArgumentException("no object");
            }
            for (String field : node.propertyNames()) {
                if (!FIELDS.contains(field)) {
                    throw new IllegalArgumentException("unknown field '" + field + "'; of a newer release?");
                }
            }
            String created = text(node, "created_at");
            return new Key(
                    required(node, "name"),
                    required(node, "sha256"),
                    Role.of(required(node, "role"))
                            .orElseThrow(() -> wrong(node, "role", "match, curate, admin, ops or node")),
                    banks(node),
                    flag(node, "hide_distance"),
                    number(node, "rate_per_second"),
                    whole(node, "concurrent"),
                    created == null ? Instant.EPOCH : Instant.parse(created),
                    instant(node, "expires_at"),
                    instant(node, "revoked_at"));
        } catch (IllegalArgumentException | DateTimeException e) {
            throw damaged("keys[" + position + "]: " + e.getMessage());
        }
    }

    private static Set<String> banks(JsonNode node) {
        JsonNode banks = node.get("banks");
        if (banks == null) {
            return Set.of();
        }
        Set<String> names = new LinkedHashSet<>();
        if (banks.isArray()) {
            for (JsonNode bank : banks) {
                names.add(bank.isString() ? bank.stringValue() : "");
            }
        }
        if (names.isEmpty()) {
            throw wrong(node, "banks", "an array of names, or no such field for all banks");
        }
        return names;
    }

    private static String required(JsonNode node, String field) {
        String text = text(node, field);
        if (text == null) {
            throw new IllegalArgumentException(field + ": missing");
        }
        return text;
    }

    private static @Nullable String text(JsonNode node, String field) {
        JsonNode value = node.get(field);
        if (value != null && !value.isString()) {
            throw wrong(node, field, "a string");
        }
        return value == null ? null : value.stringValue();
    }

    private static @Nullable Instant instant(JsonNode node, String field) {
        String text = text(node, field);
        return text == null ? null : Instant.parse(text);
    }

    private static boolean flag(JsonNode node, String field) {
        JsonNode value = node.get(field);
        if (value != null && !value.isBoolean()) {
            throw wrong(node, field, "true or false");
        }
        return value != null && value.booleanValue();
    }

    private static @Nullable Double number(JsonNode node, String field) {
        JsonNode value = node.get(field);
        if (value != null && !value.isNumber()) {
            throw wrong(node, field, "a number");
        }
        return value == null ? null : Double.valueOf(value.doubleValue());
    }

    private static @Nullable Integer whole(JsonNode node, String field) {
        JsonNode value = node.get(field);
        if (value != null && !(value.isIntegralNumber() && value.canConvertToInt())) {
            throw wrong(node, field, "a whole number");
        }
        return value == null ? null : Integer.valueOf(value.intValue());
    }

    private static IllegalArgumentException wrong(JsonNode node, String field, String expected) {
        return new IllegalArgumentException(field + ": " + node.get(field) + " (expected: " + expected + ")");
    }

    private KeysRefusedException damaged(String why) {
        return new KeysRefusedException(document + ": damaged: " + why);
    }
}
