package org.semblance.engine.media;

/** Time ran out. This says nothing of the content: the same bytes may be answered in time when asked again. */
public final class DeadlinePassedException extends RuntimeException {
    DeadlinePassedException(String step) {
        super("deadline passed before: " + step);
    }
}
