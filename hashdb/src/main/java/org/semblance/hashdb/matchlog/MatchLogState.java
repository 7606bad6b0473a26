package org.semblance.hashdb.matchlog;

/**
 * How the log is now. Counts are since it was opened, but for {@code lost}.
 *
 * @param rows rows that were stored
 * @param dropped rows that were not stored because the queue was full or the disk failed
 * @param lost rows that were on their way when the process was killed before this start
 * @param cut rows beyond the most of one verdict
 * @param queued rows that wait
 * @param bytes of the file
 * @param commits transactions
 * @param commitNanos time that they took
 */
public record MatchLogState(
        long rows, long dropped, long lost, long cut, long queued, long bytes, long commits, long commitNanos) {}
