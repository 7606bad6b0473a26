package org.semblance.hashdb.matchlog;

import java.util.List;

/**
 * The uploads that matched a content, as far as the log has them.
 *
 * @param references the callers' own ids, each once, the newest first
 * @param withoutReference verdicts on uploads that came without one
 * @param more whether there are more references
 */
public record MatchedReferences(List<String> references, long withoutReference, boolean more) {}
