package org.semblance.hashdb.index;

/** Tables without vector instructions, that replace the scan in the middle of the tests. */
class ScalarPigeonringIndexTest extends HashIndexContractTest {
    @Override
    HashIndex newIndex() {
        return new PigeonringIndex(new ScalarKernels(), new PigeonringIndex.Tuning(500, false, 1 << 20, Ring.SIXTEEN));
    }
}
