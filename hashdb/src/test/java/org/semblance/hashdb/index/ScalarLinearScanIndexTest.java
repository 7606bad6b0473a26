package org.semblance.hashdb.index;

/** The scan without vector instructions. */
class ScalarLinearScanIndexTest extends HashIndexContractTest {
    @Override
    HashIndex newIndex() {
        return new LinearScanIndex(new ScalarKernels());
    }
}
