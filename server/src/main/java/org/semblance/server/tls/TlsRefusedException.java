package org.semblance.server.tls;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.semblance.server.config.Setting;

/** A certificate or its key cannot be used. The message names the setting, the file, what is wrong and what was expected. */
public final class TlsRefusedException extends RuntimeException {
    /**
     * Of a file that was read.
     *
     * @param key the setting that names the file
     * @param problem what is wrong with it
     * @param expected what would be right
     */
    public TlsRefusedException(Setting<?> key, Path file, String problem, String expected, @Nullable Throwable cause) {
        super(key.key() + ": " + file + ": " + problem + " (expected: " + expected + ")", cause);
    }
}
