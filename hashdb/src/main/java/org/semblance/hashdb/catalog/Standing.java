package org.semblance.hashdb.catalog;

import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.ContentFields.State;

/**
 * Whether a content is there and in which state, as the journal says: begin with the state that the content was added in, and
 * take in each later change of it or its bank, in order. For one thread.
 */
public final class Standing {
    private static final State ENABLED = new State(ContentStatus.ENABLED, null);
    private static final State PROPOSED = new State(ContentStatus.PROPOSED, null);

    private final long contentId;
    private State state;
    private long withdrawnBy;

    /**
     * A content that has just been added.
     *
     * @param proposed whether it waits for a second person
     */
    public Standing(long contentId, boolean proposed) {
        this.contentId = contentId;
        this.state = proposed ? PROPOSED : ENABLED;
    }

    /** The state of the content, or the one that it would have if it were restored. */
    public State state() {
        return state;
    }

    /** Whether it is withdrawn. */
    public boolean isWithdrawn() {
        return withdrawnBy != 0;
    }

    /** The {@code seq} of the change that withdrew it; 0 if it is there. */
    public long withdrawnBy() {
        return withdrawnBy;
    }

    /** The state of the content; null if it is withdrawn. */
    public @Nullable State stateIfThere() {
        return isWithdrawn() ? null : state;
    }

    /** Takes in a change of the content, of a range of contents, or of its bank. Other changes make no difference. */
    public void changed(long seq, JournalPayload change) {
        switch (change) {
            case JournalPayload.ContentUpdated updated -> {
                if (updated.contentId() == contentId && updated.to().state() != null) {
                    state = updated.to().state();
                }
            }
            case JournalPayload.ContentWithdrawn withdrawn -> {
                if (withdrawn.contentId() == contentId) {
                    withdraw(seq);
                }
            }
            case JournalPayload.ContentsWithdrawn withdrawn -> {
                if (isWithin(withdrawn.firstId(), withdrawn.lastId())) {
                    withdraw(seq);
                }
            }
            case JournalPayload.BankDeleted deleted -> withdraw(seq);
            case JournalPayload.ContentRestored restored -> {
                if (restored.contentId() == contentId) {
                    withdrawnBy = 0;
                    state = restored.to();
                }
            }
            case JournalPayload.ContentsRestored restored -> {
                if (isWithin(restored.firstId(), restored.lastId())) {
                    restore(restored.withdrawnBy());
                }
            }
            case JournalPayload.BankRestored restored -> restore(restored.deletedBy());
            case JournalPayload.ProposalDecided decided -> {
                if (isWithin(decided.firstId(), decided.lastId()) && state.status() == ContentStatus.PROPOSED) {
                    if (decided.approved()) {
                        state = ENABLED;
                    } else {
                        withdraw(seq);
                    }
                }
            }
            case JournalPayload.BankCreated other -> {}
            case JournalPayload.BankUpdated other -> {}
            case JournalPayload.ContentsAdded other -> {}
            case JournalPayload.ChangeProposed other -> {}
        }
    }

    private boolean isWithin(long firstId, long lastId) {
        return contentId >= firstId && contentId <= lastId;
    }

    private void withdraw(long seq) {
        if (withdrawnBy == 0) {
            withdrawnBy = seq;
        }
    }

    private void restore(long by) {
        if (withdrawnBy == by) {
            withdrawnBy = 0;
        }
    }
}
