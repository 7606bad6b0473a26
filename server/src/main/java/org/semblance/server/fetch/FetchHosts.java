package org.semblance.server.fetch;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The hosts that the operator named, as {@code host} for the usual ports of HTTP and HTTPS, or as {@code host:port} for that
 * one. A host is a name or an address in its usual form, one of IPv6 in brackets. A name means that name alone, not those
 * below it.
 */
public final class FetchHosts {
    private static final String LOCALHOST = "localhost";
    private static final int HTTP_PORT = 80;
    private static final int HTTPS_PORT = 443;
    private static final int MAX_PORT = 65_535;
    private static final Pattern ENTRY = Pattern.compile("(\\[[0-9a-fA-F:.]+]|[^:\\[\\]]+)(?::(\\d{1,5}))?");

    /** The last label has a letter in it: what has none would be read as an address in one of its odd forms. */
    private static final Pattern NAME = Pattern.compile(
            "(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\.)*(?=[a-z0-9-]*[a-z])[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?");

    private static final Pattern ADDRESS_4 =
            Pattern.compile("(?:(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)(?:\\.(?!$)|$)){4}");
    private static final Pattern HEX_NUMBER = Pattern.compile("0x[0-9a-f]*");

    private final List<Named> entries;

    /**
     * One that was named.
     *
     * @param host in lower case
     * @param address what it is, if it was named as an address, or else null
     * @param port 0 for the usual ones
     */
    record Named(String host, @Nullable InetAddress address, int port) {
        /** Whether that address is one that was meant by this. */
        boolean covers(InetAddress other) {
            if (address != null) {
                return address.equals(other);
            }
            return host.equals(LOCALHOST) ? other.isLoopbackAddress() : Addresses.isPublic(other);
        }
    }

    private FetchHosts(List<Named> entries) {
        this.entries = List.copyOf(entries);
    }

    /**
     * The hosts of these entries.
     *
     * @throws IllegalArgumentException if one is none
     */
    static FetchHosts of(List<String> hosts) {
        List<Named> entries = new ArrayList<>();
        for (String host : hosts) {
            entries.add(entry(host).orElseThrow(() -> new IllegalArgumentException(host)));
        }
        return new FetchHosts(entries);
    }

    /** Whether each of them is one. */
    public static boolean areValid(List<String> hosts) {
        return hosts.stream().allMatch(host -> entry(host).isPresent());
    }

    private static Optional<Named> entry(String text) {
        Matcher parts = ENTRY.matcher(text);
        if (!parts.matches()) {
            return Optional.empty();
        }
        int port = parts.group(2) == null ? 0 : Integer.parseInt(parts.group(2));
        String host = parts.group(1).toLowerCase(Locale.ROOT);
        if (port > MAX_PORT || (port == 0 && parts.group(2) != null)) {
            return Optional.empty();
        }
        InetAddress address = address(host);
        return address != null || isName(host) ? Optional.of(new Named(host, address, port)) : Optional.empty();
    }

    private static boolean isName(String host) {
        return host.length() <= 253
                && NAME.matcher(host).matches()
                && !HEX_NUMBER
                        .matcher(host.substring(host.lastIndexOf('.') + 1))
                        .matches();
    }

    /** Of a host in its usual form, or null if it is a name or odd. */
    private static @Nullable InetAddress address(String host) {
        if (!host.startsWith("[") && !ADDRESS_4.matcher(host).matches()) {
            return null;
        }
        try {
            return InetAddress.getByName(host); // The address is in digits, so nobody is asked.
        } catch (UnknownHostException e) {
            return null;
        }
    }

    boolean isEmpty() {
        return entries.isEmpty();
    }

    /** What was named that a URL of that host, in lower case, and port may be fetched by. */
    Optional<Named> find(String host, int port) {
        InetAddress address = address(host);
        return entries.stream()
                .filter(named -> named.port == 0 ? port == HTTP_PORT || port == HTTPS_PORT : port == named.port)
                .filter(named -> named.address == null ? named.host.equals(host) : named.address.equals(address))
                .findFirst();
    }
}
