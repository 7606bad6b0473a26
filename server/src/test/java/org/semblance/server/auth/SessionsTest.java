package org.semblance.server.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SessionsTest {
    private static final String KEY = "0".repeat(64);

    private Instant now = Instant.parse("2027-01-31T12:00:00Z");
    private final Sessions sessions = new Sessions(() -> now);

    private void pass(Duration time) {
        now = now.plus(time);
    }

    private boolean isThere(String token, boolean isUse) {
        return sessions.find(token, isUse).isPresent();
    }

    @Test
    void endsHalfAnHourAfterItsLastUse() {
        String token = sessions.begin(KEY, "Ada");
        pass(Duration.ofMinutes(29));
        assertThat(sessions.find(token, true).orElseThrow().person()).isEqualTo("Ada");
        pass(Duration.ofMinutes(29));
        assertThat(isThere(token, true)).isTrue();
        pass(Sessions.IDLE);
        assertThat(isThere(token, true)).isFalse();
    }

    @Test
    void aPageThatAsksByItselfDoesNotKeepItAlive() {
        String token = sessions.begin(KEY, "Ada");
        for (int minute = 0; minute < 29; minute++) {
            pass(Duration.ofMinutes(1));
            assertThat(isThere(token, false)).isTrue();
        }
        pass(Duration.ofMinutes(1));
        assertThat(isThere(token, false)).isFalse();
    }

    @Test
    void endsAfterEightHoursHoweverMuchItIsUsed() {
        String token = sessions.begin(KEY, "Ada");
        for (int quarter = 1; quarter < 32; quarter++) {
            pass(Duration.ofMinutes(15));
            assertThat(isThere(token, true)).isTrue();
        }
        pass(Duration.ofMinutes(15));
        assertThat(isThere(token, true)).isFalse();
    }

    @Test
    void endsWhenItsPersonSignsOut() {
        String token = sessions.begin(KEY, "Ada");
        String other = sessions.begin(KEY, "Grace");
        sessions.end(token);
        sessions.end(null);
        assertThat(isThere(token, true)).isFalse();
        assertThat(isThere(other, true)).isTrue();
        assertThat(sessions.find(null, true)).isEmpty();
        assertThat(isThere("smb_nonsense", true)).isFalse();
    }

    @Test
    void theOneThatWasUsedLongestAgoMakesRoom() {
        List<String> tokens = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            tokens.add(sessions.begin(KEY, "Ada"));
            pass(Duration.ofMillis(1));
        }
        assertThat(isThere(tokens.get(0), true)).isTrue();
        sessions.begin(KEY, "Grace");
        assertThat(isThere(tokens.get(0), true)).isTrue();
        assertThat(isThere(tokens.get(1), true)).isFalse();
        assertThat(isThere(tokens.get(2), true)).isTrue();
    }

    @Test
    void fiveTriesAMinuteFromAnAddress() {
        SignInLimit limit = new SignInLimit();
        long second = 1_000_000_000L;
        for (int i = 0; i < 5; i++) {
            assertThat(limit.waitSeconds("192.0.2.1", i * second)).isZero();
            limit.failed("192.0.2.1", i * second);
        }
        assertThat(limit.waitSeconds("192.0.2.1", 10 * second)).isEqualTo(51);
        assertThat(limit.waitSeconds("192.0.2.2", 10 * second)).isZero();
        assertThat(limit.waitSeconds("192.0.2.1", 60 * second)).isZero();
    }
}
