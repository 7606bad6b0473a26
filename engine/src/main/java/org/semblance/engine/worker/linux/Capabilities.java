package org.semblance.engine.worker.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import org.semblance.hashdb.libc.Libc;

/**
 * Root's rights on Linux, each of which a process has or has not. A worker has none, though its server may: they cannot be taken
 * from a virtual machine that runs, since each of its threads has its own, and so they are not given to it.
 */
public final class Capabilities {
    private static final int PR_CAPBSET_DROP = 24;
    private static final int PR_CAP_AMBIENT = 47;
    private static final int PR_CAP_AMBIENT_CLEAR_ALL = 4;

    /** The numbers are of 64 bits at most. */
    private static final int MOST = 64;

    private Capabilities() {}

    /**
     * Starts a process without any. What a program gets when it is begun is bounded by what the thread that begins it leaves, so
     * that is a thread of its own, which gives all up and ends.
     */
    public static Process start(ProcessBuilder builder) throws IOException {
        CompletableFuture<Process> started = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("start").start(() -> {
            try {
                giveUp();
                started.complete(builder.start());
            } catch (IOException | RuntimeException | Error e) {
                started.completeExceptionally(e);
            }
        });
        try {
            return started.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof IOException failure) {
                throw failure;
            }
            throw e;
        }
    }

    /** Of the calling thread, as far as it may: one that may not has none to pass on but those that are ambient. */
    private static void giveUp() throws IOException {
        try {
            Posix.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL);
            for (int capability = 0; capability < MOST; capability++) {
                Posix.prctl(PR_CAPBSET_DROP, capability);
            }
        } catch (Libc.Failure e) {
            if (e.number() != Libc.EPERM && e.number() != Libc.EINVAL) { // The kernel knows no more of them.
                throw e;
            }
        }
    }

    /** @throws IOException if a thread of this process has any */
    static void requireNone() throws IOException {
        try (Stream<Path> threads = Files.list(Path.of("/proc/self/task"))) {
            for (Path thread : threads.toList()) {
                for (String line : status(thread)) {
                    if ((line.startsWith("CapPrm:") || line.startsWith("CapEff:")) && !line.matches("\\w+:\\s*0+")) {
                        throw new IOException("it has some");
                    }
                }
            }
        }
    }

    private static List<String> status(Path thread) {
        try {
            return Files.readAllLines(thread.resolve("status"));
        } catch (IOException e) {
            return List.of(); // The process has ended.
        }
    }
}
