package org.semblance.server.auth;

import java.time.Instant;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The stored facts about a key.
 *
 * @param name 1 to 48 letters, digits, dots, dashes and underscores; the actor of its changes, never used twice
 * @param sha256 of the secret, 64 lower-case hex digits
 * @param banks names of the banks it may know of; empty for all
 * @param hideDistance whether it is told neither distances nor hashes, so that nobody can climb towards a banked hash
 * @param ratePerSecond requests a second, up to 1,000,000, or null for no limit; a second's worth may come at once
 * @param concurrent requests at a time, 1 to 1,000,000, or null for no limit
 * @param expiresAt from when on it is refused, or null
 * @param revokedAt when it was revoked, or null; it stays in the file so that its name stays taken
 */
public record Key(
        String name,
        String sha256,
        Role role,
        Set<String> banks,
        boolean hideDistance,
        @Nullable Double ratePerSecond,
        @Nullable Integer concurrent,
        Instant createdAt,
        @Nullable Instant expiresAt,
        @Nullable Instant revokedAt) {
    // A name, a slash and an X-Actor of 200 characters fit into the journal's actor of 255.
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,47}");
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
    private static final Pattern BANK = Pattern.compile("[A-Z_][A-Z0-9_]{0,254}");
    private static final double MAX_RATE = 1_000_000;
    private static final int MAX_CONCURRENT = 1_000_000;

    /**
     * Checks each value.
     *
     * @throws IllegalArgumentException naming the field, what came and what was expected
     */
    public Key {
        require(
                NAME.matcher(name).matches(),
                "name",
                name,
                "1 to 48 letters, digits, dots, dashes and underscores, a letter or digit first");
        require(SHA256.matcher(sha256).matches(), "sha256", sha256, "64 lower-case hex digits");
        for (String bank : banks) {
            require(BANK.matcher(bank).matches(), "bank", bank, "UPPER_WITH_UNDERSCORE");
        }
        if (ratePerSecond != null) {
            require(ratePerSecond > 0 && ratePerSecond <= MAX_RATE, "rate", ratePerSecond, "above 0, up to 1000000");
        }
        if (concurrent != null) {
            require(concurrent >= 1 && concurrent <= MAX_CONCURRENT, "concurrent", concurrent, "1 to 1000000");
        }
        banks = Set.copyOf(banks);
    }

    private static void require(boolean holds, String field, Object value, String expected) {
        if (!holds) {
            throw new IllegalArgumentException(field + ": '" + value + "' (expected: " + expected + ")");
        }
    }

    /** Why it is refused at that time, or null if it is good. */
    @Nullable
    String refusedAt(Instant now) {
        if (revokedAt != null) {
            return "key " + name + ": revoked on " + revokedAt;
        }
        return expiresAt != null && !now.isBefore(expiresAt) ? "key " + name + ": expired on " + expiresAt : null;
    }

    /** {@code active}, {@code revoked} or {@code expired}. */
    public String stateAt(Instant now) {
        return revokedAt != null ? "revoked" : refusedAt(now) != null ? "expired" : "active";
    }

    Key revoked(Instant at) {
        return new Key(name, sha256, role, banks, hideDistance, ratePerSecond, concurrent, createdAt, expiresAt, at);
    }
}
