package org.semblance.engine;

/** A content was not decoded for want of a decoder. This says nothing of the content. */
public final class NoDecoderException extends RuntimeException {
    private final String told;

    /**
     * There is no worker, and none can be started just now.
     *
     * @param why for the log
     */
    public NoDecoderException(String why) {
        this("no decoder is running", why);
    }

    private NoDecoderException(String told, String why) {
        super(told + ": " + why);
        this.told = told;
    }

    /** Each worker that had the content was ended by somebody else. */
    public static NoDecoderException endedFromOutside(int workers) {
        return new NoDecoderException("its decoders were ended from outside", workers + " of them");
    }

    /** What whoever asked is told. */
    public String told() {
        return told;
    }
}
