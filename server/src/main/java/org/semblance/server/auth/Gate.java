package org.semblance.server.auth;

import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.semblance.server.auth.AccessRefusedException.Reason;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets requests in or not, by their keys. Never blocks, so that an event loop may ask it: a thread of its own follows the
 * keys, and a change of them is in force within a second. A document of keys that cannot be read, is gone or holds no keys any more
 * changes nothing: the last good keys go on to be asked for, and the log says so. Nor does a server start without keys where
 * there were some.
 *
 * <p>A secret is compared by finding its SHA-256 in a map. How long that takes tells something about a hash which the
 * caller can neither choose nor invert, and nothing about a secret.
 */
public final class Gate implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Gate.class);
    private static final long POLL_MS = 500;
    private static final int MAX_SECRET_CHARS = 256;

    private final KeyRing keyRing;
    private final AccessPolicy policy;
    private final InstantSource clock;
    private final Sessions sessions;
    private final LongSupplier nanoClock;
    private final ScheduledExecutorService follower = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("keys").factory());
    private volatile Map<String, Holder> holders = Map.of();

    /** Of the secret of the data folder's owner, or null if there is none. */
    private volatile @Nullable String ownerSha256;

    // The follower's: what it read last, whether that there are keys is remembered, and what it complained of last.
    private byte @Nullable [] seen;
    private boolean remembered;
    private @Nullable String complaint;

    /** A key and what its holder does at the moment. */
    private record Holder(Key key, Caller caller, Use use) {}

    /** Outlives a change of the key. */
    private static final class Use {
        final RateLimit rate;
        final AtomicInteger inFlight = new AtomicInteger();
        final LongAdder requests = new LongAdder();
        final LongAdder refused = new LongAdder();

        Use(long nowNanos) {
            rate = new RateLimit(nowNanos);
        }
    }

    /**
     * A key's use since the server started.
     *
     * @param requests that were let in
     * @param refused for its role, its rate or its concurrent requests, or because it is revoked or expired
     * @param inFlight requests under way
     */
    public record Usage(Key key, long requests, long refused, int inFlight) {}

    /** A request that was let in; to be closed, once or more often, when its work is done. */
    public static final class Pass implements AutoCloseable {
        private final Caller caller;
        private final @Nullable Key key;
        private final @Nullable Use use;
        private final AtomicBoolean closed = new AtomicBoolean();

        private Pass(Caller caller, @Nullable Key key, @Nullable Use use) {
            this.caller = caller;
            this.key = key;
            this.use = use;
        }

        public Caller caller() {
            return caller;
        }

        @Override
        public void close() {
            if (use != null && closed.compareAndSet(false, true)) {
                use.inFlight.decrementAndGet();
            }
        }
    }

    Gate(KeyRing keyRing, AccessPolicy policy, InstantSource clock, LongSupplier nanoClock) {
        this.keyRing = keyRing;
        this.policy = policy;
        this.clock = clock;
        this.sessions = new Sessions(clock);
        this.nanoClock = nanoClock;
        seen = keyRing.bytes();
        if (seen != null) {
            take(keyRing.parse(seen));
        }
    }

    /**
     * Reads the keys of the folder, and follows them from then on.
     *
     * @param bindAddress the host name or address that the server is to listen on
     * @throws KeysRefusedException if the keys are damaged, or if the server would be unguarded there
     */
    public static Gate start(Path folder, AccessPolicy policy, String bindAddress) {
        return start(new KeyRing(folder), policy, bindAddress);
    }

    /** As {@link #start(Path, AccessPolicy, String)}, with keys wherever they are. */
    public static Gate start(KeyRing keyRing, AccessPolicy policy, String bindAddress) {
        Gate gate = new Gate(keyRing, policy, InstantSource.system(), System::nanoTime);
        try {
            gate.checkGuarded(bindAddress);
        } catch (RuntimeException e) {
            gate.close();
            throw e;
        }
        gate.follower.scheduleWithFixedDelay(gate::refresh, POLL_MS, POLL_MS, TimeUnit.MILLISECONDS);
        return gate;
    }

    /** No server that had keys answers everybody because they are gone, unless it is told to. */
    private void checkGuarded(String bindAddress) {
        boolean loopback = HostNames.isLoopback(bindAddress);
        switch (policy) {
            case KEYS -> {
                if (holders.isEmpty() && keyRing.hadKeys()) {
                    throw new KeysRefusedException(
                            keyRing.place() + ": " + (seen == null ? "is missing" : "holds no keys")
                                    + ", though keys were made for this database; put it back from a backup, or make a key with:"
                                    + " semblance key create NAME --role admin " + keyRing.option()
                                    + " (--open answers everybody on this machine all the same)");
                }
                if (!loopback && holders.isEmpty()) {
                    throw new KeysRefusedException("address " + bindAddress + ": there are no keys, so that everybody"
                            + " who reaches it could read and change the banks; make one with: semblance key create"
                            + " NAME --role admin " + keyRing.option());
                }
                LOG.info(holders.isEmpty() ? "open to this machine: there are no keys" : "keys are required");
            }
            case OPEN -> {
                if (!loopback) {
                    throw new KeysRefusedException("address " + bindAddress + ": not a loopback address, where alone"
                            + " --open is for (--open-to-network means it for every address)");
                }
                LOG.info("open to this machine, with or without a key");
            }
            case OPEN_TO_NETWORK ->
                LOG.warn(
                        "open to everybody who reaches {}: no key is asked for, and the banks can be read and changed",
                        bindAddress);
        }
    }

    private void take(List<Key> keys) {
        Map<String, Holder> next = new HashMap<>();
        for (Key key : keys) {
            Holder before = holders.get(key.sha256());
            Use use = before == null ? new Use(nanoClock.getAsLong()) : before.use;
            next.put(key.sha256(), new Holder(key, Caller.of(key), use));
        }
        holders = next;
    }

    /** Takes over what changed since the last time. */
    synchronized void refresh() {
        try {
            byte[] now = keyRing.bytes();
            if (now == null && !holders.isEmpty()) {
                throw new KeysRefusedException(keyRing.place() + ": gone");
            }
            if (!remembered && !holders.isEmpty()) {
                keyRing.rememberKeys();
                remembered = true;
            }
            if (now == null || Arrays.equals(now, seen)) {
                complaint = null;
                return;
            }
            List<Key> keys = keyRing.parse(now);
            if (keys.isEmpty() && !holders.isEmpty()) {
                throw new KeysRefusedException(
                        keyRing.place() + ": holds no keys any more (expected: revoked ones stay in it)");
            }
            take(keys);
            seen = now;
            complaint = null;
            LOG.info("{} keys are in force", holders.size());
        } catch (RuntimeException e) {
            String text = String.valueOf(e.getMessage());
            if (!text.equals(complaint)) {
                complaint = text;
                LOG.error("{}; the {} keys from before stay in force", text, holders.size());
            }
        }
    }

    /**
     * Makes a secret for the owner of the data folder, in force until this gate closes: it may do what an admin may, whatever
     * keys there are. One that was made before is no longer in force.
     */
    public String makeOwnerSecret() {
        String secret = Secret.random();
        ownerSha256 = Secret.sha256(secret);
        return secret;
    }

    /**
     * Lets a request in.
     *
     * @param secrets what the request carries; none, or one, which may be there twice
     * @param role what it needs, or null if anybody may make it, even with a bad key
     * @throws AccessRefusedException if it may not be made, or not now
     */
    public Pass admit(List<String> secrets, @Nullable Role role) {
        return admit(secrets, role, false);
    }

    /** Admits a request, as {@link #admit(List, Role)}; if it is {@code forOps}, keys of the role ops may make it as well. */
    public Pass admit(List<String> secrets, @Nullable Role role, boolean forOps) {
        return admit(sha256(secrets), !secrets.isEmpty(), role, forOps);
    }

    /** Admits a request of a person who has signed in, by the key of the session. */
    public Pass admit(Session session, @Nullable Role role, boolean forOps) {
        return admit(session.keySha256(), true, role, forOps);
    }

    private Pass admit(@Nullable String presented, boolean isPresent, @Nullable Role role, boolean forOps) {
        Map<String, Holder> known = holders;
        if (!asksForKeys()) {
            return new Pass(Caller.ANYONE, null, null);
        }
        if (presented != null && presented.equals(ownerSha256)) {
            return new Pass(Caller.OWNER, null, null);
        }
        Holder holder = presented == null ? null : known.get(presented);
        String why = holder == null ? null : holder.key.refusedAt(clock.instant());
        if (role == null) {
            return new Pass(holder == null || why != null ? Caller.NOBODY : holder.caller, null, null);
        }
        if (holder == null) {
            throw !isPresent
                    ? new AccessRefusedException(
                            Reason.NO_KEY, "a key is needed (expected: Authorization: Bearer SECRET, or X-API-Key)")
                    : new AccessRefusedException(Reason.BAD_KEY, "not a key of this server");
        }
        try {
            if (why != null) {
                throw new AccessRefusedException(Reason.BAD_KEY, why);
            }
            if (!forOps || !holder.caller.may(Role.OPS)) {
                holder.caller.requires(role);
            }
            return enter(holder);
        } catch (AccessRefusedException e) {
            holder.use.refused.increment();
            throw e;
        }
    }

    /** The people who have signed in to the console. */
    public Sessions sessions() {
        return sessions;
    }

    /** Whether requests need keys at the moment. */
    public boolean asksForKeys() {
        return policy == AccessPolicy.KEYS && !holders.isEmpty();
    }

    /**
     * The SHA-256 of a secret, for a session.
     *
     * @throws AccessRefusedException if it is not the secret of a key that is good now
     */
    public String signIn(String secret) {
        String presented = sha256(List.of(secret));
        Holder holder = presented == null ? null : holders.get(presented);
        if (presented == null || holder == null) {
            throw new AccessRefusedException(Reason.BAD_KEY, "not a key of this server");
        }
        String why = holder.key.refusedAt(clock.instant());
        if (why != null) {
            throw new AccessRefusedException(Reason.BAD_KEY, why);
        }
        return presented;
    }

    /** Of the one secret that was presented, or null if it is none or several. */
    private static @Nullable String sha256(List<String> secrets) {
        if (secrets.isEmpty()) {
            return null;
        }
        String secret = secrets.getFirst();
        for (String other : secrets) {
            if (!other.equals(secret) || other.length() > MAX_SECRET_CHARS) {
                return null;
            }
        }
        return Secret.sha256(secret);
    }

    private Pass enter(Holder holder) {
        Key key = holder.key;
        Use use = holder.use;
        Integer most = key.concurrent();
        if (use.inFlight.incrementAndGet() > (most == null ? Integer.MAX_VALUE : most)) {
            use.inFlight.decrementAndGet();
            throw new AccessRefusedException(
                    Reason.CONCURRENCY, "key " + key.name() + ": more than " + most + " requests at a time");
        }
        Double rate = key.ratePerSecond();
        long waitNanos = rate == null ? 0 : use.rate.take(rate, nanoClock.getAsLong());
        if (waitNanos > 0) {
            use.inFlight.decrementAndGet();
            throw AccessRefusedException.tooFast(
                    "key " + key.name() + ": more than " + rate + " requests a second",
                    TimeUnit.NANOSECONDS.toSeconds(waitNanos + 999_999_999));
        }
        use.requests.increment();
        return new Pass(holder.caller, key, use);
    }

    /** Whether a request that goes on and on would still be let in, by the key as it was then. */
    public boolean holds(Pass pass) {
        if (policy != AccessPolicy.KEYS || pass.caller == Caller.OWNER) {
            return true;
        }
        Map<String, Holder> known = holders;
        Key key = pass.key;
        if (key == null) {
            return known.isEmpty();
        }
        Holder now = known.get(key.sha256());
        return now != null && now.key.equals(key) && key.refusedAt(clock.instant()) == null;
    }

    /** The key of that name, good or not; null if there is none. */
    private @Nullable Key named(String name) {
        for (Holder holder : holders.values()) {
            if (holder.key.name().equals(name)) {
                return holder.key;
            }
        }
        return null;
    }

    /** The names of the banks that the key of that name sees by its present scope, also if it is revoked; empty for all. */
    public Set<String> banksOf(String name) {
        Key key = named(name);
        return key == null ? Set.of() : key.banks();
    }

    /**
     * Tells of which keys' uploads are looked up in that bank, by their present scopes, also of those that are revoked. An
     * upload that needed no key is looked up in every bank; one of a key that is not known any more counts for none.
     */
    public Predicate<@Nullable String> keysThatSee(String bank) {
        return name -> {
            Key key = name == null ? null : named(name);
            return name == null
                    || (key != null && (key.banks().isEmpty() || key.banks().contains(bank)));
        };
    }

    /** Whether the caller may be told the name of a key: if it sees all banks that the key sees. */
    public boolean mayTell(String name, Caller caller) {
        Key key = named(name);
        return caller.seesAllBanks() || (key != null && isWithin(key, caller));
    }

    private static boolean isWithin(Key key, Caller caller) {
        return caller.seesAllBanks()
                || (!key.banks().isEmpty() && key.banks().stream().allMatch(caller::sees));
    }

    /** Whether requests need keys once there are some. */
    public boolean isGuardedByKeys() {
        return policy == AccessPolicy.KEYS;
    }

    /**
     * Makes a key, which is in force when this returns. Whoever makes a key gives no right away that its own key does not have.
     *
     * @param actor who makes the key, for the log
     * @throws AccessRefusedException if the key would see more, or last longer, than that of its maker, or its maker has none and a
     *     key was made meanwhile
     * @throws NameTakenException if the name is taken
     * @throws IllegalArgumentException if a value is out of its range, naming the field
     * @throws KeysRefusedException if the keys are damaged or cannot be written
     */
    public synchronized KeyRing.Made make(KeyRing.Draft draft, Caller maker, String actor) {
        if (maker == Caller.ANYONE && policy == AccessPolicy.KEYS && !holders.isEmpty()) {
            throw new AccessRefusedException(Reason.NO_KEY, "a key is needed, as one was made meanwhile");
        }
        maker.requires(draft.role());
        if (!maker.seesAllBanks()
                && (draft.banks().isEmpty() || !draft.banks().stream().allMatch(maker::sees))) {
            throw AccessRefusedException.forbidden("key " + maker.key() + ": banks: "
                    + (draft.banks().isEmpty() ? "all" : "not all in its own scope") + " (expected: some of "
                    + String.join(", ", maker.banks().stream().sorted().toList()) + ")");
        }
        if (!maker.seesDistance() && !draft.hideDistance()) {
            throw AccessRefusedException.forbidden(
                    "key " + maker.key() + ": hide_distance: false (expected: true, as its own)");
        }
        Key own = maker.key() == null ? null : named(maker.key());
        Instant end = own == null ? null : own.expiresAt();
        if (end != null && (draft.expiresAt() == null || draft.expiresAt().isAfter(end))) {
            throw AccessRefusedException.forbidden(
                    "key " + maker.key() + ": expires_at: later than its own (expected: at most " + end + ")");
        }
        KeyRing.Made made = keyRing.create(draft, clock.instant());
        refresh();
        LOG.info(
                "key {} made by {}: role {}, {}",
                made.key().name(),
                actor,
                made.key().role().wireName(),
                made.key().banks().isEmpty()
                        ? "all banks"
                        : "banks " + made.key().banks());
        return made;
    }

    /**
     * Revokes a key for good; no request is let in by it when this returns. One that is revoked already stays as it is.
     *
     * @param actor who revokes the key, for the log
     * @return the key; empty if there is none of that name whose banks the caller sees all
     * @throws KeysRefusedException if the keys are damaged or cannot be written
     */
    public Optional<Key> revoke(String name, Caller caller, String actor) {
        refresh();
        Key key = named(name);
        if (key == null || !isWithin(key, caller)) {
            return Optional.empty();
        }
        if (key.revokedAt() == null) {
            keyRing.revoke(name, clock.instant());
            refresh();
            LOG.info("key {} revoked by {}", name, actor);
        }
        return Optional.ofNullable(named(name));
    }

    /** The use of that key; none if the gate does not know it. */
    public Usage usage(Key key) {
        Holder holder = holders.get(key.sha256());
        return holder == null ? new Usage(key, 0, 0, 0) : usage(holder);
    }

    private static Usage usage(Holder holder) {
        Use use = holder.use;
        return new Usage(holder.key, use.requests.sum(), use.refused.sum(), use.inFlight.get());
    }

    /** The use of each key whose banks are all seen by the caller, by name. */
    public List<Usage> usage(Caller caller) {
        List<Usage> usage = new ArrayList<>();
        for (Holder holder : holders.values()) {
            if (isWithin(holder.key, caller)) {
                usage.add(usage(holder));
            }
        }
        usage.sort((a, b) -> a.key.name().compareTo(b.key.name()));
        return usage;
    }

    /** Ends the following of the keys. */
    @Override
    public void close() {
        follower.shutdownNow();
    }
}
