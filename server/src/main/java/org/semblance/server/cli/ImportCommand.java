package org.semblance.server.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.FileProblem;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.exchange.HashListEntry;
import org.semblance.hashdb.hash.SignalType;
import org.semblance.server.cli.database.BadInputException;
import org.semblance.server.cli.database.Contents;
import org.semblance.server.cli.database.Database;
import org.semblance.server.cli.database.DatabaseOptions;
import org.semblance.server.cli.database.ImportMark;
import org.semblance.server.list.ListImport;
import org.semblance.server.list.ListOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "import",
        mixinStandardHelpOptions = true,
        description = {
            "Banks a hash list: lines of '<type> <hex>', bare hex, what PDQ tools and tx dataset -P print, CSV with a header, or"
                    + " the NDJSON of an export.",
            "Rows of category NEGATIVE_CLASS go into banks of kind allow alone. The summary names ignored columns.",
            "Running the same import again continues one that was cut off."
        })
final class ImportCommand implements Callable<Integer> {
    private static final int COMPLAINTS = 10;

    @Mixin
    private DatabaseOptions database;

    @Option(
            names = "--bank",
            required = true,
            paramLabel = "BANK",
            description = "Bank that receives the hashes; created if missing.")
    private String bank;

    @Option(
            names = "--type",
            paramLabel = "TYPE",
            defaultValue = "pdq",
            description = "Type of hashes that are listed without a type (default: ${DEFAULT-VALUE}).")
    private String type;

    @Option(
            names = "--dry-run",
            description = "Banks nothing: counts what is new, known and unusable, and shows the first entries.")
    private boolean dryRun;

    @Option(
            names = "--columns",
            paramLabel = "FIELD:COLUMN",
            description =
                    "Reads columns of CSV as fields that they are not named after, as in 'hash:Digest,label:Case Type'.")
    private @Nullable String columns;

    @Option(
            names = "--label",
            paramLabel = "LABEL",
            description = "Adds this label to each entry; may be given several times.")
    private List<String> labels = List.of();

    @Option(names = "--source", paramLabel = "TEXT", description = "Source of each entry, in place of its own.")
    private @Nullable String source;

    @Option(names = "--note", paramLabel = "TEXT", description = "Note of each entry, in place of its own.")
    private @Nullable String note;

    @Option(
            names = "--if-known",
            paramLabel = "WHAT",
            defaultValue = "bank",
            description =
                    "What becomes of an entry that the bank has exactly: bank or skip (default: ${DEFAULT-VALUE}).")
    private ListOptions.IfKnown ifKnown;

    @Option(names = "--again", description = "Banks the list again, even if the bank already holds it.")
    private boolean again;

    @Option(
            names = "--force",
            description =
                    "Banks hashes that would be held in quarantine, as flat, near allowed content, or near many others.")
    private boolean force;

