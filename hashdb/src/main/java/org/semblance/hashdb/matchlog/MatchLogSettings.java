package org.semblance.hashdb.matchlog;

/**
 * What the log keeps, and for how long.
 *
 * @param days how long rows are kept; 0 for no rows, with the counters going on
 * @param mostBytes how large the rows and counters may get before the oldest rows are deleted
 * @param hashes whether the upload's hash is kept with a row
 */
public record MatchLogSettings(int days, long mostBytes, boolean hashes) {
    /** Thirty days and a gigabyte, without hashes. */
    public static final MatchLogSettings DEFAULT = new MatchLogSettings(30, 1 << 30, false);

    /** Whether rows are kept. */
    public boolean keepsRows() {
        return days > 0;
    }
}
