package org.semblance.bench.load;

import static org.semblance.bench.harness.Report.print;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.semblance.bench.harness.Banked;
import org.semblance.bench.harness.Connection;
import org.semblance.bench.harness.Folders;
import org.semblance.bench.harness.ServerProcess;
import org.semblance.bench.harness.Times;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.ContentStatus;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * How long the questions of an analyst take in a bank of many contents, over HTTP, one at a time, at a server that is ready: listing, filters, search, counts and
 * the journal. One content in ten has a note, one in a hundred is withdrawn and one in a hundred disabled; what is rare is in one of
 * ten thousand or fewer.
 */
public final class DeskRun {
    private static final int AT_ONCE = 50_000;
    private static final int RARE = 10_000;
    private static final int LIMIT_MS = 100;
    private static final String ALL = "/v1/banks/" + Banked.BANK + "/content?limit=100&";

    private final SplittableRandom random;
    private final List<Hash256> hashes = new ArrayList<>();
    private final long contents;

    DeskRun(long contents, long seed) {
        this.contents = contents;
        this.random = new SplittableRandom(seed);
    }

    /** Returns 1 if one question in a hundred of any kind takes longer than 100 ms. */
    @Command(name = "desk", description = "Tells how long an analyst waits in a bank of many contents.")
    static int run(
            @Parameters(description = "Contents of the bank.") long contents,
            @Parameters(description = "How often each question is asked.") int rounds,
            @Parameters(description = "Of the hashes.") long seed)
            throws IOException {
        Path folder = Files.createTempDirectory("semblance-desk");
        try {
            DeskRun run = new DeskRun(contents, seed);
            run.fill(folder);
            return run.ask(folder, rounds);
        } finally {
            Folders.delete(folder);
        }
    }

    /** Makes the bank, in a new database. */
    void fill(Path folder) {
        Origin rare = new Origin("rare/person", "one by one");
        try (HashDb db = HashDb.open(folder)) {
            db.apply(new Change.CreateBank(Banked.BANK), Banked.ORIGIN);
            for (long done = 0; done < contents; ) {
                List<ContentDraft> drafts = new ArrayList<>();
                for (; drafts.size() < AT_ONCE && done < contents; done++) {
                    drafts.add(draft(done));
                }
                long first = db.apply(new Change.AddContents(Banked.BANK, drafts), Banked.ORIGIN)
                        .firstContentId();
                db.apply(new Change.AddContents(Banked.BANK, List.of(draft(done++))), rare);
                for (long id = first; id < first + drafts.size(); id += 100) {
                    db.apply(new Change.WithdrawContent(Banked.BANK, id), Banked.ORIGIN);
                    db.apply(
                            new Change.UpdateContent(Banked.BANK, id + 1, ContentStatus.DISABLED, null), Banked.ORIGIN);
                }
            }
        }
    }

    private ContentDraft draft(long number) {
        Hash256 hash = Banked.hash(random);
        if (hashes.size() < 1_000) {
            hashes.add(hash);
        }
        boolean isRare = number % RARE == RARE / 2;
        Signal signal = number % 50 == 7
                ? new Signal(SignalType.MD5, hash.toHex().substring(0, 32))
                : new Signal(SignalType.PDQ, hash.toHex());
        return new ContentDraft(
                List.of(signal),
                isRare ? List.of("common", "rare") : List.of("common", "label-" + number % 20),
                isRare ? "a needle in case " + number : number % 10 == 0 ? "case " + number + " of the list" : null,
                isRare ? "rare source" : "list-" + number % 5,
                number % 100 == 0 ? "{\"ticket\":\"T-" + number + "\"}" : null);
    }

    private int ask(Path folder, int rounds) throws IOException {
        long slow = 0;
        try (ServerProcess server = ServerProcess.startReady(folder);
                Connection connection = new Connection(server.port())) {
            for (Map.Entry<String, Supplier<String>> question : questions().entrySet()) {
                Times times = new Times();
                String body = "";
                for (int i = 0; i < rounds; i++) {
                    byte[] request = ("GET " + question.getValue().get() + " HTTP/1.1\r\nHost: localhost\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII);
                    long begun = System.nanoTime();
                    body = connection.send(request).expect(200).body();
                    times.addSince(begun);
                }
                slow += times.percentile(0.99) > LIMIT_MS ? 1 : 0;
                print(
                        "%-34s p50 %7.2f ms, p99 %7.2f ms, longest %7.2f ms, last answer %d bytes",
                        question.getKey(),
                        times.percentile(0.5),
                        times.percentile(0.99),
                        times.percentile(1),
                        body.length());
            }
        }
        return slow == 0 ? 0 : 1;
    }

    private Map<String, Supplier<String>> questions() {
        LongSupplier any = () -> random.nextLong(1, contents);
        Map<String, Supplier<String>> questions = new LinkedHashMap<>();
        questions.put("first page", () -> ALL);
        questions.put("any page", () -> ALL + "after=" + any.getAsLong());
        questions.put("newest first", () -> ALL + "order=desc");
        questions.put("any page back", () -> ALL + "order=desc&before=" + any.getAsLong());
        questions.put("a common label", () -> ALL + "label=common&after=" + any.getAsLong());
        questions.put("a rare label", () -> ALL + "label=rare");
        questions.put("no such label", () -> ALL + "label=none");
        questions.put("a common text", () -> ALL + "q=case&after=" + any.getAsLong());
        questions.put("a rare text", () -> ALL + "q=needle");
        questions.put("one case", () -> ALL + "q=case%20" + 10 * (any.getAsLong() / 10) + "%20");
        questions.put("a value of the metadata", () -> ALL + "q=T-" + 100 * (any.getAsLong() / 100));
        questions.put("no such text", () -> ALL + "q=nowhere");
        questions.put("a rare source", () -> ALL + "source=rare%20source");
        questions.put("who added few", () -> ALL + "actor=rare&order=desc");
        questions.put("who added none", () -> ALL + "actor=nobody&after=" + any.getAsLong());
        questions.put(
                "a hash",
                () -> ALL + "hash=" + hashes.get(random.nextInt(hashes.size())).toHex());
        questions.put("withdrawn", () -> ALL + "status=withdrawn&after=" + any.getAsLong());
        questions.put("disabled, newest first", () -> ALL + "status=disabled&order=desc");
        questions.put("known by digests alone", () -> ALL + "exact_only=true&after=" + any.getAsLong());
        questions.put("since a time", () -> ALL + "created_from=2020-01-01T00:00:00Z&order=desc");
        questions.put("before a time", () -> ALL + "created_before=2020-01-01T00:00:00Z");
        questions.put("text, label and state", () -> ALL + "q=case&label=label-1&status=disabled");
        questions.put("counts of the bank", () -> "/v1/banks/" + Banked.BANK + "?counts=true");
        questions.put("one content", () -> "/v1/banks/" + Banked.BANK + "/content/" + any.getAsLong());
        questions.put("journal, newest first", () -> "/v1/journal?order=desc&bank=" + Banked.BANK);
        questions.put("journal of one content", () -> "/v1/journal?content_id=" + any.getAsLong());
        questions.put("journal of one person", () -> "/v1/journal?order=desc&actor=rare/person");
        return questions;
    }
}
