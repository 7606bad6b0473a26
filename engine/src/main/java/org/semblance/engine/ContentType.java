package org.semblance.engine;

import java.util.Locale;

/** What kind of media a content is. */
public enum ContentType {
    /** A picture, or an animated one: that has frames as well, but is uploaded, shown and matched as an image. */
    IMAGE,
    VIDEO;

    /** The name in answers: lower case. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
