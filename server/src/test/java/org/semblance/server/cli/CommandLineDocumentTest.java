package org.semblance.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

/** {@code docs/cli.md} is what the verbs say of themselves. With {@code -Dsemblance.write} it is written anew. */
class CommandLineDocumentTest {
    private static final Path DOCUMENT = Path.of("../docs/cli.md");
    private static final int COLUMNS = 100;

    /** Verbs that take every setting, which {@code serve} lists. */
    private static final List<String> OF_A_SERVER = List.of("quickstart", "config", "doctor");

    private static final String HEAD = """
            # The command line

            This page is printed from the verbs themselves (`CommandLineDocumentTest`); `./semblance VERB --help` prints the same.

            Every verb that needs a database takes a data folder (`--data`). Where a server has that folder, the verb asks the server, by the
            address and the secret in the folder's `server.json`, which only its owner can read; output and exit codes are the same.
            `--server URL` asks a server on another machine, with the secret of a key in `--key` or `SEMBLANCE_KEY`.

            | exit code | meaning |
            |---|---|
            | 0 | done |
            | 1 | a match, where `--fail-on-match` asks for it |
            | 2 | wrong usage |
            | 3 | bad input: a file, a hash, a setting, or the name of a bank |
            | 4 | the database, its keys or its server refused; or `verify` or `bench` found a fault |
            """;

    private static String document() {
        StringBuilder text = new StringBuilder(HEAD);
        CommandLine.Model.CommandSpec main = Main.commandLine().getCommandSpec();
        main.subcommands().forEach((name, verb) -> append(text, name, verb));
        return text.toString();
    }

    private static void append(StringBuilder text, String name, CommandLine verb) {
        text.append("\n## ").append(name).append("\n\n");
        if (OF_A_SERVER.contains(name)) {
            text.append(String.join(" ", verb.getCommandSpec().usageMessage().description()))
                    .append(" It takes the options of `serve`.\n");
            List<String> own = new ArrayList<>();
            verb.getCommandSpec().positionalParameters().forEach(parameter -> own.add(parameter.paramLabel()));
            if (!own.isEmpty()) {
                text.append("\nParameters: `").append(String.join(" ", own)).append("`\n");
            }
            return;
        }
        text.append("```\n").append(usage(verb)).append("```\n");
        verb.getSubcommands()
                .forEach((part, command) -> text.append("\n### ")
                        .append(name)
                        .append(' ')
                        .append(part)
                        .append("\n\n```\n")
                        .append(usage(command))
                        .append("```\n"));
    }

    private static String usage(CommandLine verb) {
        verb.setUsageHelpWidth(COLUMNS);
        return verb.getUsageMessage(Ansi.OFF).replaceAll("[ \t]+\n", "\n");
    }

    @Test
    void saysWhatTheVerbsSay() throws IOException {
        String expected = document();
        if (System.getProperty("semblance.write") != null) {
            Files.writeString(DOCUMENT, expected);
        }
        assertThat(Files.readString(DOCUMENT))
                .as("written anew by: mvn -pl server -am test -Dtest=CommandLineDocumentTest -Dsemblance.write"
                        + " -Dsurefire.failIfNoSpecifiedTests=false")
                .isEqualTo(expected);
    }
}
