package org.semblance.server.recent;

import java.util.List;
import org.semblance.hashdb.recent.NearUploads;
import org.semblance.server.auth.Caller;
import org.semblance.server.auth.Gate;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The recent uploads that show a content, the newest first.
 *
 * @param more whether there are more than these
 * @param loading whether uploads of before the last start were not all looked at
 */
public record Earlier(List<NearUploads.Near> uploads, boolean more, boolean loading) {
    /** References in one answer. */
    private static final int MOST_TOLD = 1_000;

    private static final String FIELD = "earlier";

    public Earlier {
        uploads = List.copyOf(uploads);
    }

    /** Puts what the caller may be told into an answer. */
    public void putTo(ObjectNode answer, Caller caller, Gate gate) {
        ObjectNode node = answer.putObject(FIELD).put("count", uploads.size());
        ArrayNode references = node.putArray("references");
        boolean left = more;
        for (NearUploads.Near near : uploads) {
            String reference = near.upload().reference();
            if (reference == null) {
                continue;
            }
            if (references.size() == MOST_TOLD) {
                left = true;
                break;
            }
            ObjectNode told = references
                    .addObject()
                    .put("reference", reference)
                    .put("at", near.upload().at().toString());
            if (caller.seesDistance()) {
                told.put("distance", near.distance());
            }
            if (near.upload().hashes() > 1) {
                told.put("hashes_near", near.hashesNear())
                        .put("hashes", near.upload().hashes());
            }
            String key = near.upload().key();
            if (key != null && gate.mayTell(key, caller)) {
                told.put("key", key);
            }
        }
        if (left) {
            node.put("more", true);
        }
        if (loading) {
            node.put("recent", "loading");
        }
    }

    /** Says in an answer that recent uploads were not looked at. */
    public static void putSkipped(ObjectNode answer) {
        answer.putObject(FIELD).put("skipped", true);
    }
}
