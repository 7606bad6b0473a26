package org.semblance.server.doctor;

/**
 * The result of one check.
 *
 * @param check its name, a word or two
 * @param detail what was found
 * @param advice what to do about it; empty if it is well
 */
public record Finding(String check, Grade grade, String detail, String advice) {
    /** How well something is. */
    public enum Grade {
        OK,
        /** A server runs, but not as it could or should. */
        WARN,
        /** A server would not start or not work. */
        FAIL
    }

    static Finding ok(String check, String detail) {
        return new Finding(check, Grade.OK, detail, "");
    }

    static Finding warn(String check, String detail, String advice) {
        return new Finding(check, Grade.WARN, detail, advice);
    }

    static Finding fail(String check, String detail, String advice) {
        return new Finding(check, Grade.FAIL, detail, advice);
    }
}
