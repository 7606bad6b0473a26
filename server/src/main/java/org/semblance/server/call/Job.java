package org.semblance.server.call;

import java.util.Optional;
import org.semblance.engine.MatchOptions;
import org.semblance.server.body.Body;
import org.semblance.server.http.Errors;
import org.semblance.server.http.Response;
import org.semblance.server.metrics.RequestTrace.Stage;
import org.semblance.server.route.Request;
import org.semblance.server.route.Route;
import org.semblance.server.work.Worker;
import org.semblance.server.work.WorkerPool;

/**
 * A request on its way through the workers. Owns the body's upload, and frees it before the answer leaves.
 *
 * @param lane the workers that the request is for
 * @param isHeavy whether its picture takes long to decode, as far as the header tells
 * @param sinceNanos the {@link System#nanoTime} from which on it waits
 * @param deadlineNanos the {@link System#nanoTime} after which work must not begin
 * @param onlyIfKnown whether to answer only if the bytes are known, without a decoder, and else to pass the request on
 */
record Job(
        Dispatch dispatch,
        Body body,
        Route.Work action,
        WorkerPool<Worker> lane,
        boolean isHeavy,
        long sinceNanos,
        long deadlineNanos,
        boolean onlyIfKnown)
        implements WorkerPool.Task<Worker> {
    /** Puts it into its queue. Returns false, and does nothing, if that is full. */
    boolean enqueue() {
        return lane.offer(this);
    }

    /** Takes it back from its queue and frees its upload. Returns false, and does nothing, if work has begun. */
    boolean withdraw() {
        boolean waited = lane.withdraw(this);
        if (waited) {
            body.release();
        }
        return waited;
    }

    private Call call() {
        return dispatch.call();
    }

    @Override
    public String owner() {
        return call().owner();
    }

    @Override
    public void run(Worker worker) {
        long began = System.nanoTime();
        try {
            if (onlyIfKnown && !isKnown(worker)) {
                dispatch.passOn(body, action, deadlineNanos);
            } else {
                answer(worker, began);
            }
        } finally {
            call().worked(began - sinceNanos, System.nanoTime() - began);
        }
    }

    private void answer(Worker worker, long began) {
        Response response;
        long heldNanos = 0;
        try {
            if (call().isAbandoned()) {
                return;
            }
            call().log().trace().took(Stage.QUEUE, System.nanoTime() - call().bodyNanos());
            Request request =
                    call().request(body, deadlineNanos, !onlyIfKnown, () -> lane.wantsBack(began, deadlineNanos));
            response = call().coded(action.answer(request, worker));
            heldNanos = request.heldNanos();
        } catch (Throwable e) {
            response = Errors.answer(e, call().admission().dialect());
        } finally {
            body.release();
            call().admission().leave();
        }
        call().handOver(response, heldNanos);
    }

    private boolean isKnown(Worker worker) {
        try {
            Optional<MatchOptions> asked = call().admission().askedBanks();
            return asked.isPresent() && worker.matcher().knows(body.digests(), asked.get());
        } catch (RuntimeException e) {
            return false; // The worker meets the error again, and answers.
        }
    }

    @Override
    public void expire() {
        call().worked(System.nanoTime() - sinceNanos, 0);
        giveUp(call().refusal("the deadline passed while the request waited"));
    }

    @Override
    public void refuse() {
        if (onlyIfKnown) {
            dispatch.passOn(body, action, deadlineNanos);
        } else {
            giveUp(call().refusal(dispatch.isFull(lane)));
        }
    }

    private void giveUp(Response response) {
        body.release();
        call().admission().leave();
        call().handOver(response, 0);
    }
}
