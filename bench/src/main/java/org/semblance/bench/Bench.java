package org.semblance.bench;

import java.util.List;
import org.openjdk.jmh.Main;
import org.semblance.bench.browser.BrowserReport;
import org.semblance.bench.browser.SuiteReport;
import org.semblance.bench.hash.Av1Bench;
import org.semblance.bench.hash.IsolationBench;
import org.semblance.bench.hostile.FairnessRun;
import org.semblance.bench.hostile.HostileLoadRun;
import org.semblance.bench.hostile.HttpFuzz;
import org.semblance.bench.hostile.KillsRun;
import org.semblance.bench.hostile.SlowLoris;
import org.semblance.bench.load.ColdStartRun;
import org.semblance.bench.load.DeskRun;
import org.semblance.bench.load.HttpLoadRun;
import org.semblance.bench.load.LoadRun;
import org.semblance.bench.load.MatchLogRun;
import org.semblance.bench.load.ScopeTiming;
import org.semblance.bench.load.ScrollRun;
import org.semblance.bench.load.Soak;
import org.semblance.bench.load.VideoLoadRun;
import org.semblance.bench.lookup.Comparison;
import org.semblance.bench.lookup.FeatureIndexReport;
import org.semblance.bench.lookup.ImportBench;
import org.semblance.bench.lookup.IndexReport;
import org.semblance.bench.lookup.LiveReport;
import org.semblance.bench.lookup.RestartBench;
import org.semblance.bench.nodes.CutCommitsRun;
import org.semblance.bench.nodes.FailoverRun;
import org.semblance.bench.nodes.NewNodeRun;
import org.semblance.bench.nodes.NodesRun;
import org.semblance.bench.nodes.OutageRun;
import org.semblance.bench.nodes.RatesRun;
import org.semblance.bench.nodes.ScaleRun;
import org.semblance.bench.retro.FloodRun;
import org.semblance.bench.retro.RetroRun;
import org.semblance.bench.retro.WebhookRun;
import org.semblance.bench.robustness.FeatureCost;
import org.semblance.bench.robustness.RobustnessReport;
import org.semblance.bench.robustness.VideoRobustnessReport;
import org.semblance.bench.video.VideoBenchmark;
import org.semblance.bench.video.VideoRecall;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Parameters;

/** The command of all benchmarks and load runs: {@code bench/run VERB}. */
@Command(
        name = "bench/run",
        synopsisSubcommandLabel = "VERB",
        subcommands = {RobustnessReport.class, VideoRobustnessReport.class, FeatureCost.class},
        description = "Measures Semblance. 'bench/run VERB --help' tells what a verb takes.",
        footer = {"", "BENCH_JAVA_OPTS has options for the JVM, such as -Xmx2g."})
public final class Bench {
    /** Each of their methods with {@code @Command} is a verb. */
    private static final List<Class<?>> WITH_VERBS = List.of(
            IndexReport.class,
            Comparison.class,
            FeatureIndexReport.class,
            ImportBench.class,
            LiveReport.class,
            RestartBench.class,
            IsolationBench.class,
            Av1Bench.class,
            LoadRun.class,
            HttpLoadRun.class,
            VideoLoadRun.class,
            MatchLogRun.class,
            ColdStartRun.class,
            DeskRun.class,
            ScrollRun.class,
            Soak.class,
            ScopeTiming.class,
            RetroRun.class,
            WebhookRun.class,
            FloodRun.class,
            NodesRun.class,
            FailoverRun.class,
            CutCommitsRun.class,
            OutageRun.class,
            NewNodeRun.class,
            RatesRun.class,
            ScaleRun.class,
            SlowLoris.class,
            HostileLoadRun.class,
            KillsRun.class,
            FairnessRun.class,
            HttpFuzz.class,
            VideoBenchmark.class,
            VideoRecall.class,
            BrowserReport.class,
            SuiteReport.class);

    private Bench() {}

    /** Exits with 0, with 1 if what the verb looks for was found wanting, or with 2 if the arguments are wrong. */
    public static void main(String[] args) {
        System.exit(commandLine().execute(args));
    }

    /** The command with all its verbs. */
    public static CommandLine commandLine() {
        CommandLine bench = new CommandLine(new Bench());
        for (Class<?> type : WITH_VERBS) {
            CommandLine.getCommandMethods(type, null).forEach(bench::addSubcommand);
        }
        addHelp(bench);
        bench.getSubcommands().forEach((name, verb) -> {
            addHelp(verb);
            verb.setUnmatchedOptionsArePositionalParams(name.equals("jmh")); // Its options are its own.
        });
        bench.setCaseInsensitiveEnumValuesAllowed(true);
        bench.setExecutionExceptionHandler((e, failed, parsed) -> {
            if (e instanceof IllegalArgumentException) {
                failed.getErr().println(e.getMessage());
                return CommandLine.ExitCode.USAGE;
            }
            throw e;
        });
        return bench;
    }

    /** No short name: -h is an option of JMH. */
    private static void addHelp(CommandLine command) {
        command.getCommandSpec()
                .addOption(OptionSpec.builder("--help")
                        .usageHelp(true)
                        .description("Shows this help.")
                        .build());
    }

    @Command(
            name = "jmh",
            description = "Runs JMH benchmarks: PdqBenchmark, ImageBenchmark, ScanBenchmark, DigestBenchmark.")
    static void jmh(
            @Parameters(arity = "0..*", description = "What JMH's own command takes; -h lists it.") String[] arguments)
            throws Exception {
        Main.main(arguments == null ? new String[0] : arguments);
    }
}
