package org.semblance.hashdb.index;

import org.semblance.hashdb.index.kernel.Kernels;

/**
 * Tables that replace the scan in the middle of the tests, with sketches of four bytes and chunks of different widths, as in
 * the tables of large sets, but with fewer buckets.
 */
class WidePigeonringIndexTest extends HashIndexContractTest {
    private static final Ring RING = new Ring(3, Integer.BYTES, 8, 8, 14, 17, 15, 18);

    @Override
    HashIndex newIndex() {
        return new PigeonringIndex(Kernels.best(), new PigeonringIndex.Tuning(500, false, 1 << 20, RING));
    }
}
