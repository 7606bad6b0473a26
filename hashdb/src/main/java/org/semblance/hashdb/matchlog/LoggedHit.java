package org.semblance.hashdb.matchlog;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One content that a verdict names.
 *
 * @param bank the name of the bank at the time
 * @param labels of the content at the time
 * @param signalType by what the content was found, as an answer has it
 * @param distance in bits, or null if it was found by features
 * @param transform what was done to the upload before it was found
 * @param spans where the upload shows the content, as JSON, or null
 */
public record LoggedHit(
        Outcome outcome,
        long bankId,
        String bank,
        long contentId,
        List<String> labels,
        String signalType,
        @Nullable Integer distance,
        String transform,
        @Nullable String spans) {}
