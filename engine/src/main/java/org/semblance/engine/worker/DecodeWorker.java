package org.semblance.engine.worker;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.semblance.engine.ContentHasher;
import org.semblance.engine.FirstPictures;
import org.semblance.engine.HashReport;
import org.semblance.engine.HashRequest;
import org.semblance.engine.InProcessHasher;
import org.semblance.engine.media.Av1Decoder;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DeadlinePassedException;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.MediaFormat;
import org.semblance.engine.media.MediaLimits;
import org.semblance.engine.media.MediaSource;
import org.semblance.engine.worker.linux.ControlSocket;
import org.semblance.engine.worker.linux.Posix;
import org.semblance.engine.worker.linux.Sandbox;
import org.semblance.hashdb.hash.Hash256;

/**
 * The program of a worker process. It loads the decoders, gives up its rights, and then hashes one content after the other
 * until whoever started it is gone.
 */
public final class DecodeWorker {
    private static final int FAILED = 1;

    /** Of a process that has run out of memory, and cannot be trusted with another content. */
    private static final int OUT_OF_MEMORY = 3;

    /** Deadlines further away than this, some 70 years, are as good as none. */
    private static final long FAR_NANOS = Long.MAX_VALUE / 4;

    private final ControlSocket socket;
    private final MemorySegment memory;
    private final ContentHasher fast;
    private final ContentHasher exact;

    private DecodeWorker(ControlSocket socket, MemorySegment memory, ContentHasher fast, ContentHasher exact) {
        this.socket = socket;
        this.memory = memory;
        this.fast = fast;
        this.exact = exact;
    }

    /**
     * What a worker is told when it is started.
     *
     * @param name under which its server listens
     */
    record Setup(String name, boolean sandbox, int nice, MediaLimits limits, long memoryBytes) {
        List<String> arguments() {
            return List.of(
                    name,
                    Boolean.toString(sandbox),
                    Integer.toString(nice),
                    Long.toString(limits.maxBytes()),
                    Long.toString(limits.maxPixels()),
                    Long.toString(memoryBytes));
        }

        static Setup of(String[] arguments) {
            return new Setup(
                    arguments[0],
                    Boolean.parseBoolean(arguments[1]),
                    Integer.parseInt(arguments[2]),
                    new MediaLimits(Long.parseLong(arguments[3]), Long.parseLong(arguments[4])),
                    Long.parseLong(arguments[5]));
        }
    }

    /** Serves the process that started this one; not for people. */
    public static void main(String[] arguments) throws IOException {
        serve(arguments, DecodeWorker.class, UnaryOperator.identity());
    }

    /**
     * Serves with hashers that something else is put around.
     *
     * @param program the class whose main method this is
     */
    static void serve(String[] arguments, Class<?> program, UnaryOperator<ContentHasher> around) throws IOException {
        Setup setup = Setup.of(arguments);
        detach(setup.nice);
        ControlSocket socket = ControlSocket.connect(setup.name);
        watch(socket.fd());
        socket.receive(true);
        MemorySegment memory = Posix.map(socket.descriptor(), Wire.bytes(socket.message()), true, Arena.global());
        Posix.close(socket.descriptor());
        DecodeWorker worker;
        Sandbox.Strength strength;
        try {
            worker = new DecodeWorker(
                    socket,
                    memory,
                    around.apply(new InProcessHasher(setup.limits, DecodePath.FAST)),
                    around.apply(new InProcessHasher(setup.limits, DecodePath.EXACT)));
            loadClasses(DecodeWorker.class, Hash256.class, program);
            FirstPictures.hash(worker.exact);
            FirstPictures.hash(worker.fast);
            strength = setup.sandbox ? Sandbox.enter(setup.memoryBytes) : Sandbox.Strength.NONE;
        } catch (RuntimeException | LinkageError e) {
            say(socket, memory, Wire.Kind.FAILED, String.valueOf(e.getMessage()));
            Posix.exit(FAILED);
            throw e;
        }
        Av1Decoder av1 = InProcessHasher.av1();
        say(socket, memory, Wire.Kind.READY, av1.library() + "\n" + av1.detail() + "\n" + strength.toLines());
        worker.work();
    }

    /**
     * Leaves the group of whoever started it, which would share its terminal's signals, and does not end by those for a
     * service as a whole: the server decides when a worker ends. If memory runs out, the kernel had better end a worker.
     */
    private static void detach(int nice) throws IOException {
        Posix.newSession();
        for (int signal : List.of(Posix.SIGHUP, Posix.SIGINT, Posix.SIGTERM)) {
            Posix.ignore(signal);
        }
        if (nice > 0) {
            Posix.nice(nice);
        }
        try {
            Files.writeString(Path.of("/proc/self/oom_score_adj"), "500");
        } catch (IOException e) {
            // A worker runs without it, too.
        }
    }

