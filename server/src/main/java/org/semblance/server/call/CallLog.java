package org.semblance.server.call;

import org.semblance.server.metrics.Metrics;
import org.semblance.server.metrics.RequestTrace;
import org.semblance.server.metrics.RequestTrace.Stage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Notes a request: in the access log when its answer is complete, and in the metrics when the answer has been sent. */
final class CallLog {
    private static final Logger ACCESS = LoggerFactory.getLogger("org.semblance.server.access");

    private final Admission admission;
    private final long beganNanos;
    private final RequestTrace trace = new RequestTrace();
    private int status;
    private long sentBytes;
    private long answerNanos;

    CallLog(Admission admission, long beganNanos) {
        this.admission = admission;
        this.beganNanos = beganNanos;
    }

    /** Where the handler of the request notes what it did. */
    RequestTrace trace() {
        return trace;
    }

    /** Notes the status of the answer. */
    void status(int told) {
        status = told;
    }

    /** Notes that so many bytes of the answer are sent. */
    void sends(int bytes) {
        sentBytes += bytes;
    }

    /** Notes that the answer is complete. */
    void answered(long receivedBytes) {
        if (ACCESS.isDebugEnabled()) {
            // The pattern, not the path: a path or query may hold a hash.
            ACCESS.atDebug()
                    .addKeyValue("method", admission.method())
                    .addKeyValue("route", admission.pattern())
                    .addKeyValue("status", status)
                    .addKeyValue("verdict", trace.verdictLabel())
                    .addKeyValue("key", admission.caller().key())
                    .addKeyValue("in_bytes", receivedBytes)
                    .addKeyValue("out_bytes", sentBytes)
                    .addKeyValue("total_us", (System.nanoTime() - beganNanos) / 1_000)
                    .log("request");
        }
        answerNanos = System.nanoTime();
    }

    /** Notes that the answer has been sent. */
    void left(Metrics metrics) {
        long end = System.nanoTime();
        trace.took(Stage.RESPOND, end - answerNanos);
        metrics.answered(admission.method(), admission.pattern(), status, trace, end - beganNanos);
    }
}
