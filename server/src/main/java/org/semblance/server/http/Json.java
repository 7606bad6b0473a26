package org.semblance.server.http;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.json.StrictJson;
import tools.jackson.core.JacksonException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.core.util.Separators;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The JSON of both dialects. */
public final class Json {
    /** Largest JSON document that is read: a tree takes many times its text. */
    public static final int MAX_BYTES = 1_000_000;

    private static final JsonMapper NATIVE = StrictJson.COMPACT;

    /** Flask's {@code jsonify}: keys sorted, compact, non-ASCII escaped in lower-case hex. */
    private static final JsonMapper SORTED = JsonMapper.builder(JsonFactory.builder()
                    .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
                    .disable(JsonWriteFeature.WRITE_HEX_UPPER_CASE)
                    .build())
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .build();

    private static final DefaultIndenter TWO_SPACES = new DefaultIndenter("  ", "\n");

    private static final ObjectWriter INDENTED = JsonMapper.builder(JsonFactory.builder()
                    .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
                    .disable(JsonWriteFeature.WRITE_HEX_UPPER_CASE)
                    .build())
            .build()
            .writer()
            .with(new DefaultPrettyPrinter(Separators.createDefaultInstance()
                            .withObjectNameValueSpacing(Separators.Spacing.AFTER)
                            .withObjectEmptySeparator("")
                            .withArrayEmptySeparator(""))
                    .withObjectIndenter(TWO_SPACES)
                    .withArrayIndenter(TWO_SPACES));

    private Json() {}

    public static ObjectNode object() {
        return NATIVE.createObjectNode();
    }

    /** Native answers: keys in their order, UTF-8. */
    public static byte[] write(Object value) {
        return NATIVE.writeValueAsBytes(value);
    }

    /** Answers of the HMA dialect: maps, lists and scalars, to the byte as Flask writes them. */
    static byte[] writeSorted(Object value) {
        byte[] json = SORTED.writeValueAsBytes(value);
        byte[] line = java.util.Arrays.copyOf(json, json.length + 1);
        line[json.length] = '\n';
        return line;
    }

    /** As Python's {@code json.dumps(…, indent=2)} writes it: keys in their order. */
    public static byte[] writeIndented(Object value) {
        return INDENTED.writeValueAsBytes(value);
    }

    /** Plain maps and lists of a tree, as {@link #writeSorted} wants them. */
    public static @Nullable Object plain(JsonNode node) {
        return NATIVE.treeToValue(node, Object.class);
    }

    /**
     * Parses one document.
     *
     * @throws HttpError 413 if it is longer than {@link #MAX_BYTES}
     * @throws JacksonException if the text is not valid JSON
     */
    public static JsonNode read(ByteBuffer utf8) {
        return read(utf8, MAX_BYTES);
    }

    /**
     * Parses one document.
     *
     * @throws HttpError 413 if it is longer than that
     * @throws JacksonException if the text is not valid JSON
     */
    public static JsonNode read(ByteBuffer utf8, int mostBytes) {
        if (utf8.remaining() > mostBytes) {
            throw new HttpError(413, "JSON body: " + utf8.remaining() + " bytes (expected: at most " + mostBytes + ")");
        }
        byte[] bytes = new byte[utf8.remaining()];
        utf8.duplicate().get(bytes);
        return NATIVE.readTree(bytes);
    }

    /** Parses one document from text. */
    public static JsonNode read(String text) {
        return read(text, MAX_BYTES);
    }

    /** Parses one document from text, as {@link #read(ByteBuffer, int)}. */
    public static JsonNode read(String text, int mostBytes) {
        return read(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), mostBytes);
    }
}
