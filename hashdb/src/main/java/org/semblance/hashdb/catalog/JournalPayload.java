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
     * @param proposed whether they wait for a second person
     */
    record ContentsAdded(long bankId, String bank, long firstId, int contents, String sha256, boolean proposed)
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

    /** A content was taken out. */
    record ContentWithdrawn(long bankId, String bank, long contentId) implements JournalPayload {}

    /**
     * Those of a range of contents that were there were taken out.
     *
     * @param contents how many
     */
    record ContentsWithdrawn(long bankId, String bank, long firstId, long lastId, int contents)
            implements JournalPayload {}

    /**
     * A content that had been withdrawn is there again.
     *
     * @param to its state
     */
    record ContentRestored(long bankId, String bank, long contentId, ContentFields.State to)
            implements JournalPayload {}

    /**
     * Those of a range of contents that an earlier change had withdrawn are there again, as they were before it.
     *
     * @param contents how many
     * @param withdrawnBy the {@code seq} of the earlier change
     */
    record ContentsRestored(long bankId, String bank, long firstId, long lastId, int contents, long withdrawnBy)
            implements JournalPayload {}

    /**
     * A bank that had been deleted is there again, with the contents that were withdrawn with it, as they were before.
     *
     * @param contents how many
     * @param deletedBy the {@code seq} of the change that deleted it
     */
    record BankRestored(long bankId, String bank, int contents, long deletedBy) implements JournalPayload {}

    /**
     * A change of a bank or its contents waits for a second person.
     *
     * @param change of a bank, of a content, or an undoing
     */
    record ChangeProposed(long bankId, String bank, Change change) implements JournalPayload {}

    /**
     * A second person decided on a proposal. Proposed contents are enabled or withdrawn by it; another change is made by the row
     * before an approval.
     *
     * @param proposal the {@code seq} of the change that proposed it
     * @param firstId of proposed contents, otherwise 0
     * @param lastId of proposed contents, otherwise 0
     */
    record ProposalDecided(long bankId, String bank, long proposal, boolean approved, long firstId, long lastId)
            implements JournalPayload {}
}
