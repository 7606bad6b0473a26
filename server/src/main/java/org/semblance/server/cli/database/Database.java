package org.semblance.server.cli.database;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.BankingDraft;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.hash.Signal;
import org.semblance.server.list.ListExport;
import org.semblance.server.list.ListImport;
import org.semblance.server.list.ListOptions;
import tools.jackson.databind.node.ObjectNode;

/**
 * The database that the verbs ask: that of the folder itself, or of the server that has it. Answers are the JSON of the native
 * API, so that a verb prints the same whichever it is.
 *
 * <p>Each method throws {@link BadInputException} for what cannot be used, as a bank that does not exist, and {@link
 * org.semblance.hashdb.DatabaseRefusedException} where the database or its server does not answer.
 */
public interface Database extends AutoCloseable {
    /** The banks by name, as {@code GET /v1/banks} has them. */
    List<ObjectNode> banks();

    /** The bank of that name, as {@link #banks} has it. */
    default Optional<ObjectNode> bank(String name) {
        return banks().stream()
                .filter(bank -> bank.path("name").asString("").equals(name))
                .findFirst();
    }

    /**
     * Makes a bank.
     *
     * @param threshold the largest distance of a match, or null for the default
     */
    void createBank(String name, BankKind kind, String description, @Nullable Integer threshold, String reason);

    /** The verdict on a file, as {@code POST /v1/match} has it but for the times. */
    ObjectNode match(Path file, Set<String> banks, boolean explain);

    /** What each signal finds: {@code verdict}, {@code matches}, and where there are some {@code suppressed_by}. */
    List<ObjectNode> lookup(List<Signal> signals, Set<String> banks);

    /** What a picture of these local features shows, as the other; also {@code likely}. */
    ObjectNode lookup(Features features, Set<String> banks);

    /**
     * Banks a file; the answer is that of {@code POST /v1/banks/{bank}/content}.
     *
     * @param force whether the content is not held in quarantine
     * @throws BadInputException.Undecodable if it does not decode
     */
    ObjectNode add(
            String bank, Path file, BankingDraft.Details details, boolean features, boolean force, String reason);

    /** Takes a content out of a bank. */
    void withdraw(String bank, long id, String reason);

    /** How many entries {@link #banking} takes at a time. */
    int mostAtOnce();

    /**
     * Banks the entries of a list in a bank.
     *
     * @param reason for the journal, by how many entries of the list are read
     */
    ListImport.Sink banking(String bank, ListOptions options, LongFunction<String> reason);

    /** How many entries of a list a bank holds already. */
    long entriesIn(ImportMark mark, String bank);

    /** Writes contents of a bank as a hash list. */
    void export(String bank, ListExport.Wanted wanted, PrintWriter out);

    /** What {@code POST /v1/verify} answers. */
    ObjectNode verify();

    @Override
    void close();
}
