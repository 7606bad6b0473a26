package org.semblance.server.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.semblance.engine.video.Vpdq;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.exchange.HashListEntry;
import org.semblance.hashdb.exchange.HashListIntake;
import org.semblance.hashdb.exchange.HashListReader;
import org.semblance.hashdb.hash.SignalType;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "import",
        mixinStandardHelpOptions = true,
        description = {
            "Banks a hash list: lines of '<type> <hex>', bare hex, what PDQ tools and tx dataset -P print, or CSV with a header.",
            "Rows of category NEGATIVE_CLASS go into banks of kind allow alone. The summary names ignored columns.",
            "An import that was cut off goes on where it stopped when it is started again."
        })
final class ImportCommand implements Callable<Integer> {
    /** Contents a transaction: enough that the fsync of each does not count, few enough that memory stays small. */
    private static final int BATCH = 50_000;

    private static final int COMPLAINTS = 10;

    @Mixin
    private DataFolder data;

    @Option(names = "--bank", required = true, paramLabel = "BANK", description = "Made if it is not there.")
    private String bank;

    @Option(
            names = "--type",
            paramLabel = "TYPE",
            defaultValue = "pdq",
            description = "Type of hashes that come without one (default: ${DEFAULT-VALUE}).")
    private String type;

    @Option(names = "--again", description = "Bank the list even where the bank holds it already.")
    private boolean again;

    @Parameters(paramLabel = "FILE")
    private Path file;

    @Spec
    private CommandSpec spec;

    private long imported;
    private long complaints;

    @Override
    public Integer call() {
        SignalType bareType = bareType();
        try (HashListReader reader = new HashListReader(file, bareType, Vpdq::listed);
                HashDb db = data.open();
                Progress progress = Progress.overBytes("import", Files.size(file))) {
            ImportMark mark = new ImportMark(file);
            Bank target = bank(db);
            HashListIntake list = new HashListIntake(reader, target.kind(), this::complain);
            list.skip(again ? 0 : mark.entriesIn(db, target));
            long skipped = list.entries();
            for (List<ContentDraft> batch = batch(list); !batch.isEmpty(); batch = batch(list)) {
                db.apply(new Change.AddContents(bank, batch), DataFolder.origin(mark.reason(list.entries())));
                imported += batch.size();
                progress.to(reader.bytesRead());
            }
            report(list, skipped);
            return list.unusable() == 0 ? Main.DONE : Main.BAD_INPUT;
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

    private Bank bank(HashDb db) {
        return db.bank(bank).orElseGet(() -> {
            db.apply(new Change.CreateBank(bank), DataFolder.origin("import " + file.getFileName()));
            return db.bank(bank).orElseThrow();
        });
    }

    /** The next contents of the list, at most {@link #BATCH}. */
    private static List<ContentDraft> batch(HashListIntake list) throws IOException {
        List<ContentDraft> batch = new ArrayList<>();
        for (ContentDraft next = list.next(); next != null; next = list.next()) {
            batch.add(next);
            if (batch.size() == BATCH) {
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
