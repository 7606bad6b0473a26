package org.semblance.hashdb;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.PayloadCodec;
import org.semblance.hashdb.catalog.sql.Catalog;
import org.semblance.hashdb.catalog.sql.Catalog.Outcome;
import org.semblance.hashdb.file.DurableFile;
import org.semblance.hashdb.json.StrictJson;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The changes that this node acknowledged last, of a catalog that others may put back: a standby that takes over may lack the newest
 * ones, and so does a backup. Those that are lost then are written to a file, so that somebody can make them again. It is in memory,
 * and so knows nothing of what was acknowledged before the process began. Safe for many threads.
 */
final class LastAcknowledged {
    private static final Logger LOG = LoggerFactory.getLogger(LastAcknowledged.class);

    private static final int CHANGES = 10_000;

    /** Contents that were added by them, which are most of the memory; the newest change is kept however many it has. */
    private static final int CONTENTS = 50_000;

    private final Deque<Made> made = new ArrayDeque<>();
    private int contents;

    private record Made(long seq, String hash, Catalog.Submission submission) {
        int contents() {
            return submission.change() instanceof Change.AddContents add
                    ? add.contents().size()
                    : 0;
        }
    }

    /** Keeps a change that is acknowledged now. */
    synchronized void add(Catalog.Submission submission, Outcome outcome) {
        if (outcome instanceof Outcome.Committed committed && committed.hash() != null) {
            made.addLast(new Made(committed.applied().seq(), committed.hash(), submission));
            contents += made.getLast().contents();
            while (made.size() > CHANGES || (contents > CONTENTS && made.size() > 1)) {
                contents -= made.removeFirst().contents();
            }
        }
    }

    /**
     * Writes those that the catalog does not have to a new file of that folder, {@code lost-changes-FROM-TO-TIME.ndjson}, a change a
     * line as {@link PayloadCodec#describe} has it, with its number, its actor and its reason. If that fails the log tells.
     *
     * @throws org.semblance.hashdb.catalog.StorageFailedException if the catalog cannot be reached
     */
    synchronized void writeLost(Catalog catalog, Path folder, long atMillis) {
        List<Made> lost = new ArrayList<>();
        // Rows are chained: what came before one that is there is there as well.
        for (Made last = made.peekLast();
                last != null && !last.hash.equals(catalog.journalHash(last.seq));
                last = made.peekLast()) {
            lost.addFirst(made.removeLast());
            contents -= last.contents();
        }
        if (lost.isEmpty()) {
            return;
        }
        Path file = folder.resolve(
                "lost-changes-" + lost.getFirst().seq + "-" + lost.getLast().seq + "-" + atMillis + ".ndjson");
        StringBuilder lines = new StringBuilder();
        for (Made change : lost) {
            Catalog.Submission submission = change.submission;
            ObjectNode line = (ObjectNode) StrictJson.COMPACT.readTree(PayloadCodec.describe(submission.change()));
            line.put("seq", change.seq)
                    .put("actor", submission.origin().actor())
                    .put("reason", submission.origin().reason());
            lines.append(StrictJson.COMPACT.writeValueAsString(line)).append('\n');
        }
        try {
            DurableFile.writePrivate(file, lines.toString().getBytes(StandardCharsets.UTF_8));
            LOG.error("{}: {} changes that this node acknowledged are lost; they are in this file", file, lost.size());
        } catch (IOException e) {
            LOG.error("{}: cannot be written, and {} lost changes are known nowhere else", file, lost.size(), e);
        }
    }
}
