package org.semblance.server.cli;

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
import org.semblance.server.tls.TlsRefusedException;
import org.semblance.server.webhook.WebhookRefusedException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line; {@link Exit} has its exit codes. */
@Command(
        name = "semblance",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        description = "Says whether an upload is a copy of known terrorist propaganda.")
public final class Main implements Callable<Integer> {
    /** In the order in which the help has them. */
    private static final Map<String, Class<?>> VERBS = verbs();

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
        System.exit(commandLine(args).execute(args));
    }

    /** Of all verbs, or of the one that comes first in the arguments alone: to look at the others takes part of a second. */
    static CommandLine commandLine(String... args) {
        CommandLine line = new CommandLine(new Main());
        VERBS.forEach((name, type) -> {
            if (args.length == 0 || !VERBS.containsKey(args[0]) || name.equals(args[0])) {
                CommandLine verb = new CommandLine(type);
                if (OF_A_SERVER.contains(name)) {
                    ServerOptions.declare(verb.getCommandSpec());
                }
                line.addSubcommand(name, verb);
            }
        });
        return line.setCaseInsensitiveEnumValuesAllowed(true).setExecutionExceptionHandler(Main::explain);
    }

    @Override
    public Integer call() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }

    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"Semblance " + MatchServer.version()};
        }
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
