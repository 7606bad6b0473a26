package org.semblance.hashdb.catalog;

/**
 * Who asked for a change, and why; both go to the journal.
 *
 * @param actor a person, key or program
 * @param reason may be empty
 */
public record Origin(String actor, String reason) {}
