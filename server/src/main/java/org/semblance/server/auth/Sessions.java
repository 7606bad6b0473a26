package org.semblance.server.auth;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The sessions of the console, in memory alone: a restart ends all of them. A session ends half an hour after it was last used,
 * eight hours after it began, when its person signs out, and when its key is no longer good, which the {@link Gate} sees.
 *
 * <p>A browser holds a random token. Only the SHA-256 of the token is kept here, so that a dump of the memory signs nobody in.
 * May be used by several threads.
 */
public final class Sessions {
    /** How long a session lasts that nobody uses. */
    public static final Duration IDLE = Duration.ofMinutes(30);

    /** How long a session lasts at most. */
    public static final Duration LONGEST = Duration.ofHours(8);

    private static final int MOST = 1_000;

    private final InstantSource clock;

    /** By the SHA-256 of the token. */
    private final Map<String, Entry> entries = new HashMap<>();

    private static final class Entry {
        final Session session;
        Instant usedAt;

        Entry(Session session, Instant usedAt) {
            this.session = session;
            this.usedAt = usedAt;
        }

        boolean isOver(Instant now) {
            return !now.isBefore(session.endsAt()) || !now.isBefore(usedAt.plus(IDLE));
        }
    }

    Sessions(InstantSource clock) {
        this.clock = clock;
    }

    /**
     * Begins a session. If there are a thousand already, the one that was used longest ago ends.
     *
     * @return the token by which the browser shows that it is this session's
     */
    public synchronized String begin(String keySha256, String person) {
        Instant now = clock.instant();
        entries.values().removeIf(entry -> entry.isOver(now));
        if (entries.size() >= MOST) {
            removeStalest();
        }
        String token = Secret.random();
        entries.put(Secret.sha256(token), new Entry(new Session(keySha256, person, now.plus(LONGEST)), now));
        return token;
    }

    private void removeStalest() {
        Iterator<Map.Entry<String, Entry>> all = entries.entrySet().iterator();
        Map.Entry<String, Entry> stalest = all.next();
        while (all.hasNext()) {
            Map.Entry<String, Entry> other = all.next();
            if (other.getValue().usedAt.isBefore(stalest.getValue().usedAt)) {
                stalest = other;
            }
        }
        entries.remove(stalest.getKey());
    }

    /**
     * The session of that token, if there is one that is not over.
     *
     * @param token as the browser sent it, or null
     * @param isUse whether a person did something, so that the half hour begins anew; a page that asks by itself is no use
     */
    public synchronized Optional<Session> find(@Nullable String token, boolean isUse) {
        if (token == null) {
            return Optional.empty();
        }
        String key = Secret.sha256(token);
        Entry entry = entries.get(key);
        if (entry == null) {
            return Optional.empty();
        }
        Instant now = clock.instant();
        if (entry.isOver(now)) {
            entries.remove(key);
            return Optional.empty();
        }
        if (isUse) {
            entry.usedAt = now;
        }
        return Optional.of(entry.session);
    }

    /** Ends the session of that token, if there is one. */
    public synchronized void end(@Nullable String token) {
        if (token != null) {
            entries.remove(Secret.sha256(token));
        }
    }
}
