package org.semblance.bench.harness;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;

/** Clients that run at the same time, each on a thread of its own. */
public final class Clients {
    private Clients() {}

    /** The work of one client. */
    @FunctionalInterface
    public interface Client {
        /**
         * @param number of the client, from 0
         * @param times to add to
         */
        void run(int number, Times times) throws IOException, InterruptedException;
    }

    /** Runs so many to their ends. Counts those whose connection broke, and returns the times of all. */
    public static Times run(ThreadFactory threads, int clients, Counts counts, Client client)
            throws InterruptedException {
        List<Future<Times>> started = new ArrayList<>();
        List<Times> times = new ArrayList<>();
        try (ExecutorService executor = Executors.newThreadPerTaskExecutor(threads)) {
            for (int i = 0; i < clients; i++) {
                int number = i;
                started.add(executor.submit(() -> runOne(number, counts, client)));
            }
            for (Future<Times> one : started) {
                times.add(one.get());
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException("a client failed", e.getCause());
        }
        return Times.all(times);
    }

    private static Times runOne(int number, Counts counts, Client client) throws InterruptedException {
        Times times = new Times();
        try {
            client.run(number, times);
        } catch (IOException e) {
            counts.add("broken connection: " + e.getMessage());
        }
        return times;
    }
}
