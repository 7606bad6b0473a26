package org.semblance.hashdb.matchlog;

import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Ids of verdicts: UUIDs of version 7 (RFC 9562), whose order is that of their milliseconds. Each thread makes its own, so that
 * none waits for another. An id is a name and no secret.
 */
public final class VerdictIds {
    private static final long VERSION_7 = 0x7000L;
    private static final long VARIANT = 0x8000_0000_0000_0000L;

    private VerdictIds() {}

    /** A new id for a verdict of that time, in milliseconds since 1970. */
    public static UUID next(long atMs) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return new UUID(
                atMs << 16 | VERSION_7 | random.nextLong() & 0xfff,
                random.nextLong() & 0x3fff_ffff_ffff_ffffL | VARIANT);
    }

    /** The id of that text, or null if the text is none. */
    public static @Nullable UUID parse(String text) {
        if (text.length() != 36) {
            return null; // UUID.fromString takes shorter ones.
        }
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
