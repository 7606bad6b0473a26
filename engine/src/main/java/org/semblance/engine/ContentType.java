package org.semblance.engine;

import java.util.Locale;

/** The kind of media of a content. */
public enum ContentType {
    /** A picture, or an animated one: that has frames as well, but is uploaded, shown and matched as an image. */
    IMAGE,
    VIDEO;

    /** The name in answers: lower case. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
