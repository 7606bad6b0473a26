package org.semblance.engine.worker.linux;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.libc.Libc;
import org.semblance.hashdb.libc.Libc.Function;

/**
 * One end of a Unix socket that carries messages of at most {@link #MESSAGE_BYTES}, each with a descriptor or without. It is
 * not for two threads at once.
 *
 * <p>The server listens under a name of Linux's abstract namespace, which belongs to no folder and vanishes with it, and
 * takes the one connection whose process is the one it started.
 */
public final class ControlSocket implements AutoCloseable {
    public static final int MESSAGE_BYTES = 88;

    private static final int AF_UNIX = 1;
    private static final int SOCK_SEQPACKET = 5;
    private static final int SOCK_CLOEXEC = 0x80000;
    private static final int SOL_SOCKET = 1;
    private static final int SO_PEERCRED = 17;
    private static final int SCM_RIGHTS = 1;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int MSG_CMSG_CLOEXEC = 0x40000000;
    private static final int SHUT_RDWR = 2;

    private static final int CONTROL_HEADER_BYTES = 16;
    private static final int CONTROL_BYTES = 24;
    private static final int MESSAGE_HEADER_BYTES = 56;
    private static final int ADDRESS_BYTES = 110;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    private final int fd;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment message = arena.allocate(MESSAGE_BYTES, 8);
    private final MemorySegment control = arena.allocate(CONTROL_BYTES, 8);
    private final MemorySegment header = arena.allocate(MESSAGE_HEADER_BYTES, 8);
    private final MemorySegment readable;
    private int received = -1;

    private ControlSocket(int fd) {
        this.fd = fd;
        this.readable = Posix.pollfd(fd, Posix.POLLIN, arena);
        MemorySegment vector = arena.allocate(16, 8);
        vector.set(LONG, 0, message.address());
        vector.set(LONG, 8, MESSAGE_BYTES);
        header.set(LONG, 16, vector.address());
        header.set(LONG, 24, 1);
    }

    /** A name to listen under, and the socket that does. */
    public static final class Listener implements AutoCloseable {
        private final int fd;
        private final String name;

        private Listener(int fd, String name) {
            this.fd = fd;
            this.name = name;
        }

        public String name() {
            return name;
        }

        /**
         * The connection of that process; anybody else's is closed.
         *
         * @param millis how long to wait at most
         * @return null if none came in time
         */
        @Nullable
        public ControlSocket accept(long pid, int millis) throws IOException {
            try (Arena arena = Arena.ofConfined()) {
                if (Posix.poll(Posix.pollfd(fd, Posix.POLLIN, arena), millis) == 0) {
                    return null;
                }
            }
            int connection = (int) Libc.call(Function.ACCEPT4, fd, 0, 0, SOCK_CLOEXEC);
            if (peer(connection) != pid) {
                Posix.close(connection);
                return null;
            }
            return new ControlSocket(connection);
        }

        @Override
        public void close() {
            Posix.close(fd);
        }
    }

    public static Listener listen(String name) throws IOException {
        int fd = socket();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = address(name, arena);
            Libc.call(Function.BIND, fd, address.address(), address.byteSize());
            Libc.call(Function.LISTEN, fd, 1);
            return new Listener(fd, name);
        } catch (IOException e) {
            Posix.close(fd);
            throw e;
        }
    }

    public static ControlSocket connect(String name) throws IOException {
        int fd = socket();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = address(name, arena);
            Libc.call(Function.CONNECT, fd, address.address(), address.byteSize());
            return new ControlSocket(fd);
        } catch (IOException e) {
            Posix.close(fd);
            throw e;
        }
    }

    private static int socket() throws IOException {
        return (int) Libc.call(Function.SOCKET, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    }

    /** {@code struct sockaddr_un}, with the zero in front of the name that makes it abstract. */
    private static MemorySegment address(String name, Arena arena) {
        byte[] text = name.getBytes(StandardCharsets.US_ASCII);
        MemorySegment address = arena.allocate(ADDRESS_BYTES, 8);
        address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_UNIX);
        MemorySegment.copy(text, 0, address, ValueLayout.JAVA_BYTE, 3, text.length);
        return address.asSlice(0, 3 + text.length);
    }

    private static int peer(int fd) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment credentials = arena.allocate(12, 4);
            MemorySegment length = arena.allocateFrom(INT, 12);
            Libc.call(Function.GETSOCKOPT, fd, SOL_SOCKET, SO_PEERCRED, credentials.address(), length.address());
            return credentials.get(INT, 0);
        }
    }

    public int fd() {
        return fd;
    }

    /** The bytes of the message to be sent, or of the one that came. */
    public MemorySegment message() {
        return message;
    }

    /**
     * Sends the message.
     *
     * @param descriptor to go with it, or -1
     * @throws IOException if the other end is gone, among others
     */
    public void send(int descriptor) throws IOException {
        if (descriptor >= 0) {
            control.set(LONG, 0, CONTROL_HEADER_BYTES + 4);
            control.set(INT, 8, SOL_SOCKET);
            control.set(INT, 12, SCM_RIGHTS);
            control.set(INT, CONTROL_HEADER_BYTES, descriptor);
        }
        setControl(descriptor >= 0);
        Libc.call(Function.SENDMSG, fd, header.address(), MSG_NOSIGNAL);
    }

    /**
     * Waits for a message.
     *
     * @param millis how long at most, or -1 for ever
     * @return whether there is one, or the end
     */
    public boolean await(int millis) throws IOException {
        return Posix.poll(readable, millis) != 0;
    }

    /**
     * Receives a message.
     *
     * @param withDescriptor whether one is taken that comes with it; otherwise the kernel throws it away
     * @throws EOFException if the other end is gone
     * @throws IOException if it is no whole message, among others
     */
    public void receive(boolean withDescriptor) throws IOException {
        control.fill((byte) 0);
        setControl(withDescriptor);
        long bytes = Libc.call(Function.RECVMSG, fd, header.address(), MSG_CMSG_CLOEXEC);
        received = -1;
        if (withDescriptor && header.get(LONG, 40) >= CONTROL_HEADER_BYTES + 4 && control.get(INT, 12) == SCM_RIGHTS) {
            received = control.get(INT, CONTROL_HEADER_BYTES);
        }
        if (bytes == 0) {
            throw new EOFException("the other end is gone");
        }
        if (bytes != MESSAGE_BYTES) {
            throw new IOException("a message of " + bytes + " bytes (expected: " + MESSAGE_BYTES + ")");
        }
    }

    private void setControl(boolean used) {
        header.set(LONG, 32, used ? control.address() : 0);
        header.set(LONG, 40, used ? CONTROL_BYTES : 0);
    }

    /** The descriptor that came with the last message, which now is the caller's to close; or -1. */
    public int descriptor() {
        return received;
    }

    /** Ends the connection for both ends, whatever another thread does with it. */
    public void shutdown() {
        try {
            Libc.call(Function.SHUTDOWN, fd, SHUT_RDWR);
        } catch (IOException e) {
            // The other side has ended already.
        }
    }

    @Override
    public void close() {
        Posix.close(fd);
        arena.close();
    }
}
