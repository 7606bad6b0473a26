package org.semblance.hashdb.index;

/** Sketches of four bytes and chunks of different widths, as in the tables of large sets, but with fewer buckets. */
class WideSketchIndexTest extends HashIndexContractTest {
    private static final Ring RING = new Ring(3, Integer.BYTES, 8, 14, 17, 15, 18);

    @Override
    HashIndex newIndex() {
        return new PigeonringIndex(Kernels.best(), new PigeonringIndex.Tuning(200, false, 256, RING));
    }
}
