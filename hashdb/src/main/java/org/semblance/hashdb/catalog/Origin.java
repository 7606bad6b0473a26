package org.semblance.hashdb.catalog;

/**
 * The actor who asked for a change, and the reason; both go to the journal.
 *
 * @param actor a person, key or program
 * @param reason may be empty
 * @param automatic whether a program decided it, such as an exchange: what a program does waits for nobody's approval
 */
public record Origin(String actor, String reason, boolean automatic) {
    /** A person's origin. */
    public Origin(String actor, String reason) {
        this(actor, reason, false);
    }

    /** The origin of what a program decides by itself. */
    public static Origin ofProgram(String actor, String reason) {
        return new Origin(actor, reason, true);
    }

    /** The key or person without what it says of itself behind a slash: one key is one person. */
    public String key() {
        int slash = actor.indexOf('/');
        return slash < 0 ? actor : actor.substring(0, slash);
    }
}
