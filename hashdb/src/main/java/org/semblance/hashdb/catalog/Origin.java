package org.semblance.hashdb.catalog;

/**
 * The actor who asked for a change, and the reason; both go to the journal.
 *
 * @param actor a person, key or program
 * @param reason may be empty
 */
public record Origin(String actor, String reason) {}
