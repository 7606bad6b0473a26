package org.semblance.server.api;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.HashReport;
import org.semblance.engine.SeenPicture;
import org.semblance.engine.features.Profile;
import org.semblance.engine.media.MediaFormat;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.Errors;
import org.semblance.server.http.Fields;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Json;
import org.semblance.server.route.LineAnswerer;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * A hash, a digest, or the local features of a picture that are asked for, or what is wrong with them.
 *
 * @param id the caller's own, a JSON scalar
 */
record LookupQuery(
        @Nullable Hash256 hash,
        @Nullable Signal digest,
        @Nullable Features features,
        @Nullable JsonNode id,
        @Nullable HttpError problem) {
    /** Most hashes of one body that is looked up whole. */
    static final int MAX_HASHES = 100_000;

    private static final String HASHES = "hashes";
    private static final String QUERIES = "queries";
    private static final String FEATURES = "features";
    private static final Set<String> QUERY_FIELDS = Set.of("hash", "type", FEATURES, "id");

    private static LookupQuery of(Hash256 hash) {
        return new LookupQuery(hash, null, null, null, null);
    }

    /** The hashes of those that are some, in their order. */
    static List<Hash256> hashes(List<LookupQuery> queries) {
        return queries.stream().map(LookupQuery::hash).filter(Objects::nonNull).toList();
    }

    /** What is known of the content that is asked for. */
    HashReport hashed() {
        List<Signal> signals = digest != null
                ? List.of(digest)
                : hash != null ? List.of(new Signal(SignalType.PDQ, hash.toHex())) : List.of();
        List<SeenPicture> pictures = features == null ? List.of() : List.of(new SeenPicture(0, features, null));
        return new HashReport(
                null, "", null, MediaFormat.UNKNOWN.wireName(), signals, Map.of(), null, List.of(), pictures, 1, 0, 0);
    }

    /** Its id as the match log takes it, or null if it has none. */
    @Nullable
    String reference() {
        return id == null ? null : id.asString();
    }

    /** This query with a reason not to look it up, unless it has one already. */
    LookupQuery failedBy(HttpError why) {
        return problem != null ? this : new LookupQuery(null, null, null, id, why);
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

    /** What is asked by an array of hashes or of queries, or by an object with one. */
    static List<LookupQuery> ofJson(JsonNode body) {
        if (body.isArray()) {
            String name = body.path(0).isObject() ? QUERIES : HASHES;
            return ofJson(Json.object().set(name, body));
        }
        Fields fields = Fields.of(body, Set.of(HASHES, QUERIES));
        List<LookupQuery> queries = new ArrayList<>();
        for (Fields query : fields.objects(QUERIES, QUERY_FIELDS)) {
            try {
                queries.add(of(query));
            } catch (HttpError e) {
                throw e.in(QUERIES + "[" + queries.size() + "]");
            }
        }
        if (!fields.has(QUERIES)) {
            fields.required(HASHES);
        }
        List<String> hashes = fields.texts(HASHES);
        if (!queries.isEmpty() && !hashes.isEmpty()) {
            throw HttpError.field(400, QUERIES, "beside " + HASHES, "either of them");
        }
        checkCount(hashes.size());
        for (int i = 0; i < hashes.size(); i++) {
            queries.add(of(parse(HASHES + "[" + i + "]", hashes.get(i))));
        }
        return queries;
    }

    private static LookupQuery of(Fields fields) {
        String hash = fields.text("hash");
        String features = fields.text(FEATURES);
        if ((hash == null) == (features == null)) {
            throw HttpError.field(400, "hash", hash, "64 hex digits, or " + FEATURES + " in its place");
        }
        String type = fields.text("type");
        Signal digest = type == null || type.equals(SignalType.PDQ.wireName()) ? null : parseDigest(type, hash);
        return new LookupQuery(
                hash == null || digest != null ? null : parse("hash", hash),
                digest,
                features == null ? null : parseFeatures(features),
                fields.scalar("id"),
                null);
    }

    private static Signal parseDigest(String type, @Nullable String value) {
        SignalType of;
        try {
            of = SignalType.parse(type);
        } catch (IllegalArgumentException e) {
            throw HttpError.field(400, "type", type, "pdq, md5, sha1 or sha256");
        }
        if (value == null) {
            throw HttpError.field(400, "type", type, "none with " + FEATURES);
        }
        try {
            return new Signal(of, value);
        } catch (IllegalArgumentException e) {
            throw HttpError.field(400, "hash", value, of.hexDigits() + " hex digits");
        }
    }

    /** Reads the features of a signal as {@code /v1/hash} gives it. */
    private static Features parseFeatures(String base64) {
        Features features;
        try {
            features = Features.ofBase64(base64);
        } catch (IllegalArgumentException e) {
            throw HttpError.of(400, FEATURES, FEATURES + ": " + e.getMessage());
        }
        int most = Profile.UPLOADED.count();
        if (features.count() > most) {
            throw HttpError.field(400, FEATURES, features.count() + " features", "at most " + most);
        }
        return features;
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

    /** What is asked by a line: bare hex digits, a JSON string of them, or an object with a hash or features. */
    static LookupQuery ofLine(ByteBuffer line) {
        try {
            if (line.remaining() > LineAnswerer.LONGEST_LINE) {
                throw HttpError.field(
                        413,
                        "line",
                        "more than " + LineAnswerer.LONGEST_LINE + " bytes",
                        "a hash or features, and a short id");
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
            return of(Fields.of(node, QUERY_FIELDS));
        } catch (HttpError | JacksonException e) {
            return new LookupQuery(null, null, null, null, Errors.error(e, Dialect.NATIVE));
        }
    }
}
