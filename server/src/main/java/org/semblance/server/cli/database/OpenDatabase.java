package org.semblance.server.cli.database;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.BankingDraft;
import org.semblance.engine.ContentHasher;
import org.semblance.engine.ContentMatcher;
import org.semblance.engine.HashReport;
import org.semblance.engine.MatchOptions;
import org.semblance.engine.MatchReport;
import org.semblance.engine.SignalMatcher;
import org.semblance.engine.explain.Explainer;
import org.semblance.engine.judge.Judgement;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.MediaSource;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Applied;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.JournalEntry;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.matchlog.MatchLog;
import org.semblance.server.auth.Caller;
import org.semblance.server.auth.ScopedDb;
import org.semblance.server.json.ExplanationJson;
import org.semblance.server.json.ReportJson;
import org.semblance.server.list.ListBanking;
import org.semblance.server.list.ListExport;
import org.semblance.server.list.ListImport;
import org.semblance.server.list.ListOptions;
import org.semblance.server.record.BankingGuard;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The database of a folder that no server has, opened in this process. */
final class OpenDatabase implements Database {
    private static final int PIECE_BYTES = 1 << 20;
    private static final int JOURNAL_PAGE = 10_000;

    /** Contents a transaction: enough that the fsync of each does not count, few enough that memory stays small. */
    private static final int CONTENTS_AT_ONCE = 50_000;

    private final Path folder;
    private final HashDb db;
    private final Contents contents;
    private @Nullable ContentHasher exact;
    private @Nullable ContentHasher fast;

    /** @param contents how files are decoded */
    OpenDatabase(Path folder, HashDb db, Contents contents) {
        this.folder = folder;
        this.db = db;
        this.contents = contents;
    }

    /** Who changes the database from a terminal, for the journal. */
    static String actor() {
        return "cli:" + System.getProperty("user.name", "unknown");
    }

    private static Origin origin(String reason) {
        return new Origin(actor(), reason);
    }

    private ContentHasher fast() {
        if (fast == null) {
            fast = contents.hasher(DecodePath.FAST);
        }
        return fast;
    }

    private ContentHasher exact() {
        if (exact == null) {
            exact = contents.hasher(DecodePath.EXACT);
        }
        return exact;
    }

    @Override
    public List<ObjectNode> banks() {
        return db.banks().stream().map(ReportJson::bank).toList();
    }

    @Override
    public void createBank(String name, BankKind kind, String description, @Nullable Integer threshold, String reason) {
        db.apply(new Change.CreateBank(name, kind, 1.0, description, threshold), origin(reason));
    }

    private MatchOptions options(Set<String> banks) {
        for (String name : banks) {
            if (db.bank(name).isEmpty()) {
                throw new BadInputException(
                        "--banks: '" + name + "' (expected: names of existing banks, separated by commas)");
            }
        }
        return new MatchOptions(banks);
    }

    @Override
    public ObjectNode match(Path file, Set<String> banks, boolean explain) {
        MatchOptions options = options(banks);
        MediaSource source = Contents.open(file);
        MatchReport report =
                new ContentMatcher(fast(), db).match(source, Contents.digests(file, source), options, Deadline.NONE);
        ObjectNode answer = ReportJson.addMatch(ReportJson.MAPPER.createObjectNode(), report);
        if (explain) {
            Explainer explainer = new Explainer(db, options, Set.of());
            answer.set(
                    "explain",
                    ExplanationJson.of(explainer.explain(report.hashed(), report.judgement(), Deadline.NONE)));
        }
        return answer;
    }

    @Override
    public List<ObjectNode> lookup(List<Signal> signals, Set<String> banks) {
        SignalMatcher matcher = new SignalMatcher(db, options(banks));
        return signals.stream()
                .map(signal -> json(matcher.matchContent(List.of(signal))))
                .toList();
    }

    @Override
    public ObjectNode lookup(Features features, Set<String> banks) {
        return json(new SignalMatcher(db, options(banks)).match(features, Deadline.NONE));
    }

    private static ObjectNode json(Judgement judgement) {
        ObjectNode json = ReportJson.MAPPER
                .createObjectNode()
                .put("verdict", judgement.verdict().wireName());
        json.set("matches", ReportJson.findings(judgement.matches()));
        putUnlessEmpty(json, "likely", ReportJson.findings(judgement.likely()));
        putUnlessEmpty(json, "quarantined", ReportJson.findings(judgement.quarantined()));
        putUnlessEmpty(json, "suppressed_by", ReportJson.findings(judgement.suppressedBy()));
        return json;
    }

