package org.semblance.engine.media;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class DeadlineTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration HOUR = Duration.ofHours(1);

    @Test
    void withinATimePassesWithWhicheverIsSooner() {
        assertThat(Deadline.after(MINUTE).within(HOUR).nanosLeft()).isBetween(1L, MINUTE.toNanos());
        assertThat(Deadline.after(HOUR).within(MINUTE).nanosLeft()).isBetween(1L, MINUTE.toNanos());
        assertThat(Deadline.NONE.within(MINUTE).nanosLeft()).isBetween(1L, MINUTE.toNanos());
        assertThat(Deadline.NONE.within(Duration.ZERO).passed()).isTrue();
        assertThat(Deadline.after(Duration.ZERO).within(HOUR).passed()).isTrue();
    }

    @Test
    void withinATimeItIsCancelledAsBefore() {
        AtomicBoolean cancelled = new AtomicBoolean();
        Deadline sooner = Deadline.after(HOUR, cancelled::get).within(MINUTE);
        assertThat(sooner.passed()).isFalse();
        cancelled.set(true);
        assertThat(sooner.passed()).isTrue();
    }
}
