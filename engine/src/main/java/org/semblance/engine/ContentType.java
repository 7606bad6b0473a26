package org.semblance.engine;

import java.util.Locale;

/** What kind of media a content is. */
public enum ContentType {
    IMAGE;

    /** The name in answers: lower case. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
