package org.semblance.engine.worker;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.semblance.engine.ContentHasher;
import org.semblance.engine.HashReport;
import org.semblance.engine.HashRequest;
import org.semblance.engine.judge.Verdict;
import org.semblance.engine.media.MediaSource;
import org.semblance.engine.worker.linux.Posix;

/** A worker whose decoders have been taken over: contents that open with {@link #HOOK} are orders, and done. */
final class HookedWorker {
    static final String HOOK = "HOOK ";

    /** Contents that a worker hashes before it is ready, so that everything is loaded. */
    private static final int FIRST = 2;

    private static final AtomicInteger OWN = new AtomicInteger();

    private static final MethodHandle MALLOC = Linker.nativeLinker()
            .downcallHandle(
                    Linker.nativeLinker().defaultLookup().findOrThrow("malloc"),
                    FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));

    private HookedWorker() {}

    public static void main(String[] arguments) throws IOException {
        // What the orders need of Java's own libraries, which could not be loaded later.
        try (var server = new java.net.ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            server.setSoTimeout(1);
        }
        Files.exists(Path.of("/"));
        DecodeWorker.serve(arguments, HookedWorker.class, Hooked::new);
    }

    static ByteBuffer order(String what) {
        return ByteBuffer.wrap((HOOK + what).getBytes(StandardCharsets.UTF_8));
    }

    private record Hooked(ContentHasher hasher) implements ContentHasher {
        @Override
        public HashReport hash(HashRequest request) {
            if (!request.known().isEmpty() && OWN.incrementAndGet() > FIRST) {
                // Its own, since an order comes without digests: to be faster at what nobody here asks for.
                return HashReport.empty(request);
            }
            if (request.source() instanceof MediaSource.InMemory memory && memory.size() < 1_000) {
                byte[] bytes = new byte[(int) memory.size()];
                memory.content().get(memory.content().position(), bytes);
                String text = new String(bytes, StandardCharsets.UTF_8);
                if (text.startsWith(HOOK)) {
                    String[] words = text.split(" ");
                    return HashReport.failed(request, Verdict.UNSUPPORTED, obey(words[1], words), 0);
                }
            }
            return hasher.hash(request);
        }

        @Override
        public void close() {
            hasher.close();
        }
    }

    /** What came of it. */
    private static String obey(String order, String[] words) {
        try {
            switch (order) {
                case "read" -> {
                    return "read " + Files.readString(Path.of(words[2])).length();
                }
                case "write" -> {
                    return "wrote " + Files.writeString(Path.of(words[2]), "x");
                }
                case "connect" -> {
                    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(words[2]))) {
                        return "connected " + socket.isConnected();
                    }
                }
                case "execute" -> {
                    return "executed " + Posix.syscall("execve", Integer.parseInt(words[2]), 0, 0, 0);
                }
                case "fork" -> {
                    // clone() with SIGCHLD alone, as fork does
                    return "forked " + Posix.syscall("clone", Integer.parseInt(words[2]), 17, 0, 0);
                }
                case "thread" -> {
                    try {
                        Thread.ofPlatform().daemon().start(() -> LockSupport.parkNanos(1));
                        return "started";
                    } catch (OutOfMemoryError e) {
                        return "refused: " + e.getMessage();
                    }
                }
                case "crash" -> {
                    return "read " + MemorySegment.ofAddress(8).reinterpret(8).get(ValueLayout.JAVA_BYTE, 0);
                }
                case "kill" -> {
                    String pid = Long.toString(ProcessHandle.current().pid());
                    new ProcessBuilder("kill", "-" + words[2], pid).start();
                    while (true) {
                        LockSupport.parkNanos(1_000_000_000L);
                    }
                }
                case "exit" -> Runtime.getRuntime().halt(Integer.parseInt(words[2]));
                case "hang" -> {
                    while (true) {
                        LockSupport.parkNanos(1_000_000_000L);
                    }
                }
                case "wait" -> {
                    long end = System.nanoTime() + Long.parseLong(words[2]) * 1_000_000;
                    while (System.nanoTime() - end < 0) {
                        LockSupport.parkNanos(end - System.nanoTime());
                    }
                    return "waited";
                }
                case "grow" -> {
                    return "has " + grow(Long.parseLong(words[2])) + " MB";
                }
                case "heap" -> throw new OutOfMemoryError("as asked for");
                case "bug" -> throw new IllegalStateException("as asked for");
                default -> throw new IllegalArgumentException(order);
            }
        } catch (IOException | SecurityException e) {
            return "refused: " + e.getMessage();
        }
        return "done";
    }

    /** Takes memory that it does not touch, until it gets none or has so many MB. */
    private static long grow(long most) {
        long got = 0;
        try {
            while (got < most && (long) MALLOC.invokeExact(64L << 20) != 0) {
                got += 64;
            }
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
        return got;
    }
}
