package org.semblance.hashdb.index;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.util.Arrays;
import org.semblance.hashdb.file.SnapshotFormat;
import org.semblance.hashdb.file.SnapshotFormat.Part;

/**
 * From a hash to its slot, for the writer alone: which hashes are stored, and where.
 *
 * <p>Open addressing with linear probing over slot numbers (4 bytes a cell); the hashes themselves are read where they
 * are stored. The cells are cut into 4,096 parts by the upper bits of the key and each part doubles by itself, so that
 * growing never stops the writer for longer than a part takes. A removal moves later cells back (Knuth, The Art of
 * Computer Programming 3, 6.4, algorithm R), so no cell is ever a tombstone.
 */
final class SlotMap {
    static final int NONE = -1;

    private static final int PART_BITS = 12;
    private static final int EMPTY = 0;
    private static final int[] NO_CELLS = new int[0];

    private final SlotStore store;
    /** Slot + 1, or {@link #EMPTY}. */
    private final int[][] parts = new int[1 << PART_BITS][];

    private final int[] used = new int[1 << PART_BITS];

    SlotMap(SlotStore store) {
        this.store = store;
        Arrays.fill(parts, NO_CELLS);
    }

    /** The slot of that hash, or {@link #NONE}. */
    int find(long w3, long w2, long w1, long w0) {
        long key = key(w3, w2, w1, w0);
        int[] cells = parts[part(key)];
        if (cells.length == 0) {
            return NONE;
        }
        int mask = cells.length - 1;
        for (int i = (int) key & mask; cells[i] != EMPTY; i = i + 1 & mask) {
            int slot = cells[i] - 1;
            if (store.holds(slot, w3, w2, w1, w0)) {
                return slot;
            }
        }
        return NONE;
    }

    /** Enters a slot, written already, whose hash is not in the map. */
    void put(int slot) {
        long key = keyOf(slot);
        int part = part(key);
        if (4 * (used[part] + 1) > 3 * parts[part].length) {
            grow(part);
        }
        insert(parts[part], key, slot);
        used[part]++;
    }

    /** Takes a slot out whose hash is in the map; the hash must still be in the slot. */
    void remove(int slot) {
        long key = keyOf(slot);
        int[] cells = parts[part(key)];
        int mask = cells.length - 1;
        int hole = (int) key & mask;
        while (cells[hole] != slot + 1) {
            hole = hole + 1 & mask;
        }
        for (int i = hole + 1 & mask; cells[i] != EMPTY; i = i + 1 & mask) {
            int home = (int) keyOf(cells[i] - 1) & mask;
            // The cell may fill the hole unless its home lies between the hole and itself.
            if ((i - home & mask) >= (i - hole & mask)) {
                cells[hole] = cells[i];
                hole = i;
            }
        }
        cells[hole] = EMPTY;
        used[part(key)]--;
    }

    void save(SnapshotFormat.Writer out) throws IOException {
        long bytes = 0;
        for (int[] cells : parts) {
            bytes += 2L * Integer.BYTES + (long) cells.length * Integer.BYTES;
        }
        out.begin(Part.MAP, bytes);
        for (int part = 0; part < parts.length; part++) {
            out.putInt(parts[part].length);
            out.putInt(used[part]);
            for (int cell : parts[part]) {
                out.putInt(cell);
            }
        }
        out.end();
    }

    void load(SnapshotFormat.Reader in) throws IOException {
        ByteBuffer cells = in.next(Part.MAP).getRest();
        for (int part = 0; part < parts.length; part++) {
            parts[part] = new int[cells.getInt()];
            used[part] = cells.getInt();
            IntBuffer ints = cells.asIntBuffer();
            ints.get(parts[part]);
            cells.position(cells.position() + Integer.BYTES * ints.position());
        }
    }

    private void grow(int part) {
        int[] old = parts[part];
        int[] cells = new int[Math.max(8, 2 * old.length)];
        for (int cell : old) {
            if (cell != EMPTY) {
                insert(cells, keyOf(cell - 1), cell - 1);
            }
        }
        parts[part] = cells;
    }

    private static void insert(int[] cells, long key, int slot) {
        int mask = cells.length - 1;
        int i = (int) key & mask;
        while (cells[i] != EMPTY) {
            i = i + 1 & mask;
        }
        cells[i] = slot + 1;
    }

    private static int part(long key) {
        return (int) (key >>> (64 - PART_BITS));
    }

    private long keyOf(int slot) {
        return key(store.word(slot, 3), store.word(slot, 2), store.word(slot, 1), store.word(slot, 0));
    }

    /** Every bit of the hash reaches every bit of the key; the multipliers are those of MurmurHash3's finalizer. */
    private static long key(long w3, long w2, long w1, long w0) {
        return mix(w0 + mix(w1 + mix(w2 + mix(w3))));
    }

    private static long mix(long x) {
        x = (x ^ x >>> 33) * 0xFF51AFD7ED558CCDL;
        x = (x ^ x >>> 33) * 0xC4CEB9FE1A85EC53L;
        return x ^ x >>> 33;
    }
}
