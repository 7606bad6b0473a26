package org.semblance.engine.media.internal;

import java.util.List;

/**
 * Which libraries of the host decoders may use: each by its path, {@link #NONE} for none, or empty for the one that the system finds.
 *
 * @param dav1d for AV1
 * @param libdeflate for PNG
 */
public record HostLibraries(String dav1d, String libdeflate) {
    /** The value by which a library is not used. */
    public static final String NONE = "none";

    /** The system property of {@link #dav1d}. */
    public static final String DAV1D = "semblance.dav1d";

    /** The system property of {@link #libdeflate}. */
    public static final String LIBDEFLATE = "semblance.libdeflate";

    /** Only what comes with Semblance is used. */
    public static final HostLibraries NO_LIBRARY = new HostLibraries(NONE, NONE);

    /** The libraries that the system properties of this process name. */
    public static HostLibraries ofThisProcess() {
        return new HostLibraries(System.getProperty(DAV1D, ""), System.getProperty(LIBDEFLATE, ""));
    }

    /** The options of a virtual machine that is to use these. */
    public List<String> options() {
        return List.of("-D" + DAV1D + "=" + dav1d, "-D" + LIBDEFLATE + "=" + libdeflate);
    }
}
