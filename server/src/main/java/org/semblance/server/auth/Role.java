package org.semblance.server.auth;

import java.util.Locale;
import java.util.Optional;

/**
 * The rights of a key. Of {@link #MATCH}, {@link #CURATE} and {@link #ADMIN} each may do what the ones before it may, and an admin
 * what those do who watch, and what nodes do; {@link #OPS} and {@link #NODE} may do nothing of the others.
 */
public enum Role {
    /** Ask: match, hash, look up, read the list version. */
    MATCH,
    /** Read banks, and change what is in them. */
    CURATE,
    /** Make, change and delete banks; read the journal and the use of keys. */
    ADMIN,
    /**
     * Watch: read metrics, the use of keys, and how index and exchanges are. Neither uploads nor hashes nor what is in a bank, and
     * no change; so a key of it may lie on a machine that monitors.
     */
    OPS,
    /**
     * Be another node of the same catalog: read the snapshots of the indexes, and nothing else. They hold every hash of the list, so a
     * node's key is as secret as the list; it changes nothing.
     */
    NODE;

    /** Whether this role suffices where that one is asked for. */
    public boolean includes(Role other) {
        return this == other || this == ADMIN || (this == CURATE && other == MATCH);
    }

    /** As the command line and {@code keys.json} name it. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The role of that name. */
    public static Optional<Role> of(String wireName) {
        for (Role role : values()) {
            if (role.wireName().equals(wireName)) {
                return Optional.of(role);
            }
        }
        return Optional.empty();
    }
}
