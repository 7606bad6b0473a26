package org.semblance.bench.hostile;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Requests that are nearly right: each begins as a call of an operation that the server describes in its {@code
 * /openapi.json}, with values of the described types, and then some of its parts are broken. Not thread-safe.
 */
final class FuzzedRequests {
    private static final List<String> METHODS =
            List.of("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "get", "FOO", "");
    private static final List<String> VERSIONS =
            List.of("HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/0.9", "HTTP/1.2", "HTTP/9", "http/1.1", "", "HTTP/1.1 x");
    private static final List<String> WORDS = List.of(
            "KNOWN",
            "FINE",
            "FUZZ",
            "NOPE",
            "pdq",
            "vpdq",
            "video_md5",
            "md5",
            "sha256",
            "photo",
            "video",
            "true",
            "false",
            "0",
            "1",
            "-1",
            "31",
            "256",
            "0.5",
            "NaN",
            "1e400",
            "9223372036854775808",
            "null",
            "sample",
            "local_file",
            "ncmec",
            "enabled",
            "disabled",
            "withdrawn",
            "match",
            "allow",
            "aligned",
            "2027-01-31T12:00:00Z",
            "x",
            "",
            " ",
            "\u00e9\ud83d\udd25",
            "%",
            "%00",
            "%zz",
            "../..",
            "a/b",
            "[]",
            "{}",
            "\"",
            "\r\n");
    private static final List<String> HEADERS = List.of(
            "Connection: close",
            "Connection: keep-alive",
            "Connection: Upgrade, HTTP2-Settings",
            "Upgrade: h2c",
            "Upgrade: websocket",
            "HTTP2-Settings: AAMAAABkAAQAAP__",
            "HTTP2-Settings: ????",
            "Expect: 100-continue",
            "Expect: a miracle",
            "Authorization: Bearer nothing",
            "Authorization: Basic eDp5",
            "X-API-Key: nothing",
            "X-Actor: fuzz",
            "X-Actor: \u0001",
            "X-Reason: caf\u00c3\u00a9",
            "X-Reason: \u00ff\u00fe",
            "Idempotency-Key: 1",
            "Idempotency-Key: 2",
            "Idempotency-Key: ",
            "Origin: http://evil.example",
            "Sec-Fetch-Site: cross-site",
            "Accept: application/x-ndjson",
            "Accept: */*;q=0",
            "Accept-Encoding: gzip",
            "Accept-Encoding: gzip;q=0, *;q=0",
            "Accept-Encoding: br, deflate, x",
            "Content-Encoding: gzip",
            "Content-Encoding: deflate",
            "Content-Encoding: br",
            "Content-Encoding: gzip, gzip",
            "TE: trailers",
            "Trailer: X-Actor",
            "Host: another",
            "Transfer-Encoding: chunked",
            "Transfer-Encoding: gzip, chunked",
            "Transfer-Encoding: identity",
            "Transfer-Encoding: \u000bchunked",
            "Content-Length: 0",
            "Content-Length: 5",
            "Content-Length: 99999999999",
            "Content-Length: -1",
            "Content-Length: 1e3",
            "Content-Length: 5, 5",
            "Content-Type: text/plain",
            "Content-Type: application/json;charset=utf-16",
            "Content-Type: multipart/form-data",
            "Content-Type: multipart/form-data; boundary=",
            "Content-Type: multipart/form-data; boundary=\"b",
            "Content-Type: application/x-www-form-urlencoded",
            "no colon",
            ": no name",
            " folded: x",
            "X\u0000: y",
            "Cookie: a=b",
            "Range: bytes=0-1",
            "If-None-Match: *");

    private final Random random;
    private final List<Operation> operations;
    private final JsonNode document;
    private final byte[][] files;

    /** A method and path to call, and its description in the document: the media types of its body with their schemas. */
    private record Operation(String method, String path, JsonNode node) {}

    /** A body and what it says that it is. */
    private record Body(@Nullable String mediaType, byte[] bytes) {}

    /**
     * A request, of which some parts are broken.
     *
     * @param fields as {@code Name: value}, without what says how long the body is; may be added to
     */
    record Parts(String method, String target, List<String> fields, byte[] body) {}

    /**
     * Requests of that description.
     *
     * @param document as {@code /openapi.json} gives it
     * @param files pictures and videos to upload
     */
    FuzzedRequests(Random random, JsonNode document, byte[]... files) {
        this.random = random;
        this.document = document;
        this.files = files;
        this.operations = new ArrayList<>();
        document.get("paths")
                .properties()
                .forEach(path -> path.getValue()
                        .properties()
                        .forEach(operation -> operations.add(new Operation(
                                operation.getKey().toUpperCase(Locale.ROOT), path.getKey(), operation.getValue()))));
    }

    private boolean oneIn(int n) {
        return random.nextInt(n) == 0;
    }

    private <T> T any(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    /** The bytes of the next request. */
    byte[] next() {
        if (oneIn(60)) {
            return noise();
        }
        Parts parts = parts();
        List<String> fields = parts.fields;
        if (!oneIn(40)) {
            fields.addFirst("Host: localhost");
        }
        byte[] framed = frame(parts.body, fields);
        String version = oneIn(25) ? any(VERSIONS) : "HTTP/1.1";
        String head = parts.method + " " + parts.target + " " + version + "\r\n" + String.join("\r\n", fields)
                + (fields.isEmpty() ? "" : "\r\n") + "\r\n";
        ByteArrayOutputStream request = new ByteArrayOutputStream();
        request.writeBytes(head.getBytes(StandardCharsets.ISO_8859_1));
        request.writeBytes(framed);
        return oneIn(15) ? broken(request.toByteArray()) : request.toByteArray();
    }

    /** The parts of the next request, before they are put together. */
    Parts parts() {
        Operation operation = any(operations);
        Body body = body(operation);
        List<String> fields = new ArrayList<>();
        if (body.mediaType != null && !oneIn(20)) {
            fields.add("Content-Type: " + body.mediaType);
        }
        byte[] bytes = oneIn(30) && body.bytes.length > 0 ? gzip(body.bytes) : body.bytes;
        if (bytes != body.bytes) {
            fields.add("Content-Encoding: gzip");
        }
        for (int extra = oneIn(3) ? random.nextInt(4) : 0; extra > 0; extra--) {
            fields.add(random.nextInt(fields.size() + 1), any(HEADERS));
        }
        if (oneIn(200)) {
            fields.add("X-Long: " + "x".repeat(random.nextInt(60_000)));
        }
        return new Parts(oneIn(12) ? any(METHODS) : operation.method, target(operation), fields, bytes);
    }

    /** What is no request at all, or another protocol's. */
    private byte[] noise() {
        byte[] bytes = new byte[random.nextInt(300)];
        random.nextBytes(bytes);
        byte[] start = any(List.of("", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\u0016\u0003\u0001", "\r\n\r\n", "GET"))
                .getBytes(StandardCharsets.ISO_8859_1);
        byte[] noise = Arrays.copyOf(start, start.length + bytes.length);
        System.arraycopy(bytes, 0, noise, start.length, bytes.length);
        return noise;
    }

    /** Some bytes are others, missing or there twice. */
    private byte[] broken(byte[] bytes) {
        byte[] broken = bytes.clone();
        for (int k = random.nextInt(5); k >= 0 && broken.length > 2; k--) {
            int at = random.nextInt(Math.min(broken.length, oneIn(2) ? 200 : broken.length));
            switch (random.nextInt(3)) {
                case 0 -> broken[at] = (byte) random.nextInt(256);
                case 1 -> {
                    System.arraycopy(broken, at + 1, broken, at, broken.length - at - 1);
                    broken = Arrays.copyOf(broken, broken.length - 1);
                }
                default -> {
                    byte[] longer = Arrays.copyOf(broken, broken.length + 1);
                    System.arraycopy(broken, at, longer, at + 1, broken.length - at);
                    broken = longer;
                }
            }
        }
        return broken;
    }

    // Targets

    private String target(Operation operation) {
        StringBuilder target = new StringBuilder();
        for (String segment : operation.path.substring(1).split("/", -1)) {
            target.append(oneIn(100) ? "//" : "/");
            if (!segment.startsWith("{")) {
                target.append(oneIn(150) ? any(WORDS) : segment);
            } else if (segment.equals("{id}")) {
                target.append(oneIn(10) ? encoded(any(WORDS)) : Integer.toString(random.nextInt(60)));
            } else {
                target.append(oneIn(3) ? encoded(any(WORDS)) : segment.equals("{bank}") ? "KNOWN" : "sample");
            }
        }
        char separator = '?';
        for (JsonNode reference : operation.node.path("parameters")) {
            JsonNode parameter = resolve(reference);
            if (parameter.get("in").stringValue().equals("query") && oneIn(3)) {
                target.append(separator)
                        .append(parameter.get("name").stringValue())
                        .append('=')
                        .append(value(parameter));
                separator = '&';
            }
        }
        if (oneIn(40)) {
            target.append(separator).append(any(WORDS).strip());
        }
        return oneIn(50) ? "http://localhost" + target : oneIn(200) ? "*" : target.toString();
    }

    private String value(JsonNode parameter) {
        if (oneIn(6)) {
            return oneIn(8) ? any(WORDS).replaceAll("\\s", "+") : encoded(any(WORDS));
        }
        return switch (parameter.get("name").stringValue()) {
            case "signal" -> oneIn(4) ? encoded(video()) : hash();
            case "banks" -> any(List.of("KNOWN", "FINE", "KNOWN,FINE", "NOPE", ""));
            case "deadline_ms" -> Integer.toString(1 + random.nextInt(3_000));
            case "url" -> encoded(any(List.of("http://127.0.0.1/", "file:///etc/passwd", "")));
            default -> {
                JsonNode allowed = resolve(parameter.get("schema")).path("enum");
                yield allowed.isArray()
                        ? allowed.get(random.nextInt(allowed.size())).asString()
                        : encoded(any(WORDS));
            }
        };
    }

    private static String encoded(String text) {
        return java.net.URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private JsonNode resolve(JsonNode node) {
        JsonNode reference = node.path("$ref");
        return reference.isString() ? document.at(reference.stringValue().substring(1)) : node;
    }

    // Bodies

    private Body body(Operation operation) {
        JsonNode content = operation.node.path("requestBody").path("content");
        if (content.isMissingNode() || oneIn(25)) {
            return new Body(null, oneIn(4) ? any(WORDS).getBytes(StandardCharsets.UTF_8) : new byte[0]);
        }
        List<String> types = List.copyOf(content.propertyNames());
        String type = any(types);
        JsonNode schema = content.get(type).get("schema");
        String sent = oneIn(25) ? any(types) : type;
        return switch (type) {
            case "multipart/form-data" -> form(sent.equals(type), resolve(schema));
            case "application/octet-stream" -> new Body(sent, oneIn(3) ? octets() : file());
            case "application/x-ndjson" -> {
                StringBuilder lines = new StringBuilder();
                for (int i = random.nextInt(8); i >= 0; i--) {
                    lines.append(oneIn(6) ? any(WORDS) : json(schema, 0)).append(oneIn(10) ? "\r\n\n" : "\n");
                }
                yield new Body(sent, lines.toString().getBytes(StandardCharsets.UTF_8));
            }
            default -> new Body(sent, text(json(schema, 0)));
        };
    }

    /** UTF-8, mostly. */
    private byte[] text(String json) {
        return json.getBytes(
                oneIn(40)
                        ? any(List.of(StandardCharsets.UTF_16, StandardCharsets.ISO_8859_1))
                        : StandardCharsets.UTF_8);
    }

    private byte[] octets() {
        byte[] octets = new byte[32 * random.nextInt(20) + (oneIn(6) ? random.nextInt(32) : 0)];
        random.nextBytes(octets);
        return octets;
    }

    /** A file that is whole, cut off or with other bytes in it. */
    private byte[] file() {
        byte[] file = files[random.nextInt(files.length)];
        return switch (random.nextInt(4)) {
            case 0 -> Arrays.copyOf(file, random.nextInt(file.length));
            case 1 -> broken(file);
            default -> file;
        };
    }

    private Body form(boolean named, JsonNode schema) {
        String boundary = any(List.of("b", "----WebKitFormBoundary7MA4YWxkTrZu0gW", "'()+_,-./:=? x", "x".repeat(70)));
        String delimiter = oneIn(20) ? "c" : boundary;
        ByteArrayOutputStream form = new ByteArrayOutputStream();
        List<String> names = List.copyOf(schema.path("properties").propertyNames());
        for (int parts = oneIn(10) ? random.nextInt(70) : 1 + random.nextInt(3); parts > 0; parts--) {
            String name = oneIn(8) || names.isEmpty() ? any(WORDS) : any(names);
            boolean file = resolve(schema.path("properties").path(name))
                    .path("format")
                    .asString("")
                    .equals("binary");
            write(form, "--" + delimiter + (oneIn(30) ? "\n" : "\r\n"));
            if (!oneIn(30)) {
                write(
                        form,
                        "Content-Disposition: form-data; name=\"" + name + "\"" + (file ? "; filename=\"f\"" : "")
                                + "\r\n");
            }
            if (oneIn(4)) {
                write(
                        form,
                        any(List.of(
                                        "Content-Type: image/jpeg",
                                        "Content-Type: text/plain; charset=utf-77",
                                        "Content-Transfer-Encoding: base64",
                                        "Content-Type: multipart/mixed; boundary=i",
                                        "Content-Length: 3",
                                        "Content-Disposition: form-data; name=\"twice\"",
                                        "junk"))
                                + "\r\n");
            }
            write(form, oneIn(40) ? "\n" : "\r\n");
            form.writeBytes(file ? file() : text(oneIn(3) ? json(schema, 0) : any(WORDS)));
            write(form, "\r\n");
        }
        write(form, oneIn(10) ? "" : "--" + delimiter + (oneIn(15) ? "\r\n" : "--\r\n"));
        String type =
                "multipart/form-data" + (oneIn(30) ? "" : "; boundary=" + (oneIn(3) ? '"' + boundary + '"' : boundary));
        return new Body(named ? type : "application/json", form.toByteArray());
    }

    private static void write(ByteArrayOutputStream out, String text) {
        out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
    }

    private String hash() {
        StringBuilder hash = new StringBuilder();
        // Few, so that some are banked.
        Random of = new Random(random.nextInt(30));
        for (int i = 0; i < 64; i++) {
            hash.append(Character.forDigit(of.nextInt(16), 16));
        }
        return hash.toString();
    }

    private String video() {
        StringBuilder video = new StringBuilder("[");
        for (int i = random.nextInt(6); i >= 0; i--) {
            video.append('"')
                    .append(hash())
                    .append(',')
                    .append(any(List.of("100", "50", "49", "101", "x")))
                    .append(',');
            video.append(any(List.of("0.0", "1.5", "1e+02", "-1", "NaN", "1e300")))
                    .append(i == 0 ? "\"" : "\", ");
        }
        return video.append(']').toString();
    }

    /** A value of that schema, or one of another type. */
    private String json(JsonNode reference, int depth) {
        JsonNode schema = resolve(reference);
        if (oneIn(14) || depth > 6) {
            return any(List.of(
                    "null",
                    "true",
                    "0",
                    "-1",
                    "1e400",
                    "123456789012345678901234567890",
                    "0.30000000000000000000000000001",
                    "\"\"",
                    "\"x\"",
                    "[]",
                    "{}",
                    "[[[[]]]]",
                    "{\"a\":1,\"a\":2}",
                    "\"\\ud800\"",
                    "\"\\u0000\"",
                    "nul",
                    "{",
                    "[".repeat(80) + "]".repeat(80),
                    "\"" + "x".repeat(random.nextInt(3_000)) + "\""));
        }
        if (schema.has("oneOf")) {
            return json(
                    schema.get("oneOf").get(random.nextInt(schema.get("oneOf").size())), depth + 1);
        }
        if (schema.has("enum")) {
            return schema.get("enum")
                    .get(random.nextInt(schema.get("enum").size()))
                    .toString();
        }
        JsonNode types = schema.path("type");
        String type =
                types.isArray() ? types.get(random.nextInt(types.size())).stringValue() : types.asString("object");
        return switch (type) {
            case "string" -> string(schema);
            case "integer", "number" -> any(List.of("0", "1", "31", "100", "0.5", "-0.0", "1e9"));
            case "boolean" -> Boolean.toString(random.nextBoolean());
            case "null" -> "null";
            case "array" -> {
                List<String> items = new ArrayList<>();
                for (int i = random.nextInt(4); i > 0; i--) {
                    items.add(json(schema.path("items"), depth + 1));
                }
                yield "[" + String.join(",", items) + "]";
            }
            default -> object(schema, depth);
        };
    }

    private String object(JsonNode schema, int depth) {
        List<String> fields = new ArrayList<>();
        for (Map.Entry<String, JsonNode> property : schema.path("properties").properties()) {
            boolean required = schema.path("required").toString().contains("\"" + property.getKey() + "\"");
            if (required ? !oneIn(12) : oneIn(3)) {
                String value = switch (property.getKey()) {
                    case "hash", "pdq" -> oneIn(8) ? json(property.getValue(), depth + 1) : "\"" + hash() + "\"";
                    case "vpdq" -> "\"" + video().replace("\"", "\\\"") + "\"";
                    case "name", "bank" -> "\"" + any(List.of("KNOWN", "FINE", "FUZZ", "lower", "9")) + "\"";
                    case "api" -> "\"" + any(List.of("sample", "local_file", "ncmec", "zz")) + "\"";
                    default -> json(property.getValue(), depth + 1);
                };
                fields.add("\"" + property.getKey() + "\":" + value);
            }
        }
        if (schema.path("additionalProperties").isObject() || oneIn(20)) {
            fields.add("\"" + any(List.of("pdq", "video_md5", "vpdq", "zz")) + "\":"
                    + json(schema.path("additionalProperties"), depth + 1));
        }
        return "{" + String.join(",", fields) + "}";
    }

    private String string(JsonNode schema) {
        if (schema.path("pattern").asString("").contains("{64}") && !oneIn(8)) {
            return "\"" + hash() + "\"";
        }
        String word = oneIn(3) ? hash() : any(WORDS);
        return "\"" + word.replace("\\", "\\\\").replace("\"", "\\\"").replace("\r\n", oneIn(5) ? "\r\n" : "\\r\\n")
                + "\"";
    }

    // Framing

    /** Adds the fields that say how long the body is, which may lie, and gives it as it goes over the wire. */
    private byte[] frame(byte[] body, List<String> fields) {
        if (body.length == 0 && oneIn(2)) {
            return body;
        }
        if (!oneIn(4)) {
            int length = oneIn(20) ? Math.max(0, body.length + random.nextInt(21) - 10) : body.length;
            fields.add("Content-Length: " + length);
            return body;
        }
        fields.add("Transfer-Encoding: chunked");
        ByteArrayOutputStream chunks = new ByteArrayOutputStream();
        int at = 0;
        while (at < body.length) {
            int size = Math.min(body.length - at, 1 + random.nextInt(oneIn(3) ? 8 : 5_000));
            write(chunks, Integer.toHexString(oneIn(200) ? size + 1 : size) + (oneIn(20) ? ";a=\"b\"" : "") + "\r\n");
            chunks.write(body, at, size);
            write(chunks, oneIn(200) ? "\n" : "\r\n");
            at += size;
            if (at > 400 * size) {
                break; // enough of tiny chunks: the rest is missing
            }
        }
        write(chunks, oneIn(30) ? "" : oneIn(20) ? "0\r\nX-Actor: trailer\r\n\r\n" : "0\r\n\r\n");
        return chunks.toByteArray();
    }

    private static byte[] gzip(byte[] bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }
}
