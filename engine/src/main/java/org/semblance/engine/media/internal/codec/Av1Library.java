package org.semblance.engine.media.internal.codec;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.media.Av1Decoder;
import org.semblance.engine.media.internal.HostLibraries;

/**
 * What decodes AV1 in this process: the libdav1d of the host if it has one that we know, otherwise the libaom that FFmpeg
 * was built with, which gives the same samples and takes two to three times as long. The choice is made once, by
 * {@link #load}, since a process that has given up its rights can load nothing.
 */
public final class Av1Library {
    /** Of both interfaces, the newer one first. */
    private static final List<String> NAMES = List.of("libdav1d.so.7", "libdav1d.so.6");

    private static @Nullable Av1Decoder choice;
    private static @Nullable Dav1d dav1d;

    private Av1Library() {}

    /** Loads libdav1d if it is there and may be used, once, and says what decodes AV1 from then on. */
    public static synchronized Av1Decoder load() {
        Av1Decoder made = choice;
        if (made == null) {
            made = choose(HostLibraries.ofThisProcess().dav1d());
            choice = made;
        }
        return made;
    }

    static synchronized @Nullable Dav1d dav1d() {
        load();
        return dav1d;
    }

    private static Av1Decoder choose(String wanted) {
        if (wanted.equals(HostLibraries.NONE)) {
            return new Av1Decoder(Av1Decoder.LIBAOM, "switched off");
        }
        String why = "";
        for (String library : wanted.isEmpty() ? NAMES : List.of(wanted)) {
            try {
                Dav1d found = new Dav1d(library);
                Av1SelfTest.run(found);
                dav1d = found;
                return new Av1Decoder(Av1Decoder.DAV1D, found.version());
            } catch (Dav1d.MissingException e) {
                why = why.isEmpty() && !wanted.isEmpty() ? String.valueOf(e.getMessage()) : why;
            } catch (IOException | RuntimeException e) { // Of one that is damaged anything may come.
                why = why.isEmpty() ? String.valueOf(e.getMessage()) : why;
            }
        }
        return new Av1Decoder(Av1Decoder.LIBAOM, why.isEmpty() ? "this host has none that loads" : why);
    }
}
