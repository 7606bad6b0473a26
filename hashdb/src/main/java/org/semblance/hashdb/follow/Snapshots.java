package org.semblance.hashdb.follow;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.CatalogRefusedException;
import org.semblance.hashdb.catalog.JournalEntry;
import org.semblance.hashdb.catalog.PayloadCodec;
import org.semblance.hashdb.catalog.StorageFailedException;
import org.semblance.hashdb.catalog.sql.Catalog;
import org.semblance.hashdb.file.FormatException;
import org.semblance.hashdb.file.SnapshotFormat;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.json.StrictJson;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;

/**
 * The snapshots that an index can begin with: the node's own, and those of its peers. One is taken only if each of its bytes is right by
 * checksum, and if the journal of the catalog has the change that it names, with the same hash. For what is not taken the log
 * has a line that says why.
 *
 * <p>A peer's is asked for only where it would save time: if the node has none of its own that is of this catalog, or if its own is far
 * behind. The node's own file stays until a peer's has passed every check.
 */
final class Snapshots<I extends KeptIndex> {
    /** The keeper's, whose index it is. */
    private static final Logger LOG = LoggerFactory.getLogger(IndexKeeper.class);

    /** What a peer's snapshot must save at least over one of the node's own. */
    private static final long WORTHWHILE_SECONDS = 10;

    // What a second does, about: to weigh one way against the other, no more.

    private static final long REPLAYED_CHANGES = 50_000;
    private static final long REPLAYED_CONTENTS = 100_000;
    private static final long BUILT_CONTENTS = 500_000;
    private static final long COPIED_BYTES = 100_000_000;

    /** In so many changes after a snapshot an addition is looked for, to learn how many contents came after it. */
    private static final int LOOKED_AT = 1_000;

    private final KeptIndex.Source<I> source;
    private final IndexKind kind;
    private final Path file;
    private final Catalog catalog;
    private final PeerSnapshots peers;
    private final DatabaseEvents events;
    private boolean asked;

    /** Why a snapshot is not taken, in words. */
    private static final class NotTakenException extends Exception {
        private static final long serialVersionUID = 1;

        NotTakenException(String why) {
            super(why);
        }
    }

    Snapshots(KeptIndex.Source<I> source, Path file, Catalog catalog, PeerSnapshots peers, DatabaseEvents events) {
        this.source = source;
        this.kind = source.kind();
        this.file = file;
        this.catalog = catalog;
        this.peers = peers;
        this.events = events;
    }

    /** The index of the best snapshot there is; null if the index must be built from the catalog. */
    KeptIndex.@Nullable Opened<I> open() {
        KeptIndex.Opened<I> opened = ofPeer(ownSeq());
        if (opened == null) {
            opened = own();
        }
        return opened == null && !asked ? ofPeer(0) : opened;
    }

    /** Whether peers were asked for one. */
    boolean haveAsked() {
        return asked;
    }

    private KeptIndex.@Nullable Opened<I> own() {
        try {
            Files.deleteIfExists(SnapshotFormat.unfinished(file));
            return open(file);
        } catch (NoSuchFileException e) {
            LOG.debug("{}: not there; the index is built from the catalog", file);
        } catch (NotTakenException e) {
            LOG.warn("{}", e.getMessage());
        } catch (FormatException e) {
            LOG.warn("{}; the index is built from the catalog", e.getMessage());
        } catch (IOException e) {
            LOG.warn("{}: cannot be read: {}; the index is built from the catalog", file, e.toString());
        } catch (StorageFailedException | CatalogRefusedException e) {
            throw e;
        } catch (RuntimeException e) {
            LOG.warn("{}: cannot be read; the index is built from the catalog", file, e);
        }
        return null;
    }

    /** The index that the file holds, if it is of this catalog. */
    private KeptIndex.Opened<I> open(Path from) throws IOException, NotTakenException {
        KeptIndex.Opened<I> opened = source.open(from);
        boolean taken = false;
        try {
            String hash = catalog.journalHash(opened.seq());
            if (hash == null) {
                throw new NotTakenException(
                        from + ": " + ahead(opened.seq()) + "; the index is built from the catalog");
            }
            if (!Hash256.parse(hash).equals(opened.mark())) {
                throw new NotTakenException(from + ": belongs to another catalog; the index is built from this one");
            }
            taken = true;
            return opened;
        } finally {
            if (!taken) {
                opened.index().close();
            }
        }
    }

    private String ahead(long seq) {
        return "holds change " + seq + ", the catalog goes to " + catalog.seq() + " only";
    }

    /**
     * The index of a peer's snapshot, which then is this node's; null if none is better than what the node has.
     *
     * @param own the change that the node's own snapshot goes to; 0 if the node has none
     */
    private KeptIndex.@Nullable Opened<I> ofPeer(long own) {
        if (peers == PeerSnapshots.NONE) {
            return null;
        }
        long newest = catalog.seq();
        if (newest == 0 || (own > 0 && secondsAfter(own, newest) < WORTHWHILE_SECONDS)) {
            return null;
        }
        asked = true;
        List<String> problems = new ArrayList<>();
        try {
            for (PeerSnapshots.Offer offer : offers()) {
                KeptIndex.Opened<I> taken = taken(offer, own, newest, problems);
                if (taken != null) {
                    return taken;
                }
            }
            return null;
        } finally {
            if (!problems.isEmpty()) {
                // In one line, as the log counts those of a kind.
                LOG.warn("{}: a peer's is not taken: {}", file, String.join("; ", problems));
            }
        }
    }

