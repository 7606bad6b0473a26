package org.semblance.hashdb.catalog;

/**
 * The actor who asked for a change, and the reason; both go to the journal.
 *
 * @param actor a person, key or program
 * @param reason may be empty
 */
public record Origin(String actor, String reason) {
    /** The key or person without what it says of itself behind a slash: one key is one person. */
    public String key() {
        int slash = actor.indexOf('/');
        return slash < 0 ? actor : actor.substring(0, slash);
    }
}
