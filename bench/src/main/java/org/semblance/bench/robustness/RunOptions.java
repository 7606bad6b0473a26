package org.semblance.bench.robustness;

import java.time.LocalDate;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.semblance.server.MatchServer;
import org.semblance.server.selfbench.Machine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** What each run of this package takes, and what its report begins with. */
final class RunOptions {
    @Option(names = "--seed", paramLabel = "N", description = "(default: ${DEFAULT-VALUE})")
    long seed = 20_261_129;

    @Option(
            names = "--features",
            arity = "1",
            paramLabel = "true|false",
            description = "Asks for a lookup by features with each upload, or for none (default: as the server does).")
    @Nullable
    Boolean features;

    /** Where, when and how the run was made, as Markdown. */
    String head(CommandSpec verb) {
        return String.format(
                Locale.ROOT,
                """
                Machine: %s. JDK: %s. Date: %s. Semblance %s. Seed: %d. No time was measured.

                ```
                BENCH_JAVA_OPTS=-Xmx2g bench/run %s %s
                ```
                """,
                Machine.describe(),
                Runtime.version(),
                LocalDate.now(),
                MatchServer.version(),
                seed,
                verb.name(),
                String.join(" ", verb.commandLine().getParseResult().originalArgs()));
    }
}
