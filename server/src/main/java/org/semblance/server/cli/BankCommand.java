package org.semblance.server.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.BankingDraft;
import org.semblance.engine.ContentHasher;
import org.semblance.engine.HashReport;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.MediaSource;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Applied;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.server.json.ReportJson;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "bank",
        mixinStandardHelpOptions = true,
        description = "Makes and lists banks, adds content to them and takes it out.",
        subcommands = {
            BankCommand.Create.class,
            BankCommand.ListBanks.class,
            BankCommand.Add.class,
            BankCommand.Remove.class,
        })
final class BankCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        throw new ParameterException(spec.commandLine(), "a command is missing: create, list, add or remove");
    }

    @Command(name = "create", mixinStandardHelpOptions = true, description = "Makes a bank.")
    static final class Create implements Callable<Integer> {
        @Mixin
        private DataFolder data;

        @Option(names = "--allow", description = "A bank of harmless content: its hits suppress matches.")
        private boolean allow;

        @Option(names = "--description", defaultValue = "", paramLabel = "TEXT")
        private String description;

        @Option(
                names = "--threshold",
                paramLabel = "BITS",
                description = "Largest PDQ distance that matches (default: 31).")
        private @Nullable Integer threshold;

        @Parameters(paramLabel = "NAME", description = "UPPER_WITH_UNDERSCORE.")
        private String name;

        @Override
        public Integer call() {
            try (HashDb db = data.open()) {
                db.apply(
                        new Change.CreateBank(
                                name, allow ? BankKind.ALLOW : BankKind.MATCH, 1.0, description, threshold),
                        DataFolder.origin(""));
            }
            return Main.DONE;
        }
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists the banks.")
    static final class ListBanks implements Callable<Integer> {
        @Mixin
        private DataFolder data;

        @Option(names = "--json", description = "One JSON object a bank and line.")
        private boolean json;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() {
            PrintWriter out = spec.commandLine().getOut();
            try (HashDb db = data.open()) {
                for (Bank bank : db.banks()) {
                    out.println(json ? ReportJson.bank(bank) : textLine(bank));
                }
            }
            out.flush();
            return Main.DONE;
        }

        private static String textLine(Bank bank) {
            return bank.name() + "  " + bank.kind().wireName() + (bank.enabled() ? "" : ", off")
                    + (bank.description().isEmpty() ? "" : "  " + bank.description());
        }
    }

    @Command(name = "add", mixinStandardHelpOptions = true, description = "Banks files.")
    static final class Add implements Callable<Integer> {
        @Mixin
        private DataFolder data;

        @Mixin
        private Contents contents;

        @Option(names = "--label", paramLabel = "LABEL", description = "May be given several times.")
        private List<String> labels = List.of();

        @Option(names = "--note", paramLabel = "TEXT", description = "At most 255 characters.")
        private @Nullable String note;

        @Option(names = "--reason", paramLabel = "TEXT", defaultValue = "", description = "For the journal.")
        private String reason;

        @Option(names = "--json", description = "One JSON object a file and line.")
        private boolean json;

        @Option(
                names = "--no-features",
                description =
                        "Banks no local features, so that no copies are found that were cropped, framed or pasted into"
                                + " another picture.")
        private boolean noFeatures;

        @Parameters(index = "0", paramLabel = "BANK")
        private String bank;

        @Parameters(index = "1..*", arity = "1..*", paramLabel = "FILE")
        private List<Path> files;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() {
            PrintWriter out = spec.commandLine().getOut();
            int exit = Main.DONE;
            try (HashDb db = data.open();
                    ContentHasher exact = contents.hasher(DecodePath.EXACT);
                    ContentHasher fast = contents.hasher(DecodePath.FAST);
                    Progress progress = Progress.over("add", files.size())) {
                for (Path file : files) {
                    MediaSource source = Contents.open(file);
                    // As the server does: see its Worker.
                    ContentHasher hasher = source.format().isVideo() ? fast : exact;
                    HashReport report =
                            hasher.hashToBank(source, Contents.digests(file, source), !noFeatures, Deadline.NONE);
                    if (!add(db, file, report, out)) {
                        exit = Main.BAD_INPUT;
                    }
                    out.flush();
                    progress.step();
                }
            }
            return exit;
        }

        private boolean add(HashDb db, Path file, HashReport report, PrintWriter out) {
            if (report.failure() != null) {
                spec.commandLine()
                        .getErr()
                        .println("semblance: " + file + ": " + report.failure().wireName() + ": " + report.reason());
                return false;
            }
            BankingDraft banked = BankingDraft.of(
                    report,
                    new BankingDraft.Details(labels, note, file.getFileName().toString(), null));
            banked.warnings()
                    .forEach(warning -> spec.commandLine().getErr().println("semblance: " + file + ": " + warning));
            ContentDraft draft = banked.content();
            Applied applied = db.apply(new Change.AddContents(bank, List.of(draft)), DataFolder.origin(reason));
            ObjectNode line = ReportJson.MAPPER.createObjectNode().put("file", file.toString());
            line.put("bank", bank).put("content_id", applied.firstContentId()).put("seq", applied.seq());
            line.set("signals", ReportJson.signals(draft.signals()));
            out.println(json ? line : file + "  " + bank + " content " + applied.firstContentId());
            return true;
        }
    }

    @Command(name = "remove", mixinStandardHelpOptions = true, description = "Withdraws contents from a bank.")
    static final class Remove implements Callable<Integer> {
        @Mixin
        private DataFolder data;

        @Option(names = "--reason", paramLabel = "TEXT", defaultValue = "", description = "For the journal.")
        private String reason;

        @Parameters(index = "0", paramLabel = "BANK")
        private String bank;

        @Parameters(index = "1..*", arity = "1..*", paramLabel = "ID")
        private List<Long> ids;

        @Override
        public Integer call() {
            try (HashDb db = data.open()) {
                for (long id : ids) {
                    db.apply(new Change.WithdrawContent(bank, id), DataFolder.origin(reason));
                }
            }
            return Main.DONE;
        }
    }
}
