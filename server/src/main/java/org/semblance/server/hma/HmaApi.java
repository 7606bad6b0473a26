package org.semblance.server.hma;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.semblance.hashdb.HashDb;
import org.semblance.server.auth.Role;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.exchange.Exchanges;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Response;
import org.semblance.server.recent.EarlierUploads;
import org.semblance.server.record.VerdictRecorder;
import org.semblance.server.route.OpenApi;
import org.semblance.server.route.Request;
import org.semblance.server.route.Route;
import org.semblance.server.work.Worker;

/**
 * The dialect of Hasher-Matcher-Actioner 1.1.7: its paths, parameters, statuses and bodies, so that its clients work
 * unchanged. Where HMA would lose a match or answer 500 for a strange file this is right instead; the README's
 * compatibility table lists each such place.
 */
public final class HmaApi {
    /** For the rest of a request line with a signal in it: method, path, other parameters, version. */
    private static final int REST_OF_LINE_BYTES = 1_024;

    private static final List<String> ROOTS =
            List.of("/h", "/m", "/c", "/status", "/site-map", "/openapi", "/ui", "/dev");

    private final HashDb db;
    private final VerdictRecorder verdicts;
    private final Exchanges exchanges;
    private final EarlierUploads earlier;
    private final ServerConfig config;

    /**
     * The dialect on that database.
     *
     * @param verdicts records each verdict
     * @param earlier tells the webhook what shows a content that is banked: HMA's answers have no place for it
     */
    public HmaApi(
            HashDb db, VerdictRecorder verdicts, EarlierUploads earlier, Exchanges exchanges, ServerConfig config) {
        this.db = db;
        this.verdicts = verdicts;
        this.exchanges = exchanges;
        this.earlier = earlier;
        this.config = config;
    }

    public List<Route> routes() {
        // HMA's INDEX-NOT-LOADED is never said: the index is loaded before the port is opened.
        Route.Immediate alive = unused -> Response.html(200, "I-AM-ALIVE");
        Route.Immediate home = unused -> Response.html(302, "").with(Map.of("Location", "/status"));
        List<Route> routes = new ArrayList<>(List.of(
                Route.get(Dialect.HMA, null, "/", home),
                Route.get(Dialect.HMA, null, "/status", alive),
                Route.get(Dialect.HMA, null, "/status/live", alive),
                HmaRoutes.work(Role.MATCH, "GET", "/h/hash", Set.of("url", "content_type", "types"), this::hashUrl),
                HmaRoutes.upload(Role.MATCH, "/h/hash", Set.of("types"), Route.Takes.UPLOAD, this::hash),
                // Where HMA has its own, and under its title: clients know by that what they talk to.
                OpenApi.route(Dialect.HMA, "/openapi/openapi.json", OpenApi.document("Open Media Match API")),
                HmaCompare.route()));
        routes.addAll(new HmaLookups(db, verdicts, config.hmaEditedCopies()).routes());
        routes.addAll(new HmaTypes(db).routes());
        routes.addAll(new HmaCuration(db, exchanges, earlier, config.features()).routes());
        routes.addAll(new HmaExchanges(exchanges).routes());
        routes.add(siteMap(routes));
        return routes;
    }

    /** Whether HMA has paths like that one, be there a route for it or not. */
    public static boolean has(String path) {
        for (String root : ROOTS) {
            if (path.startsWith(root) && (path.length() == root.length() || path.charAt(root.length()) == '/')) {
                return true;
            }
        }
        return false;
    }

    /** The paths of this dialect, in HMA's spelling. */
    private static Route siteMap(List<Route> routes) {
        TreeSet<String> rules = new TreeSet<>(List.of("/site-map"));
        for (Route route : routes) {
            rules.add(route.pattern()
                    .replace("{bank}", "<bank_name>")
                    .replace("{id:int}", "<int:content_id>")
                    .replace("{api}", "<string:api_name>")
                    .replace("{exchange}", "<string:exchange_name>")
                    .replace("{type}", "<signal_type_name>"));
        }
        Response map = Response.sortedJson(200, List.copyOf(rules));
        return Route.get(Dialect.HMA, null, "/site-map", unused -> map);
    }

    // Hashing

    private Response hashUrl(Request request, Worker worker) {
        if (request.query("url") == null) {
            throw new HmaValidationError(
                    List.of(HmaValidationError.missing("url", HmaRoutes.given(request, "content_type", "types"))));
        }
        if (request.body().fetched() == null) { // The body is empty.
            throw new HttpError(400, "Invalid or unsafe URL provided");
        }
        return hash(request, worker);
    }

    /**
     * The hashes of a file, of the types that were asked for or else those of the settings. HMA takes any bytes for a video:
     * one that does not decode is refused only to who asks for its frames by name.
     */
    private Response hash(Request request, Worker worker) {
        request.caller().requiresDistance();
        String contentType = HmaRoutes.contentType(request);
        boolean asked = HmaRoutes.asksForTypes(request);
        List<String> types = asked ? HmaRoutes.types(request, contentType) : settled(contentType);
        HmaRoutes.HashedFile hashed = HmaRoutes.hashFile(request, worker.exact(), types, false, false);
        if (asked || contentType.equals(HmaRoutes.PHOTO) || !types.contains(HmaRoutes.VIDEO_MD5)) {
            hashed.orRefuse();
        }
        Map<String, String> values = new HashMap<>(hashed.values());
        if (!asked) {
            // Who did not ask for frames has not thought of how long they are.
            int most = config.maxRequestLineBytes() - REST_OF_LINE_BYTES;
            values.computeIfPresent(HmaVpdq.NAME, (type, frames) -> HmaVpdq.thinnedOut(frames, most));
        }
        return Response.sortedJson(200, values);
    }

    private List<String> settled(String contentType) {
        return HmaRoutes.typesOf(contentType).stream()
                .filter(config.hashTypes()::contains)
                .toList();
    }
}
