package org.semblance.server.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.semblance.engine.Alignment;
import org.semblance.engine.ContentHasher;
import org.semblance.engine.ContentMatcher;
import org.semblance.engine.FeatureMatch;
import org.semblance.engine.Finding;
import org.semblance.engine.MatchOptions;
import org.semblance.engine.MatchReport;
import org.semblance.engine.Verdict;
import org.semblance.engine.features.Placement;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.MediaSource;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.Match;
import org.semblance.server.json.ReportJson;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "match",
        mixinStandardHelpOptions = true,
        description = "Says whether files are copies of banked content.")
final class MatchCommand implements Callable<Integer> {
    @Mixin
    private DataFolder data;

    @Mixin
    private Contents contents;

    @Option(names = "--json", description = "One JSON object a file and line.")
    private boolean json;

    @Mixin
    private WantedBanks banks;

    @Option(names = "--fail-on-match", description = "Exit code 1 if any file matches.")
    private boolean failOnMatch;

    @Parameters(arity = "1..*", paramLabel = "FILE")
    private List<Path> files;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        boolean matched = false;
        boolean failed = false;
        try (HashDb db = data.open();
                ContentHasher hasher = contents.hasher(DecodePath.FAST);
                Progress progress = Progress.over("match", files.size())) {
            MatchOptions options = banks.options(db);
            ContentMatcher matcher = new ContentMatcher(hasher, db);
            for (Path file : files) {
                MediaSource source = Contents.open(file);
                MatchReport report = matcher.match(source, Contents.digests(file, source), options, Deadline.NONE);
                matched |= report.verdict() == Verdict.MATCH;
                failed |= ReportJson.isFailure(report.verdict());
                out.println(json ? jsonLine(file, report) : textLine(file, report));
                out.flush();
                progress.step();
            }
        }
        if (matched && failOnMatch) {
            return Main.MATCHED;
        }
        return failed ? Main.BAD_INPUT : Main.DONE;
    }

    private static String jsonLine(Path file, MatchReport report) {
        return ReportJson.addMatch(ReportJson.MAPPER.createObjectNode().put("file", file.toString()), report)
                .toString();
    }

    private static String textLine(Path file, MatchReport report) {
        StringBuilder line = new StringBuilder(file + "  " + report.verdict().wireName());
        if (!report.reason().isEmpty()) {
            line.append(": ").append(report.reason());
        }
        return line + describe(report.matches(), report.likely());
    }

    /** A line for each content that is found or likely. */
    static String describe(List<Finding> matches, List<Finding> likely) {
        StringBuilder lines = new StringBuilder();
        for (Finding finding : matches) {
            lines.append("\n  ").append(describe(finding));
        }
        for (Finding finding : likely) {
            lines.append("\n  likely ").append(describe(finding));
        }
        return lines.toString();
    }

    private static String describe(Finding finding) {
        StringBuilder line = new StringBuilder(
                finding.bank().name() + " content " + finding.content().id() + " by " + finding.signalType());
        Match match = finding.match();
        if (match != null) {
            line.append(", distance ").append(match.distance());
        }
        FeatureMatch features = finding.features();
        if (features != null) {
            Placement placement = features.placement();
            line.append(String.format(
                    Locale.ROOT,
                    ", %d of its %d features that must be visible%s",
                    placement.found().cardinality(),
                    placement.visible().cardinality(),
                    placement.isMirrored() ? ", mirrored" : ""));
        }
        Alignment alignment = finding.alignment();
        if (!finding.transform().equals("none")) {
            line.append(", upload ").append(finding.transform());
        }
        if (finding.suppressed()) {
            line.append(", suppressed");
        }
        if (alignment == null) {
            return line.toString();
        }
        if (alignment.bankMatchPercent() != null) {
            line.append(String.format(Locale.ROOT, ", %.0f %% of it", alignment.bankMatchPercent()));
        }
        for (Alignment.Span span : alignment.spans()) {
            Alignment.Stretch query = span.query();
            Alignment.Stretch bank = span.bank();
            line.append("\n    ");
            line.append(query == null ? "" : "at " + seconds(query));
            line.append(query == null || bank == null ? "" : " shows ");
            line.append(bank == null ? "" : "its " + seconds(bank));
        }
        return line.toString();
    }

    private static String seconds(Alignment.Stretch stretch) {
        return String.format(Locale.ROOT, "%.1f-%.1f s", stretch.from(), stretch.until());
    }
}
