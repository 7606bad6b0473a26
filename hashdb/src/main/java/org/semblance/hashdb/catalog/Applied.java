package org.semblance.hashdb.catalog;

/**
 * A change that is durable and matchable.
 *
 * @param seq its number in the journal
 * @param firstContentId of added contents the first id, the others follow it one by one; otherwise 0
 * @param contents how many contents it added, changed or withdrew
 * @param bankId of the bank that it made or was made in
 * @param proposed whether it waits for a second person; {@code seq} is then that of the proposal
 */
public record Applied(long seq, long firstContentId, int contents, long bankId, boolean proposed) {
    /** A change that has been made. */
    public Applied(long seq, long firstContentId, int contents, long bankId) {
        this(seq, firstContentId, contents, bankId, false);
    }
}
