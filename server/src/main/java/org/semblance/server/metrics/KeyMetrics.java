package org.semblance.server.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Whose requests the workers work on, and who waits for them: by key, never by what a client sends. */
final class KeyMetrics {
    /** Names of keys that have series of their own. */
    private static final int MOST = 100;

    /** In the place of a name, which has no brackets: of requests without a key, and of the keys beyond the first ones. */
    private static final String NONE = "(none)";

    private static final String OTHERS = "(others)";

    private final MeterRegistry registry;
    private final Map<String, Times> times = new ConcurrentHashMap<>();

    private record Times(Timer waits, Timer works) {}

    KeyMetrics(MeterRegistry registry) {
        this.registry = registry;
    }

    void worked(@Nullable String key, long waitedNanos, long nanos) {
        Times of = times(key == null ? NONE : key);
        of.waits.record(waitedNanos, TimeUnit.NANOSECONDS);
        of.works.record(nanos, TimeUnit.NANOSECONDS);
    }

    private Times times(String name) {
        Times known = times.get(name);
        if (known != null) {
            return known;
        }
        return times.computeIfAbsent(times.size() < MOST || name.equals(NONE) ? name : OTHERS, this::register);
    }

    private Times register(String name) {
        return new Times(
                Timer.builder("semblance.key.wait")
                        .description("Time that requests of a key have waited for a worker")
                        .tag("key", name)
                        .register(registry),
                Timer.builder("semblance.key.work")
                        .description("Time of workers on requests of a key: decoding, hashing and lookups")
                        .tag("key", name)
                        .register(registry));
    }
}
