package org.semblance.bench.browser;

/**
 * A file that was changed in one step, or not at all.
 *
 * @param format of the file, such as {@code png}
 * @param base which encoding of which picture was changed, such as {@code png-palette-1}
 * @param step what was done, such as {@code no IEND}; {@value #NONE} for the file as its encoder wrote it
 */
record Change(String format, String base, String step, byte[] file) {
    static final String NONE = "unchanged";

    String name() {
        return base + ": " + step;
    }

    boolean isOriginal() {
        return step.equals(NONE);
    }
}
