package org.semblance.hashdb.catalog;

import org.jspecify.annotations.Nullable;

/** The value of a field that may be null, where a field that is not given is null itself. */
public record Given<T>(@Nullable T value) {}
