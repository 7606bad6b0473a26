package org.semblance.server.config;

import org.jspecify.annotations.Nullable;

/** Settings that are not known or have a wrong value; the message names where each stands, what it is, and what was expected. */
public final class ConfigRefusedException extends IllegalArgumentException {
    private final @Nullable Setting<?> key;
    private final String problem;

    /** A value of that setting that cannot be used, as it is shown, and what was expected. */
    public ConfigRefusedException(Setting<?> key, String shown, String expected) {
        this(key.key(), key, shown + " (expected: " + expected + ")", null);
    }

    ConfigRefusedException(String message, @Nullable Throwable cause) {
        super(message, cause);
        this.key = null;
        this.problem = message;
    }

    private ConfigRefusedException(String place, @Nullable Setting<?> key, String problem, @Nullable Throwable cause) {
        super(place + ": " + problem, cause);
        this.key = key;
        this.problem = problem;
    }

    /** The setting; null if it is none, or there are several. */
    @Nullable
    Setting<?> key() {
        return key;
    }

    /** This refusal with the place the value came from: a flag or a variable, which names the key, or a line of a file. */
    ConfigRefusedException at(String place) {
        Setting<?> it = key;
        String where =
                it == null || place.equals(it.flag()) || place.equals(it.variable()) ? place : place + ": " + it.key();
        return new ConfigRefusedException(where, it, problem, this);
    }
}
