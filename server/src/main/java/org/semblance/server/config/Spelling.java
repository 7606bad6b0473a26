package org.semblance.server.config;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Finds the name that somebody probably meant who misspelt a name. */
public final class Spelling {
    private Spelling() {}

    /** The name that is nearest to what was typed; null if none is near. */
    public static @Nullable String nearest(String typed, Iterable<String> names) {
        String nearest = null;
        int least = Math.max(2, typed.length() / 3) + 1;
        for (String name : names) {
            int edits = edits(typed, name);
            if (edits < least) {
                least = edits;
                nearest = name;
            }
        }
        return nearest;
    }

    /** How many characters have to be added, removed or changed to make one of the other (Levenshtein). */
    private static int edits(String a, String b) {
        int[] row = new int[b.length() + 1];
        Arrays.setAll(row, i -> i);
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int changed = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(changed, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
