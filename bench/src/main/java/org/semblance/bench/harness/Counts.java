package org.semblance.bench.harness;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;

/** How often what happened. May be used by several threads. */
public final class Counts {
    private final Map<String, LongAdder> counts = new ConcurrentSkipListMap<>();

    public void add(String what) {
        counts.computeIfAbsent(what, unused -> new LongAdder()).increment();
    }

    /** All that happened at least once. */
    public Set<String> what() {
        return counts.keySet();
    }

    public void clear() {
        counts.clear();
    }

    @Override
    public String toString() {
        return counts.toString();
    }
}
