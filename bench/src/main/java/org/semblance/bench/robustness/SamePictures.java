package org.semblance.bench.robustness;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which photos of a corpus are the same picture, so that one found for the other is right. */
final class SamePictures {
    private final Set<Set<String>> pairs = new HashSet<>();
    private final List<String> lines = new ArrayList<>();

    /**
     * @param known a file with two names of the corpus in each line, apart by a tab, whom a person has looked at; or null
     * @throws IllegalArgumentException if a line has another form
     */
    static SamePictures known(@Nullable Path known) throws IOException {
        SamePictures same = new SamePictures();
        if (known != null) {
            for (String line : Files.readAllLines(known)) {
                String[] names = line.split("\t");
                if (names.length != 2) {
                    throw new IllegalArgumentException("--same: " + known + ": \"" + line
                            + "\" (expected: two names in each line, apart by a tab)");
                }
                same.add(names[0], names[1], "as " + known.getFileName() + " says");
            }
        }
        return same;
    }

    /** Adds all pairs that PDQ takes for the same. */
    void findIn(List<Picture> photos) {
        for (int i = 0; i < photos.size(); i++) {
            Picture a = photos.get(i);
            for (int j = i + 1; j < photos.size(); j++) {
                Picture b = photos.get(j);
                if (a.pdq() != null && b.pdq() != null && a.looksLike(b)) {
                    add(a.name(), b.name(), "PDQ distance " + a.pdq().distance(b.pdq()));
                }
            }
        }
    }

    private void add(String a, String b, String why) {
        if (pairs.add(Set.of(a, b))) {
            lines.add(a + ", " + b + ": " + why);
        }
    }

    boolean has(Picture a, Picture b) {
        return !a.name().equals(b.name()) && pairs.contains(Set.of(a.name(), b.name()));
    }

    boolean hasSome(Picture picture) {
        return pairs.stream().anyMatch(pair -> pair.contains(picture.name()));
    }

    /** A line for each pair. */
    List<String> lines() {
        return lines;
    }
}