    private static void putUnlessEmpty(ObjectNode json, String name, ArrayNode array) {
        if (!array.isEmpty()) {
            json.set(name, array);
        }
    }

    @Override
    public ObjectNode add(
            String bank, Path file, BankingDraft.Details details, boolean features, boolean force, String reason) {
        MediaSource source = Contents.open(file);
        // As the server does: see its Worker.
        ContentHasher hasher = source.format().isVideo() ? fast() : exact();
        boolean wanted = features && db.bank(bank).map(Bank::features).orElse(true);
        HashReport report = hasher.hashToBank(source, Contents.digests(file, source), wanted, Deadline.NONE);
        if (report.failure() != null) {
            throw new BadInputException.Undecodable(report.failure().wireName() + ": " + report.reason());
        }
        BankingDraft draft = BankingDraft.of(report, details);
        List<ContentDraft> checked = checked(bank, List.of(draft.content()), force);
        Applied applied = db.apply(new Change.AddContents(bank, checked), origin(reason));
        ObjectNode answer = ReportJson.MAPPER
                .createObjectNode()
                .put("id", applied.firstContentId())
                .put("seq", applied.seq());
        answer.set("signals", ReportJson.signals(draft.content().signals()));
        if (checked.getFirst().treatment().quarantine() != null) {
            answer.put("held", checked.getFirst().treatment().quarantine().reason());
        }
        ArrayNode warnings = answer.putArray("warnings");
        draft.warnings().forEach(warnings::add);
        return answer;
    }

    @Override
    public void withdraw(String bank, long id, String reason) {
        db.apply(new Change.WithdrawContent(bank, id), origin(reason));
    }

    @Override
    public int mostAtOnce() {
        return CONTENTS_AT_ONCE;
    }

    @Override
    public ListImport.Sink banking(String bank, ListOptions options, LongFunction<String> reason) {
        Bank into = db.bank(bank).orElseThrow(() -> new BadInputException("--bank: no bank " + bank));
        return new ListBanking(
                new ScopedDb(db, Caller.OWNER),
                into,
                options,
                contents -> checked(bank, contents, options.force()),
                true,
                entriesRead -> origin(reason.apply(entriesRead)),
                null);
    }

    /** As they are to be banked; a bank that is not there is for the change to refuse. */
    private List<ContentDraft> checked(String bank, List<ContentDraft> drafts, boolean force) {
        return db.bank(bank)
                .map(into -> BankingGuard.standard(db).check(into, drafts, Set.of(), null, force))
                .orElse(drafts);
    }

    @Override
    public long entriesIn(ImportMark mark, String bank) {
        long id = db.bank(bank).orElseThrow().id();
        long entries = 0;
        List<JournalEntry> page = db.journal(0, JOURNAL_PAGE);
        while (!page.isEmpty()) {
            entries = Math.max(entries, mark.entriesIn(page, id));
            page = db.journal(page.getLast().seq(), JOURNAL_PAGE);
        }
        return entries;
    }

    @Override
    public void export(String bank, ListExport.Wanted wanted, PrintWriter out) {
        Bank from = db.bank(bank).orElseThrow(() -> new BadInputException("--bank: no bank " + bank));
        ListExport export = new ListExport(new ScopedDb(db, Caller.OWNER), from, wanted);
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteArrayOutputStream piece = new ByteArrayOutputStream();
        ByteBuffer bytes = ByteBuffer.allocate(0);
        boolean ended = false;
        try {
            while (!ended) {
                piece.reset();
                piece.write(bytes.array(), bytes.position(), bytes.remaining());
                ended = export.next(piece, PIECE_BYTES);
                bytes = ByteBuffer.wrap(piece.toByteArray());
                // A piece may end within a character, whose first bytes stay for the next one.
                CharBuffer text = CharBuffer.allocate(bytes.remaining());
                CoderResult result = decoder.decode(bytes, text, ended);
                if (result.isError()) {
                    result.throwException();
                }
                out.append(text.flip());
                if (out.checkError()) {
                    throw new BadInputException("the list cannot be written: its reader is gone, or the disk is full");
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public ObjectNode verify() {
        return ReportJson.verification(db.verify(), MatchLog.problems(folder));
    }

    @Override
    public void close() {
        if (exact != null) {
            exact.close();
        }
        if (fast != null) {
            fast.close();
        }
        db.close();
    }
}
