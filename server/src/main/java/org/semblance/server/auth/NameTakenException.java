package org.semblance.server.auth;

/** A key has that name already, or had it before it was revoked. */
public final class NameTakenException extends IllegalArgumentException {
    NameTakenException(String name) {
        super("name: '" + name
                + "' is taken (expected: a new one; the journal names changes by it, so that a revoked key keeps"
                + " its name)");
    }
}
