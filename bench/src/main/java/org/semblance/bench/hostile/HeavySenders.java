package org.semblance.bench.hostile;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.semblance.bench.harness.Connection;
import org.semblance.bench.harness.Counts;
import org.semblance.server.work.BackgroundThreads;

/** Connections that send one request after the other, as fast as they are answered, until this is closed. */
final class HeavySenders implements AutoCloseable {
    private final List<byte[]> requests;
    private final List<Connection> connections = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicLong answered = new AtomicLong();
    private final Counts counts = new Counts();
    private volatile boolean closed;

    HeavySenders(int port, int number, List<byte[]> requests) throws IOException {
        this.requests = requests;
        ThreadFactory factory = new BackgroundThreads("heavy");
        for (int i = 0; i < number; i++) {
            Connection connection = new Connection(port);
            connections.add(connection);
            threads.add(factory.newThread(() -> send(connection)));
        }
        threads.forEach(Thread::start);
    }

    private void send(Connection connection) {
        try {
            while (!closed) {
                Connection.Answer answer = connection.send(requests.get(next.getAndIncrement() % requests.size()));
                counts.add(Integer.toString(answer.status()));
                if (answer.status() == 503) {
                    TimeUnit.SECONDS.sleep(answer.retryAfterS());
                } else {
                    answered.incrementAndGet();
                }
            }
        } catch (IOException e) {
            if (!closed) {
                counts.add("broken connection: " + e.getMessage());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // By close.
        }
    }

    /** How many requests were answered, other than by a refusal, since this was asked last. */
    long answered() {
        return answered.getAndSet(0);
    }

    Counts counts() {
        return counts;
    }

    /** Leaves requests that are under way without their answers. */
    @Override
    public void close() throws IOException {
        closed = true;
        for (Connection connection : connections) {
            connection.close();
        }
        threads.forEach(Thread::interrupt);
    }
}
