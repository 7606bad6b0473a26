package org.semblance.bench.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.engine.InProcessHasher;
import org.semblance.engine.MatchReport;
import org.semblance.engine.judge.Verdict;

/**
 * What Chromium shows like the original, as {@link BrowserReport} found it for this seed, gets the verdict {@code match}.
 * {@code shown.txt} is that report's.
 */
class OneStepChangesTest {
    private static final long SEED = 20261129;
    private static final int PICTURES = 2;

    /** Without libdav1d, which Chromium has, some AV1 pictures that are damaged at their end are refused by libaom. */
    private static final Set<String> BEYOND_LIBAOM =
            Set.of("its last 16 bytes zero", "its last 16 bytes noise", "a byte inserted at");

    private static Set<String> shown() throws IOException {
        try (InputStream in = OneStepChangesTest.class.getResourceAsStream("shown.txt")) {
            assertThat(in).isNotNull();
            return new HashSet<>(new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList());
        }
    }

    @Test
    void whatABrowserShowsIsMatched(@TempDir Path folder) throws IOException {
        List<Change> changes = OneStepChanges.of(SEED, PICTURES);
        Set<String> shown = shown();
        List<String> missed = new ArrayList<>();
        int matched = 0;
        try (Verdicts verdicts = new Verdicts(folder)) {
            for (Change change : changes) {
                if (change.isOriginal()) {
                    verdicts.bank(change.file());
                }
            }
            for (Change change : changes) {
                if (!shown.contains(change.name()) || isBeyondLibaom(change)) {
                    continue;
                }
                MatchReport report = verdicts.of(change.file());
                if (report.verdict() == Verdict.MATCH) {
                    matched++;
                } else {
                    missed.add(change.name() + ": " + report.verdict() + " " + report.reason());
                }
            }
        }
        assertThat(missed).isEmpty();
        // An encoder of another version writes other files, and other places of theirs are changed.
        assertThat(matched).isGreaterThan(shown.size() * 9 / 10);
    }

    private static boolean isBeyondLibaom(Change change) {
        return !InProcessHasher.av1().isDav1d()
                && change.format().equals("avif")
                && BEYOND_LIBAOM.stream().anyMatch(step -> change.step().startsWith(step));
    }
}
