package org.semblance.hashdb.catalog.write;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.Applied;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.BankContent;
import org.semblance.hashdb.catalog.BankFields;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ChangeRefusedException;
import org.semblance.hashdb.catalog.ChangeRefusedException.Reason;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.ContentFields;
import org.semblance.hashdb.catalog.ContentFields.State;
import org.semblance.hashdb.catalog.ContentStatus;
import org.semblance.hashdb.catalog.JournalEntry;
import org.semblance.hashdb.catalog.JournalPayload;
import org.semblance.hashdb.catalog.JournalPayload.BankCreated;
import org.semblance.hashdb.catalog.JournalPayload.BankDeleted;
import org.semblance.hashdb.catalog.JournalPayload.BankRestored;
import org.semblance.hashdb.catalog.JournalPayload.BankUpdated;
import org.semblance.hashdb.catalog.JournalPayload.ContentRestored;
import org.semblance.hashdb.catalog.JournalPayload.ContentUpdated;
import org.semblance.hashdb.catalog.JournalPayload.ContentWithdrawn;
import org.semblance.hashdb.catalog.JournalPayload.ContentsAdded;
import org.semblance.hashdb.catalog.JournalPayload.ContentsRestored;
import org.semblance.hashdb.catalog.JournalPayload.ContentsWithdrawn;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.catalog.RequestKey;
import org.semblance.hashdb.catalog.Rules;
import org.semblance.hashdb.catalog.query.Standings;
import org.semblance.hashdb.catalog.rows.Codes;
import org.semblance.hashdb.catalog.rows.Dialect;
import org.semblance.hashdb.catalog.rows.Dialect.Head;
import org.semblance.hashdb.catalog.rows.RowInsert;
import org.semblance.hashdb.catalog.rows.Rows;
import org.semblance.hashdb.catalog.rows.Schema;
import org.semblance.hashdb.catalog.rows.WriterSession;

/**
 * The one connection that writes. Each change is checked in full before its first row is written, so a refusal leaves
 * the transaction as it was. After an {@link SQLException} the writer is of no use any more: it is closed, which rolls
 * back, and another one is opened.
 */
public final class ChangeWriter implements AutoCloseable {
    private final HeadCheck check;
    private final Connection connection;
    private final Statements statements;
    private final ContentWriter contents;
    private final RequestKeys keys;
    private final Undoing undoing = new Undoing(this);
    private final Approvals approvals = new Approvals(this);
    private boolean begun;

    /** Banks that were read, by name, as they are as long as nobody else changes something. */
    private final Map<String, Bank> banks = new HashMap<>();

    /** As the transaction began, or as the last one ended. */
    private @Nullable Head head;

    /** What this transaction added, or the last one; null if it did something else as well. */
    private @Nullable NewContents added;

    private long nextContentId;
    private long lastSeq;
    private String lastHash = JournalEntry.GENESIS;

    /** Looks at the head of the journal before anything is written after it. */
    @FunctionalInterface
    public interface HeadCheck {
        void check(Head head, Rows.Preparer db) throws SQLException;
    }

    /** @param check run at the beginning of each transaction */
    public ChangeWriter(Dialect dialect, HeadCheck check) throws SQLException {
        this.check = check;
        this.connection = dialect.connectWriter();
        this.statements = new Statements(connection, dialect);
        this.contents = new ContentWriter(statements, dialect);
        this.keys = new RequestKeys(statements, dialect);
    }

    /** Begins a transaction unless one is under way. */
    private Head begin() throws SQLException {
        Head now = head;
        if (!begun || now == null) {
            now = statements.begin(now);
            begun = true;
            keys.begin();
            if (!now.hash().equals(lastHash)) {
                banks.clear();
            }
            head = now;
            nextContentId = now.nextContentId();
            lastSeq = now.seq();
            lastHash = now.hash();
            added = new NewContents(lastSeq, lastHash);
            check.check(now, statements::prepare);
        }
        return now;
    }

    /** Looks for the keys of the next changes at once, which saves a trip to the database for each. */
    public void look(Collection<String> keysOfChanges) throws SQLException {
        begin();
        keys.look(keysOfChanges);
    }

