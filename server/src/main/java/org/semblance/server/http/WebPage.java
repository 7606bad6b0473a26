package org.semblance.server.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.cookie.Cookie;
import io.netty.handler.codec.http.cookie.ServerCookieDecoder;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a browser says of the page that has it send a request. A page cannot choose {@code Host}, {@code Origin} and {@code
 * Sec-Fetch-Site}, and cannot send a field of another name to a server of another origin unless that server allows it, which
 * this one never does. A program that is no browser can say anything; such a program has no cookie to be misused.
 */
public final class WebPage {
    /** The field that the console sends with each request: {@code 1}, or {@link #POLL}. */
    public static final String CONSOLE_FIELD = "X-Semblance-Console";

    /** The value of that field in a request that a page makes by itself, again and again. */
    public static final String POLL = "poll";

    private static final Pattern PORT = Pattern.compile(":\\d*$");
    private static final Pattern ADDRESS_OF_LOOPBACK = Pattern.compile("127(?:\\.\\d{1,3}){3}|\\[::1]");

    private final HttpHeaders headers;
    private final boolean tls;

    /**
     * @param headers of the request
     * @param tls whether this server speaks TLS
     */
    public WebPage(HttpHeaders headers, boolean tls) {
        this.headers = headers;
        this.tls = tls;
    }

    private String host() {
        String host = headers.get(HttpHeaderNames.HOST);
        return host == null ? "" : host.toLowerCase(Locale.ROOT);
    }

    /** Whether {@code Origin} is there and is this server, under the name by which it is asked. */
    private boolean hasOwnOrigin() {
        String origin = headers.get(HttpHeaderNames.ORIGIN);
        if (origin == null || host().isEmpty()) {
            return false;
        }
        String own = origin.toLowerCase(Locale.ROOT);
        // A proxy in front of a server without TLS may speak TLS for it.
        return own.equals("https://" + host()) || (!tls && own.equals("http://" + host()));
    }

    /**
     * Whether it is a page of this server. Browsers that do not say it in {@code Sec-Fetch-Site} send {@code Origin} for all
     * but a plain read of their own site, and then the field of the console, which no other page could send.
     */
    public boolean isOwn() {
        String site = headers.get("Sec-Fetch-Site");
        if (site != null) {
            return site.equalsIgnoreCase("same-origin");
        }
        return headers.contains(HttpHeaderNames.ORIGIN) ? hasOwnOrigin() : headers.contains(CONSOLE_FIELD);
    }

    /** Whether a person does something, in contrast to a page that asks by itself. */
    public boolean isUse() {
        return !POLL.equals(headers.get(CONSOLE_FIELD));
    }

    /**
     * Checks that it is the console that asks for a change, or for what a page of another site could gain from.
     *
     * @throws HttpError 403 that names the field which says otherwise
     */
    public void requireConsole() {
        if (!isOwn()) {
            throw HttpError.field(403, "Sec-Fetch-Site", headers.get("Sec-Fetch-Site"), "same-origin");
        }
        if (!hasOwnOrigin()) {
            throw HttpError.field(
                    403, "Origin", headers.get(HttpHeaderNames.ORIGIN), "the origin of this server's own pages");
        }
        if (!headers.contains(CONSOLE_FIELD)) {
            throw HttpError.field(403, CONSOLE_FIELD, null, "1");
        }
    }

    /** Whether the browser asks by a name that is this machine's whatever any name server says. */
    public boolean isOnLoopback() {
        String name = PORT.matcher(host()).replaceFirst("");
        return name.equals("localhost")
                || name.endsWith(".localhost")
                || ADDRESS_OF_LOOPBACK.matcher(name).matches();
    }

    /** Whether the browser speaks TLS, to this server or to a proxy in front. */
    public boolean isOnTls() {
        String origin = headers.get(HttpHeaderNames.ORIGIN);
        return tls || (origin != null && origin.regionMatches(true, 0, "https:", 0, 6));
    }

    /**
     * The name of the session's cookie. With TLS the prefix has the browser bind the cookie to this host. Without TLS, servers
     * on several ports of a machine would otherwise take each other's cookies away.
     */
    public String cookieName() {
        return isOnTls() ? "__Host-semblance" : "semblance-" + host().replaceAll("[^0-9a-z]", "-");
    }

    /** The token in the session's cookie, or null. */
    public @Nullable String cookie() {
        String field = headers.get(HttpHeaderNames.COOKIE);
        if (field == null) {
            return null;
        }
        Set<Cookie> cookies = ServerCookieDecoder.LAX.decode(field);
        String plain = null;
        for (Cookie cookie : cookies) {
            if (cookie.name().equals("__Host-semblance")) {
                return cookie.value();
            }
            if (!tls && cookie.name().equals(cookieName())) {
                plain = cookie.value();
            }
        }
        return plain;
    }
}
