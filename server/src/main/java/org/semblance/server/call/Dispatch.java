package org.semblance.server.call;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.semblance.server.body.Body;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Ndjson;
import org.semblance.server.route.Route;
import org.semblance.server.work.Worker;
import org.semblance.server.work.WorkerPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands a complete request to a worker.
 *
 * <p>Slow requests have workers and a queue of their own, so that no other request waits for them. But known bytes need no
 * decoding: while the slow lane is busy, a worker of the other lane looks the bytes up, and passes unknown ones on. Pictures that
 * are heavy, by what their headers say, are in the lane of the other pictures, and never have all its workers.
 */
final class Dispatch {
    private static final Logger LOG = LoggerFactory.getLogger(Dispatch.class);

    private final Call call;
    private final Calls calls;
    private final Admission admission;
    private @Nullable Job job;

    Dispatch(Call call, Calls calls, Admission admission) {
        this.call = call;
        this.calls = calls;
        this.admission = admission;
    }

    /** Puts the request into a queue, or refuses it if the queue is full. Owns the body from now on. */
    void offer(Body body, Route.Work action) {
        releaseIfRefused(body, () -> {
            boolean slow = isSlow(body);
            long now = System.nanoTime();
            long deadlineNanos = now + TimeUnit.MILLISECONDS.toNanos(admission.deadlineMs(slow, calls.config()));
            boolean othersLook = slow
                    && admission.route().takes() == Route.Takes.MATCHED_UPLOAD
                    && !calls.videoWorkers().hasFreeThread();
            if (!othersLook
                    || !enqueue(new Job(this, body, action, calls.workers(), false, now, deadlineNanos, true))) {
                offer(body, action, slow, deadlineNanos);
            }
        });
    }

    /** Puts a request into the slow queue. Called by the worker that found its bytes unknown. */
    void passOn(Body body, Route.Work action, long deadlineNanos) {
        try {
            call.wire().loop().execute(() -> {
                if (call.isAbandoned()) { // By a client that saw a worker have it, and left the rest to that.
                    body.release();
                    admission.leave();
                } else {
                    releaseIfRefused(body, () -> offer(body, action, true, deadlineNanos));
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.debug("the server stopped before an upload could be passed on", e);
            body.release();
            admission.leave();
        }
    }

    private void releaseIfRefused(Body body, Runnable offer) {
        try {
            offer.run();
        } catch (HttpError e) {
            body.release();
            call.fail(e);
        }
    }

    private void offer(Body body, Route.Work action, boolean slow, long deadlineNanos) {
        WorkerPool<Worker> lane = slow ? calls.videoWorkers() : calls.workers();
        boolean heavy = !slow && hasFile(body) && body.holder().isHeavy();
        long now = System.nanoTime();
        if (!enqueue(new Job(this, body, action, lane, heavy, now, deadlineNanos, false))) {
            throw HttpError.busy(isFull(lane));
        }
        if (slow) { // The videos before this one may take long, and its client need not wait for them in vain.
            long leftMs = TimeUnit.NANOSECONDS.toMillis(deadlineNanos - now);
            call.wire().alarm().set(Math.max(0, leftMs) + 2);
        }
    }

    /** What a client is told for whose request that lane has no place. */
    String isFull(WorkerPool<Worker> lane) {
        return "every worker" + (lane == calls.videoWorkers() ? " for videos" : "") + " is busy and the queue is full";
    }

    private boolean enqueue(Job offered) {
        job = offered;
        boolean waits = offered.enqueue();
        if (!waits) {
            job = null;
        }
        return waits;
    }

    /** Takes the request back from its queue. Returns false, and does nothing, if no queue holds it. */
    boolean withdraw() {
        Job waiting = job;
        return waiting != null && waiting.withdraw();
    }

    Call call() {
        return call;
    }

    private boolean hasFile(Body body) {
        return admission.route().takes().isUpload() || body.fetched() != null;
    }

    /** Videos, animated images, pictures far larger than their files, and contents that are banked in bulk. */
    private boolean isSlow(Body body) {
        Route.Takes takes = admission.route().takes();
        return hasFile(body) && body.holder().isSlow()
                || takes == Route.Takes.LIST
                || takes == Route.Takes.BANKED_UPLOAD
                        && Body.mediaType(call.headers()).equals(Ndjson.MEDIA_TYPE);
    }
}
