package org.semblance.hashdb;

import java.util.Locale;

/** The kind of an index that follows the catalog: its unit of counting, and its file. */
public enum IndexKind {
    HASHES("index.snapshot"),
    FEATURES("features.snapshot");

    private final String fileName;

    IndexKind(String fileName) {
        this.fileName = fileName;
    }

    /** The name of the snapshot in the data folder. */
    String fileName() {
        return fileName;
    }

    /** What messages call the units. */
    String units() {
        return name().toLowerCase(Locale.ROOT);
    }
}
