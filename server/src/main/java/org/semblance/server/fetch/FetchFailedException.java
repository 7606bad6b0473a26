package org.semblance.server.fetch;

/** A file was not fetched. The message is for the caller's eyes: it tells nothing of the network that the server is in. */
public final class FetchFailedException extends RuntimeException {
    private final Reason reason;

    /** Why a file was not fetched. */
    public enum Reason {
        /** The server fetches nothing: no host is named. */
        OFF,
        /** The URL is none, or of a host that is not named or has no address in public. */
        REFUSED,
        /** The host did not answer, or not with the file. */
        FAILED,
        /** The file has more bytes than are taken. */
        TOO_LARGE,
        /** Too much is being fetched. */
        BUSY,
        /** Nobody waits for it any more. */
        CANCELLED
    }

    /** @param message what is wrong, in words that open with neither a capital nor a field's name */
    public FetchFailedException(Reason reason, String message) {
        // A failed fetch is an answer, not a fault: nobody reads its stack trace.
        super(message, null, false, false);
        this.reason = reason;
    }

    static FetchFailedException refused(String message) {
        return new FetchFailedException(Reason.REFUSED, message);
    }

    static FetchFailedException failed(String message) {
        return new FetchFailedException(Reason.FAILED, message);
    }

    /** Why it was not. */
    public Reason reason() {
        return reason;
    }
}
