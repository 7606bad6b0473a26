package org.semblance.server.auth;

import java.time.Instant;

/**
 * A person who has signed in to the console with a key.
 *
 * @param keySha256 of the key's secret; what the person may do is what that key may do at the moment
 * @param person the name that was given, for the journal
 * @param endsAt when the session ends at the latest
 */
public record Session(String keySha256, String person, Instant endsAt) {}
