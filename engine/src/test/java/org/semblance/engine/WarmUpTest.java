package org.semblance.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.MediaLimits;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.hash.SignalType;

class WarmUpTest {
    @Test
    void leavesTheDatabaseAsItIs(@TempDir Path folder) {
        try (HashDb db = HashDb.open(folder);
                ContentHasher hasher = new InProcessHasher(MediaLimits.DEFAULT, DecodePath.FAST)) {
            WarmUp.run(hasher, db);
            assertThat(db.seq()).isZero();
            assertThat(db.size()).isZero();
        }
    }

    @Test
    void hashesColourAndGreyByTurns() {
        try (ContentHasher hasher = new InProcessHasher(MediaLimits.DEFAULT, DecodePath.FAST)) {
            List<HashReport> reports = new ArrayList<>();
            ContentHasher watched = new ContentHasher() {
                @Override
                public HashReport hash(HashRequest request) {
                    reports.add(hasher.hash(request));
                    return reports.getLast();
                }

                @Override
                public void close() {}
            };
            WarmUp warmUp = new WarmUp();
            for (int i = 0; i < 4; i++) {
                assertThat(warmUp.isDue()).isTrue();
                warmUp.step(watched);
            }
            assertThat(reports).extracting(HashReport::format).containsExactly("bmp", "png", "bmp", "png");
            assertThat(reports)
                    .allSatisfy(report -> assertThat(
                                    report.signal(SignalType.PDQ).orElseThrow().isTooFlat())
                            .isFalse());
        }
    }
}
