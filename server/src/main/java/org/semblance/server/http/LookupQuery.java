package org.semblance.server.http;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.hash.Hash256;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * A hash that is asked for, or what is wrong with it.
 *
 * @param id the caller's own, a JSON scalar
 */
record LookupQuery(
        @Nullable Hash256 hash,
        @Nullable JsonNode id,
        @Nullable HttpError problem) {
    /** Most hashes of one body that is looked up whole. */
    static final int MAX_HASHES = 100_000;

    private static LookupQuery of(Hash256 hash) {
        return new LookupQuery(hash, null, null);
    }

    /** The hashes of those that are some, in their order. */
    static List<Hash256> hashes(List<LookupQuery> queries) {
        return queries.stream().map(LookupQuery::hash).filter(Objects::nonNull).toList();
    }

    /** The same, not to be looked up for that reason, unless it has one already. */
    LookupQuery failedBy(HttpError why) {
        return problem != null ? this : new LookupQuery(null, id, why);
    }

    /** What is asked by bytes, 32 a hash. */
    static List<LookupQuery> ofOctets(ByteBuffer body) {
        int bytes = body.remaining();
        if (bytes % Hash256.BYTES != 0) {
            throw HttpError.field(400, "body", bytes + " bytes", Hash256.BYTES + " bytes a hash");
        }
        checkCount(bytes / Hash256.BYTES);
        ByteBuffer in = body.duplicate();
        List<LookupQuery> queries = new ArrayList<>(bytes / Hash256.BYTES);
        while (in.hasRemaining()) {
            queries.add(of(Hash256.read(in)));
        }
        return queries;
    }

    /** What is asked by an array, or by an object with one. */
    static List<LookupQuery> ofJson(JsonNode body) {
        List<String> hashes = body.isArray()
                ? Fields.of(Json.object().set("hashes", body), Set.of("hashes")).texts("hashes")
                : Fields.of(body, Set.of("hashes")).required("hashes").texts("hashes");
        checkCount(hashes.size());
        List<LookupQuery> queries = new ArrayList<>(hashes.size());
        for (String hash : hashes) {
            queries.add(of(parse("hashes[" + queries.size() + "]", hash)));
        }
        return queries;
    }

    private static void checkCount(int hashes) {
        if (hashes > MAX_HASHES) {
            throw HttpError.field(413, "hashes", Integer.toString(hashes), "at most " + MAX_HASHES);
        }
    }

    private static Hash256 parse(String field, String hash) {
        try {
            return Hash256.parse(hash);
        } catch (IllegalArgumentException e) {
            throw HttpError.field(400, field, hash, "64 hex digits");
        }
    }

    /** What is asked by a line: bare hex digits, a JSON string of them, or an object. */
    static LookupQuery ofLine(ByteBuffer line) {
        try {
            if (line.remaining() > LineStream.LONGEST_LINE) {
                throw HttpError.field(
                        413, "line", "more than " + LineStream.LONGEST_LINE + " bytes", "64 hex digits and a short id");
            }
            byte first = line.get(line.position());
            if (first != '{' && first != '"') {
                String text =
                        StandardCharsets.ISO_8859_1.decode(line.duplicate()).toString();
                return of(parse("hash", text.strip()));
            }
            JsonNode node = Json.read(line);
            if (node.isString()) {
                return of(parse("hash", node.stringValue()));
            }
            Fields fields = Fields.of(node, Set.of("hash", "id"));
            String hash = fields.required("hash").text("hash");
            return new LookupQuery(parse("hash", String.valueOf(hash)), fields.scalar("id"), null);
        } catch (HttpError | JacksonException e) {
            return new LookupQuery(null, null, Errors.error(e, Dialect.NATIVE));
        }
    }
}
