package org.semblance.server.route;

import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Response;

/** Finds the route of a request. Immutable. */
public final class Router {
    /** By the number of segments, and in the order of the routes. */
    private final Map<Integer, List<Entry>> entries = new HashMap<>();

    private final Function<String, Dialect> dialects;
    private final Supplier<HttpError> missing;

    private record Entry(String[] segments, Route route) {}

    /**
     * A route and the values of its pattern's names.
     *
     * @param route answers HEAD as GET and, for every path there is, OPTIONS
     */
    public record Found(Route route, Map<String, String> names) {}

    /** @param dialects maps every path to its dialect, whether a route takes the path or not */
    public Router(List<Route> routes, Function<String, Dialect> dialects) {
        this(routes, dialects, () -> new HttpError(404, "no route for this path"));
    }

    /** @param missing makes the refusal of a path that no route takes */
    public Router(List<Route> routes, Function<String, Dialect> dialects, Supplier<HttpError> missing) {
        this.dialects = dialects;
        this.missing = missing;
        for (Route route : routes) {
            String[] segments = split(route.pattern());
            entries.computeIfAbsent(segments.length, unused -> new ArrayList<>())
                    .add(new Entry(segments, route));
        }
    }

    /** The dialect of a path, whether a route takes the path or not. */
    public Dialect dialect(String path) {
        return dialects.apply(path);
    }

    /** A path with each run of slashes made one: HMA's clients join a base that ends in one and a path that begins with one. */
    public static String path(String raw) {
        return raw.contains("//") ? raw.replaceAll("/{2,}", "/") : raw;
    }

    /**
     * The route of that method and path.
     *
     * @param rawPath percent-encoded, as {@link #path} gives it
     * @throws HttpError 404 if no route has the path, 405 with {@code Allow} if only other methods do, 400 if the
     *     encoding is broken
     */
    public Found find(String method, String rawPath) {
        String[] path = split(rawPath);
        for (int i = 0; i < path.length; i++) {
            path[i] = decode(path[i]);
        }
        String wanted = method.equals("HEAD") ? "GET" : method;
        TreeSet<String> allowed = new TreeSet<>();
        Route other = null;
        for (Entry entry : entries.getOrDefault(path.length, List.of())) {
            Map<String, String> names = match(entry.segments, path);
            if (names == null) {
                continue;
            }
            if (entry.route.method().equals(wanted)) {
                return new Found(entry.route, names);
            }
            other = entry.route;
            allowed.add(entry.route.method());
        }
        if (other == null) {
            throw missing.get();
        }
        if (allowed.contains("GET")) {
            allowed.add("HEAD");
        }
        allowed.add("OPTIONS");
        Map<String, String> allow = Map.of("Allow", String.join(", ", allowed));
        if (!method.equals("OPTIONS")) {
            throw new HttpError(405, "this path does not take " + method, allow);
        }
        Route.Immediate options = unused -> new Response(200, "text/html; charset=utf-8", new byte[0], allow);
        return new Found(
                new Route(
                        other.dialect(),
                        method,
                        other.pattern(),
                        other.parameters(),
                        Route.Takes.NOTHING,
                        null,
                        options),
                Map.of());
    }

    /** The names' values, or null if the path, of as many segments, does not fit. */
    private static @Nullable Map<String, String> match(String[] pattern, String[] path) {
        Map<String, String> names = Map.of();
        for (int i = 0; i < pattern.length; i++) {
            String wanted = pattern[i];
            if (!wanted.startsWith("{")) {
                if (!wanted.equals(path[i])) {
                    return null;
                }
                continue;
            }
            boolean number = wanted.endsWith(":int}");
            if (path[i].isEmpty() || (number && !path[i].chars().allMatch(c -> c >= '0' && c <= '9'))) {
                return null;
            }
            if (names.isEmpty()) {
                names = new HashMap<>();
            }
            names.put(wanted.substring(1, wanted.length() - (number ? 5 : 1)), path[i]);
        }
        return names;
    }

    private static String[] split(String path) {
        return path.split("/", -1);
    }

    private static String decode(String segment) {
        if (segment.indexOf('%') < 0) {
            return segment;
        }
        try {
            // A plus is a plus in a path; only in a query does it stand for a space.
            return QueryStringDecoder.decodeComponent(segment.replace("+", "%2B"));
        } catch (IllegalArgumentException e) {
            throw HttpError.field(400, "path", segment, "percent-encoded UTF-8");
        }
    }
}
