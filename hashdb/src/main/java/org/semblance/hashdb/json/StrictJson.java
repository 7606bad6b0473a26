package org.semblance.hashdb.json;

import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The mappers for JSON from outside: request bodies, metadata, answers of a server, files that a person may edit. Every one
 * refuses a duplicate key, text after the document, and too deep a nesting.
 */
public final class StrictJson {
    /** How deep a document may nest: 64 objects and arrays. */
    public static final int MAX_DEPTH = 64;

    /** Writes on one line. Fractions keep all of their digits: a double would round them, and cannot hold 1e400. */
    public static final JsonMapper COMPACT = mapper(MAX_DEPTH)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    /** Writes with indentation, for files that people read. */
    public static final JsonMapper INDENTED =
            mapper(MAX_DEPTH).enable(SerializationFeature.INDENT_OUTPUT).build();

    /** Reads the answers of a server, in which documents of {@link #MAX_DEPTH} are nested. Fractions are doubles. */
    public static final JsonMapper ANSWERS = mapper(2 * MAX_DEPTH).build();

    private StrictJson() {}

    private static JsonMapper.Builder mapper(int depth) {
        return JsonMapper.builder(JsonFactory.builder()
                        .streamReadConstraints(StreamReadConstraints.builder()
                                .maxNestingDepth(depth)
                                .build())
                        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                        .build())
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    }
}
