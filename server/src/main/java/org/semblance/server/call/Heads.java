package org.semblance.server.call;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.semblance.server.auth.HostNames;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.HttpError;
import org.semblance.server.route.Request;
import org.semblance.server.route.Route;

/** What is read from the head of a request. */
final class Heads {
    /** As {@link Request#MIN_LIST_VERSION}, of a request in either dialect. */
    static final String MIN_LIST_VERSION = "Semblance-Min-List-Version";

    private static final String BEARER = "Bearer ";

    private static final Pattern ABSOLUTE_FORM =
            Pattern.compile("https?://(?<authority>[^/?]*)(?<rest>.*)", Pattern.CASE_INSENSITIVE);

    private Heads() {}

    /** The path and query of a target in origin form or absolute form. */
    static String target(String uri) {
        if (uri.startsWith("/")) {
            return uri;
        }
        Matcher absolute = ABSOLUTE_FORM.matcher(uri);
        if (absolute.matches()) {
            String rest = absolute.group("rest");
            return rest.startsWith("/") ? rest : "/" + rest;
        }
        if (uri.equals("*")) {
            return "/";
        }
        throw HttpError.field(400, "target", uri, "a path");
    }

    /** Has a target in absolute form name the host, whatever {@code Host} says (RFC 9112, section 3.2.2). */
    static void setHost(HttpHeaders headers, String uri) {
        if (uri.startsWith("/")) {
            return;
        }
        Matcher absolute = ABSOLUTE_FORM.matcher(uri);
        if (absolute.matches()) {
            headers.set(HttpHeaderNames.HOST, absolute.group("authority"));
        }
    }

    static Map<String, List<String>> query(String raw) {
        try {
            return new QueryStringDecoder(raw, false).parameters();
        } catch (IllegalArgumentException e) {
            throw HttpError.field(400, "query", raw, "percent-encoded UTF-8");
        }
    }

    /** A misspelt {@code banks} must not silently mean all of them. */
    static void checkParameters(Route route, Map<String, List<String>> query) {
        if (route.dialect() == Dialect.HMA) {
            return; // HMA ignores what it does not know, and of several values takes the first.
        }
        Set<String> known = route.parameters();
        query.forEach((name, values) -> {
            if (!known.contains(name)) {
                throw HttpError.field(
                        400,
                        "query",
                        name,
                        known.isEmpty()
                                ? "no parameters"
                                : String.join(", ", known.stream().sorted().toList()));
            }
            if (values.size() > 1) {
                throw HttpError.field(400, name, values.size() + " values", "one");
            }
        });
    }

    /** What came as {@code Authorization: Bearer} or {@code X-API-Key}. */
    static List<String> secrets(HttpHeaders headers) {
        List<String> secrets = new ArrayList<>(headers.getAll("X-API-Key"));
        for (String field : headers.getAll(HttpHeaderNames.AUTHORIZATION)) {
            if (field.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
                secrets.add(field.substring(BEARER.length()).strip());
            }
        }
        return secrets;
    }

    /** Has the journal say that this person asked, whatever the request says. */
    static void setActor(HttpHeaders headers, String person) {
        headers.remove("X-Actor*");
        // A header field is bytes, which Netty holds as Latin-1; who reads this field takes them for UTF-8.
        headers.set("X-Actor", new String(person.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1));
    }

    /** A server that asks for no key is asked by its own names alone. What is no browser need not say by which. */
    static void refuseStrangeHosts(HttpHeaders headers, HostNames names) {
        String host = headers.get(HttpHeaderNames.HOST);
        if (host != null && !host.isEmpty() && !names.allow(host)) {
            throw HttpError.field(
                    403,
                    "Host",
                    host,
                    "localhost, an address, or a name in host_names, as this server asks for no key");
        }
    }

    /**
     * A server that asks for no key trusts whoever reaches it, and a browser on its machine does. What it sends for a web page
     * says so in one of these fields, and this server has no pages of its own. A key no page can know.
     */
    static void refuseWebPages(HttpHeaders headers) {
        String origin = headers.get(HttpHeaderNames.ORIGIN);
        if (origin != null) {
            throw HttpError.field(403, "Origin", origin, "none in a change without a key");
        }
        String site = headers.get("Sec-Fetch-Site");
        if (site != null && !site.equalsIgnoreCase("none")) {
            throw HttpError.field(403, "Sec-Fetch-Site", site, "none in a change without a key");
        }
    }
}
