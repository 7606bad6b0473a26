package org.semblance.hashdb.index;

/**
 * The state of an index, for monitoring: read without a lock while it changes, so the numbers are about right and need not
 * fit each other.
 *
 * @param pairs stored pairs of hash and content
 * @param hashes distinct hashes
 * @param slots places of hashes that were ever used; those that no hash has any more are used again
 * @param slotsAllocated places there is memory for
 * @param mode how lookups find hashes
 * @param tables how many there are: 16, in large sets 12, and 0 if there are none
 * @param tableUsedBytes memory of table buckets that are in use
 * @param tableDeadBytes memory that buckets have left behind, and which waits for others of their size or to be given back
 * @param tablesMoving tables that are being copied to fresh memory, because too much of theirs is dead
 * @param tableMoves tables that were copied so since the start
 * @param offHeapBytes all memory outside the heap
 */
public record IndexState(
        long pairs,
        long hashes,
        long slots,
        long slotsAllocated,
        Mode mode,
        int tables,
        long tableUsedBytes,
        long tableDeadBytes,
        int tablesMoving,
        long tableMoves,
        long offHeapBytes) {
    /** How lookups find hashes. */
    public enum Mode {
        /** By comparing all, because there are few. */
        SCAN,
        /** By tables. */
        TABLES,
        /** By comparing all, because memory for the tables ran out: right, but slow, until it is opened anew. */
        DEGRADED
    }
}
