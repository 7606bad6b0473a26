package org.semblance.server.auth;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The sender of a request, with the rights that its key has. Immutable. */
public final class Caller {
    /** Everybody, where no key is needed: may do everything. */
    public static final Caller ANYONE = new Caller(null, Role.ADMIN, Set.of(), true);

    /** The owner of the data folder, by the secret that is in it: may do everything. */
    public static final Caller OWNER = new Caller(null, Role.ADMIN, Set.of(), true);

    /** Somebody without a good key, where one is needed: may do nothing. */
    public static final Caller NOBODY = new Caller(null, null, Set.of(), false);

    private final @Nullable String key;
    private final @Nullable Role role;
    private final Set<String> banks;
    private final boolean seesDistance;

    private Caller(@Nullable String key, @Nullable Role role, Set<String> banks, boolean seesDistance) {
        this.key = key;
        this.role = role;
        this.banks = banks;
        this.seesDistance = seesDistance;
    }

    static Caller of(Key key) {
        return new Caller(key.name(), key.role(), key.banks(), !key.hideDistance());
    }

    /** The name of the key, or null where none was needed or none was good. */
    public @Nullable String key() {
        return key;
    }

    /** The role of the key, or null where none was good. */
    public @Nullable Role role() {
        return role;
    }

    /** Whether the role suffices. */
    public boolean may(Role wanted) {
        return role != null && role.includes(wanted);
    }

    /** @throws AccessRefusedException if the role does not suffice */
    public void requires(Role wanted) {
        if (!may(wanted)) {
            throw AccessRefusedException.forbidden(
                    role == null
                            ? "a key of role " + wanted.wireName() + " is needed"
                            : "key " + key + ": role " + role.wireName() + " (expected: " + wanted.wireName()
                                    + switch (wanted) {
                                        case MATCH, CURATE -> " or more)";
                                        case OPS, NODE -> " or admin)";
                                        case ADMIN -> ")";
                                    });
        }
    }

    /** Whether it may know of the bank of that name. */
    public boolean sees(String bank) {
        return role != null && (banks.isEmpty() || banks.contains(bank));
    }

    /** Whether it may know of every bank. */
    public boolean seesAllBanks() {
        return role != null && banks.isEmpty();
    }

    /** The names of the banks that it may know of, whether they exist or not; empty for all of them. */
    public Set<String> banks() {
        return banks;
    }

    /** @throws AccessRefusedException if it may not know of every bank */
    public void requiresAllBanks() {
        if (!seesAllBanks()) {
            throw AccessRefusedException.forbidden("key " + key + ": its scope is some banks (expected: a key of all)");
        }
    }

    /** Whether it may be told how far a hash is from a banked one, and what a hash is. */
    public boolean seesDistance() {
        return seesDistance;
    }

    /**
     * Refuses what would tell hashes or distances, and answers to hashes that the caller chooses: who asks about one hash
     * after another, a bit apart, learns from yes and no alone what is banked.
     *
     * @throws AccessRefusedException if it may not be told distances and hashes
     */
    public void requiresDistance() {
        if (!seesDistance) {
            throw AccessRefusedException.forbidden(
                    "key " + key
                            + ": is not told hashes and distances, nor answered on hashes that it chooses; /v1/match and POST /m/lookup take files");
        }
    }

    /**
     * Who the journal says made a change: the key, with what the caller says of itself behind a slash.
     *
     * @param stated at most 200 characters, or null
     */
    public String actor(@Nullable String stated) {
        if (stated == null || stated.isBlank()) {
            return key == null ? "anonymous" : key;
        }
        return key == null ? stated : key + "/" + stated;
    }
}
