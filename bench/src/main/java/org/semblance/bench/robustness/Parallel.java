package org.semblance.bench.robustness;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** Work on two threads: as many requests as a server has at a time. */
final class Parallel {
    private static final int THREADS = 2;

    private Parallel() {}

    @FunctionalInterface
    interface Work<A, B extends @Nullable Object> {
        B of(A item) throws IOException, InterruptedException;
    }

    /** The results in the order of the items. */
    static <A, B extends @Nullable Object> List<B> map(List<A> items, Work<A, B> work)
            throws IOException, InterruptedException {
        ExecutorService pool = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<B>> pending = new ArrayList<>();
            for (A item : items) {
                Callable<B> call = () -> work.of(item);
                pending.add(pool.submit(call));
            }
            List<B> results = new ArrayList<>();
            for (Future<B> result : pending) {
                results.add(result.get());
            }
            return results;
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        } finally {
            pool.shutdownNow();
        }
    }
}
