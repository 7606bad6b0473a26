package org.semblance.server.cli;

import java.io.FilterWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.BankContent;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.exchange.HashListWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "export",
        mixinStandardHelpOptions = true,
        description = {
            "Prints a bank as a hash list in CSV, which import reads and partners can: what is enabled in it."
        })
final class ExportCommand implements Callable<Integer> {
    private static final int PAGE = 1_000;

    @Mixin
    private DataFolder data;

    @Option(names = "--bank", required = true, paramLabel = "BANK", description = "The bank.")
    private String bank;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        try (HashDb db = data.open()) {
            Bank from = db.bank(bank).orElseThrow(() -> new BadInputException("--bank: no bank " + bank));
            write(db, from.kind(), spec.commandLine().getOut());
        }
        return Main.DONE;
    }

    private void write(HashDb db, BankKind kind, PrintWriter out) throws IOException {
        try (HashListWriter list = new HashListWriter(new Open(out), kind, content -> db.video(content.id()))) {
            List<BankContent> page = db.contents(bank, 0, PAGE);
            while (!page.isEmpty()) {
                Instant now = Instant.now();
                for (BankContent content : page) {
                    if (content.enabledAt(now)) {
                        list.write(content);
                    }
                }
                if (out.checkError()) {
                    throw new BadInputException("the list cannot be written: its reader is gone, or the disk is full");
                }
                page = db.contents(bank, page.getLast().id(), PAGE);
            }
        }
    }

    /** Leaves the standard output open. */
    private static final class Open extends FilterWriter {
        Open(Writer out) {
            super(out);
        }

        @Override
        public void close() throws IOException {
            flush();
        }
    }
}
