package org.semblance.hashdb.catalog;

/** The effect of one change, as its row of the journal says; {@link PayloadCodec} has the text. */
public sealed interface JournalPayload {
    /** The bank that the change made, or was made in. */
    long bankId();

    /** A bank was created; all fields are given. */
    record BankCreated(long bankId, BankKind kind, BankFields fields) implements JournalPayload {}

    /**
     * Fields of a bank were changed.
     *
     * @param bank its name before
     * @param from the old values of the fields that were given
     * @param to their new values
     */
    record BankUpdated(long bankId, String bank, BankFields from, BankFields to) implements JournalPayload {}

    /**
     * A bank was deleted.
     *
     * @param contents how many contents were withdrawn with it
     */
    record BankDeleted(long bankId, String bank, int contents) implements JournalPayload {}

    /**
     * Contents were added, whose ids follow each other.
     *
     * @param sha256 over the contents, 64 hex digits; see {@link JournalEntry}
     */
    record ContentsAdded(long bankId, String bank, long firstId, int contents, String sha256)
            implements JournalPayload {
        /** The id of the last one. */
        public long lastId() {
            return firstId + contents - 1;
        }
    }

    /**
     * Fields of a content were changed.
     *
     * @param from the old values of the fields that were given
     * @param to their new values
     */
    record ContentUpdated(long bankId, String bank, long contentId, ContentFields from, ContentFields to)
            implements JournalPayload {}

    /** A content was taken out for good. */
    record ContentWithdrawn(long bankId, String bank, long contentId) implements JournalPayload {}
}
