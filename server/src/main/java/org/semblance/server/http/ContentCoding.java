package org.semblance.server.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.GZIPOutputStream;

/**
 * The compression of a body on its way (RFC 9110, section 8.4): what a request may come in, and what its answer leaves in.
 *
 * <p>An answer is compressed if it is text of some length and its client says that it takes gzip. A request is taken in
 * each of these codings, and every limit holds for what it decodes to.
 */
public enum ContentCoding {
    IDENTITY,
    GZIP,
    /** The zlib format of RFC 1950. */
    DEFLATE;

    /** Below this gzip saves less than it costs. */
    static final int LEAST_BYTES = 1_024;

    /** Of 9: answers are made for one client each, and a higher level takes longer than it saves. */
    private static final int LEVEL = 3;

    private static final String ACCEPTED = "gzip, deflate";

    /**
     * The coding of a request's body.
     *
     * @throws HttpError 415 that names the accepted ones, if it is no single one of them
     */
    public static ContentCoding of(HttpHeaders headers) {
        if (!headers.contains(HttpHeaderNames.CONTENT_ENCODING)) {
            return IDENTITY;
        }
        String coding = String.join(", ", headers.getAll(HttpHeaderNames.CONTENT_ENCODING));
        return switch (coding.strip().toLowerCase(Locale.ROOT)) {
            case "identity", "" -> IDENTITY;
            case "gzip", "x-gzip" -> GZIP;
            case "deflate" -> DEFLATE;
            default ->
                throw HttpError.field(415, "Content-Encoding", coding, "one of " + ACCEPTED + ", identity")
                        .with(Map.of("Accept-Encoding", ACCEPTED));
        };
    }

    /** The longest coded body that is worth reading if so many decoded bytes are allowed. */
    public long mostBytes(long decoded) {
        // What cannot be compressed grows by less than that; the rest is for names and comments in the heads of gzip.
        return this == IDENTITY ? decoded : decoded + decoded / 64 + 65_536;
    }

    /** The answer as it leaves for a client that sent those header fields. */
    public static Response encode(Response response, HttpHeaders asked) {
        if (response.body().length < LEAST_BYTES
                || !isText(response.contentType())
                || response.headers().containsKey("Content-Encoding")) {
            return response;
        }
        Map<String, String> headers = new HashMap<>(response.headers());
        headers.put("Vary", "Accept-Encoding");
        byte[] body = response.body();
        if (takesGzip(asked)) {
            headers.put("Content-Encoding", "gzip");
            body = gzip(body);
        }
        return new Response(response.status(), response.contentType(), body, Map.copyOf(headers));
    }

    /** Whether an answer of that type may be compressed at all: text, never media, which is compressed already. */
    static boolean isText(String contentType) {
        String type = contentType.split(";", 2)[0].strip();
        return type.startsWith("text/")
                || type.endsWith("+json")
                || type.equals("application/json")
                || type.equals(Ndjson.MEDIA_TYPE);
    }

    /** Whether the client takes gzip, and likes it no less than no coding. */
    public static boolean takesGzip(HttpHeaders headers) {
        List<String> fields = headers.getAll(HttpHeaderNames.ACCEPT_ENCODING);
        if (fields.isEmpty()) {
            return false;
        }
        double gzip = -1;
        double any = 0;
        double identity = 0;
        for (String field : fields) {
            for (String item : field.split(",")) {
                String[] parts = item.split(";");
                double weight = weight(parts);
                switch (parts[0].strip().toLowerCase(Locale.ROOT)) {
                    case "gzip", "x-gzip" -> gzip = weight;
                    case "*" -> any = weight;
                    case "identity" -> identity = weight;
                    default -> {
                        // A coding that we do not speak.
                    }
                }
            }
        }
        double wanted = gzip < 0 ? any : gzip;
        return wanted > 0 && wanted >= identity;
    }

    /** The {@code q} of an item: 1 if it has none, 0 if that is no number. */
    private static double weight(String[] parts) {
        for (int i = 1; i < parts.length; i++) {
            String parameter = parts[i].strip();
            if (parameter.regionMatches(true, 0, "q=", 0, 2)) {
                try {
                    return Double.parseDouble(parameter.substring(2));
                } catch (NumberFormatException e) {
                    return 0;
                }
            }
        }
        return 1;
    }

    /** An answer that is compressed piece by piece, each of which can be read when it has come. */
    public static final class Pieces implements AutoCloseable {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();
        private final OutputStream gzip;

        public Pieces() {
            try {
                gzip = new LeveledGzip(out);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        public byte[] piece(byte[] bytes) {
            if (bytes.length == 0) {
                return bytes;
            }
            try {
                gzip.write(bytes);
                gzip.flush();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return taken();
        }

        /** What the answer ends with. */
        public byte[] end() {
            close();
            return taken();
        }

        private byte[] taken() {
            byte[] piece = out.toByteArray();
            out.reset();
            return piece;
        }

        /** Frees what the compressor holds; a second call does nothing. */
        @Override
        public void close() {
            try {
                gzip.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static byte[] gzip(byte[] body) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(body.length / 4);
        try (OutputStream gzip = new LeveledGzip(out)) {
            gzip.write(body);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private static final class LeveledGzip extends GZIPOutputStream {
        LeveledGzip(OutputStream out) throws IOException {
            super(out, 8_192, true);
            def.setLevel(LEVEL);
        }
    }
}
