package org.semblance.hashdb.recent;

/**
 * How the recent uploads are.
 *
 * @param loading whether the index is being built from the file, so that a search would miss some
 * @param hashes how many are kept
 * @param indexed how many distinct hashes are searched
 * @param capacity how many hashes there is room for
 * @param waiting uploads that were offered and are not kept yet
 * @param kept uploads kept since the start
 * @param dropped uploads that were not kept since the start, as too many came at once or the disk took none
 * @param indexBytes memory of the index outside the heap
 * @param fileBytes length of the file
 */
public record RecentState(
        boolean loading,
        long hashes,
        long indexed,
        long capacity,
        long waiting,
        long kept,
        long dropped,
        long indexBytes,
        long fileBytes) {}
