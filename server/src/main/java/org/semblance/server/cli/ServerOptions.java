package org.semblance.server.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.semblance.server.MatchServer;
import org.semblance.server.auth.AccessPolicy;
import org.semblance.server.cli.database.BadInputException;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.config.Setting;
import org.semblance.server.config.Settings;
import org.semblance.server.log.Logs;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/** The options of the verbs that need all settings of a server: one for each {@link Setting}, made of it. */
final class ServerOptions {
    private static final String CONFIG = "--config";
    private static final String OPEN = "--open";
    private static final String OPEN_TO_NETWORK = "--open-to-network";

    private ServerOptions() {}

    /** Gives the verb these options. */
    static void declare(CommandSpec verb) {
        verb.addOption(OptionSpec.builder(CONFIG)
                .type(Path.class)
                .paramLabel("FILE")
                .description("Settings file (default: $SEMBLANCE_CONFIG, or semblance.toml in the working folder).")
                .build());
        for (Setting<?> key : Setting.all()) {
            // A percent sign would be taken for a format.
            String text = key.doc() + " Default: " + key.defaultText() + ".";
            verb.addOption(OptionSpec.builder(key.flag())
                    .type(String.class)
                    .paramLabel(key.placeholder())
                    .description(text.replace("%", "%%"))
                    .build());
        }
        verb.addOption(OptionSpec.builder(OPEN)
                .type(boolean.class)
                .description("Short for " + Setting.ACCESS.flag() + " open.")
                .build());
        verb.addOption(OptionSpec.builder(OPEN_TO_NETWORK)
                .type(boolean.class)
                .description("Short for " + Setting.ACCESS.flag() + " open_to_network.")
                .build());
    }

    /**
     * The settings of that verb's command line, the environment and the file.
     *
     * @throws org.semblance.server.config.ConfigRefusedException if anything is wrong with them
     */
    static Settings settings(CommandSpec verb) {
        Map<Setting<?>, String> flags = new LinkedHashMap<>();
        for (Setting<?> key : Setting.all()) {
            String value = verb.findOption(key.flag()).getValue();
            if (value != null) {
                flags.put(key, value);
            }
        }
        for (Map.Entry<String, AccessPolicy> shorthand : Map.of(
                        OPEN, AccessPolicy.OPEN, OPEN_TO_NETWORK, AccessPolicy.OPEN_TO_NETWORK)
                .entrySet()) {
            if (Boolean.TRUE.equals(verb.findOption(shorthand.getKey()).getValue())
                    && flags.put(Setting.ACCESS, shorthand.getValue().name().toLowerCase(Locale.ROOT)) != null) {
                throw new ParameterException(
                        verb.commandLine(),
                        String.join(", ", OPEN, OPEN_TO_NETWORK, Setting.ACCESS.flag()) + ": more than one");
            }
        }
        @Nullable Path file = verb.findOption(CONFIG).getValue();
        return Settings.resolve(flags, System.getenv(), file);
    }

    /** Starts a server, and stops it in order when the process is asked to end. */
    static MatchServer start(ServerConfig config) {
        Logs.configure(config.logLevel(), config.logFormat());
        MatchServer server;
        try {
            server = MatchServer.start(config);
        } catch (IOException e) {
            throw new BadInputException(String.valueOf(e.getMessage()), e);
        }
        Runtime.getRuntime().addShutdownHook(new Thread(server::close, "stop"));
        return server;
    }

    /** Keeps the calling thread until the process is asked to end. */
    static void serveUntilStopped() {
        try {
            Thread.currentThread().join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