    /**
     * Loads what would otherwise be loaded from a folder when it is first used. A jar needs no such thing if it is open, as it stays
     * so.
     */
    private static void loadClasses(Class<?>... ofEach) {
        ClassLoader.getSystemResource("nothing of this name"); // Looks into all jars, and so opens them.
        for (Class<?> type : ofEach) {
            try {
                Path folder = Path.of(
                        type.getProtectionDomain().getCodeSource().getLocation().toURI());
                if (Files.isDirectory(folder)) {
                    loadClasses(folder, type.getClassLoader());
                }
            } catch (IOException | URISyntaxException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private static void loadClasses(Path folder, ClassLoader loader) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            List<String> names = files.map(file -> folder.relativize(file).toString())
                    .filter(file -> file.endsWith(".class") && !file.endsWith("-info.class"))
                    .map(file -> file.substring(0, file.length() - 6).replace('/', '.'))
                    .toList();
            for (String name : names) {
                try {
                    Class.forName(name, false, loader);
                } catch (ClassNotFoundException | LinkageError e) {
                    // The class needs what a worker does not have, so a worker does not need the class.
                }
            }
        }
    }

    /** Ends this process with its server, even while it begins, and out of a decoder that hangs. */
    private static void watch(int fd) {
        Thread.ofPlatform().daemon().name("watch").start(() -> {
            try (Arena arena = Arena.ofConfined()) {
                Posix.poll(Posix.pollfd(fd, Posix.POLLRDHUP, arena), -1);
            } catch (IOException e) {
                // Then there is nobody to work for either.
            }
            Posix.exit(0);
        });
    }

    private static void say(ControlSocket socket, MemorySegment memory, Wire.Kind kind, String said)
            throws IOException {
        byte[] text = said.getBytes(StandardCharsets.UTF_8);
        MemorySegment.copy(text, 0, memory, ValueLayout.JAVA_BYTE, Wire.DATA, text.length);
        Wire.write(socket.message(), kind, 0, text.length);
        socket.send(-1);
    }

    private void work() throws IOException {
        try {
            while (true) {
                socket.receive(true);
                if (Wire.kind(socket.message()) == Wire.Kind.HASH) {
                    serve(Wire.Order.read(socket.message()), socket.descriptor());
                }
            }
        } catch (EOFException e) {
            Posix.exit(0);
        }
    }

    private void serve(Wire.Order order, int descriptor) throws IOException {
        Wire.take(memory, order.id());
        Reply reply;
        try (Arena mapping = Arena.ofConfined()) {
            reply = hash(order, source(order, descriptor, mapping));
        } finally {
            if (descriptor >= 0) {
                Posix.close(descriptor);
            }
        }
        send(order.id(), Reply.write(reply));
        if (reply instanceof Reply.OutOfMemory) {
            Posix.exit(OUT_OF_MEMORY);
        }
    }

    /** Videos are read where they are, as they may be larger than memory; everything else is mapped. */
    private MediaSource source(Wire.Order order, int descriptor, Arena mapping) throws IOException {
        if (!order.opened()) {
            return MediaSource.of(memory.asSlice(Wire.DATA, order.bytes()).asByteBuffer());
        }
        MediaSource.Reader reader = (at, target) -> Posix.read(descriptor, at, target);
        MemorySegment head = mapping.allocate(MediaSource.HEAD_BYTES);
        int read = 0;
        while (read < head.byteSize()) {
            int more = reader.read(read, head.asSlice(read));
            if (more <= 0) {
                break;
            }
            read += more;
        }
        MediaFormat format = MediaFormat.detect(head.asSlice(0, read).asByteBuffer());
        if (format.isVideo()) {
            return new MediaSource.Opened(reader, order.bytes(), format);
        }
        ByteBuffer content =
                Posix.map(descriptor, order.bytes(), false, mapping).asByteBuffer();
        return new MediaSource.InMemory(content, format);
    }

    private Reply hash(Wire.Order order, MediaSource source) {
        try {
            HashReport report = (order.path() == DecodePath.EXACT ? exact : fast)
                    .hash(new HashRequest(
                            source,
                            List.of(),
                            order.sampling(),
                            order.variants(),
                            order.features(),
                            deadline(order.nanosLeft(), Wire.Patience.NONE),
                            deadline(order.framesNanosLeft(), Wire.Patience.NO_MORE_FRAMES),
                            System.nanoTime()));
            return new Reply.Hashed(report);
        } catch (DeadlinePassedException e) {
            return new Reply.OutOfTime(e.step());
        } catch (UncheckedIOException e) {
            return new Reply.Unreadable(String.valueOf(e.getMessage()));
        } catch (OutOfMemoryError e) {
            return new Reply.OutOfMemory();
        } catch (RuntimeException | Error e) {
            return new Reply.Failed(e.toString());
        }
    }

    private Deadline deadline(long nanosLeft, Wire.Patience least) {
        return Deadline.after(Duration.ofNanos(Math.min(nanosLeft, FAR_NANOS)), () -> Wire.isAtMost(memory, least));
    }

    /** Sends the reply, in parts if it is longer than the memory. */
    private void send(long id, byte[] reply) throws IOException {
        int room = (int) (memory.byteSize() - Wire.DATA);
        for (int at = 0; ; at += room) {
            int length = Math.min(room, reply.length - at);
            MemorySegment.copy(reply, at, memory, ValueLayout.JAVA_BYTE, Wire.DATA, length);
            boolean last = at + length == reply.length;
            Wire.write(socket.message(), last ? Wire.Kind.LAST : Wire.Kind.PART, id, length);
            socket.send(-1);
            if (last) {
                return;
            }
            socket.receive(true);
            if (Wire.kind(socket.message()) != Wire.Kind.NEXT) {
                return;
            }
        }
    }
}
