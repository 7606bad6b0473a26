package org.semblance.server.call;

import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.semblance.server.body.Body;
import org.semblance.server.body.FetchedFile;
import org.semblance.server.fetch.FetchFailedException;
import org.semblance.server.fetch.Fetcher;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.HttpError;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Fetches the file that a request gives the URL of. */
final class UrlFetch {
    private static final Logger LOG = LoggerFactory.getLogger(UrlFetch.class);

    private final Call call;
    private final Calls calls;
    private final Admission admission;
    private Fetcher.@Nullable Handle fetching;

    UrlFetch(Call call, Calls calls, Admission admission) {
        this.call = call;
        this.calls = calls;
        this.admission = admission;
    }

    /** Fetches the file; then the call goes on with it, or fails. Owns the body from now on. */
    void begin(Body sent, String url) {
        try {
            if (admission.dialect() == Dialect.NATIVE && sent.upload().size() > 0) {
                throw HttpError.field(400, "url", url, "no file beside it");
            }
            AtomicReference<FetchedFile> file = new AtomicReference<>();
            fetching = calls.fetcher()
                    .fetch(
                            url,
                            (thread, goOn) -> {
                                FetchedFile opened =
                                        new FetchedFile(calls.config(), calls.budget(), calls.uploads(), thread, goOn);
                                file.set(opened);
                                return opened;
                            },
                            failure -> {
                                FetchedFile ended = Objects.requireNonNull(file.get());
                                if (failure != null) {
                                    ended.upload().release(); // Here, where a block of it may still be on its way.
                                }
                                bringBack(failure == null ? sent.with(ended) : sent, failure);
                            });
        } catch (HttpError | FetchFailedException e) {
            sent.release();
            call.fail(e);
        }
    }

    /** Called by the fetcher, with the file or with the reason why there is none. */
    private void bringBack(Body body, @Nullable RuntimeException failure) {
        try {
            call.wire().loop().execute(() -> {
                if (call.isAbandoned() || failure != null) {
                    body.release();
                    admission.leave();
                    if (failure != null && !call.isAbandoned()) {
                        call.fail(failure);
                    }
                } else {
                    call.fetched(body);
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.debug("the server stopped before a file that was fetched could be worked on", e);
            body.release();
            admission.leave();
        }
    }

    void cancel() {
        Fetcher.Handle it = fetching;
        if (it != null) {
            it.cancel();
        }
    }
}
