package org.semblance.engine.media;

/** Why a content cannot be hashed. It is a property of the bytes, so it ends in a verdict, never in an error. */
public final class MediaException extends Exception {
    /** The kinds of failure, each a verdict. */
    public enum Kind {
        /** Not media we know, or a variant of it that we do not decode. */
        UNSUPPORTED,
        /** Media that does not decode. */
        CORRUPT,
        /** Beyond a limit. */
        TOO_LARGE
    }

    private final Kind kind;

    private MediaException(Kind kind, String reason) {
        // Hostile files make these by the thousand, and nobody reads where in our code they were noticed.
        super(reason, null, false, false);
        this.kind = kind;
    }

    public static MediaException unsupported(MediaFormat format, String reason) {
        return new MediaException(Kind.UNSUPPORTED, format.wireName() + ": " + reason);
    }

    public static MediaException corrupt(MediaFormat format, String reason) {
        return new MediaException(Kind.CORRUPT, format.wireName() + ": " + reason);
    }

    public static MediaException tooLarge(MediaFormat format, String reason) {
        return new MediaException(Kind.TOO_LARGE, format.wireName() + ": " + reason);
    }

    public Kind kind() {
        return kind;
    }

    /** What is wrong, opening with the format's name. */
    public String reason() {
        return String.valueOf(getMessage());
    }
}
