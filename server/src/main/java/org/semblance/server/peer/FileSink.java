package org.semblance.server.peer;

import java.io.IOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.file.DurableFile;

/**
 * Writes a body to a new file as it comes, and counts what has come. Its result is an empty text, when the body is whole. After {@link
 * #close} nothing is written any more, whoever still sends.
 */
final class FileSink implements BodySubscriber<String>, AutoCloseable {
    private final FileChannel file;
    private final CompletableFuture<String> whole = new CompletableFuture<>();
    private Flow.@Nullable Subscription subscription;
    private long length = -1;
    private long most;
    private volatile long received;

    /** Makes the file, for its owner alone. */
    FileSink(Path file) throws IOException {
        this.file = DurableFile.openPrivate(file, StandardOpenOption.CREATE_NEW);
    }

    /**
     * Says what is to come.
     *
     * @param bytes the length of the body; less than 0 if it was not told, which is refused
     * @param mostBytes which it may have
     */
    void expect(long bytes, long mostBytes) {
        length = bytes;
        most = mostBytes;
    }

    /** How many bytes have come; any thread. */
    long received() {
        return received;
    }

    @Override
    public CompletionStage<String> getBody() {
        return whole;
    }

    @Override
    public synchronized void onSubscribe(Flow.Subscription begun) {
        subscription = begun;
        if (length < 0 || length > most) {
            fail(new IOException((length < 0 ? "a body of unknown length" : length + " bytes") + " (expected: at most "
                    + most + ")"));
        } else {
            begun.request(1);
        }
    }

    @Override
    public synchronized void onNext(List<ByteBuffer> pieces) {
        Flow.Subscription from = subscription;
        if (from == null || whole.isDone()) {
            return;
        }
        try {
            long bytes = 0;
            for (ByteBuffer piece : pieces) {
                bytes += piece.remaining();
                while (piece.hasRemaining()) {
                    file.write(piece);
                }
            }
            received += bytes;
            from.request(1);
        } catch (IOException e) {
            fail(e);
        }
    }

    private void fail(IOException why) {
        whole.completeExceptionally(why);
        if (subscription != null) {
            subscription.cancel();
        }
    }

    @Override
    public synchronized void onError(Throwable why) {
        whole.completeExceptionally(why);
    }

    @Override
    public synchronized void onComplete() {
        if (received == length) {
            whole.complete("");
        } else {
            whole.completeExceptionally(new IOException(received + " bytes (expected: " + length + ")"));
        }
    }

    @Override
    public synchronized void close() throws IOException {
        if (!whole.isDone()) {
            fail(new IOException("closed"));
        }
        file.close();
    }
}
