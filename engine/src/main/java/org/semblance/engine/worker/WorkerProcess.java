package org.semblance.engine.worker;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.HashRequest;
import org.semblance.engine.media.Av1Decoder;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.MediaSource;
import org.semblance.engine.media.internal.HostLibraries;
import org.semblance.engine.worker.linux.Capabilities;
import org.semblance.engine.worker.linux.ControlSocket;
import org.semblance.engine.worker.linux.Posix;
import org.semblance.engine.worker.linux.ProcessMemory;
import org.semblance.engine.worker.linux.Sandbox;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One worker process, as the server sees it: not for two threads at once. */
final class WorkerProcess {
    /** Contents up to this size are copied into the shared memory; larger ones are passed as a descriptor. */
    static final long DATA_BYTES = 8 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(WorkerProcess.class);

    /** A reply is no longer: every frame of the longest video. */
    private static final int MOST_REPLY_BYTES = 256 << 20;

    /** How long an answer may be late before it is not waited for, as what is said of it is told between two steps. */
    private static final long IMAGE_LATE_MS = 250;

    /** How long the answer on a video may be late: it takes longer to end, and the frames seen so far count. */
    private static final long VIDEO_LATE_MS = 2_000;

    /** How often it is asked whether anybody still waits for the answer. */
    private static final int LOOK_MS = 50;

    private static final int LAST_LINES = 20;

    /** How long a process may take to end whose socket is closed: the kernel takes its memory back in between. */
    private static final long END_MS = 1_000;

    private final Process process;
    private final ControlSocket socket;
    private final Arena arena;
    private final MemorySegment memory;
    private final ProcessMemory usage;
    private final Readiness readiness;
    private final long startedNanos = System.nanoTime();
    private final long residentAtStart;
    private long contents;

    private WorkerProcess(
            Process process,
            ControlSocket socket,
            Arena arena,
            MemorySegment memory,
            ProcessMemory usage,
            Readiness readiness)
            throws IOException {
        this.process = process;
        this.socket = socket;
        this.arena = arena;
        this.memory = memory;
        this.usage = usage;
        this.readiness = readiness;
        this.residentAtStart = usage.resident();
    }

    /** What a worker says of itself when it can take a content. */
    private record Readiness(Av1Decoder av1, Sandbox.Strength strength) {}

    /**
     * Starts one and waits until it can take a content.
     *
     * @param libraries those of the host that the worker may use
     * @throws KilledException if somebody else has ended it
     * @throws CrashException if a library has ended it
     * @throws IOException if it cannot; the message says what it said
     */
    @SuppressWarnings("MustBeClosedChecker") // destroy closes it.
    static WorkerProcess start(WorkerSettings settings, HostLibraries libraries) throws IOException {
        String name = "semblance-" + UUID.randomUUID();
        Arena arena = Arena.ofShared();
        Process process = null;
        ControlSocket socket = null;
        ProcessMemory usage = null;
        try (ControlSocket.Listener listener = ControlSocket.listen(name)) {
            process = Capabilities.start(WorkerCommand.of(settings, name, libraries));
            Output output = new Output(process, settings.name());
            long giveUp = System.nanoTime() + settings.startTimeout().toNanos();
            while (socket == null) {
                check(process, output, giveUp, false);
                socket = listener.accept(process.pid(), LOOK_MS);
            }
            usage = ProcessMemory.of(process.pid());
            long bytes = Wire.DATA + DATA_BYTES;
            int fd = Posix.sharedMemory("semblance-content", bytes);
            MemorySegment memory;
            try {
                memory = Posix.map(fd, bytes, true, arena);
                Wire.write(socket.message(), Wire.Kind.MEMORY, 0, bytes);
                socket.send(fd);
            } finally {
                Posix.close(fd);
            }
            while (!socket.await(LOOK_MS)) {
                check(process, output, giveUp, true);
            }
            Readiness readiness;
            try {
                readiness = readiness(socket, memory);
            } catch (EOFException e) {
                if (hasEnded(process)) {
                    check(process, output, giveUp, true); // The output says more than that the process is gone.
                }
                throw e;
            }
            return new WorkerProcess(process, socket, arena, memory, usage, readiness);
        } catch (IOException | RuntimeException e) {
            boolean killed = process != null && isKilled(process);
            if (process != null) {
                process.destroyForcibly();
            }
            if (socket != null) {
                socket.close();
            }
            if (usage != null) {
                usage.close();
            }
            arena.close();
            if (killed) {
                throw new KilledException(String.valueOf(e.getMessage()), e);
            }
            throw e;
        }
    }

