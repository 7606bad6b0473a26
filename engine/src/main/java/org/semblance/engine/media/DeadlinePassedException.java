package org.semblance.engine.media;

/** Time ran out. This says nothing of the content: the same bytes may be answered in time when asked again. */
public final class DeadlinePassedException extends RuntimeException {
    private final String step;

    /** Before that step, which was not begun. */
    public DeadlinePassedException(String step) {
        super("deadline passed before: " + step);
        this.step = step;
    }

    public String step() {
        return step;
    }
}
