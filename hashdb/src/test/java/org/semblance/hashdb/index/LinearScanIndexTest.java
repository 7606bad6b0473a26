package org.semblance.hashdb.index;

/** The scan with vector instructions. */
class LinearScanIndexTest extends HashIndexContractTest {
    @Override
    HashIndex newIndex() {
        return new LinearScanIndex();
    }
}
