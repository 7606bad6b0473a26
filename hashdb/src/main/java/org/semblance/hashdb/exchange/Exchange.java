package org.semblance.hashdb.exchange;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A partner's feed of signals, which are banked in a bank of its own.
 *
 * @param name that of its bank when it was made; the bank may be renamed, the exchange not
 * @param bankId of its bank
 * @param config all fields of {@link ExchangeApi#configFields}
 * @param enabled whether it is fetched
 * @param progress what came of that
 */
public record Exchange(
        String name,
        long bankId,
        ExchangeApi api,
        Map<String, @Nullable Object> config,
        boolean enabled,
        Progress progress) {
    private static final int MAX_SOURCE_CHARS = 255;

    public Exchange {
        config = Collections.unmodifiableMap(new LinkedHashMap<>(config));
    }

    /**
     * What was fetched.
     *
     * @param items how many entries the partner lists that are banked
     * @param completed when the last fetch ended, or null if none has
     * @param error why it failed, or null if it did not
     * @param version of what was fetched last, in the words of its source; null if nothing was
     */
    public record Progress(
            long items,
            @Nullable Instant completed,
            @Nullable String error,
            @Nullable String version) {
        /** Nothing was fetched yet. */
        public static final Progress NONE = new Progress(0, null, null, null);

        /** A fetch that failed: what it had is still there. */
        public Progress failed(Instant at, String why) {
            return new Progress(items, at, why, null);
        }

        /** The same, and the next fetch takes the partner's list whatever its version is. */
        public Progress toFetchAnew() {
            return new Progress(items, completed, error, null);
        }
    }

    /** A new one, not fetched yet. */
    public static Exchange of(
            String name, long bankId, ExchangeApi api, Map<String, @Nullable Object> config, boolean enabled) {
        return new Exchange(name, bankId, api, config, enabled, Progress.NONE);
    }

    /** This exchange, switched on or off. */
    public Exchange enabled(boolean on) {
        return new Exchange(name, bankId, api, config, on, progress);
    }

    /** This exchange with the progress of its last fetch. */
    public Exchange progressed(Progress now) {
        return new Exchange(name, bankId, api, config, enabled, now);
    }

    /**
     * The source of a content that this exchange banks, by which it knows its own among those that others put in its bank.
     *
     * @param partners what the partner's list says, or null
     */
    public String source(@Nullable String partners) {
        String source = partners == null ? name : name + "/" + partners;
        return source.length() <= MAX_SOURCE_CHARS ? source : source.substring(0, MAX_SOURCE_CHARS);
    }

    /** Whether it banked a content of that source in its bank. */
    public boolean owns(@Nullable String source) {
        return source != null && (source.equals(name) || source.startsWith(name + "/"));
    }
}
