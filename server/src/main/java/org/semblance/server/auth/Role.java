package org.semblance.server.auth;

import java.util.Locale;
import java.util.Optional;

/** What a key may do; each role may do what the ones before it may. */
public enum Role {
    /** Ask: match, hash, look up, read the list version. */
    MATCH,
    /** Read banks, and change what is in them. */
    CURATE,
    /** Make, change and delete banks; read the journal and the use of keys. */
    ADMIN;

    /** Whether this role suffices where that one is asked for. */
    public boolean includes(Role other) {
        return compareTo(other) >= 0;
    }

    /** As the command line and {@code keys.json} name it. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The role of that name. */
    static Optional<Role> of(String wireName) {
        for (Role role : values()) {
            if (role.wireName().equals(wireName)) {
                return Optional.of(role);
            }
        }
        return Optional.empty();
    }
}
