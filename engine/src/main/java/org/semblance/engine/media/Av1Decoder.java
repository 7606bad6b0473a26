package org.semblance.engine.media;

/**
 * The library that decodes AV1. libdav1d and libaom give the same samples; libaom takes two to three times as long.
 *
 * @param library {@link #DAV1D} or {@link #LIBAOM}
 * @param detail the version of libdav1d, or why it is not used
 */
public record Av1Decoder(String library, String detail) {
    /** The host's libdav1d. */
    public static final String DAV1D = "dav1d";

    /** What FFmpeg was built with. */
    public static final String LIBAOM = "libaom";

    public boolean isDav1d() {
        return library.equals(DAV1D);
    }

    /** In the words of a log, such as {@code dav1d 1.5.1}. */
    @Override
    public String toString() {
        return isDav1d() ? library + " " + detail : library + ", without libdav1d: " + detail;
    }
}
