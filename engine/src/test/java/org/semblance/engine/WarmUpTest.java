package org.semblance.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.HashDb;

class WarmUpTest {
    @Test
    void leavesTheDatabaseAsItIs(@TempDir Path folder) {
        try (HashDb db = HashDb.open(folder)) {
            WarmUp.run(db);
            assertThat(db.seq()).isZero();
            assertThat(db.size()).isZero();
        }
    }
}
