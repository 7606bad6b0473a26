package org.semblance.hashdb;

import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** Tasks that wait until lookups see a change. Safe for many threads, without a lock. */
final class SeenWaits {
    private final LongSupplier seen;
    private final AtomicLong tickets = new AtomicLong();
    private final ConcurrentSkipListMap<Turn, Runnable> waiting = new ConcurrentSkipListMap<>();

    /** @param ticket tells apart those that wait for the same change */
    private record Turn(long seq, long ticket) implements Comparable<Turn> {
        @Override
        public int compareTo(Turn other) {
            int bySeq = Long.compare(seq, other.seq);
            return bySeq == 0 ? Long.compare(ticket, other.ticket) : bySeq;
        }
    }

    /** @param seen the newest change that lookups see, which only grows */
    SeenWaits(LongSupplier seen) {
        this.seen = seen;
    }

    /**
     * Runs the task once, on this thread or on the thread that makes the change visible.
     *
     * @return withdraws the task, unless it has begun
     */
    Runnable whenSeen(long seq, Runnable task) {
        Turn turn = new Turn(seq, tickets.incrementAndGet());
        waiting.put(turn, task);
        reached(seen.getAsLong()); // The change may have come between the caller's look and the line above.
        return () -> waiting.remove(turn);
    }

    /** Runs what waits for that change or an earlier one, the earliest first. */
    void reached(long seq) {
        for (Map.Entry<Turn, Runnable> first = waiting.firstEntry();
                first != null && first.getKey().seq <= seq;
                first = waiting.firstEntry()) {
            if (waiting.remove(first.getKey(), first.getValue())) {
                first.getValue().run();
            }
        }
    }
}
