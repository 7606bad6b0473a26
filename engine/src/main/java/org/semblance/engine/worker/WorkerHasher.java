package org.semblance.engine.worker;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.semblance.engine.ContentHasher;
import org.semblance.engine.HashReport;
import org.semblance.engine.HashRequest;
import org.semblance.engine.NoDecoderException;
import org.semblance.engine.judge.Verdict;
import org.semblance.engine.media.DeadlinePassedException;
import org.semblance.engine.media.DecodePath;
import org.semblance.hashdb.hash.SignalType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Has contents hashed by whichever worker is free. It may be used by many threads at once. */
final class WorkerHasher implements ContentHasher {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerHasher.class);

    /** Workers that may be ended from outside while they have the same content, which may be why memory ran out. */
    private static final int MOST_KILLED = 2;

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
        int killed = 0;
        while (true) {
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
                workers.lost(worker, Ending.NONSENSE, name(request));
                return crashed(request);
            } catch (IOException e) {
                LOG.debug("a worker is gone", e);
                if (!worker.hasBegun()) {
                    workers.lost(worker, Ending.IDLE);
                } else if (worker.isKilled() || workers.isClosing()) {
                    workers.lost(worker, Ending.KILLED, name(request));
                    if (++killed == MOST_KILLED) {
                        throw NoDecoderException.endedFromOutside(killed);
                    }
                    workers.countRetry();
                } else {
                    workers.lost(worker, Ending.CRASH, name(request));
                    return crashed(request);
                }
            }
        }
    }

    /** What a log tells of a content: enough to find the file that ends decoders. */
    private static String name(HashRequest request) {
        String kind =
                request.source().format().wireName() + " of " + request.source().size() + " bytes";
        return request.known().stream()
                .filter(signal -> signal.type() == SignalType.SHA256)
                .map(signal -> kind + ", SHA-256 " + signal.value())
                .findFirst()
                .orElse(kind);
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
