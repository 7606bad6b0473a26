package org.semblance.hashdb.index;

import org.semblance.hashdb.index.kernel.ScalarKernels;

/** The scan without vector instructions. */
class ScalarLinearScanIndexTest extends HashIndexContractTest {
    @Override
    HashIndex newIndex() {
        return new LinearScanIndex(new ScalarKernels());
    }
}
