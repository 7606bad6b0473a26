package org.semblance.server.cli;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.semblance.hashdb.DatabaseRefusedException;
import org.semblance.hashdb.catalog.ChangeRefusedException;
import org.semblance.hashdb.exchange.ExchangesRefusedException;
import org.semblance.server.MatchServer;
import org.semblance.server.auth.KeysRefusedException;
import org.semblance.server.cli.database.BadInputException;
import org.semblance.server.cli.database.ServerRefusedException;
import org.semblance.server.config.ConfigRefusedException;
import org.semblance.server.config.Spelling;
import org.semblance.server.tls.TlsRefusedException;
import org.semblance.server.webhook.WebhookRefusedException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command line; {@link Exit} has its exit codes. */
@Command(
        name = "semblance",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        description = "Says whether an upload is a copy of known terrorist propaganda.")
public final class Main implements Callable<Integer> {
    /** In the order in which the help has them. */
    private static final class Verbs {
        static final Map<String, Class<?>> BY_NAME = verbs();

        private Verbs() {}
    }

    /** The verbs that need all settings of a server. */
    private static final Set<String> OF_A_SERVER = Set.of("serve", "quickstart", "config", "doctor");

    @Spec
    private CommandSpec spec;

    private static Map<String, Class<?>> verbs() {
        Map<String, Class<?>> verbs = new LinkedHashMap<>();
        verbs.put("serve", ServeCommand.class);
        verbs.put("quickstart", QuickstartCommand.class);
        verbs.put("hash", HashCommand.class);
        verbs.put("match", MatchCommand.class);
        verbs.put("lookup", LookupCommand.class);
        verbs.put("bank", BankCommand.class);
        verbs.put("key", KeyCommand.class);
        verbs.put("import", ImportCommand.class);
        verbs.put("export", ExportCommand.class);
        verbs.put("verify", VerifyCommand.class);
        verbs.put("backup", BackupCommand.class);
        verbs.put("restore", RestoreCommand.class);
        verbs.put("bench", BenchCommand.class);
        verbs.put("config", ConfigCommand.class);
        verbs.put("doctor", DoctorCommand.class);
        verbs.put("train", TrainCommand.class);
        return verbs;
    }

    /** Runs a verb and ends the process with its exit code. */
    public static void main(String[] args) {
        if (args.length == 1 && args[0].equals("--version")) {
            System.out.println(Version.TEXT); // Asked often, and by scripts: the verbs need not be looked at for that.
            return;
        }
        System.exit(commandLine(args).execute(args));
    }

    /** Of all verbs, or of the one that comes first in the arguments alone: to look at the others takes part of a second. */
    static CommandLine commandLine(String... args) {
        CommandLine line = new CommandLine(new Main());
        Verbs.BY_NAME.forEach((name, type) -> {
            if (args.length == 0 || !Verbs.BY_NAME.containsKey(args[0]) || name.equals(args[0])) {
                CommandLine verb = new CommandLine(type);
                if (OF_A_SERVER.contains(name)) {
                    ServerOptions.declare(verb.getCommandSpec());
                }
                line.addSubcommand(name, verb);
            }
        });
        return line.setCaseInsensitiveEnumValuesAllowed(true)
                .registerConverter(Instant.class, Main::time)
                .registerConverter(Integer.class, Main::number)
                .registerConverter(int.class, Main::number)
                .registerConverter(Long.class, Main::longNumber)
                .registerConverter(long.class, Main::longNumber)
                .setParameterExceptionHandler(Main::explainUsage)
                .setExecutionExceptionHandler(Main::explain);
    }

    @Override
    public Integer call() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }

    static final class Version implements IVersionProvider {
        static final String TEXT = "Semblance " + MatchServer.version();

        @Override
        public String[] getVersion() {
            return new String[] {TEXT};
        }
    }

    private static Instant time(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeParseException e) {
            throw new TypeConversionException("'" + text + "' (expected: a time, as in 2027-01-31T12:00:00Z)");
        }
    }

    private static int number(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new TypeConversionException("'" + text + "' (expected: a whole number)");
        }
    }

    private static long longNumber(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new TypeConversionException("'" + text + "' (expected: a whole number)");
        }
    }

    /** Wrong usage is told in two lines: the help of some verbs would push the reason off the screen. */
    private static int explainUsage(ParameterException e, String[] args) {
        CommandLine line = e.getCommandLine();
        boolean commands = !line.getSubcommands().isEmpty();
        boolean unmatched = e instanceof UnmatchedArgumentException;
        line.getErr()
                .println("semblance: "
                        + (e instanceof UnmatchedArgumentException unknown ? text(unknown, commands) : e.getMessage()));
        if (commands && !unmatched) {
            line.usage(line.getErr());
        } else {
            line.getErr()
                    .println("semblance: '" + line.getCommandSpec().qualifiedName() + " --help' tells what there is");
        }
        return Exit.WRONG_USAGE;
    }

    private static String text(UnmatchedArgumentException unknown, boolean commands) {
        CommandSpec spec = unknown.getCommandLine().getCommandSpec();
        String typed = unknown.getUnmatched().getFirst().replaceFirst("=.*", "");
        if (unknown.isUnknownOption()) {
            return "unknown option " + typed + meant(typed, spec.optionsMap().keySet());
        }
        return commands
                ? "unknown command " + typed + meant(typed, spec.subcommands().keySet())
                : String.valueOf(unknown.getMessage());
    }

    private static String meant(String typed, Set<String> names) {
        String nearest = Spelling.nearest(typed, names);
        return nearest == null ? "" : " (did you mean " + nearest + "?)";
    }

    /** Bad input is told in a line; a stack trace is for bugs. */
    private static int explain(Exception e, CommandLine line, CommandLine.ParseResult parsed) throws Exception {
        int code = switch (e) {
            case DatabaseRefusedException refused -> Exit.REFUSED;
            case ExchangesRefusedException refused -> Exit.REFUSED;
            case KeysRefusedException refused -> Exit.REFUSED;
            case ChangeRefusedException refused -> Exit.BAD_INPUT;
            case ServerRefusedException refused -> Exit.REFUSED;
            case BadInputException bad -> Exit.BAD_INPUT;
            case ConfigRefusedException bad -> Exit.BAD_INPUT;
            case TlsRefusedException bad -> Exit.BAD_INPUT;
            case WebhookRefusedException bad -> Exit.BAD_INPUT;
            default -> throw e;
        };
        String.valueOf(e.getMessage()).lines().forEach(text -> line.getErr().println("semblance: " + text));
        return code;
    }
}
