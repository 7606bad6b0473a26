package org.semblance.hashdb.outbox;

/**
 * Something to be told.
 *
 * @param id the same whenever the same thing is told, so that a receiver that has it already knows
 * @param kind the kind of event, such as {@code retro_match}
 * @param body a JSON object
 */
public record Event(String id, String kind, String body) {}
