package org.semblance.hashdb.exchange;

import org.jspecify.annotations.Nullable;

/**
 * A column of a list in CSV.
 *
 * @param as the field that the column is read as, or null if nothing is taken of it
 */
public record HashListColumn(String name, @Nullable String as) {}
