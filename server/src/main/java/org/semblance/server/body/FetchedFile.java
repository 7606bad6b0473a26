package org.semblance.server.body;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.concurrent.Executor;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.fetch.FetchFailedException;
import org.semblance.server.fetch.FetchSink;
import org.semblance.server.http.HttpError;

/**
 * A file that a caller gave the URL of, fetched as an upload would have come. Filled on a thread of the fetcher, then handed
 * to the event loop of its request.
 */
public final class FetchedFile implements FetchSink {
    private static final int TOO_LARGE = 413;

    private final Upload upload;
    private final long limit;
    private String mediaType = "";

    /** @param thread on which it is filled; {@code goOn} is called there when it can take more */
    public FetchedFile(ServerConfig config, ByteBudget memory, SpillFolder folder, Executor thread, Runnable goOn) {
        limit = config.maxBodyBytes();
        upload = Upload.spilling(
                ByteBufAllocator.DEFAULT,
                memory,
                0,
                limit,
                limit,
                new Upload.Spilling(folder, config.spillBytes(), thread, goOn));
    }

    public Upload upload() {
        return upload;
    }

    /** As its host told it; empty if it did not. */
    public String mediaType() {
        return mediaType;
    }

    @Override
    public void begin(String type, long length) {
        mediaType = type;
        if (length > limit) {
            throw tooLarge();
        }
    }

    @Override
    public void add(ByteBuf bytes) {
        filling(() -> upload.append(bytes));
    }

    @Override
    public void end() {
        filling(upload::end);
    }

    private void filling(Runnable step) {
        try {
            step.run();
        } catch (HttpError e) {
            throw e.status == TOO_LARGE ? tooLarge() : e;
        }
    }

    private FetchFailedException tooLarge() {
        return new FetchFailedException(FetchFailedException.Reason.TOO_LARGE, "more than " + limit + " bytes");
    }

    @Override
    public boolean isReady() {
        return upload.isReady();
    }

    @Override
    public void check() {
        upload.check();
    }
}
