package org.semblance.server.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.core.filter.Filter;
import ch.qos.logback.core.spi.FilterReply;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;
import org.slf4j.MarkerFactory;

/**
 * Lets the first of many warnings or errors of a kind through, and then says every few seconds how many more there were:
 * whoever can cause an error a thousand times a second must not fill a disk by it. Of a kind is what comes from one line
 * of the code: the same logger, the same message before its values are put in, and the same exception from the same
 * place.
 */
public final class RepeatFilter extends Filter<ILoggingEvent> {
    private static final Marker SUMMARY = MarkerFactory.getDetachedMarker("SUMMARY");

    /** Kinds come from our own code and are few; the bound is for what libraries build their messages of. */
    private static final int MOST_KINDS = 500;

    private long intervalMs = 10_000;
    private @Nullable ScheduledFuture<?> reports;

    private final Map<Kind, Repeats> kinds = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Kind, Repeats> eldest) {
            return size() > MOST_KINDS;
        }
    };

    /**
     * Where events come from.
     *
     * @param message before its values are put in
     * @param thrown the class of the exception and the place that it comes from, or empty
     */
    private record Kind(String logger, Level level, String message, String thrown) {}

    /** Events of one kind that were kept back since the last report: how many, and the message of the last. */
    private record Repeats(long more, String last) {
        static final Repeats NONE = new Repeats(0, "");

        Repeats and(ILoggingEvent event) {
            return new Repeats(more + 1, event.getFormattedMessage());
        }
    }

    /** How long one that was let through stands for those after it. */
    public void setIntervalMs(long intervalMs) {
        this.intervalMs = intervalMs;
    }

    @Override
    public void start() {
        if (!isStarted()) {
            reports = getContext()
                    .getScheduledExecutorService()
                    .scheduleWithFixedDelay(this::report, intervalMs, intervalMs, TimeUnit.MILLISECONDS);
            super.start();
        }
    }

    @Override
    public void stop() {
        ScheduledFuture<?> running = reports;
        if (running != null) {
            running.cancel(false);
        }
        if (isStarted()) {
            report();
        }
        super.stop();
    }

    @Override
    public FilterReply decide(ILoggingEvent event) {
        if (!event.getLevel().isGreaterOrEqual(Level.WARN) || isSummary(event)) {
            return FilterReply.NEUTRAL;
        }
        Kind kind = new Kind(
                event.getLoggerName(),
                event.getLevel(),
                String.valueOf(event.getMessage()),
                place(event.getThrowableProxy()));
        synchronized (kinds) {
            Repeats repeats = kinds.get(kind);
            kinds.put(kind, repeats == null ? Repeats.NONE : repeats.and(event));
            return repeats == null ? FilterReply.NEUTRAL : FilterReply.DENY;
        }
    }

    private static boolean isSummary(ILoggingEvent event) {
        return event.getMarkerList() != null && event.getMarkerList().contains(SUMMARY);
    }

    private static String place(@Nullable IThrowableProxy thrown) {
        if (thrown == null) {
            return "";
        }
        return thrown.getClassName()
                + (thrown.getStackTraceElementProxyArray().length == 0
                        ? ""
                        : " " + thrown.getStackTraceElementProxyArray()[0].getSTEAsString());
    }

    /** Tells of each kind how many were kept back, and forgets those of which there were none: the next is let through. */
    void report() {
        Map<Kind, Repeats> kept;
        synchronized (kinds) {
            kinds.values().removeIf(Repeats.NONE::equals);
            kept = new LinkedHashMap<>(kinds);
            kinds.replaceAll((kind, repeats) -> Repeats.NONE);
        }
        kept.forEach((kind, repeats) -> ((LoggerContext) getContext())
                .getLogger(kind.logger)
                .atLevel(kind.level.equals(Level.ERROR) ? org.slf4j.event.Level.ERROR : org.slf4j.event.Level.WARN)
                .addMarker(SUMMARY)
                .log(
                        "{} more times in {} s, the last: {}",
                        repeats.more,
                        intervalMs / 1_000,
                        (repeats.last + " " + kind.thrown).strip()));
    }
}
