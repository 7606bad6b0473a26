package org.semblance.hashdb.matchlog;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * How often was asked, by key, by what was sent, and by verdict. Counting takes no lock and makes nothing but the first time that
 * a key asks, since most questions are misses and come some ten thousand times a second.
 */
final class UploadCounts {
    /** For those who ask without a key; no key has that name. */
    static final String NO_KEY = "";

    private final List<String> verdicts;
    private final Map<String, Counts> byKey = new ConcurrentHashMap<>();

    /** @param verdicts their names, in the order of the numbers by which they are counted */
    UploadCounts(List<String> verdicts) {
        this.verdicts = List.copyOf(verdicts);
    }

    private static final class Counts {
        final LongAdder[] adders;

        /** The sums up to which they have been taken; for the taker alone. */
        final long[] taken;

        Counts(int size) {
            adders = new LongAdder[size];
            Arrays.setAll(adders, i -> new LongAdder());
            taken = new long[size];
        }
    }

    /** Counts so many questions. */
    void add(@Nullable String key, boolean hashes, int verdict, long questions) {
        String name = key == null ? NO_KEY : key;
        Counts counts = byKey.get(name);
        if (counts == null) {
            counts = byKey.computeIfAbsent(name, unused -> new Counts(2 * verdicts.size()));
        }
        counts.adders[2 * verdict + (hashes ? 1 : 0)].add(questions);
    }

    @FunctionalInterface
    interface Sink<E extends Exception> {
        void accept(String key, boolean hashes, String verdict, long more) throws E;
    }

    /** Gives what has been added since it was last {@link #settle}d. One thread at a time. */
    <E extends Exception> void forEachNew(Sink<E> sink) throws E {
        for (Map.Entry<String, Counts> entry : byKey.entrySet()) {
            Counts counts = entry.getValue();
            for (int i = 0; i < counts.adders.length; i++) {
                // The sums only grow, so that what is added meanwhile counts next time.
                long more = counts.adders[i].sum() - counts.taken[i];
                if (more > 0) {
                    sink.accept(entry.getKey(), i % 2 == 1, verdicts.get(i / 2), more);
                }
            }
        }
    }

    /** Whether anything has been added since. */
    boolean isEmpty() {
        for (Counts counts : byKey.values()) {
            for (int i = 0; i < counts.adders.length; i++) {
                if (counts.adders[i].sum() > counts.taken[i]) {
                    return false;
                }
            }
        }
        return true;
    }

    /** So many of what was given are stored. */
    void settle(String key, boolean hashes, String verdict, long stored) {
        Counts counts = byKey.get(key);
        if (counts != null) {
            counts.taken[2 * verdicts.indexOf(verdict) + (hashes ? 1 : 0)] += stored;
        }
    }
}
