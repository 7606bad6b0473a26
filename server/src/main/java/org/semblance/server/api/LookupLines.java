package org.semblance.server.api;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.semblance.engine.judge.Judgement;
import org.semblance.engine.media.Deadline;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Ndjson;
import org.semblance.server.metrics.RequestTrace;
import org.semblance.server.metrics.RequestTrace.Stage;
import org.semblance.server.route.AnswerClock;
import org.semblance.server.route.LineAnswerer;
import org.semblance.server.route.Request;

/** Looks up the hashes and features of a body of lines as they come: hashes that have come together in one lookup. */
final class LookupLines implements LineAnswerer {
    private final LookupScope scope;
    private final RequestTrace trace;
    private final LookupAnswer answer;
    private final boolean byClock;
    private long lookupNanos;
    private long leaveNanos;

    /** What has been looked up and is still to be answered: a hash can hit so much that an answer is long before they end. */
    private Iterator<LookupQuery> queries = Collections.emptyIterator();

    private Iterator<Judgement> found = Collections.emptyIterator();

    LookupLines(LookupScope scope, Request request) {
        this.scope = scope;
        this.trace = request.trace();
        this.byClock = !request.caller().seesAllBanks();
        this.answer = new LookupAnswer(scope, LookupAnswer.Form.ENDLESS_LINES);
    }

    @Override
    public boolean answer(ByteBuffer lines, Deadline deadline, ByteArrayOutputStream out) {
        answer.to(out);
        long begun = System.nanoTime();
        long before = answer.weight();
        boolean more = queries.hasNext() || lookUp(lines, deadline);
        while (more && out.size() < LineAnswerer.MOST_UNSENT_BYTES) {
            answerNext(deadline);
            more = queries.hasNext() || lookUp(lines, deadline);
        }
        scope.verdicts().told();
        trace.took(Stage.LOOKUP, lookupNanos);
        trace.verdict(answer.best());
        if (byClock) {
            leaveNanos = AnswerClock.leaveNanos(begun, System.nanoTime(), (int) (answer.weight() - before));
        }
        return !more;
    }

    @Override
    public long heldNanos() {
        return byClock ? leaveNanos - System.nanoTime() : 0;
    }

    private void answerNext(Deadline deadline) {
        LookupQuery query = queries.next();
        HttpError problem = query.problem();
        if (problem == null && query.features() != null && deadline.passed()) {
            problem = late();
        }
        if (problem == null) {
            try {
                long start = System.nanoTime();
                Judgement judgement = scope.judge(query, found, deadline);
                lookupNanos += System.nanoTime() - start;
                answer.add(query, judgement, scope.explain(query, judgement, deadline));
                return;
            } catch (HttpError e) {
                problem = e;
            }
        }
        answer.refuse(problem);
    }

    private static HttpError late() {
        return HttpError.busy("the deadline passed before this line was looked up");
    }

    /** Looks up the next lines. Returns false if there are none. */
    private boolean lookUp(ByteBuffer lines, Deadline deadline) {
        List<LookupQuery> batch = new ArrayList<>();
        while (batch.size() < LookupRoutes.LOOKUP_BATCH) {
            ByteBuffer line = Ndjson.next(lines);
            if (line == null) {
                break;
            }
            batch.add(LookupQuery.ofLine(line));
        }
        if (batch.isEmpty()) {
            return false;
        }
        if (deadline.passed()) {
            batch.replaceAll(query -> query.failedBy(late()));
        }
        // Before the lookups, so that what it promises has been seen.
        answer.version(scope.seq());
        long start = System.nanoTime();
        found = scope.lookup(batch);
        lookupNanos += System.nanoTime() - start;
        queries = batch.iterator();
        return true;
    }
}
