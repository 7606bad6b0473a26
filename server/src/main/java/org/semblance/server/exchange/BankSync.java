package org.semblance.server.exchange;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.Lock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.BankContent;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ChangeRefusedException;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.catalog.StorageFailedException;
import org.semblance.hashdb.exchange.Exchange;
import org.semblance.hashdb.hash.Signal;
import org.semblance.server.record.BankingGuard;

/**
 * Brings the bank of an exchange to what the partner lists, in one pass over either: what is new is banked in large
 * changes, what is in both is left alone, and only once the list has been read to its end is what it no longer has
 * withdrawn. So it may be broken off at any place and done again. Contents that others put in the bank are not touched.
 *
 * <p>An entry is known by its signals, frames, labels, note and source; one that differs in any of them is another entry. In memory
 * is a hash of each, some 100 bytes.
 */
final class BankSync {
    private static final int PAGE = 1_000;
    private static final int BATCH = 5_000;
    private static final long LISTED = -1;

    private final HashDb db;
    private final Exchange exchange;
    private final BankingGuard guard;
    private final Origin origin;
    private final Lock changing;
    private final BooleanSupplier stopping;

    /** For each entry the id of its content, or {@link #LISTED} once the list is seen to have it. */
    private final Map<Key, Long> entries = new HashMap<>();

    private final List<ContentDraft> batch = new ArrayList<>();

    /** Two contents of one entry: all but the first are withdrawn. */
    private final List<Long> surplus = new ArrayList<>();

    private long listed;

    /** Set from the start of a change of the bank until {@link #checkNotStopping} is called. */
    private boolean changedUnchecked;

    /** 128 bits of SHA-256. */
    private record Key(long high, long low) {}

    /**
     * Reads what the exchange has banked so far.
     *
     * @param guard holds back what must not be banked silently
     * @param changing held for each change that adds contents
     * @param stopping asked often; once it says so, the sync fails
     */
    BankSync(HashDb db, Exchange exchange, BankingGuard guard, Lock changing, BooleanSupplier stopping)
            throws FetchFailedException {
        this.db = db;
        this.exchange = exchange;
        this.guard = guard;
        this.changing = changing;
        this.stopping = stopping;
        this.origin =
                Origin.ofProgram("exchange/" + exchange.name(), exchange.api().wireName());
        String bank = bank();
        long after = 0;
        for (List<BankContent> page = db.contents(bank, after, PAGE);
                !page.isEmpty();
                page = db.contents(bank, after, PAGE)) {
            for (BankContent content : page) {
                if (exchange.owns(content.source()) && entries.putIfAbsent(key(content), content.id()) != null) {
                    surplus.add(content.id());
                }
            }
            after = page.getLast().id();
            checkNotStopping();
        }
    }

    /** The bank's name of now. */
    private String bank() throws FetchFailedException {
        for (Bank bank : db.banks()) {
            if (bank.id() == exchange.bankId()) {
                return bank.name();
            }
        }
        throw new FetchFailedException("its bank was deleted; delete the exchange and create it anew");
    }

    /** The list has that entry. */
    void entry(ContentDraft draft) throws FetchFailedException {
        String source = exchange.source(draft.source());
        List<String> labels = draft.labels().stream().sorted().distinct().toList();
        String note = draft.note() == null || draft.note().isEmpty() ? null : draft.note();
        Long known = entries.put(key(draft.signals(), draft.video(), labels, note, source), LISTED);
        if (known != null && known == LISTED) {
            return;
        }
        listed++;
        if (known == null) {
            batch.add(new ContentDraft(draft.signals(), labels, note, source, draft.metadata(), draft.video()));
            if (batch.size() == BATCH) {
                flush();
            }
        }
    }

    private void flush() throws FetchFailedException {
        checkNotStopping();
        if (batch.isEmpty()) {
            return;
        }
        // Between asking for the bank's name and using it no other may get it.
        changing.lock();
        try {
            String name = bank();
            List<ContentDraft> checked = guard.check(db.bank(name).orElseThrow(), batch, Set.of(), null, false);
            changedUnchecked = true;
            db.apply(new Change.AddContents(name, checked), origin);
        } catch (ChangeRefusedException | StorageFailedException e) {
            throw new FetchFailedException("not banked: " + e.getMessage());
        } finally {
            changing.unlock();
        }
        batch.clear();
        checkNotStopping();
    }

    /** @throws FetchFailedException if the fetch must stop */
    void checkNotStopping() throws FetchFailedException {
        if (stopping.getAsBoolean()) {
            throw new FetchFailedException("broken off");
        }
        changedUnchecked = false;
    }

    /** Tells whether the fetch may have made its last change of the bank after it should have stopped. */
    boolean mayHaveBeenLate() {
        return changedUnchecked;
    }

    /** How many different entries the list had so far. */
    long listed() {
        return listed;
    }

    /** The list is at its end: banks the rest and withdraws what was not in it. Returns how many entries it has. */
    long finish() throws FetchFailedException {
        flush();
        List<Long> gone = new ArrayList<>(surplus);
        for (long id : entries.values()) {
            if (id != LISTED) {
                gone.add(id);
            }
        }
        withdraw(gone);
        return listed;
    }

    /** Many at a time, since changes that wait together share one sync of the disk. */
    private void withdraw(List<Long> ids) throws FetchFailedException {
        String bank = bank();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int from = 0; from < ids.size(); from += PAGE) {
                changedUnchecked = true;
                List<Future<?>> changes = new ArrayList<>();
                for (long id : ids.subList(from, Math.min(from + PAGE, ids.size()))) {
                    changes.add(threads.submit(() -> withdraw(bank, id)));
                }
                for (Future<?> change : changes) {
                    change.get();
                }
                checkNotStopping();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FetchFailedException("interrupted");
        } catch (ExecutionException e) {
            throw new FetchFailedException("not withdrawn: " + e.getCause());
        }
    }

    private void withdraw(String bank, long id) {
        try {
            db.apply(new Change.WithdrawContent(bank, id), origin);
        } catch (ChangeRefusedException e) {
            if (e.reason() != ChangeRefusedException.Reason.NOT_FOUND) {
                throw e;
            }
        }
    }

    private Key key(BankContent content) {
        KnownVideo video =
                content.video() == null ? null : db.video(content.id()).orElse(null);
        return key(content.signals(), video, content.labels(), content.note(), content.source());
    }

    private static Key key(
            List<Signal> signals,
            @Nullable KnownVideo video,
            List<String> labels,
            @Nullable String note,
            @Nullable String source) {
        MessageDigest sha = sha256();
        // Each part by type and in an order of its own; a NUL cannot be in any.
        signals.stream()
                .map(signal -> signal.type() + " " + signal.value())
                .sorted()
                .forEach(signal -> update(sha, signal));
        update(sha, "");
        labels.forEach(label -> update(sha, label));
        update(sha, "");
        update(sha, note == null ? "" : note);
        update(sha, source == null ? "" : source);
        if (video != null) {
            sha.update(video.frameBytes());
        }
        ByteBuffer digest = ByteBuffer.wrap(sha.digest());
        return new Key(digest.getLong(), digest.getLong());
    }

    private static void update(MessageDigest sha, String text) {
        sha.update(text.getBytes(StandardCharsets.UTF_8));
        sha.update((byte) 0);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