    /** Ends the transaction: what was written is durable when this returns. See {@link WriterSession#commit}. */
    public void commit() throws SQLException {
        Head before = head;
        if (begun && before != null) {
            Head reached = new Head(lastSeq, lastHash, nextContentId, before.at());
            statements.commit(before, reached);
            head = reached;
            begun = false;
        }
    }

    /** The hash of the change of that number, in a transaction of its own that is committed; null if there is none. */
    public @Nullable String hashOf(long seq) throws SQLException {
        begin();
        JournalEntry entry = Rows.journalEntry(statements::prepare, seq);
        commit();
        return entry == null ? null : entry.hash();
    }

    /** What the transaction added that was committed last; null if it did something else as well, or nothing. */
    public @Nullable NewContents added() {
        return added == null || added.seq() == added.afterSeq() ? null : added;
    }

    /** The number of the newest change. */
    public long lastSeq() {
        return lastSeq;
    }

    /** Its hash, 64 hex digits. */
    public String lastHash() {
        return lastHash;
    }

    @Override
    public void close() {
        statements.close();
        Schema.closeQuietly(connection);
    }

    /** Limits the file to that many pages of 4 kB, so that a test can fill it. */
    public void limitPages(long pages) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA max_page_count = " + pages);
        }
    }

    /**
     * Who changes something, when, and what is undone by it.
     *
     * @param undoes the {@code seq} of the change that this one undoes, or null
     */
    record Occasion(Origin origin, Instant at, @Nullable Long undoes) {}

    /**
     * Writes the change and its row of the journal, unless it was made before under the same key.
     *
     * @param given the time, unless the database tells its own
     * @throws ChangeRefusedException if it cannot be made; nothing was written
     */
    public Applied write(Change change, Origin origin, @Nullable RequestKey key, Instant given) throws SQLException {
        Rules.origin(origin);
        Instant ofDatabase = begin().at();
        Instant at = ofDatabase == null ? given : ofDatabase;
        Applied before = key == null ? null : keys.before(key, at);
        if (before != null) {
            return before;
        }
        Occasion occasion = new Occasion(origin, at, null);
        Bank waiting = approvals.waiting(change, origin);
        if (waiting != null) {
            added = null;
        }
        Applied applied = waiting == null ? make(change, occasion) : approvals.propose(waiting, change, occasion);
        if (key != null) {
            keys.remember(key, applied, at);
        }
        return applied;
    }

    /** Makes the change without asking whether a second person must approve. */
    Applied make(Change change, Occasion occasion) throws SQLException {
        Applied applied = makeAny(change, occasion);
        if (!(change instanceof Change.AddContents)) {
            banks.clear(); // It may have changed one.
            added = null;
        }
        return applied;
    }

    private Applied makeAny(Change change, Occasion occasion) throws SQLException {
        return switch (change) {
            case Change.CreateBank create -> createBank(create, occasion);
            case Change.UpdateBank update -> updateBank(update, occasion);
            case Change.DeleteBank delete -> deleteBank(requireBank(delete.name()), occasion);
            case Change.AddContents add -> addContents(add, occasion);
            case Change.UpdateContent update -> updateContent(update, occasion);
            case Change.WithdrawContent withdraw -> withdrawContent(withdraw, occasion);
            case Change.Undo undo -> undoing.undo(undo.seq(), occasion);
            case Change.Decide decide -> approvals.decide(decide, occasion);
        };
    }

    private Applied createBank(Change.CreateBank create, Occasion occasion) throws SQLException {
        BankFields fields = create.fields().ofNewBank();
        Rules.bank(fields);
        requireFree(create.name());
        long id = Rows.number(statements.prepare("SELECT coalesce(max(id), 0) + 1 FROM bank"));
        PreparedStatement insert = statements.prepare(
                "INSERT INTO bank (name, enabled_ratio, description, distance_threshold, features, handling,"
                        + " legal_basis, needs_approval, id, kind, deleted) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)");
        setFields(insert, fields.appliedTo(new Bank(id, create.name(), create.kind(), 1, "", null)));
        insert.setLong(9, id);
        insert.setInt(10, Codes.of(create.kind()));
        insert.executeUpdate();
        return new Applied(journal(new BankCreated(id, create.kind(), fields), occasion), 0, 0, id);
    }

    private Applied updateBank(Change.UpdateBank update, Occasion occasion) throws SQLException {
        Bank bank = requireBank(update.name());
        BankFields before = BankFields.of(bank);
        BankFields to = checked(bank, update.to());
        PreparedStatement statement = statements.prepare("UPDATE bank SET name = ?, enabled_ratio = ?, description = ?,"
                + " distance_threshold = ?, features = ?, handling = ?, legal_basis = ?, needs_approval = ?"
                + " WHERE id = ?");
        setFields(statement, to.appliedTo(bank));
        statement.setLong(9, bank.id());
        statement.executeUpdate();
        BankUpdated payload = new BankUpdated(bank.id(), bank.name(), before.givenIn(to), to);
        return new Applied(journal(payload, occasion), 0, 0, bank.id());
    }

    /** @throws ChangeRefusedException if the bank cannot have these fields */
    BankFields checked(Bank bank, BankFields to) throws SQLException {
        Rules.bank(to);
        if (to.name() != null && !to.name().equals(bank.name())) {
            requireFree(to.name());
        }
        return to;
    }

    private static void setFields(PreparedStatement statement, Bank bank) throws SQLException {
        statement.setString(1, bank.name());
        statement.setDouble(2, bank.enabledRatio());
        statement.setString(3, bank.description());
        Statements.setInteger(statement, 4, bank.distanceThreshold());
        Statements.setFlag(statement, 5, bank.features());
        statement.setString(6, bank.handling());
        statement.setString(7, bank.legalBasis());
        Statements.setFlag(statement, 8, bank.needsApproval());
    }

    Applied deleteBank(Bank bank, Occasion occasion) throws SQLException {
        int withdrawn = statements.update(
                "UPDATE content SET status = 2, disabled_until = NULL, withdrawn_seq = ? WHERE bank_id = ? AND status <> 2",
                nextSeq(),
                bank.id());
        statements.update("UPDATE bank SET deleted = 1 WHERE id = ?", bank.id());
        BankDeleted payload = new BankDeleted(bank.id(), bank.name(), withdrawn);
        return new Applied(journal(payload, occasion), 0, withdrawn, bank.id());
    }

    private Applied addContents(Change.AddContents add, Occasion occasion) throws SQLException {
        Bank bank = requireBank(add.bank());
        if (add.contents().isEmpty()) {
            throw Rules.invalid("contents", "contents: none (expected: at least one)");
        }
        List<ContentDraft> drafts = new ArrayList<>(add.contents().size());
        for (ContentDraft draft : add.contents()) {
            drafts.add(Rules.content(draft));
        }
        boolean proposed = Approvals.isNeeded(bank, occasion.origin());
        long firstId = nextContentId;
        String sha256 = contents.insert(
                bank, firstId, drafts, proposed ? ContentStatus.PROPOSED : ContentStatus.ENABLED, occasion.at());
        nextContentId += drafts.size();
        if (added != null) {
            added.add(
                    bank.id(),
                    firstId,
                    drafts,
                    proposed ? ContentStatus.PROPOSED : ContentStatus.ENABLED,
                    occasion.at());
        }
        ContentsAdded payload = new ContentsAdded(bank.id(), bank.name(), firstId, drafts.size(), sha256, proposed);
        long seq = journal(payload, occasion);
        if (proposed) {
            approvals.open(seq, bank);
        }
        return new Applied(seq, firstId, drafts.size(), bank.id(), proposed);
    }

    private Applied updateContent(Change.UpdateContent update, Occasion occasion) throws SQLException {
        Bank bank = requireBank(update.bank());
        BankContent content = requireAnyContent(bank, update.contentId());
        ContentFields to = checked(content, update, occasion.origin());
        if (content.status() == ContentStatus.WITHDRAWN) {
            return restore(bank, content.id(), Objects.requireNonNull(to.state()), occasion);
        }
        return set(bank, content, to, occasion);
    }

    /**
     * The fields of the update as they are stored, with who confirms the content.
     *
     * @throws ChangeRefusedException if the content cannot have them
     */
    ContentFields checked(BankContent content, Change.UpdateContent update, Origin origin) {
        ContentFields to = Rules.update(update);
        if (content.status() == ContentStatus.WITHDRAWN
                && (to.state() == null
                        || update.confirmed() != null
                        || !to.withState(null).equals(ContentFields.NONE))) {
            throw new ChangeRefusedException(
                    Reason.CONFLICT,
                    "status",
                    "content '" + content.id()
                            + "' is withdrawn (expected: a status alone, which restores the content)");
        }
        if (content.status() == ContentStatus.PROPOSED && (to.state() != null || update.confirmed() != null)) {
            throw new ChangeRefusedException(
                    Reason.CONFLICT,
                    "status",
                    "content '" + content.id() + "' waits for a second person (expected: a decision on its proposal)");
        }
        return confirmed(to, update.confirmed(), content, origin);
    }

    /**
     * The fields with who confirms the content.
     *
     * @throws ChangeRefusedException if it is who added the content: two people are wanted
     */
    private static ContentFields confirmed(
            ContentFields to, @Nullable Boolean confirmed, BankContent content, Origin origin) {
        if (confirmed == null) {
            return to;
        }
        if (!confirmed) {
            return to.withConfirmedBy(null);
        }
        if (origin.key().equals(new Origin(content.addedBy(), "").key())) {
            throw Rules.invalid(
                    "confirmed",
                    "confirmed: by " + origin.actor() + ", and the content was added by " + content.addedBy()
                            + " (expected: a second person, with a key of their own)");
        }
        return to.withConfirmedBy(origin.actor());
    }

    /** Gives a content those values, which are as they are stored. */
    Applied set(Bank bank, BankContent content, ContentFields to, Occasion occasion) throws SQLException {
        ContentFields before = ContentFields.of(content);
        contents.update(to, to.appliedTo(content));
        ContentUpdated payload = new ContentUpdated(bank.id(), bank.name(), content.id(), before.givenIn(to), to);
        return new Applied(journal(payload, occasion), 0, 1, bank.id());
    }

    private Applied withdrawContent(Change.WithdrawContent withdraw, Occasion occasion) throws SQLException {
        Bank bank = requireBank(withdraw.bank());
        BankContent before = requireContent(bank, withdraw.contentId());
        statements.update(
                "UPDATE content SET status = 2, disabled_until = NULL, withdrawn_seq = ? WHERE id = ?",
                nextSeq(),
                before.id());
        ContentWithdrawn payload = new ContentWithdrawn(bank.id(), bank.name(), before.id());
        return new Applied(journal(payload, occasion), 0, 1, bank.id());
    }

    /** Withdraws what is there of a range of contents of the bank. */
    Applied withdrawRange(Bank bank, long firstId, long lastId, Occasion occasion) throws SQLException {
        int withdrawn = statements.update(
                "UPDATE content SET status = 2, disabled_until = NULL, withdrawn_seq = ?"
                        + " WHERE id BETWEEN ? AND ? AND status <> 2",
                nextSeq(),
                firstId,
                lastId);
        ContentsWithdrawn payload = new ContentsWithdrawn(bank.id(), bank.name(), firstId, lastId, withdrawn);
        return new Applied(journal(payload, occasion), 0, withdrawn, bank.id());
    }

    /** Restores a withdrawn content. */
    Applied restore(Bank bank, long contentId, State to, Occasion occasion) throws SQLException {
        setState(contentId, to);
        ContentRestored payload = new ContentRestored(bank.id(), bank.name(), contentId, to);
        return new Applied(journal(payload, occasion), 0, 1, bank.id());
    }

    /** Restores what that change withdrew of a range of contents. */
    Applied restoreRange(Bank bank, long firstId, long lastId, long withdrawnBy, Occasion occasion)
            throws SQLException {
        int restored = restoreAll(bank, "id BETWEEN " + firstId + " AND " + lastId + " AND status <> 0", withdrawnBy);
        ContentsRestored payload = new ContentsRestored(bank.id(), bank.name(), firstId, lastId, restored, withdrawnBy);
        return new Applied(journal(payload, occasion), 0, restored, bank.id());
    }

    /** Restores a deleted bank with what was withdrawn with it. */
    Applied restoreBank(Bank bank, long deletedBy, Occasion occasion) throws SQLException {
        requireFree(bank.name());
        statements.update("UPDATE bank SET deleted = 0 WHERE id = ?", bank.id());
        int restored = restoreAll(bank, "bank_id = " + bank.id() + " AND status <> 0", deletedBy);
        BankRestored payload = new BankRestored(bank.id(), bank.name(), restored, deletedBy);
        return new Applied(journal(payload, occasion), 0, restored, bank.id());
    }

    /** Restores the contents that the change withdrew, each to the state that it had. */
    private int restoreAll(Bank bank, String range, long withdrawnBy) throws SQLException {
        List<Long> ids = new ArrayList<>();
        statements.flush();
        try (Statement select = connection.createStatement();
                ResultSet row = select.executeQuery("SELECT id FROM content WHERE " + range
                        + " AND status = 2 AND withdrawn_seq = " + withdrawnBy)) {
            while (row.next()) {
                ids.add(row.getLong(1));
            }
        }
        for (long id : ids) {
            setState(
                    id,
                    Standings.of(statements::prepare, bank.id(), id, withdrawnBy - 1)
                            .state());
        }
        return ids.size();
    }

    private void setState(long contentId, State state) throws SQLException {
        PreparedStatement update = statements.prepare(
                "UPDATE content SET status = ?, disabled_until = ?, withdrawn_seq = NULL WHERE id = ?");
        update.setInt(1, Codes.of(state.status()));
        Instant until = state.disabledUntil();
        Statements.setLong(update, 2, until == null ? null : until.toEpochMilli());
        update.setLong(3, contentId);
        update.executeUpdate();
    }

    long journal(JournalPayload payload, Occasion occasion) throws SQLException {
        JournalEntry entry =
                JournalEntry.chained(lastHash, nextSeq(), occasion.at(), occasion.origin(), payload, occasion.undoes());
        RowInsert insert = statements.insert(
                "journal", "seq", "at", "actor", "reason", "kind", "payload", "prev_hash", "hash", "bank_id", "undoes");
        insert.setLong(1, entry.seq());
        insert.setLong(2, entry.at().toEpochMilli());
        insert.setString(3, entry.actor());
        insert.setString(4, entry.reason());
        insert.setString(5, entry.kind());
        insert.setString(6, entry.payload());
        insert.setBytes(7, HexFormat.of().parseHex(entry.prevHash()));
        insert.setBytes(8, HexFormat.of().parseHex(entry.hash()));
        insert.setLong(9, payload.bankId());
        insert.setNullable(10, occasion.undoes());
        statements.add(insert);
        lastSeq = entry.seq();
        lastHash = entry.hash();
        if (added != null) {
            added.reached(lastSeq, lastHash);
        }
        return entry.seq();
    }

    /** The number that the next change will have. */
    long nextSeq() {
        return lastSeq + 1;
    }

    Undoing undoing() {
        return undoing;
    }

    Statements statements() {
        return statements;
    }

    private void requireFree(String name) throws SQLException {
        if (Rows.bank(statements::prepare, name) != null) {
            throw new ChangeRefusedException(Reason.CONFLICT, "name", "bank '" + name + "' already exists");
        }
    }

    Bank requireBank(String name) throws SQLException {
        Bank bank = banks.get(name);
        if (bank == null) {
            bank = Rows.bank(statements::prepare, name);
            if (bank == null) {
                throw new ChangeRefusedException(Reason.NOT_FOUND, "bank", "bank '" + name + "' not found");
            }
            banks.put(name, bank);
        }
        return bank;
    }

    /** The bank of that id, whatever its name is now. */
    Bank requireBank(long id) throws SQLException {
        Bank bank = Rows.bank(statements::prepare, id);
        if (bank == null) {
            String name = Rows.anyBank(statements::prepare, id).name();
            throw new ChangeRefusedException(Reason.CONFLICT, "bank", "bank '" + name + "' was deleted");
        }
        return bank;
    }

    /** A content of the bank, withdrawn or not. */
    BankContent requireAnyContent(Bank bank, long id) throws SQLException {
        BankContent content = Rows.content(statements::prepare, id);
        if (content == null || !content.bank().equals(bank.name())) {
            throw notFound(bank, id);
        }
        return content;
    }

    /** A content of the bank that is not withdrawn. */
    BankContent requireContent(Bank bank, long id) throws SQLException {
        BankContent content = requireAnyContent(bank, id);
        if (content.status() == ContentStatus.WITHDRAWN) {
            throw notFound(bank, id);
        }
        return content;
    }

    private static ChangeRefusedException notFound(Bank bank, long id) {
        return new ChangeRefusedException(
                Reason.NOT_FOUND, "content_id", "content '" + id + "' not found in bank '" + bank.name() + "'");
    }
}
