package org.semblance.hashdb.follow;

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
    public String fileName() {
        return fileName;
    }

    /** What messages call the units. */
    public String units() {
        return name().toLowerCase(Locale.ROOT);
    }
}
