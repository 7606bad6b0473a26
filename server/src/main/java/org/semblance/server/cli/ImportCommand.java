package org.semblance.server.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.semblance.engine.video.Vpdq;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.exchange.HashListEntry;
import org.semblance.hashdb.exchange.HashListIntake;
import org.semblance.hashdb.exchange.HashListReader;
import org.semblance.hashdb.hash.SignalType;
import org.semblance.server.cli.database.BadInputException;
import org.semblance.server.cli.database.Contents;
import org.semblance.server.cli.database.Database;
import org.semblance.server.cli.database.DatabaseOptions;
import org.semblance.server.cli.database.ImportMark;
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
            "Banks a hash list: lines of '<type> <hex>', bare hex, what PDQ tools and tx dataset -P print, or CSV with a header.",
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

    private long imported;
    private long held;
    private long complaints;

    @Override
    public Integer call() {
        SignalType bareType = bareType();
        try (HashListReader reader = new HashListReader(file, bareType, Vpdq::listed);
                Database db = database.open(new Contents());
                Progress progress = Progress.overBytes("import", Files.size(file))) {
            ImportMark mark = new ImportMark(file);
            HashListIntake list = new HashListIntake(reader, kind(db), this::complain);
            list.skip(again ? 0 : db.entriesIn(mark, bank));
            long skipped = list.entries();
            int most = db.mostAtOnce();
            for (List<ContentDraft> batch = batch(list, most); !batch.isEmpty(); batch = batch(list, most)) {
                held += db.add(bank, batch, force, mark.reason(list.entries()));
                imported += batch.size();
                progress.to(reader.bytesRead());
            }
            report(list, skipped);
            return list.unusable() == 0 ? Exit.DONE : Exit.BAD_INPUT;
        } catch (IOException e) {
            throw new BadInputException(
                    file + ": " + e.getMessage()
                            + (imported == 0 ? "" : " (" + imported + " contents before it are banked)"),
                    e);
        }
    }

    private SignalType bareType() {
        try {
            return SignalType.parse(type);
        } catch (IllegalArgumentException e) {
            throw new BadInputException("--type: " + e.getMessage(), e);
        }
    }

    /** What a hit in the bank means; makes the bank if it is not there. */
    private BankKind kind(Database db) {
        Optional<ObjectNode> there = db.bank(bank);
        if (there.isEmpty()) {
            db.createBank(bank, BankKind.MATCH, "", null, "import " + file.getFileName());
            return BankKind.MATCH;
        }
        String kind = there.get().path("kind").asString("");
        return kind.equals(BankKind.ALLOW.wireName()) ? BankKind.ALLOW : BankKind.MATCH;
    }

    /** The next contents of the list. */
    private static List<ContentDraft> batch(HashListIntake list, int most) throws IOException {
        List<ContentDraft> batch = new ArrayList<>();
        for (ContentDraft next = list.next(); next != null; next = list.next()) {
            batch.add(next);
            if (batch.size() == most) {
                break;
            }
        }
        return batch;
    }

    private void complain(HashListEntry.Unusable bad) {
        complaints++;
        PrintWriter err = spec.commandLine().getErr();
        if (complaints <= COMPLAINTS) {
            err.println(file + ":" + bad.line() + ": " + bad.reason());
        } else if (complaints == COMPLAINTS + 1) {
            err.println("(further bad entries are counted only)");
        }
    }

    private void report(HashListIntake list, long skipped) {
        PrintWriter out = spec.commandLine().getOut();
        StringBuilder summary = new StringBuilder(imported + " contents imported into " + bank);
        if (skipped > 0) {
            summary.append(", after " + skipped + " entries that were banked before");
        }
        if (held > 0) {
            summary.append(", " + held + " of them held in quarantine");
        }
        if (list.unusable() > 0) {
            summary.append(", " + list.unusable() + " entries left out");
        }
        list.leftOut()
                .forEach((category, count) -> summary.append(", " + count + " entries of category " + category
                        + " left out, which do not belong in a bank of kind "
                        + list.kind().wireName()));
        if (!list.ignoredColumns().isEmpty()) {
            summary.append(", columns ignored: " + String.join(", ", list.ignoredColumns()));
        }
        out.println(summary);
        out.flush();
    }
}
