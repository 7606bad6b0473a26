package org.semblance.server.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Set;

/**
 * The description of both dialects, {@code openapi.json}: written by hand, and compared with the routes and their answers by
 * a test. It tells nothing of what is banked, so that whoever writes a client needs no key for it.
 */
final class OpenApi {
    private static final String RESOURCE = "/openapi.json";

    private OpenApi() {}

    static Route nativeRoute() {
        return route(Dialect.NATIVE, "/openapi.json");
    }

    /** Where HMA has its own. */
    static Route hmaRoute() {
        return route(Dialect.HMA, "/openapi/openapi.json");
    }

    private static Route route(Dialect dialect, String pattern) {
        Response document = new Response(200, "application/json", document(), Map.of());
        Route.Immediate action = unused -> document;
        return new Route(dialect, "GET", pattern, Set.of(), Route.Takes.NOTHING, null, action);
    }

    /** The document, as it is sent. */
    static byte[] document() {
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
