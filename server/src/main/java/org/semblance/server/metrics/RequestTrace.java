package org.semblance.server.metrics;

import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.HashReport;
import org.semblance.engine.judge.Verdict;

/** The measurements of one request. The trace is handed on with the request, from thread to thread. */
public final class RequestTrace {
    private static final long NEVER = -1;

    private final long[] nanos = new long[Stage.values().length];
    private @Nullable Verdict verdict;

    /** Where the time of a request goes; a request need not have all of them. */
    public enum Stage {
        /** From its first byte to the end of its body, with the time that they waited to be read. */
        RECEIVE,
        /** Waits for a worker. */
        QUEUE,
        DECODE,
        HASH,
        LOOKUP,
        /** From its answer to the moment the network has taken it. */
        RESPOND;

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public RequestTrace() {
        Arrays.fill(nanos, NEVER);
    }

    /** The stage took that long. */
    public void took(Stage stage, long stageNanos) {
        nanos[stage.ordinal()] = Math.max(0, stageNanos);
    }

    /** The content was decoded and hashed, in so long, or could not be. */
    public void hashed(HashReport report) {
        if (report.decodeUs() > 0) { // a content known by its digest is not decoded
            took(Stage.DECODE, report.decodeUs() * 1_000);
        }
        took(Stage.HASH, report.hashUs() * 1_000);
        if (report.failure() != null) {
            verdict = report.failure();
        }
    }

    /**
     * The answer is that verdict, or means it where the dialect has no word for it. That nothing matched does not make
     * good that the content could not be judged.
     */
    public void verdict(Verdict answer) {
        if (answer != Verdict.NO_MATCH || verdict == null) {
            verdict = answer;
        }
    }

    /** The verdict so far, or null. */
    public @Nullable Verdict verdict() {
        return verdict;
    }

    /** The verdict's name, or {@code none}. */
    public String verdictLabel() {
        return verdict == null ? "none" : verdict.wireName();
    }

    /** Nanoseconds, or less than 0 if there was no such stage. */
    long nanos(Stage stage) {
        return nanos[stage.ordinal()];
    }
}
