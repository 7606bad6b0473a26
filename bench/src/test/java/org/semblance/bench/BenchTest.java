package org.semblance.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The verbs, and the documents that name them. */
class BenchTest {
    private static final Path TOP = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern VERB = Pattern.compile("bench/run +([^\\s`'\"]+)");
    private static final Pattern CLASS = Pattern.compile("org\\.semblance\\.bench\\.|org\\.openjdk\\.jmh\\.Main");

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        return Bench.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
    }

    @Test
    void everyVerbSaysWhatItTakes() {
        Map<String, CommandLine> verbs = new TreeMap<>(Bench.commandLine().getSubcommands());
        assertThat(verbs).hasSizeGreaterThan(20);
        verbs.forEach((name, verb) -> {
            assertThat(name).matches("[a-z]+(-[a-z]+)*");
            assertThat(verb.getCommandSpec().usageMessage().description())
                    .as(name)
                    .isNotEmpty();
            assertThat(verb.getCommandSpec().args())
                    .as(name)
                    .allSatisfy(arg -> assertThat(arg.description()).isNotEmpty());
            assertThat(run(name, "--help")).as(name).isZero();
        });
        assertThat(out.toString()).contains("Usage: bench/run http-load [--help] <folder> <warmUp> <seconds>");
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void wrongArgumentsAreNamed() {
        assertThat(run("soak")).isEqualTo(2);
        assertThat(run("soak", "long")).isEqualTo(2);
        assertThat(run("soaking", "1")).isEqualTo(2);
        assertThat(run("import", "folder", "1", "1", "half")).isEqualTo(2);
        assertThat(err.toString())
                .contains("Missing required parameter: '<minutes>'")
                .contains("Invalid value for positional parameter at index 0 (<minutes>): 'long' is not a double")
                .contains("Unmatched arguments from index 0: 'soaking', '1'")
                .contains("expected one of [CATALOG, DATABASE]");
    }

    @Test
    void documentsNameVerbsThatThereAre() throws IOException {
        List<Path> documents = new ArrayList<>(List.of(TOP.resolve("README.md"), TOP.resolve("CONTRIBUTING.md")));
        for (Path folder : List.of(TOP.resolve("docs"), TOP.resolve("bench/results"))) {
            try (Stream<Path> files = Files.list(folder)) {
                files.filter(file -> file.toString().endsWith(".md")).forEach(documents::add);
            }
        }
        List<String> named = new ArrayList<>();
        for (Path document : documents) {
            String text = Files.readString(document);
            VERB.matcher(text).results().map(found -> found.group(1)).forEach(named::add);
            assertThat(CLASS.matcher(text).find())
                    .as("%s names a class to run", document)
                    .isFalse();
        }
        named.removeIf(verb -> verb.equals("VERB") || verb.equals("--help"));
        assertThat(named)
                .hasSizeGreaterThan(25)
                .isSubsetOf(Bench.commandLine().getSubcommands().keySet());
    }
}
