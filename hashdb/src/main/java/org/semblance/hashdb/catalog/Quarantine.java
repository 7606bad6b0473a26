package org.semblance.hashdb.catalog;

/**
 * Why a content makes no verdict {@code match} for now. What it would have matched is told all the same.
 *
 * @param reason for people; not empty
 * @param exact whether the very bytes of the content make no match either; otherwise only what is near the content does not
 */
public record Quarantine(String reason, boolean exact) {}
