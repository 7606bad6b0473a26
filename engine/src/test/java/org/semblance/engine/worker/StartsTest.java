package org.semblance.engine.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class StartsTest {
    private long now = -5;
    private final Starts starts = new Starts(() -> now);

    private long pauseMillis() {
        return TimeUnit.NANOSECONDS.toMillis(starts.pauseNanos());
    }

    @Test
    void startsAllThatAreMissingAndAfterAFailureOneAtATime() {
        assertThat(starts.pauseNanos()).isNotPositive();
        assertThat(starts.allowed(9, 0)).isEqualTo(9);
        starts.failed("why", starts.round());
        assertThat(starts.allowed(9, 0)).isEqualTo(1);
        assertThat(starts.allowed(9, 1)).isNotPositive();
        assertThat(starts.allowed(0, 0)).isZero();
        assertThat(starts.succeeded()).isTrue();
        assertThat(starts.succeeded()).isFalse();
        assertThat(starts.allowed(9, 1)).isEqualTo(9);
    }

    @Test
    void failuresSideBySideAreOneAndThoseInARowAreHopeless() {
        int round = starts.round();
        assertThat(starts.failed("first", round)).isTrue();
        for (int i = 0; i < 10; i++) {
            assertThat(starts.failed("beside it", round)).isFalse();
        }
        assertThat(pauseMillis()).isEqualTo(100);
        assertThat(starts.despair()).isNull();
        starts.failed("second", starts.round());
        assertThat(pauseMillis()).isEqualTo(200);
        assertThat(starts.despair()).isNull();
        starts.failed("third", starts.round());
        assertThat(starts.despair()).isEqualTo("third");
        for (int i = 0; i < 100; i++) {
            starts.failed("another", starts.round());
        }
        assertThat(pauseMillis()).isEqualTo(30_000);
        starts.workerIsGone();
        assertThat(starts.despair()).isNull();
        assertThat(pauseMillis()).isZero();
    }

    @Test
    void killsLeaveHopeAndPausesShort() {
        for (int i = 0; i < 100; i++) {
            starts.killed(starts.round());
        }
        assertThat(pauseMillis()).isEqualTo(1_000);
        now += TimeUnit.SECONDS.toNanos(1);
        assertThat(pauseMillis()).isZero();
        assertThat(starts.despair()).isNull();
        assertThat(starts.allowed(3, 1)).isEqualTo(3);
    }
}
