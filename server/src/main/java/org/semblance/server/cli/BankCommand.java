package org.semblance.server.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.BankingDraft;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.server.cli.database.BadInputException;
import org.semblance.server.cli.database.Contents;
import org.semblance.server.cli.database.Database;
import org.semblance.server.cli.database.DatabaseOptions;
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
        private DatabaseOptions database;

        @Option(names = "--allow", description = "Makes a bank of harmless content, whose hits suppress matches.")
        private boolean allow;

        @Option(names = "--description", defaultValue = "", paramLabel = "TEXT")
        private String description;

        @Option(
                names = "--threshold",
                paramLabel = "BITS",
                description = "Largest PDQ distance that matches (default: 31).")
        private @Nullable Integer threshold;

        @Parameters(paramLabel = "NAME", description = "Name of the bank, UPPER_WITH_UNDERSCORE.")
        private String name;

        @Override
        public Integer call() {
            try (Database db = database.open(new Contents())) {
                db.createBank(name, allow ? BankKind.ALLOW : BankKind.MATCH, description, threshold, "");
            }
            return Exit.DONE;
        }
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists the banks.")
    static final class ListBanks implements Callable<Integer> {
        @Mixin
        private DatabaseOptions database;

        @Option(names = "--json", description = "Prints a JSON object per bank, one a line.")
        private boolean json;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() {
            PrintWriter out = spec.commandLine().getOut();
            try (Database db = database.open(new Contents())) {
                for (ObjectNode bank : db.banks()) {
                    out.println(json ? bank : textLine(bank));
                }
            }
            out.flush();
            return Exit.DONE;
        }

        private static String textLine(ObjectNode bank) {
            String description = bank.path("description").asString("");
            return bank.path("name").asString("") + "  "
                    + bank.path("kind").asString("")
                    + (bank.path("enabled_ratio").asDouble(1) > 0 ? "" : ", off")
                    + (description.isEmpty() ? "" : "  " + description);
        }
    }

    @Command(name = "add", mixinStandardHelpOptions = true, description = "Banks files.")
    static final class Add implements Callable<Integer> {
        @Mixin
        private DatabaseOptions database;

        @Mixin
        private Contents contents;

        @Option(
                names = "--label",
                paramLabel = "LABEL",
                description = "Label of the content; may be given several times.")
        private List<String> labels = List.of();

        @Option(names = "--note", paramLabel = "TEXT", description = "Note on the content, at most 255 characters.")
        private @Nullable String note;

        @Option(names = "--reason", paramLabel = "TEXT", defaultValue = "", description = "Reason, for the journal.")
        private String reason;

        @Option(
                names = "--force",
                description =
                        "Banks a file that would be held in quarantine, as flat, near allowed content, or near many"
                                + " others. Takes a --reason.")
        private boolean force;

        @Option(names = "--json", description = "Prints a JSON object per file, one a line.")
        private boolean json;

        @Option(
                names = "--no-features",
                description =
                        "Banks no local features. Copies that were cropped, framed or pasted into another picture are"
                                + " then not found.")
        private boolean noFeatures;

        @Parameters(index = "0", paramLabel = "BANK")
        private String bank;

        @Parameters(index = "1..*", arity = "1..*", paramLabel = "FILE")
        private List<Path> files;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() {
            if (force && reason.isBlank()) {
                throw new ParameterException(spec.commandLine(), "--force takes a --reason, for the journal");
            }
            PrintWriter out = spec.commandLine().getOut();
            int exit = Exit.DONE;
            try (Database db = database.open(contents);
                    Progress progress = Progress.over("add", files.size())) {
                for (Path file : files) {
                    try {
                        out.println(add(db, file));
                    } catch (BadInputException.Undecodable e) {
                        complain(file, String.valueOf(e.getMessage()));
                        exit = Exit.BAD_INPUT;
                    }
                    out.flush();
                    progress.step();
                }
            }
            return exit;
        }

        private Object add(Database db, Path file) {
            BankingDraft.Details details =
                    new BankingDraft.Details(labels, note, file.getFileName().toString(), null);
            ObjectNode answer = db.add(bank, file, details, !noFeatures, force, reason);
            answer.path("warnings").forEach(warning -> complain(file, warning.asString("")));
            String held = answer.path("held").asString("");
            if (!held.isEmpty()) {
                complain(file, "in quarantine, " + held);
            }
            if (!json) {
                return file + "  " + bank + " content " + answer.get("id");
            }
            ObjectNode line = ReportJson.MAPPER.createObjectNode().put("file", file.toString());
            line.put("bank", bank);
            line.set("content_id", answer.get("id"));
            line.set("seq", answer.get("seq"));
            line.set("signals", answer.get("signals"));
            if (!held.isEmpty()) {
                line.put("held", held);
            }
            return line;
        }

        private void complain(Path file, String what) {
            spec.commandLine().getErr().println("semblance: " + file + ": " + what);
        }
    }

    @Command(name = "remove", mixinStandardHelpOptions = true, description = "Withdraws contents from a bank.")
    static final class Remove implements Callable<Integer> {
        @Mixin
        private DatabaseOptions database;

        @Option(names = "--reason", paramLabel = "TEXT", defaultValue = "", description = "Reason, for the journal.")
        private String reason;

        @Parameters(index = "0", paramLabel = "BANK")
        private String bank;

        @Parameters(index = "1..*", arity = "1..*", paramLabel = "ID")
        private List<Long> ids;

        @Override
        public Integer call() {
            try (Database db = database.open(new Contents())) {
                for (long id : ids) {
                    db.withdraw(bank, id, reason);
                }
            }
            return Exit.DONE;
        }
    }
}
