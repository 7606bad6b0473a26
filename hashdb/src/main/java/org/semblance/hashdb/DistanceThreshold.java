package org.semblance.hashdb;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.Treatment;

/**
 * The largest distance at which a PDQ hash matches.
 *
 * @param bits 0..256, inclusive
 * @param from who says so
 */
public record DistanceThreshold(int bits, From from) {
    /** PDQ's own recommendation, where nobody says anything else. */
    public static final DistanceThreshold STANDARD =
            new DistanceThreshold(HashDb.DEFAULT_DISTANCE_THRESHOLD, From.DEFAULT);

    /** What a threshold is said by. */
    public enum From {
        CONTENT,
        BANK,
        DEFAULT;

        /** The name in answers: lower case. */
        public String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Of a content: its own, or else that of its bank. */
    public static DistanceThreshold of(Bank bank, Treatment treatment) {
        return said(treatment.distanceThreshold(), From.CONTENT, of(bank));
    }

    /** Of a bank, for contents that have none of their own. */
    public static DistanceThreshold of(Bank bank) {
        return said(bank.distanceThreshold(), From.BANK, STANDARD);
    }

    private static DistanceThreshold said(@Nullable Integer bits, From from, DistanceThreshold otherwise) {
        return bits == null ? otherwise : new DistanceThreshold(bits, from);
    }
}
