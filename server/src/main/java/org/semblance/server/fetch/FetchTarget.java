package org.semblance.server.fetch;

import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/**
 * What a URL asks for, of a host that was named. Read once: all that is done for it is done with these parts.
 *
 * @param host in lower case, an address of IPv6 in brackets
 * @param path with its query, as it goes into a request
 * @param named by what it may be fetched
 */
record FetchTarget(URI url, boolean secure, String host, int port, String path, FetchHosts.Named named) {
    private static final int MAX_URL_CHARS = 8_192;
    private static final int HTTP_PORT = 80;
    private static final int HTTPS_PORT = 443;
    private static final String KEPT = "-._~:/?#@!$&'()*+,;=%";

    /** @throws FetchFailedException if it is none, or its host is not among those */
    static FetchTarget of(String url, FetchHosts hosts) {
        return of(parse(url), hosts);
    }

    private static FetchTarget of(URI uri, FetchHosts hosts) {
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        boolean secure = scheme.equals("https");
        if (!secure && !scheme.equals("http")) {
            throw FetchFailedException.refused("neither an http nor an https URL");
        }
        if (uri.getHost() == null
                || uri.getRawUserInfo() != null
                || uri.getRawAuthority().endsWith(":")) {
            throw FetchFailedException.refused("no URL with a host and without a user's name");
        }
        String host = uri.getHost().toLowerCase(Locale.ROOT);
        if (host.endsWith(".")) {
            host = host.substring(0, host.length() - 1);
        }
        int port = uri.getPort() >= 0 ? uri.getPort() : secure ? HTTPS_PORT : HTTP_PORT;
        FetchHosts.Named named = hosts.find(host, port)
                .orElseThrow(() -> FetchFailedException.refused("of a host that is not named in fetch_hosts"));
        String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        String query = uri.getRawQuery();
        return new FetchTarget(uri, secure, host, port, query == null ? path : path + '?' + query, named);
    }

    /**
     * Where a redirect leads to, which has to be named as well.
     *
     * @throws FetchFailedException if it leads nowhere
     */
    FetchTarget redirected(String location, FetchHosts hosts) {
        return of(url.resolve(parse(location)), hosts);
    }

    private static URI parse(String url) {
        if (url.isBlank() || url.length() > MAX_URL_CHARS) {
            throw FetchFailedException.refused("no URL of 1 to " + MAX_URL_CHARS + " characters");
        }
        try {
            return new URI(escaped(url));
        } catch (URISyntaxException e) {
            throw FetchFailedException.refused("not a valid URL");
        }
    }

    /** As browsers and other clients send it: in path and query whatever must not stand there is escaped. */
    private static String escaped(String url) {
        int authority = url.indexOf("//");
        int path = authority < 0 ? 0 : authority + 2;
        while (authority >= 0 && path < url.length() && "/?#".indexOf(url.charAt(path)) < 0) {
            path++;
        }
        StringBuilder escaped = new StringBuilder(url.substring(0, path));
        for (byte b : url.substring(path).getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xFF);
            boolean plain = c < 0x80 && (Character.isLetterOrDigit(c) || KEPT.indexOf(c) >= 0);
            if (plain) {
                escaped.append(c);
            } else {
                escaped.append('%').append(HexFormat.of().withUpperCase().toHexDigits(b));
            }
        }
        return escaped.toString();
    }

    /**
     * The address to connect to.
     *
     * @param addresses all that its name has
     * @throws FetchFailedException if one of them is not in public, and was not named itself
     */
    InetAddress vetted(List<InetAddress> addresses) {
        if (addresses.isEmpty() || !addresses.stream().allMatch(named::covers)) {
            throw FetchFailedException.refused("of a host without a public address");
        }
        return addresses.getFirst();
    }

    /** As it stands in a Host field. */
    String hostField() {
        return port == (secure ? HTTPS_PORT : HTTP_PORT) ? host : host + ':' + port;
    }
}
