package org.semblance.server.route;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Map;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.Json;
import org.semblance.server.http.Response;
import tools.jackson.databind.node.ObjectNode;

/**
 * The description of both dialects, {@code openapi.json}: written by hand, and compared with the routes and their answers by
 * a test. It tells nothing of what is banked, so that whoever writes a client needs no key for it.
 */
public final class OpenApi {
    private static final String RESOURCE = "/openapi.json";

    private OpenApi() {}

    /**
     * A route to the document, for anybody.
     *
     * @param text of {@link #document()} or {@link #document(String)}
     */
    public static Route route(Dialect dialect, String pattern, byte[] text) {
        Response document = new Response(200, "application/json", text, Map.of());
        return Route.get(dialect, null, pattern, unused -> document);
    }

    /** The document under another title. */
    public static byte[] document(String title) {
        ObjectNode document = (ObjectNode) Json.read(ByteBuffer.wrap(document()));
        ((ObjectNode) document.get("info")).put("title", title);
        return Json.writeIndented(document);
    }

    /** The document, as it is sent. */
    public static byte[] document() {
        try (InputStream in = OpenApi.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException("no " + RESOURCE + " on the class path");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