    private static void check(Process process, Output output, long giveUp, boolean connected) throws IOException {
        if (!process.isAlive()) {
            String message = "it ended with status " + process.exitValue() + ": " + output.last();
            throw connected ? new CrashException(message) : new IOException(message);
        }
        if (System.nanoTime() - giveUp > 0) {
            throw new IOException("it was not ready in time: " + output.last());
        }
    }

    private static Readiness readiness(ControlSocket socket, MemorySegment memory) throws IOException {
        socket.receive(false);
        Wire.Kind kind = Wire.kind(socket.message());
        long length = Wire.bytes(socket.message());
        if ((kind != Wire.Kind.READY && kind != Wire.Kind.FAILED) || length < 0 || length > DATA_BYTES) {
            throw new IOException("it opened with " + kind + " of " + length + " bytes");
        }
        byte[] said = new byte[(int) length];
        MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, Wire.DATA, said, 0, said.length);
        String text = new String(said, StandardCharsets.UTF_8);
        if (kind == Wire.Kind.FAILED) {
            throw new IOException(Reply.printable(text));
        }
        List<String> lines = text.lines().map(Reply::printable).toList();
        if (lines.size() < 2) {
            throw new IOException("no word on what decodes AV1");
        }
        return new Readiness(
                new Av1Decoder(lines.get(0), lines.get(1)), Sandbox.Strength.ofLines(lines.subList(2, lines.size())));
    }

    /** What it prints: nothing, unless the virtual machine has something to say. */
    private static final class Output {
        private final Deque<String> lines = new ArrayDeque<>();

        Output(Process process, String name) {
            BufferedReader reader =
                    new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
            Thread.ofPlatform().daemon().name("output of a decoder of " + name).start(() -> {
                try (reader) {
                    for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                        add(Reply.printable(line));
                    }
                } catch (IOException e) {
                    LOG.trace("no more output", e);
                }
            });
        }

        private synchronized void add(String line) {
            LOG.debug("a decoder says: {}", line);
            lines.add(line);
            if (lines.size() > LAST_LINES) {
                lines.remove();
            }
        }

        synchronized String last() {
            return lines.isEmpty() ? "it said nothing" : String.join(" | ", lines);
        }
    }

    /** Somebody else has ended a worker before it could take a content. */
    static final class KilledException extends IOException {
        private KilledException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** A worker ended while it loaded its decoders, and without a word: a library has ended it. */
    static final class CrashException extends IOException {
        private CrashException(String message) {
            super(message);
        }
    }

    /** A worker has sent what no worker of ours sends. */
    static final class NonsenseException extends IOException {
        private NonsenseException(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /**
     * Has a content hashed.
     *
     * @return null if time ran out: then it is still at work, and {@link #isDone} tells when it is not
     * @throws UncheckedIOException if the content cannot be read; the worker does not know of it
     * @throws NonsenseException if it sent any
     * @throws IOException if it is gone
     */
    @Nullable
    Reply ask(HashRequest request, DecodePath path) throws IOException {
        long id = ++contents;
        int descriptor = place(request.source());
        try {
            Wire.set(memory, Wire.Patience.AS_ORDERED);
            Wire.Order.of(id, request, descriptor >= 0, path).write(socket.message());
            socket.send(descriptor);
        } finally {
            if (descriptor >= 0) {
                Posix.close(descriptor);
            }
        }
        long late = request.source().format().isVideo() ? VIDEO_LATE_MS : IMAGE_LATE_MS;
        Deadline deadline = request.deadline();
        ByteArrayOutputStream before = null;
        while (await(deadline, request.framesUntil(), late)) {
            boolean last = receivePart(id);
            byte[] part = new byte[(int) Wire.bytes(socket.message())];
            MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, Wire.DATA, part, 0, part.length);
            if (last && before == null) {
                return read(part, request);
            }
            before = before == null ? new ByteArrayOutputStream() : before;
            before.writeBytes(part);
            if (last) {
                return read(before.toByteArray(), request);
            }
            if (before.size() > MOST_REPLY_BYTES) {
                throw new NonsenseException("a reply of more than " + MOST_REPLY_BYTES + " bytes", null);
            }
            tell(Wire.Kind.NEXT, id);
        }
        return null;
    }

    private static Reply read(byte[] reply, HashRequest request) throws NonsenseException {
        try {
            return Reply.read(reply, request);
        } catch (IOException e) {
            throw new NonsenseException(String.valueOf(e.getMessage()), e);
        }
    }

    /** Puts the bytes where the worker finds them. Returns a descriptor of them, or -1 if they are in the shared memory. */
    private int place(MediaSource source) {
        try {
            return switch (source) {
                case MediaSource.InFile file -> Posix.open(file.path());
                case MediaSource.InMemory bytes -> {
                    MemorySegment content = MemorySegment.ofBuffer(bytes.content());
                    if (content.byteSize() <= DATA_BYTES) {
                        MemorySegment.copy(content, 0, memory, Wire.DATA, content.byteSize());
                        yield -1;
                    }
                    yield copied(content);
                }
                case MediaSource.Opened opened ->
                    throw new IllegalArgumentException("a content that is opened already");
            };
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int copied(MemorySegment content) throws IOException {
        int fd = Posix.sharedMemory("semblance-large-content", content.byteSize());
        try (Arena mapping = Arena.ofConfined()) {
            Posix.map(fd, content.byteSize(), true, mapping).copyFrom(content);
            return fd;
        } catch (IOException e) {
            Posix.close(fd);
            throw e;
        }
    }

    /** Waits for a message. Returns false if none has come so long after the deadline. */
    private boolean await(Deadline deadline, Deadline framesUntil, long lateMs) throws IOException {
        long giveUp = 0;
        boolean late = false;
        boolean hurried = false;
        while (true) {
            long leftMs = late
                    ? TimeUnit.NANOSECONDS.toMillis(giveUp - System.nanoTime())
                    : TimeUnit.NANOSECONDS.toMillis(deadline.nanosLeft());
            if (socket.await(Math.clamp(leftMs + 1, 1, LOOK_MS))) {
                return true;
            }
            if (late && System.nanoTime() - giveUp >= 0) {
                return false;
            }
            if (!late && deadline.passed()) {
                late = true;
                giveUp = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(lateMs);
                Wire.set(memory, Wire.Patience.NONE);
            } else if (!late && !hurried && framesUntil.passed()) {
                hurried = true;
                Wire.set(memory, Wire.Patience.NO_MORE_FRAMES);
            }
        }
    }

    /** Receives a part of the reply. Returns whether it is the last. */
    private boolean receivePart(long id) throws IOException {
        socket.receive(false);
        MemorySegment message = socket.message();
        Wire.Kind kind;
        try {
            kind = Wire.kind(message);
        } catch (IOException e) {
            throw new NonsenseException(String.valueOf(e.getMessage()), e);
        }
        long bytes = Wire.bytes(message);
        if ((kind != Wire.Kind.PART && kind != Wire.Kind.LAST)
                || Wire.id(message) != id
                || bytes < 0
                || bytes > DATA_BYTES) {
            throw new NonsenseException(
                    kind + " of " + bytes + " bytes on order " + Wire.id(message) + " (expected: " + id + ")", null);
        }
        return kind == Wire.Kind.LAST;
    }

    private void tell(Wire.Kind kind, long id) throws IOException {
        Wire.write(socket.message(), kind, id, 0);
        socket.send(-1);
    }

    /**
     * Whether it has ended the work that nobody waits for any more, and so can take another content.
     *
     * @throws IOException if it is gone, or sent nonsense
     */
    boolean isDone() throws IOException {
        if (!socket.await(0)) {
            return false;
        }
        if (!receivePart(contents)) {
            tell(Wire.Kind.DROP, contents);
        }
        return true;
    }

    /** Whether it had begun with the last content before it was gone. */
    boolean hasBegun() {
        return Wire.isTaken(memory, contents);
    }

    /** Whether somebody else has ended it. The answer may take a moment, as it closes its socket before it has ended. */
    boolean isKilled() {
        return isKilled(process);
    }

    private static boolean isKilled(Process process) {
        return hasEnded(process) && Ending.isFromOutside(process.exitValue());
    }

    /** Whether it has ended, or does within the time that it takes to. */
    private static boolean hasEnded(Process process) {
        try {
            return process.waitFor(END_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Whether it is to be replaced, for what it has done or become. One that has had no content is as good as new. */
    boolean isWornOut(WorkerSettings settings) {
        return contents >= settings.mostContents()
                || (contents > 0
                        && System.nanoTime() - startedNanos
                                >= settings.mostAge().toNanos())
                || (contents > 0 && contents % 64 == 0 && hasGrown(settings.mostGrowthBytes()));
    }

    private boolean hasGrown(long bytes) {
        try {
            return usage.resident() - residentAtStart > bytes;
        } catch (IOException e) {
            return false; // The process is gone, which will be noticed.
        }
    }

    Process process() {
        return process;
    }

    Sandbox.Strength strength() {
        return readiness.strength;
    }

    Av1Decoder av1() {
        return readiness.av1;
    }

    /** Lets it end by itself, whatever another thread does with it. */
    void release() {
        socket.shutdown();
    }

    /** Ends it, and frees what was shared with it. */
    void destroy() {
        process.destroyForcibly();
        socket.close();
        usage.close();
        arena.close();
    }
}
