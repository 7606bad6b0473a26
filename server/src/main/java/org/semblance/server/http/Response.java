package org.semblance.server.http;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** An answer, complete in memory. */
public record Response(int status, String contentType, byte[] body, Map<String, String> headers) {
    /** A native answer. */
    public static Response json(int status, Object value) {
        return new Response(status, "application/json", Json.write(value), Map.of());
    }

    /** An answer of the HMA dialect. */
    public static Response sortedJson(int status, Object value) {
        return new Response(status, "application/json", Json.writeSorted(value), Map.of());
    }

    public static Response html(int status, String page) {
        return new Response(status, "text/html; charset=utf-8", page.getBytes(StandardCharsets.UTF_8), Map.of());
    }

    /**
     * Whether the length of the body is told. A 204 may not tell any (RFC 9110, section 8.6), and a 304 would have to tell the
     * length of what it stands for.
     */
    public boolean tellsLength() {
        return status != 204 && status != 304;
    }

    public Response with(Map<String, String> more) {
        Map<String, String> all = new HashMap<>(headers);
        all.putAll(more);
        return new Response(status, contentType, body, Map.copyOf(all));
    }
}
