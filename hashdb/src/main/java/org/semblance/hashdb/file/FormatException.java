package org.semblance.hashdb.file;

import java.io.IOException;
import java.nio.file.Path;

/** A file that cannot be used. The message names the file and says what is wrong with it. */
public abstract sealed class FormatException extends IOException {
    private FormatException(Path file, String problem) {
        super(file + ": " + problem);
    }

    /** The file has another format. */
    public static final class OtherFormat extends FormatException {
        OtherFormat(Path file, String format) {
            super(file, "not " + format);
        }
    }

    /** The file has the format, in a version that this release does not read. */
    public static final class OtherVersion extends FormatException {
        OtherVersion(Path file, String format, int version, int expected) {
            super(
                    file,
                    format + " of version " + version + " (expected: " + expected + "; written by "
                            + (version < expected ? "an older" : "a newer") + " release)");
        }
    }

    /** The file is not what was written: it was cut short, or bytes of it changed. */
    public static final class Damaged extends FormatException {
        Damaged(Path file, String problem) {
            super(file, problem);
        }
    }
}
