package org.semblance.hashdb.offheap;

import static org.semblance.hashdb.offheap.OffHeap.getLong;
import static org.semblance.hashdb.offheap.OffHeap.putLong;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Pieces of off-heap memory of any size for one writer, named by 31-bit numbers so that a piece and a count fit a single
 * word that is published at once.
 *
 * <p>A number counts units of 16 bytes over all regions; a piece lies in one region (or in several that are neighbours,
 * if it is larger than one). A piece that was retired is used again for the same size when no lookup can hold it. Pieces
 * are not split or merged: an owner whose pieces keep growing moves the living ones to fresh regions ({@link
 * #beginEvacuation}) when too much is dead.
 */
public final class Extents implements AutoCloseable {
    public static final int UNIT = 16;

    private static final int REGION_SHIFT = 19;
    private static final int REGION_UNITS = 1 << REGION_SHIFT;
    private static final int REGION_MASK = REGION_UNITS - 1;
    private static final int MAX_REGIONS = 1 << (31 - REGION_SHIFT);
    /** Pieces begin on a cache line if their size is a multiple of one. */
    private static final int LINE_UNITS = 4;

    private final Readers readers;
    /** Address of each region; written before any number that is of it is published, and never elsewhere. */
    private final OffHeap bases = OffHeap.allocatePages((long) MAX_REGIONS * Long.BYTES);

    private final Map<Integer, Block> blocks = new HashMap<>();
    private final List<Integer> freeRegions = new ArrayList<>();
    private int regions;

    private int next;
    private int end;

    /** Free pieces by size in units. */
    private final Map<Integer, IntStack> free = new HashMap<>();
    /** Retired pieces: size in the upper half, number in the lower. */
    private Limbo limbo;

    private final Limbo closing;

    private long usedUnits;
    private long deadUnits;
    private long mappedBytes;

    /** First regions of the blocks that pieces come from, and of those that are being emptied. */
    private List<Integer> active = new ArrayList<>();

    private List<Integer> evacuated = List.of();

    private record Block(OffHeap memory, int regions) {}

    public Extents(Readers readers) {
        this.readers = readers;
        limbo = new Limbo(readers);
        closing = new Limbo(readers);
    }

    /**
     * Where the list of the regions' addresses lies. What is read from it after a number was read with acquire is the
     * region of that number.
     */
    public long bases() {
        return bases.address();
    }

    public long address(int number) {
        return address(bases.address(), number);
    }

    /** The same, given {@link #bases}. */
    public static long address(long bases, int number) {
        return getLong(bases + (long) (number >>> REGION_SHIFT) * Long.BYTES) + (long) (number & REGION_MASK) * UNIT;
    }

    /** A piece of at least that size; its content is undefined. */
    public int allocate(long bytes) {
        int units = units(bytes);
        usedUnits += units;
        reclaim();
        IntStack stack = free.get(units);
        if (stack != null && !stack.isEmpty()) {
            deadUnits -= units;
            return stack.pop();
        }
        next = aligned(next, units);
        if (units > end - next) {
            addRegion(units);
        }
        int number = next;
        next += units;
        return number;
    }

    /** The first place from {@code next} on for a piece of that size: on a cache line if it consists of whole ones. */
    public static int aligned(int next, int units) {
        int align = Math.min(Integer.lowestOneBit(units), LINE_UNITS);
        return next + align - 1 & -align;
    }

    /** Makes room for pieces that were laid out elsewhere from number 0 on, before any other; where they begin. */
    public long adopt(int units) {
        addRegion(Math.max(units, 1));
        next = units;
        usedUnits = units;
        return address(0);
    }

    /** Takes a piece back that is reachable no more. */
    public void retire(int number, long bytes) {
        int units = units(bytes);
        usedUnits -= units;
        if (isEvacuated(number)) {
            return;
        }
        deadUnits += units;
        limbo.retire((long) units << 32 | number);
    }

    /** Bytes of the pieces in use. */
    public long usedBytes() {
        return usedUnits * UNIT;
    }

    /** Bytes of the pieces that wait for another of their size. */
    public long deadBytes() {
        return deadUnits * UNIT;
    }

    /** Bytes of the regions. */
    public long mappedBytes() {
        return mappedBytes;
    }

    /** From now on pieces come from fresh regions; the owner copies what lives and retires where it was. */
    public void beginEvacuation() {
        limbo = new Limbo(readers);
        free.clear();
        evacuated = active;
        active = new ArrayList<>();
        deadUnits = 0;
        next = 0;
        end = 0;
    }

    /** Everything has moved: the old regions are freed as soon as no lookup holds them. */
    public void endEvacuation() {
        for (int first : evacuated) {
            closing.retire(first);
        }
        evacuated = List.of();
        reclaim();
    }

    private boolean isEvacuated(int number) {
        if (evacuated.isEmpty()) {
            return false;
        }
        int region = number >>> REGION_SHIFT;
        for (int first : evacuated) {
            Block block = blocks.get(first);
            if (block != null && region >= first && region < first + block.regions) {
                return true;
            }
        }
        return false;
    }

    private void reclaim() {
        for (long piece = limbo.poll(); piece != Limbo.NONE; piece = limbo.poll()) {
            free.computeIfAbsent((int) (piece >>> 32), size -> new IntStack()).push((int) piece);
        }
        for (long first = closing.poll(); first != Limbo.NONE; first = closing.poll()) {
            Block block = blocks.remove((int) first);
            if (block != null) {
                block.memory.close();
                mappedBytes -= block.memory.bytes();
                for (int i = 0; i < block.regions; i++) {
                    freeRegions.add((int) first + i);
                }
            }
        }
    }

    private void addRegion(int units) {
        int count = (units + REGION_UNITS - 1) / REGION_UNITS;
        int first;
        if (count == 1 && !freeRegions.isEmpty()) {
            first = freeRegions.removeLast();
        } else {
            first = regions;
            if (MAX_REGIONS - first < count) {
                throw new IllegalStateException("the index is full: 32 GiB in one table");
            }
        }
        OffHeap memory = OffHeap.allocate((long) count * REGION_UNITS * UNIT);
        regions = Math.max(regions, first + count);
        for (int i = 0; i < count; i++) {
            putLong(
                    bases.address() + (long) (first + i) * Long.BYTES,
                    memory.address() + (long) i * REGION_UNITS * UNIT);
        }
        blocks.put(first, new Block(memory, count));
        active.add(first);
        mappedBytes += memory.bytes();
        next = first << REGION_SHIFT;
        end = next + count * REGION_UNITS;
    }

    public static int units(long bytes) {
        long units = (bytes + UNIT - 1) / UNIT;
        if (units > Integer.MAX_VALUE / 2) {
            throw new IllegalStateException("the index is full: a piece of " + bytes + " bytes");
        }
        return (int) units;
    }

    @Override
    public void close() {
        blocks.values().forEach(block -> block.memory.close());
        blocks.clear();
        bases.close();
    }
}
