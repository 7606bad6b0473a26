package org.semblance.hashdb.index;

import static org.semblance.hashdb.offheap.OffHeap.getInt;
import static org.semblance.hashdb.offheap.OffHeap.getLongAcquire;
import static org.semblance.hashdb.offheap.OffHeap.getShort;

import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.semblance.hashdb.offheap.Extents;
import org.semblance.hashdb.offheap.OffHeap;
import org.semblance.hashdb.offheap.Readers;

/**
 * Walks through the ways in which a lookup and the one writer can take turns at a bucket, each access to its memory a step,
 * and demands that the lookup sees the bucket as it was at one moment: its lanes, with the sketch of each, wherever the
 * {@link Directory} has them.
 */
@Param(name = "slot", gen = IntGen.class, conf = "0:3")
public class LaneTableInterleavingTest {
    private static final int CHUNK = 0;
    private static final int BUCKET = 0x1234;
    private static final int FIRST_SKETCH = 0x100;
    private static final int SLOTS = 4;
    private static final int WAYS = 200;

    /** Four hashes that differ in their sketches alone; never changed, and so shared by all ways. */
    private static final SlotStore STORE = new SlotStore(new Readers());

    static {
        for (int slot = 0; slot < SLOTS; slot++) {
            STORE.insert(0, 0, 0, (long) (FIRST_SKETCH + slot) << 16 | BUCKET, slot);
        }
    }

    /** That of the way before, whose memory is freed when the next begins. */
    private static @Nullable LaneTable last;

    private final Readers readers = new Readers(1);
    private final LaneTable table = new LaneTable(Ring.SIXTEEN, CHUNK, STORE, readers, 0);
    private int entered;

    public LaneTableInterleavingTest() {
        if (last != null) {
            last.close();
        }
        last = table;
    }

    @AfterAll
    static void close() {
        if (last != null) {
            last.close();
        }
        STORE.close();
    }

    /** A bit for each slot that the bucket has, or what is wrong with a lane. */
    @Operation
    public String lookup() {
        int ticket = readers.enter();
        Directory directory = table.directory();
        long cell = directory.cells() + ((long) BUCKET << directory.cellShift());
        long word = getLongAcquire(cell);
        long bucket = Extents.address(table.bases(), Directory.base(word));
        long sketches = Directory.isCopied(word) ? cell + Directory.WORD_BYTES : bucket;
        int seen = 0;
        for (int lane = 0; lane < Directory.lanes(word); lane++) {
            int sketch = getShort(sketches + (long) Short.BYTES * lane);
            int slot = getInt(LaneTable.slotAt(bucket, lane));
            if (sketch != FIRST_SKETCH + slot || (seen & 1 << slot) != 0) {
                return "lane " + lane + ": sketch " + sketch + ", slot " + slot;
            }
            seen |= 1 << slot;
        }
        readers.exit(ticket);
        return Integer.toBinaryString(seen);
    }

    /** Enters the slot, or takes it out if it is in the table. */
    @Operation(nonParallelGroup = "writer")
    public void toggle(@Param(name = "slot") int slot) {
        entered ^= 1 << slot;
        if ((entered & 1 << slot) != 0) {
            table.add(slot);
        } else {
            table.remove(slot);
        }
    }

    @Test
    void aLookupSeesABucketAsItWasAtOneMoment() {
        new ModelCheckingOptions()
                .threads(2)
                .actorsPerThread(2)
                .actorsBefore(2)
                .actorsAfter(0)
                .iterations(20)
                .invocationsPerIteration(WAYS)
                .loopBound(1 << 17)
                .addGuarantee(ManagedStrategyGuaranteeKt.forClasses(OffHeap.class.getName())
                        .allMethods()
                        .treatAsAtomic())
                .check(LaneTableInterleavingTest.class);
    }
}
