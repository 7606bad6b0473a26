package org.semblance.server.console;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Response;
import org.semblance.server.route.Request;
import org.semblance.server.route.Route;

/**
 * The page of the console and the files of that page, for anybody: they hold no data. What screen is shown is in the fragment of
 * the address, which browsers do not send; so no log of a proxy has the name of a bank or a filter.
 */
public final class ConsoleRoutes {
    private static final String FOREVER = "public, max-age=31536000, immutable";

    private static final Map<String, String> COMMON = Map.of(
            "Cross-Origin-Opener-Policy", "same-origin",
            "Cross-Origin-Resource-Policy", "same-origin",
            "Referrer-Policy", "no-referrer",
            "X-Content-Type-Options", "nosniff",
            "Permissions-Policy", "camera=(), microphone=(), geolocation=()",
            "Vary", "Accept-Encoding");

    /** Read when the first browser comes: a server that nobody looks at pays nothing for the console. */
    private @Nullable ConsoleFiles files;

    /** The routes; for workers, as reading the files takes some tenths of a second once. */
    public List<Route> routes() {
        return List.of(
                route("/console", this::page),
                route("/console/", this::page),
                route("/console/{version}/{file}", request -> file(request, request.name("file"))),
                route(
                        "/console/{version}/{folder}/{file}",
                        request -> file(request, request.name("folder") + "/" + request.name("file"))));
    }

    private static Route route(String pattern, Function<Request, Response> answer) {
        return new Route(Dialect.NATIVE, "GET", pattern, Set.of(), Route.Takes.NOTHING, null, (Route.Work)
                (request, worker) -> answer.apply(request));
    }

    private synchronized ConsoleFiles files() {
        if (files == null) {
            files = ConsoleFiles.load();
        }
        return Objects.requireNonNull(files);
    }

    private Response page(Request request) {
        ConsoleFiles all = files();
        String tag = "W/\"" + all.version() + "\""; // Weak, as the page has one tag whether it is compressed or not.
        Map<String, String> fields = new HashMap<>(COMMON);
        fields.put("ETag", tag);
        fields.put("Cache-Control", "no-cache");
        fields.put("Content-Security-Policy", policy(all.importMapSha256()));
        if (request.has(tag)) {
            return new Response(304, all.page().mediaType(), new byte[0], Map.copyOf(fields));
        }
        return answer(request, all.page(), fields);
    }

    /** What the page may do: nothing but run and show its own files, ask this server, and show what the analyst dropped on it. */
    private static String policy(String importMapSha256) {
        return "default-src 'none'; script-src 'self' 'sha256-" + importMapSha256
                + "'; style-src 'self'; img-src 'self' blob:;"
                + " media-src blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
                + " require-trusted-types-for 'script'; trusted-types 'none'";
    }

    /** A file under another version than the present one is not found, so that no page is made of files of two versions. */
    private Response file(Request request, String name) {
        ConsoleFiles all = files();
        ConsoleFiles.Asset asset = request.name("version").equals(all.version()) ? all.asset(name) : null;
        if (asset == null) {
            throw new HttpError(404, "no such file of the console");
        }
        Map<String, String> fields = new HashMap<>(COMMON);
        fields.put("Cache-Control", FOREVER);
        return answer(request, asset, fields);
    }

    private static Response answer(Request request, ConsoleFiles.Asset asset, Map<String, String> fields) {
        boolean gzip = request.takesGzip();
        if (gzip) {
            fields.put("Content-Encoding", "gzip");
        }
        return new Response(200, asset.mediaType(), gzip ? asset.gzip() : asset.bytes(), Map.copyOf(fields));
    }
}
