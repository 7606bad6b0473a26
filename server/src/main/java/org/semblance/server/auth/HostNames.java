package org.semblance.server.auth;

import java.io.IOException;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * By which names a server may be asked that asks for no key. A web page anywhere can have its own name mean this server's
 * address (DNS rebinding), and then a browser lets it read the answers; but the browser says by which name it asks. So only
 * names are answered that such a page cannot have: those of this machine, and those that the operator gave. An address is
 * none that a page could have changed the meaning of.
 */
public final class HostNames {
    private static final String LOCALHOST = "localhost";
    private static final Pattern PORT = Pattern.compile(":\\d*$");
    private static final Pattern ADDRESS_4 = Pattern.compile("\\d{1,3}(?:\\.\\d{1,3}){3}");
    private static final Pattern ADDRESS_6 = Pattern.compile("\\[[0-9a-f:.]+]");
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?");

    private final Set<String> names;

    /** Clients keep to one. */
    private volatile String lastAllowed = LOCALHOST;

    /**
     * @param bound the host that the server listens on
     * @param given what the operator gave
     */
    public HostNames(String bound, List<String> given) {
        names = Stream.concat(Stream.of(bound), given.stream())
                .map(name -> name.toLowerCase(Locale.ROOT))
                .collect(Collectors.toUnmodifiableSet());
    }

    /** Whether a server that listens on that name or address is reached from its own machine alone. */
    public static boolean isLoopback(String bindAddress) {
        try {
            return Arrays.stream(InetAddress.getAllByName(bindAddress)).allMatch(InetAddress::isLoopbackAddress);
        } catch (IOException e) {
            return false; // where the server cannot listen either
        }
    }

    /** Whether each of them is one. */
    public static boolean areValid(List<String> names) {
        return names.stream().allMatch(name -> NAME.matcher(name).matches());
    }

    /**
     * Whether a request with that {@code Host} field is answered.
     *
     * @param field as it came: a name or an address, with or without a port
     */
    public boolean allow(String field) {
        if (field.equals(lastAllowed)) {
            return true;
        }
        boolean allowed = isOurs(field);
        if (allowed) {
            lastAllowed = field;
        }
        return allowed;
    }

    private boolean isOurs(String field) {
        String host = field.strip().toLowerCase(Locale.ROOT);
        if (ADDRESS_6.matcher(host).matches()) {
            return true;
        }
        host = PORT.matcher(host).replaceFirst("");
        if (ADDRESS_4.matcher(host).matches() || ADDRESS_6.matcher(host).matches()) {
            return true;
        }
        if (host.endsWith(".")) {
            host = host.substring(0, host.length() - 1);
        }
        return host.equals(LOCALHOST) || host.endsWith("." + LOCALHOST) || names.contains(host);
    }
}
