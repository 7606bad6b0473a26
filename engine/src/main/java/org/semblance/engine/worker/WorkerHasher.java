package org.semblance.engine.worker;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.semblance.engine.ContentHasher;
import org.semblance.engine.HashReport;
import org.semblance.engine.HashRequest;
import org.semblance.engine.judge.Verdict;
import org.semblance.engine.media.DeadlinePassedException;
import org.semblance.engine.media.DecodePath;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Has contents hashed by whichever worker is free. It may be used by many threads at once. */
final class WorkerHasher implements ContentHasher {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerHasher.class);

    /** Workers that are tried for one content, if they are gone before they have begun with it. */
    private static final int MOST_TRIES = 3;

    private final DecodeWorkers workers;
    private final DecodePath path;

    WorkerHasher(DecodeWorkers workers, DecodePath path) {
        this.workers = workers;
        this.path = path;
    }

    @Override
    public HashReport hash(HashRequest request) {
        if (request.source().size() == 0) {
            return HashReport.empty(request);
        }
        request.deadline().check("header");
        for (int tries = 1; ; tries++) {
            WorkerProcess worker = workers.lend(request.deadline());
            try {
                Reply reply = worker.ask(request, path);
                if (reply == null) {
                    workers.leave(worker);
                    throw new DeadlinePassedException("end of the decoding");
                }
                workers.giveBack(worker);
                return report(request, reply);
            } catch (UncheckedIOException e) {
                workers.giveBack(worker);
                throw e;
            } catch (WorkerProcess.NonsenseException e) {
                LOG.warn("a worker was ended that may have been taken over: {}", e.getMessage());
                workers.lost(worker, Ending.NONSENSE);
                return crashed(request);
            } catch (IOException e) {
                boolean begun = worker.hasBegun();
                LOG.debug("a worker is gone, {}", begun ? "with a content in it" : "before it had begun", e);
                workers.lost(worker, begun ? Ending.CRASH : Ending.IDLE);
                if (begun || tries == MOST_TRIES) {
                    return crashed(request);
                }
            }
        }
    }

    private static HashReport report(HashRequest request, Reply reply) {
        return switch (reply) {
            case Reply.Hashed hashed -> hashed.report();
            case Reply.OutOfTime late -> throw new DeadlinePassedException(late.step());
            case Reply.OutOfMemory none ->
                failed(request, Verdict.TOO_LARGE, "it needs more memory than a decoder has");
            case Reply.Unreadable file -> throw new UncheckedIOException(new IOException(file.why()));
            case Reply.Failed bug -> throw new IllegalStateException("in a worker: " + bug.why());
        };
    }

    private static HashReport crashed(HashRequest request) {
        return failed(request, Verdict.CORRUPT, "the decoder ended while it worked on this");
    }

    private static HashReport failed(HashRequest request, Verdict verdict, String reason) {
        String format = request.source().format().wireName();
        return HashReport.failed(
                request, verdict, format + ": " + reason, (System.nanoTime() - request.startNanos()) / 1_000);
    }

    @Override
    public void close() {}
}