    private KeptIndex.@Nullable Opened<I> taken(
            PeerSnapshots.Offer offer, long own, long newest, List<String> problems) {
        String problem = problem(offer, newest);
        if (problem != null) {
            problems.add(offer.peer() + ": " + problem);
            return null;
        }
        if (own > 0 && !savesTime(offer, own, newest)) {
            LOG.info("{}: of change {} and taken: the one of {} saves too little", file, own, offer.peer());
            return null;
        }
        LOG.info(
                "{}: fetching the snapshot of {}, of change {} and {} bytes",
                file,
                offer.peer(),
                offer.seq(),
                offer.bytes());
        return fetched(offer, problems);
    }

    /** How far the node's own snapshot goes by its head, if that is right and of this catalog; 0 for none. */
    private long ownSeq() {
        if (peers == PeerSnapshots.NONE) {
            return 0; // Nobody asks.
        }
        try (SnapshotFormat.Reader head = new SnapshotFormat.Reader(file)) {
            String hash = catalog.journalHash(head.seq());
            return hash != null && Hash256.parse(hash).equals(head.mark()) ? head.seq() : 0;
        } catch (IOException e) {
            return 0; // Said where it is opened.
        }
    }

    /** About how long it takes to read what the catalog did after that change. */
    private long secondsAfter(long seq, long newest) {
        long contents = 0;
        for (JournalEntry entry : catalog.journal(seq, LOOKED_AT)) {
            if (entry.kind().equals(PayloadCodec.ADD_CONTENTS)) {
                contents = catalog.contents() - firstId(entry);
                break;
            }
        }
        return (newest - seq) / REPLAYED_CHANGES + contents / REPLAYED_CONTENTS;
    }

    private long firstId(JournalEntry added) {
        try {
            return StrictJson.ANSWERS.readTree(added.payload()).path("first_id").asLong(0);
        } catch (JacksonException e) {
            return catalog.contents(); // Whoever replays it says what is wrong with it.
        }
    }

    /** The newest first. */
    private List<PeerSnapshots.Offer> offers() {
        try {
            return peers.offers(kind).stream()
                    .sorted(Comparator.comparingLong(PeerSnapshots.Offer::seq).reversed())
                    .toList();
        } catch (RuntimeException e) {
            LOG.warn("{}: peers cannot be asked", file, e);
            return List.of();
        }
    }

    private boolean savesTime(PeerSnapshots.Offer offer, long own, long newest) {
        long takes = offer.bytes() / COPIED_BYTES + secondsAfter(offer.seq(), newest);
        return takes + WORTHWHILE_SECONDS <= secondsAfter(own, newest);
    }

    /** Why that snapshot is not even asked for; null if it is. */
    private @Nullable String problem(PeerSnapshots.Offer offer, long newest) {
        String hash = catalog.journalHash(offer.seq());
        if (hash == null) {
            return ahead(offer.seq());
        }
        if (!Hash256.parse(hash).equals(offer.mark())) {
            return "belongs to another catalog";
        }
        long seconds = secondsAfter(offer.seq(), newest);
        if (seconds > WORTHWHILE_SECONDS + catalog.contents() / BUILT_CONTENTS) {
            return "too old: what came after change " + offer.seq() + " is more to read than the list";
        }
        long free = Objects.requireNonNull(file.toAbsolutePath().getParent())
                .toFile()
                .getUsableSpace();
        return offer.bytes() > free ? offer.bytes() + " bytes, and " + free + " are free on the disk" : null;
    }

    private KeptIndex.@Nullable Opened<I> fetched(PeerSnapshots.Offer offer, List<String> problems) {
        long begun = System.nanoTime();
        Path copy = file.resolveSibling(file.getFileName() + ".peer");
        KeptIndex.Opened<I> opened = null;
        boolean taken = false;
        String problem;
        try {
            Files.deleteIfExists(copy);
            offer.copying().to(copy);
            Duration copied = Duration.ofNanos(System.nanoTime() - begun);
            opened = open(copy);
            // Not synced, which would take longer than the rest: after a power cut the checksums tell, as of any
            // snapshot.
            Files.move(copy, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            taken = true;
            Duration took = Duration.ofNanos(System.nanoTime() - begun);
            events.fetched(kind, took);
            LOG.info(
                    "{}: begins with the snapshot of {}, of change {}: fetched in {} ms, checked and loaded in {} ms",
                    file,
                    offer.peer(),
                    opened.seq(),
                    copied.toMillis(),
                    took.minus(copied).toMillis());
            return opened;
        } catch (StorageFailedException | CatalogRefusedException e) {
            throw e;
        } catch (IOException | NotTakenException e) {
            problem = String.valueOf(e.getMessage());
        } catch (RuntimeException e) {
            problem = e.toString();
            LOG.debug("{}: cannot be taken", copy, e);
        } finally {
            if (opened != null && !taken) {
                opened.index().close();
            }
            delete(copy);
        }
        events.fetchFailed(kind);
        problems.add(offer.peer() + ": " + problem);
        return null;
    }

    private static void delete(Path copy) {
        try {
            Files.deleteIfExists(copy);
        } catch (IOException e) {
            LOG.warn("{}: cannot be deleted: {}", copy, e.toString());
        }
    }
}
