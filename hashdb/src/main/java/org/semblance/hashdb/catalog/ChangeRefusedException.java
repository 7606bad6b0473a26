package org.semblance.hashdb.catalog;

/** A change that cannot be made as asked; nothing was stored. */
public final class ChangeRefusedException extends RuntimeException {
    private final Reason reason;
    private final String field;

    /** Why a change is refused. */
    public enum Reason {
        /** The bank or content is not there. */
        NOT_FOUND,
        /** The name is taken, or what is to be changed is not as it must be for that. */
        CONFLICT,
        /** Who asks may not do it. */
        FORBIDDEN,
        /** A value is out of its range. */
        INVALID,
        /** The request's key is that of another request. */
        KEY_REUSED
    }

    /**
     * @param field the field of the request that is at fault, as in {@code bank} or {@code note}
     * @param message what came and what was expected, for the caller's eyes
     */
    public ChangeRefusedException(Reason reason, String field, String message) {
        super(message);
        this.reason = reason;
        this.field = field;
    }

    public Reason reason() {
        return reason;
    }

    public String field() {
        return field;
    }
}
