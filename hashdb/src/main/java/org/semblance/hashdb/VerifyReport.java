package org.semblance.hashdb;

import java.util.List;

/**
 * The findings of {@link HashDb#verify}.
 *
 * @param journalRows rows of the journal whose chain was recomputed
 * @param headHash the hash of the newest of them, 64 hex digits; kept in another place it later shows whether rows were
 *     cut off
 * @param hashes pairs of hash and content compared between catalog and index
 * @param pictures banked pictures whose features were compared between catalog and index
 * @param problems empty if all is well; each names the row or content
 */
public record VerifyReport(long journalRows, String headHash, long hashes, long pictures, List<String> problems) {
    public VerifyReport {
        problems = List.copyOf(problems);
    }

    public boolean clean() {
        return problems.isEmpty();
    }
}
