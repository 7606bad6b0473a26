package org.semblance.server.matchlog;

import org.semblance.hashdb.catalog.StorageFailedException;
import org.semblance.hashdb.matchlog.MatchedReferences;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Whom a content hurt that is withdrawn: added to an answer that says that it is. The withdrawal stands, so a log that does not
 * answer is a warning and no failure.
 */
public final class Reinstatement {
    private static final int MOST_REFERENCES = 10_000;

    private Reinstatement() {}

    /** Adds the references of the uploads that a content matched, the newest first. */
    public static void putReferences(ObjectNode answer, ScopedMatchLog log, long contentId) {
        orWarn(answer, () -> {
            if (!log.keepsRows()) {
                warnOfNoRows(answer);
                return;
            }
            MatchedReferences matched = log.references(contentId, MOST_REFERENCES);
            ArrayNode references = answer.putArray("matched_references");
            matched.references().forEach(references::add);
            answer.put("matched_without_reference", matched.withoutReference());
            if (matched.more()) {
                answer.put("more", true);
            }
        });
    }

    /** Adds how many uploads the contents of a bank matched. */
    public static void putCount(ObjectNode answer, ScopedMatchLog log, long bankId) {
        orWarn(answer, () -> {
            if (log.keepsRows()) {
                answer.put("matched_uploads", log.countReferences(bankId));
            } else {
                warnOfNoRows(answer);
            }
        });
    }

    private static void warnOfNoRows(ObjectNode answer) {
        answer.putArray("warnings").add("what this matched is not known: the match log is off (match_log_days = 0)");
    }

    private static void orWarn(ObjectNode answer, Runnable read) {
        try {
            read.run();
        } catch (StorageFailedException e) {
            answer.putArray("warnings").add("what this matched cannot be read: " + e.getMessage());
        }
    }
}
