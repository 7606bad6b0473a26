package org.semblance.server.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.semblance.server.config.Setting;
import org.semblance.server.config.Settings;
import org.semblance.server.json.ReportJson;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "config",
        mixinStandardHelpOptions = true,
        description = "Checks the settings that a server would start with, and prints each with its source.")
final class ConfigCommand implements Callable<Integer> {
    @Option(
            names = "--default",
            description = "Prints instead a file of all settings, with their documentation and defaults.")
    private boolean annotated;

    @Option(names = "--json", description = "Prints one JSON object.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        if (annotated) {
            out.print(Settings.annotatedFile());
        } else if (json) {
            out.println(json(ServerOptions.settings(spec)));
        } else {
            print(out, ServerOptions.settings(spec));
        }
        out.flush();
        return Exit.DONE;
    }

    /** As a TOML file that says the same. */
    private static void print(PrintWriter out, Settings settings) {
        for (Setting<?> key : Setting.all()) {
            String line = key.key() + " = " + settings.config().toml(key);
            out.printf("%-50s # %s%n", line, settings.origin(key));
        }
    }

    private static ObjectNode json(Settings settings) {
        ObjectNode all = ReportJson.MAPPER.createObjectNode();
        for (Setting<?> key : Setting.all()) {
            ObjectNode one = all.putObject(key.key());
            if (settings.config().value(key) instanceof Number number) {
                one.put("value", number.longValue());
            } else {
                one.put("value", settings.config().text(key));
            }
            one.put("from", settings.origin(key));
        }
        return all;
    }
}
