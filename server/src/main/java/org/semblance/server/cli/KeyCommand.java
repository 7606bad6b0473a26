package org.semblance.server.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.DatabaseFolder;
import org.semblance.hashdb.SharedCatalog;
import org.semblance.hashdb.document.Documents;
import org.semblance.server.auth.Key;
import org.semblance.server.auth.KeyJson;
import org.semblance.server.auth.KeyRing;
import org.semblance.server.auth.Role;
import org.semblance.server.cli.database.BadInputException;
import org.semblance.server.cli.database.DataFolder;
import org.semblance.server.json.ReportJson;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "key",
        mixinStandardHelpOptions = true,
        description = "Makes, lists and revokes keys. A running server obeys within a second.",
        subcommands = {
            KeyCommand.Create.class,
            KeyCommand.ListKeys.class,
            KeyCommand.Revoke.class,
        })
final class KeyCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        throw new ParameterException(spec.commandLine(), "a command is missing: create, list or revoke");
    }

    @Command(
            name = "create",
            mixinStandardHelpOptions = true,
            description = "Makes a key and prints its secret, which is shown this once and stored as its SHA-256 only.")
    static final class Create implements Callable<Integer> {
        @Mixin
        private DataFolder data;

        @Option(
                names = "--role",
                required = true,
                paramLabel = "ROLE",
                description = "match: ask. curate: also read banks and change what is in them. admin: also make, change"
                        + " and delete banks. ops: read metrics and states, and nothing else. node: another node of the"
                        + " same catalog, which reads snapshots of the indexes, and nothing else.")
        private Role role;

        @Option(
                names = "--bank",
                paramLabel = "BANK",
                description = "Limits the key to this bank; may be given several times (default: all banks).")
        private List<String> banks = List.of();

        @Option(
                names = "--hide-distance",
                description = "The key is told neither distances nor hashes, and is answered on files, not on hashes.")
        private boolean hideDistance;

        @Option(
                names = "--rate",
                paramLabel = "N/s",
                description = "Requests a second, as in 50/s or 0.5/s (default: any).")
        private @Nullable String rate;

        @Option(names = "--concurrent", paramLabel = "N", description = "Requests at a time (default: any).")
        private @Nullable Integer concurrent;

        @Option(
                names = "--expires",
                paramLabel = "DATE",
                description = "Last day of the key in UTC, as in 2027-12-31, or a time, as in 2027-12-31T10:00:00Z.")
        private @Nullable String expires;

        @Option(names = "--json", description = "Prints one JSON object.")
        private boolean json;

        @Parameters(
                paramLabel = "NAME",
                description = "Person or system that uses the key; the journal names its changes by this name.")
        private String name;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() {
            Instant now = Instant.now();
            KeyRing.Made made;
            try {
                made = withKeys(
                        data,
                        keys -> keys.create(
                                new KeyRing.Draft(
                                        name,
                                        role,
                                        new LinkedHashSet<>(banks),
                                        hideDistance,
                                        rate == null ? null : rate(rate),
                                        concurrent,
                                        expires == null ? null : end(expires, now)),
                                now));
            } catch (IllegalArgumentException e) {
                throw new BadInputException(String.valueOf(e.getMessage()), e);
            }
            PrintWriter out = spec.commandLine().getOut();
            out.println(json ? KeyCommand.json(made.key(), now).put("secret", made.secret()) : made.secret());
            out.flush();
            if (!json) {
                spec.commandLine().getErr().println("semblance: keep it now, it cannot be shown again");
            }
            return Exit.DONE;
        }

        private static double rate(String text) {
            String number = text.endsWith("/s") ? text.substring(0, text.length() - 2) : text;
            try {
                return Double.parseDouble(number);
            } catch (NumberFormatException e) {
                throw new BadInputException("rate: '" + text + "' (expected: as in 50/s or 0.5/s)", e);
            }
        }

        /** The end of that day, or that time. */
        private static Instant end(String text, Instant now) {
            Instant end;
            try {
                end = text.contains("T")
                        ? Instant.parse(text)
                        : LocalDate.parse(text)
                                .plusDays(1)
                                .atStartOfDay(ZoneOffset.UTC)
                                .toInstant();
            } catch (DateTimeException e) {
                throw new BadInputException(
                        "expires: '" + text + "' (expected: as in 2027-12-31 or 2027-12-31T10:00:00Z)", e);
            }
            if (!end.isAfter(now)) {
                throw new BadInputException("expires: '" + text + "' (expected: in the future)");
            }
            return end;
        }
    }

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "Lists the keys in the order they were made, without their secrets.")
    static final class ListKeys implements Callable<Integer> {
        @Mixin
        private DataFolder data;

        @Option(names = "--json", description = "Prints a JSON object per key, one a line.")
        private boolean json;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() {
            Instant now = Instant.now();
            PrintWriter out = spec.commandLine().getOut();
            for (Key key : withKeys(data, KeyRing::keys)) {
                out.println(json ? KeyCommand.json(key, now) : textLine(key, now));
            }
            out.flush();
            return Exit.DONE;
        }

        private static String textLine(Key key, Instant now) {
            return key.name() + "  " + key.stateAt(now) + "  " + key.role().wireName()
                    + (key.banks().isEmpty() ? "" : "  " + String.join(",", sorted(key.banks())))
                    + (key.hideDistance() ? "  hide-distance" : "")
                    + (key.ratePerSecond() == null ? "" : "  " + key.ratePerSecond() + "/s")
                    + (key.concurrent() == null ? "" : "  concurrent " + key.concurrent())
                    + (key.expiresAt() == null ? "" : "  expires " + key.expiresAt());
        }
    }

    @Command(
            name = "revoke",
            mixinStandardHelpOptions = true,
            description = "Revokes a key for good. Its name stays taken.")
    static final class Revoke implements Callable<Integer> {
        @Mixin
        private DataFolder data;

        @Parameters(paramLabel = "NAME")
        private String name;

        @Override
        public Integer call() {
            try {
                withKeys(data, keys -> {
                    keys.revoke(name, Instant.now());
                    return name;
                });
            } catch (IllegalArgumentException e) {
                throw new BadInputException(String.valueOf(e.getMessage()), e);
            }
            return Exit.DONE;
        }
    }

    /** Uses the keys of the folder, or those that its node shares with others. */
    private static <T> T withKeys(DataFolder data, Function<KeyRing, T> use) {
        SharedCatalog catalog = data.catalog();
        Path folder = data.path();
        if (catalog == null) {
            if (DatabaseFolder.isNode(folder)) {
                throw new BadInputException("catalog: missing (expected: the database that the node in " + folder
                        + " shares with others, as --catalog or in the settings)");
            }
            return use.apply(new KeyRing(folder));
        }
        try (Documents shared = catalog.documents(folder)) {
            return use.apply(new KeyRing(shared));
        }
    }

    private static List<String> sorted(Set<String> names) {
        return names.stream().sorted().toList();
    }

    private static ObjectNode json(Key key, Instant now) {
        ObjectNode node = ReportJson.MAPPER
                .createObjectNode()
                .put("name", key.name())
                .put("state", key.stateAt(now))
                .put("role", key.role().wireName());
        return KeyJson.put(node.put("hide_distance", key.hideDistance()), key);
    }
}
