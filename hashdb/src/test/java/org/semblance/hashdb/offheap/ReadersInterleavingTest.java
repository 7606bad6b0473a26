package org.semblance.hashdb.offheap;

import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.junit.jupiter.api.Test;

/**
 * Walks through the ways in which lookups and the one writer can take turns, step by step, and demands that no lookup reads
 * memory that was freed.
 */
public class ReadersInterleavingTest {
    /** No piece of memory holds it before it is freed. */
    private static final int FREED = -1;

    private static final int WAYS = 400;

    private final Readers readers = new Readers(2);
    private final Limbo limbo = new Limbo(readers);

    /** Each piece holds its own number until it is freed. */
    private final int[] memory = new int[16];

    private int pieces = 1;
    private volatile int published;

    @Operation
    public int lookup() {
        int ticket = readers.enter();
        int found = memory[published];
        readers.exit(ticket);
        return found;
    }

    @Operation(nonParallelGroup = "writer")
    public void replace() {
        for (long piece = limbo.poll(); piece != Limbo.NONE; piece = limbo.poll()) {
            memory[(int) piece] = FREED;
        }
        int next = pieces++;
        memory[next] = next;
        int old = published;
        published = next;
        limbo.retire(old);
    }

    @Test
    void noLookupReadsWhatIsFreed() {
        new ModelCheckingOptions()
                .threads(2)
                .actorsPerThread(4)
                .actorsBefore(0)
                .actorsAfter(0)
                .iterations(12)
                .invocationsPerIteration(WAYS)
                .check(ReadersInterleavingTest.class);
    }
}
