package org.semblance.hashdb.matchlog;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Some rows of the log.
 *
 * @param next where the next page begins, or null if this page is the last one
 * @param seen up to where the log was looked through: an id, of a row that need not be among these
 */
public record LogPage(List<LogRow> rows, @Nullable Long next, long seen) {}
