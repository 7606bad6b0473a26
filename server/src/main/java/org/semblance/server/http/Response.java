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

    public Response with(Map<String, String> more) {
        Map<String, String> all = new HashMap<>(headers);
        all.putAll(more);
        return new Response(status, contentType, body, Map.copyOf(all));
    }
}
