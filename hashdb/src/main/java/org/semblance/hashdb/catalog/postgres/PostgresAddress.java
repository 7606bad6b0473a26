package org.semblance.hashdb.catalog.postgres;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The address of a database of PostgreSQL, as its own tools write it: {@code postgresql://user@host:5432/database}, with more hosts
 * behind commas where a standby may take over, and parameters behind a question mark.
 *
 * @param hosts each with its port, if one is given
 * @param user null for the name of the account that this process runs under
 * @param parameters {@code name=value} each
 */
public record PostgresAddress(
        List<String> hosts, String database, @Nullable String user, List<String> parameters) {
    private static final Pattern ADDRESS =
            Pattern.compile("postgres(?:ql)?://(?:([^@/?]*)@)?([^@/?]+)/([^@/?]+)(?:\\?([^?]*))?");
    private static final Pattern HOST = Pattern.compile("(?:[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+])(?::\\d{1,5})?");
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]+");

    /** What an address may ask for: how the connection is protected, and where the tables are. */
    private static final Set<String> PARAMETERS =
            new TreeSet<>(Set.of("sslmode", "sslrootcert", "sslcert", "sslkey", "channelBinding", "currentSchema"));

    private static final String EXPECTED = " (expected: postgresql://user@host:port/database)";

    public PostgresAddress {
        hosts = List.copyOf(hosts);
        parameters = List.copyOf(parameters);
    }

    /** @throws IllegalArgumentException if it is no such address; the message says what is wrong, and holds no password */
    public static PostgresAddress parse(String text) {
        Matcher parts = ADDRESS.matcher(text);
        if (!parts.matches()) {
            throw new IllegalArgumentException((text.contains("@") ? "an address" : text) + EXPECTED);
        }
        String user = parts.group(1);
        if (user != null && user.contains(":")) {
            throw new IllegalArgumentException("an address with a password, which everyone could read"
                    + " (expected: postgresql://user@host:port/database, and the password in a file of its own)");
        }
        if (user != null && !NAME.matcher(user).matches()) {
            throw new IllegalArgumentException("user " + user + " (expected: letters, digits, dots, - and _)");
        }
        List<String> hosts = Arrays.asList(parts.group(2).split(",", -1));
        for (String host : hosts) {
            if (!HOST.matcher(host).matches()) {
                throw new IllegalArgumentException("host " + host + EXPECTED);
            }
        }
        if (!NAME.matcher(parts.group(3)).matches()) {
            throw new IllegalArgumentException(
                    "database " + parts.group(3) + " (expected: letters, digits, dots, - and _)");
        }
        List<String> parameters = new ArrayList<>();
        for (String parameter :
                parts.group(4) == null ? new String[0] : parts.group(4).split("&", -1)) {
            String name = parameter.replaceFirst("=.*", "");
            if (!PARAMETERS.contains(name) || name.length() + 2 > parameter.length()) {
                throw new IllegalArgumentException("parameter " + name + " (expected: one of "
                        + String.join(", ", PARAMETERS) + ", with a value)");
            }
            parameters.add(parameter);
        }
        return new PostgresAddress(hosts, parts.group(3), user, parameters);
    }

    /** Each host, as the driver takes it: only while it takes changes. */
    List<String> urls() {
        List<String> all = new ArrayList<>(parameters);
        all.add("targetServerType=primary");
        return hosts.stream()
                .map(host -> "jdbc:postgresql://" + host + "/" + database + "?" + String.join("&", all))
                .toList();
    }

    /** The address, without parameters. */
    @Override
    public String toString() {
        return "postgresql://" + (user == null ? "" : user + "@") + String.join(",", hosts) + "/" + database;
    }
}
