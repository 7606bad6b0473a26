package org.semblance.hashdb.offheap;

/** Numbers of things that were unlinked and may be used again when no lookup can hold them; first in, first out. */
public final class Limbo {
    public static final long NONE = -1;

    private final Readers readers;
    /** A ring of pairs: the thing, and the phase in which it was unlinked. */
    private long[] ring = new long[32];

    private int head;
    private int size;

    public Limbo(Readers readers) {
        this.readers = readers;
    }

    /** Takes a thing, 0 or more, that is reachable no more. */
    public void retire(long thing) {
        if (2 * size == ring.length) {
            grow();
        }
        int at = 2 * (head + size) & ring.length - 1;
        ring[at] = thing;
        ring[at + 1] = readers.phase();
        size++;
        readers.advance();
    }

    /** The oldest thing that nobody can hold, or {@link #NONE}. */
    public long poll() {
        if (size == 0) {
            return NONE;
        }
        if (!readers.isOver(ring[2 * head + 1])) {
            readers.advance();
            return NONE;
        }
        long thing = ring[2 * head];
        head = head + 1 & ring.length / 2 - 1;
        size--;
        return thing;
    }

    private void grow() {
        long[] larger = new long[2 * ring.length];
        int first = ring.length - 2 * head;
        System.arraycopy(ring, 2 * head, larger, 0, first);
        System.arraycopy(ring, 0, larger, first, 2 * head);
        ring = larger;
        head = 0;
    }
}