    @Parameters(paramLabel = "FILE")
    private Path file;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        ListOptions options = options();
        if (Files.isDirectory(file)) {
            throw new BadInputException(file + ": a folder (expected: a file)");
        }
        try (InputStream in = Files.newInputStream(file);
                Database db = database.open(new Contents());
                Progress progress = Progress.overBytes("import", Files.size(file))) {
            ImportMark mark = new ImportMark(file);
            Optional<BankKind> there = kind(db);
            BankKind kind = there.orElse(BankKind.MATCH);
            long skipped = again || dryRun || there.isEmpty() ? 0 : db.entriesIn(mark, bank);
            ListImport.Sink sink =
                    there.isPresent() ? db.banking(bank, options, mark::reason) : newBank(db, options, mark);
            ListImport.Summary summary =
                    new ListImport(options, kind, sink, db.mostAtOnce()).run(in, skipped, () -> false, progress::to);
            return report(summary, kind, skipped);
        } catch (IOException e) {
            throw new BadInputException(file + ": " + FileProblem.of(e), e);
        }
    }

    /** Banks entries in a bank that is made with the first of them; in a dry run it is not made, and all entries are new. */
    private ListImport.Sink newBank(Database db, ListOptions options, ImportMark mark) {
        if (dryRun) {
            return (entries, part, entriesRead) ->
                    new ListImport.Banked(entries.size(), 0, 0, Collections.nCopies(entries.size(), false));
        }
        return new ListImport.Sink() {
            private ListImport.@Nullable Sink made;

            @Override
            public ListImport.Banked bank(List<HashListEntry.Usable> entries, int part, long entriesRead) {
                ListImport.Sink sink = made;
                if (sink == null) {
                    db.createBank(bank, BankKind.MATCH, "", null, "import " + file.getFileName());
                    sink = db.banking(bank, options, mark::reason);
                    made = sink;
                }
                return sink.bank(entries, part, entriesRead);
            }
        };
    }

    private ListOptions options() {
        Map<String, String> named;
        SignalType bareType;
        try {
            bareType = SignalType.parse(type);
        } catch (IllegalArgumentException e) {
            throw new BadInputException("--type: " + e.getMessage(), e);
        }
        try {
            named = columns == null ? Map.of() : ListOptions.columns(columns);
        } catch (IllegalArgumentException e) {
            throw new BadInputException("--" + e.getMessage(), e);
        }
        return new ListOptions(bareType, named, labels, note, source, ifKnown, dryRun, force);
    }

    /** What a hit in the bank means; empty if the bank is not there. */
    private Optional<BankKind> kind(Database db) {
        Optional<ObjectNode> there = db.bank(bank);
        return there.map(node ->
                node.path("kind").asString("").equals(BankKind.ALLOW.wireName()) ? BankKind.ALLOW : BankKind.MATCH);
    }

    private int report(ListImport.Summary summary, BankKind kind, long skipped) {
        PrintWriter err = spec.commandLine().getErr();
        summary.errors().stream()
                .limit(COMPLAINTS)
                .forEach(bad -> err.println(file + ":" + bad.line() + ": " + bad.reason()));
        if (summary.unusable() > COMPLAINTS) {
            err.println("(further bad entries are counted only)");
        }
        summary.warnings().stream()
                .limit(COMPLAINTS)
                .forEach(remark -> err.println(file + ":" + remark.line() + ": " + remark.text()));
        err.flush();
        switch (summary.failure()) {
            case null -> {}
            case IOException e ->
                throw new BadInputException(
                        file + ": " + e.getMessage() + " (" + summary.imported() + " contents before it are banked)",
                        e);
            case RuntimeException e -> throw e;
            case Exception e -> throw new IllegalStateException(e);
        }
        PrintWriter out = spec.commandLine().getOut();
        if (dryRun) {
            summary.preview().forEach(one -> out.println(line(one)));
        }
        out.println(text(summary, kind, skipped));
        out.flush();
        return summary.unusable() == 0 ? Exit.DONE : Exit.BAD_INPUT;
    }

    private static String line(ListImport.Previewed one) {
        ContentDraft content = one.entry().content();
        StringBuilder line = new StringBuilder("line " + one.entry().line() + (one.known() ? "  known" : "  new"));
        content.signals()
                .forEach(signal -> line.append("  ")
                        .append(signal.type().wireName())
                        .append(' ')
                        .append(signal.value()));
        if (content.video() != null) {
            line.append("  ").append(content.video().frames().size()).append(" frames");
        }
        if (!content.labels().isEmpty()) {
            line.append("  labels: ").append(String.join(", ", content.labels()));
        }
        if (content.source() != null) {
            line.append("  source: ").append(content.source());
        }
        if (content.note() != null) {
            line.append("  note: ").append(content.note());
        }
        return line.toString();
    }

    private String text(ListImport.Summary summary, BankKind kind, long skipped) {
        StringBuilder text = new StringBuilder(summary.imported()
                + (dryRun ? " contents would be imported into " : " contents imported into ")
                + bank);
        if (skipped > 0) {
            text.append(", after " + skipped + " entries that were banked before");
        }
        if (summary.held() > 0) {
            text.append(", " + summary.held() + " of them held in quarantine");
        }
        if (summary.known() > 0) {
            text.append(", " + summary.known() + " were known"
                    + (ifKnown == ListOptions.IfKnown.SKIP ? " and left out" : " already"));
        }
        if (summary.unusable() > 0) {
            text.append(", " + summary.unusable() + " entries left out");
        }
        summary.leftOut()
                .forEach((category, count) -> text.append(", " + count + " entries of category " + category
                        + " left out, which do not belong in a bank of kind " + kind.wireName()));
        if (!summary.ignoredColumns().isEmpty()) {
            text.append(", columns ignored: " + String.join(", ", summary.ignoredColumns()));
        }
        return text.toString();
    }
}
