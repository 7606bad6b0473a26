package org.semblance.hashdb.catalog;

import org.jspecify.annotations.Nullable;

/** The file is no catalog, is damaged, or was written by a newer release; nothing in it was changed. */
public final class CatalogRefusedException extends RuntimeException {
    public CatalogRefusedException(String reason, @Nullable Throwable cause) {
        super(reason, cause);
    }
}
