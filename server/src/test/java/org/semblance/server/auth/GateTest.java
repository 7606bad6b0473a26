package org.semblance.server.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.semblance.server.auth.AccessRefusedException.Reason;

class GateTest {
    private static final Instant NOW = Instant.parse("2026-11-25T01:00:00Z");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private final AtomicReference<Instant> clock = new AtomicReference<>(NOW);
    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5); // the clock's origin is arbitrary

    private Gate gate() {
        return new Gate(new KeyRing(folder), AccessPolicy.KEYS, clock::get, nanos::get);
    }

    private String key(String name, @Nullable Double rate, @Nullable Integer concurrent, @Nullable Instant expires) {
        KeyRing.Draft draft = new KeyRing.Draft(name, Role.CURATE, Set.of("A"), false, rate, concurrent, expires);
        return new KeyRing(folder).create(draft, NOW).secret();
    }

    private static @Nullable Reason refusal(Gate gate, List<String> secrets, Role role) {
        AccessRefusedException refused = catchThrowableOfType(
                AccessRefusedException.class, () -> gate.admit(secrets, role).close());
        return refused == null ? null : refused.reason();
    }

    @Test
    void isOpenUntilThereIsAKeyAndNeverAgain() throws IOException {
        try (Gate gate = gate()) {
            assertThat(gate.admit(List.of(), Role.ADMIN).caller()).isSameAs(Caller.ANYONE);
            String secret = key("a", null, null, null);
            gate.refresh();
            assertThat(refusal(gate, List.of(), Role.MATCH)).isEqualTo(Reason.NO_KEY);
            assertThat(gate.admit(List.of(secret), Role.CURATE).caller().key()).isEqualTo("a");
            assertThat(refusal(gate, List.of(secret), Role.ADMIN)).isEqualTo(Reason.FORBIDDEN);
            Files.delete(folder.resolve("keys.json"));
            gate.refresh();
            assertThat(refusal(gate, List.of(), Role.MATCH)).isEqualTo(Reason.NO_KEY);
            assertThat(refusal(gate, List.of(secret), Role.MATCH)).isNull();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"format\":1,\"keys\":[]}", "", "gone"})
    void noLossOfTheKeysOpensAServerThatRunsOrOneThatStarts(String left) throws IOException {
        String secret = key("a", null, null, null);
        Path file = folder.resolve("keys.json");
        try (Gate gate = gate()) {
            leave(file, left);
            gate.refresh();
            gate.refresh();
            assertThat(refusal(gate, List.of(), Role.MATCH)).isEqualTo(Reason.NO_KEY);
            assertThat(refusal(gate, List.of(secret), Role.MATCH)).isNull();
        }
        assertThatThrownBy(() -> Gate.start(folder, AccessPolicy.KEYS, "127.0.0.1"))
                .isInstanceOf(KeysRefusedException.class)
                .hasMessageStartingWith(file + ": ");
        // Whoever means it may, unless the file is damaged; and another key is asked for again.
        if (!left.isEmpty()) {
            Gate.start(folder, AccessPolicy.OPEN, "127.0.0.1").close();
        }
        Files.deleteIfExists(file);
        key("b", null, null, null);
        Gate.start(folder, AccessPolicy.KEYS, "127.0.0.1").close();
    }

    @Test
    void saysWhatToDoWhenTheKeysAreGone() throws IOException {
        key("a", null, null, null);
        leave(folder.resolve("keys.json"), "gone");
        assertThatThrownBy(() -> Gate.start(folder, AccessPolicy.KEYS, "127.0.0.1"))
                .hasMessage(
                        folder.resolve("keys.json") + ": is missing, though keys were made for this database; put it"
                                + " back from a backup, or make a key with: semblance key create NAME --role admin --data "
                                + folder
                                + " (--open answers everybody on this machine all the same)");
    }

    /** A file of keys that was written by hand, or that an older release made. */
    @Test
    void remembersKeysThatItFinds() throws IOException {
        String secret = key("a", null, null, null);
        Files.delete(folder.resolve("keys.json.made"));
        Files.delete(folder.resolve(".keys.lock"));
        try (Gate gate = gate()) {
            gate.refresh();
            assertThat(refusal(gate, List.of(secret), Role.MATCH)).isNull();
        }
        leave(folder.resolve("keys.json"), "gone");
        assertThatThrownBy(() -> Gate.start(folder, AccessPolicy.KEYS, "127.0.0.1"))
                .isInstanceOf(KeysRefusedException.class);
    }

    private static void leave(Path file, String text) throws IOException {
        if (text.equals("gone")) {
            Files.delete(file);
        } else {
            Files.writeString(file, text);
        }
    }

    @Test
    void keepsTheLastGoodKeysWhileTheFileIsDamagedAndTakesTheNextGoodOne() throws IOException {
        String secret = key("a", null, null, null);
        try (Gate gate = gate()) {
            Path file = folder.resolve("keys.json");
            byte[] good = Files.readAllBytes(file);
            Files.writeString(file, "{\"format\":1,\"keys\":[");
            gate.refresh();
            gate.refresh();
            assertThat(refusal(gate, List.of(secret), Role.MATCH)).isNull();
            assertThat(refusal(gate, List.of("other"), Role.MATCH)).isEqualTo(Reason.BAD_KEY);
            Files.write(file, good);
            String second = key("b", null, null, null);
            gate.refresh();
            assertThat(refusal(gate, List.of(second), Role.MATCH)).isNull();
        }
    }

    @Test
    void refusesARevokedAndAnExpiredKey() {
        String revoked = key("a", null, null, null);
        String expiring = key("b", null, null, NOW.plusSeconds(10));
        new KeyRing(folder).revoke("a", NOW);
        try (Gate gate = gate()) {
            assertThat(refusal(gate, List.of(revoked), Role.MATCH)).isEqualTo(Reason.BAD_KEY);
            assertThat(gate.admit(List.of(revoked), null).caller()).isSameAs(Caller.NOBODY);
            clock.set(NOW.plusSeconds(10).minusNanos(1));
            assertThat(refusal(gate, List.of(expiring), Role.MATCH)).isNull();
            clock.set(NOW.plusSeconds(10));
            assertThat(refusal(gate, List.of(expiring), Role.MATCH)).isEqualTo(Reason.BAD_KEY);
            assertThat(gate.usage(Caller.ANYONE))
                    .extracting(Gate.Usage::refused)
                    .containsExactly(1L, 1L);
        }
    }

    @Test
    void countsRequestsUnderWayAcrossAChangeOfTheFile() {
        String secret = key("a", null, 2, null);
        try (Gate gate = gate()) {
            Gate.Pass first = gate.admit(List.of(secret), Role.MATCH);
            Gate.Pass second = gate.admit(List.of(secret), Role.MATCH);
            assertThat(refusal(gate, List.of(secret), Role.MATCH)).isEqualTo(Reason.CONCURRENCY);
            key("b", null, null, null);
            gate.refresh();
            assertThat(refusal(gate, List.of(secret), Role.MATCH)).isEqualTo(Reason.CONCURRENCY);
            first.close();
            first.close();
            Gate.Pass third = gate.admit(List.of(secret), Role.MATCH);
            assertThat(refusal(gate, List.of(secret), Role.MATCH)).isEqualTo(Reason.CONCURRENCY);
            second.close();
            third.close();
            assertThat(gate.usage(Caller.ANYONE).getFirst().inFlight()).isZero();
        }
    }

    /** What the rate refuses gives its place back. */
    @Test
    void tellsWhenARequestMayBeTriedAgain() {
        String secret = key("a", 0.5, 1, null);
        try (Gate gate = gate()) {
            gate.admit(List.of(secret), Role.MATCH).close();
            AccessRefusedException refused =
                    catchThrowableOfType(AccessRefusedException.class, () -> gate.admit(List.of(secret), Role.MATCH));
            assertThat(refused.reason()).isEqualTo(Reason.RATE);
            assertThat(refused.retryAfterSeconds()).isEqualTo(2);
            nanos.addAndGet(2_000_000_000);
            assertThat(refusal(gate, List.of(secret), Role.MATCH)).isNull();
        }
    }

    /** Against a bucket that is counted out token by token. */
    @ParameterizedTest
    @ValueSource(doubles = {0.5, 1, 4, 50})
    void rateIsThatOfATokenBucket(double rate) {
        long seed = Long.getLong("semblance.seed", System.nanoTime());
        Random random = new Random(seed);
        long now = Long.MAX_VALUE - 1_000;
        RateLimit limit = new RateLimit(now);
        double capacity = Math.max(1, rate);
        double tokens = capacity;
        for (int i = 0; i < 5_000; i++) {
            // In steps that rates and intervals divide, so that no rounding decides.
            long pause = random.nextInt(8) * (long) (1e9 / rate) / 4;
            now += pause;
            tokens = Math.min(capacity, tokens + pause * rate / 1e9);
            boolean expected = tokens > 1 - 1e-6;
            long wait = limit.take(rate, now);
            assertThat(wait == 0)
                    .as("seed %d, request %d, tokens %f", seed, i, tokens)
                    .isEqualTo(expected);
            if (expected) {
                tokens -= 1;
            } else {
                assertThat((double) wait)
                        .isCloseTo((1 - tokens) * 1e9 / rate, org.assertj.core.data.Offset.offset(10.0));
            }
        }
    }

    @Test
    void doesNotStartUnguardedOnANetwork() {
        for (String address : List.of("0.0.0.0", "::", "192.0.2.1")) {
            assertThatThrownBy(() -> Gate.start(folder, AccessPolicy.KEYS, address))
                    .isInstanceOf(KeysRefusedException.class)
                    .hasMessageContaining("semblance key create NAME --role admin --data " + folder);
            assertThatThrownBy(() -> Gate.start(folder, AccessPolicy.OPEN, address))
                    .isInstanceOf(KeysRefusedException.class)
                    .hasMessageContaining("--open-to-network");
            Gate.start(folder, AccessPolicy.OPEN_TO_NETWORK, address).close();
        }
        for (String address : List.of("127.0.0.1", "127.9.9.9", "::1", "localhost")) {
            Gate.start(folder, AccessPolicy.KEYS, address).close();
            Gate.start(folder, AccessPolicy.OPEN, address).close();
        }
        key("a", null, null, null);
        Gate.start(folder, AccessPolicy.KEYS, "0.0.0.0").close();
    }

    @Test
    void staysOpenWithKeysIfItIsTold() {
        key("a", null, null, null);
        try (Gate gate = new Gate(new KeyRing(folder), AccessPolicy.OPEN, clock::get, nanos::get)) {
            assertThat(gate.admit(List.of("anything"), Role.ADMIN).caller()).isSameAs(Caller.ANYONE);
        }
    }

    @Test
    void roleIncludesTheOnesBeforeIt() {
        List<String> pairs = new ArrayList<>();
        for (Role role : Role.values()) {
            for (Role other : Role.values()) {
                if (role.includes(other)) {
                    pairs.add(role.wireName() + ">=" + other.wireName());
                }
            }
        }
        assertThat(pairs)
                .containsExactly(
                        "match>=match",
                        "curate>=match",
                        "curate>=curate",
                        "admin>=match",
                        "admin>=curate",
                        "admin>=admin",
                        "admin>=ops",
                        "admin>=node",
                        "ops>=ops",
                        "node>=node");
    }
}
