package org.semblance.engine.worker.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import org.semblance.hashdb.libc.Libc;
import org.semblance.hashdb.libc.Libc.Function;

/**
 * The calls of Linux that worker processes and their server need and Java does not have. A failure is an {@link IOException} that
 * says which function failed and why.
 */
public final class Posix {
    public static final int PR_SET_DUMPABLE = 4;
    public static final int PR_SET_NO_NEW_PRIVS = 38;

    public static final int RLIMIT_FSIZE = 1;
    public static final int RLIMIT_CORE = 4;
    public static final int RLIMIT_NOFILE = 7;
    public static final int RLIMIT_AS = 9;

    public static final int SIGHUP = 1;
    public static final int SIGINT = 2;
    public static final int SIGTERM = 15;

    public static final short POLLIN = 0x1;
    public static final short POLLRDHUP = 0x2000;

    private static final long SIG_IGN = 1;
    private static final int O_RDONLY = 0;
    private static final int O_CLOEXEC = 0x80000;
    private static final int MAP_SHARED = 1;
    private static final int MFD_CLOEXEC = 1;
    private static final int MFD_ALLOW_SEALING = 2;
    private static final int F_ADD_SEALS = 1033;
    private static final int F_SEAL_SEAL = 1;
    private static final int F_SEAL_SHRINK = 2;
    private static final int F_SEAL_GROW = 4;
    private static final int PRIO_PGRP = 1;

    private Posix() {}

    /** Memory that has a descriptor and no name, of a fixed size, so that whoever it is shared with cannot take it away. */
    public static int sharedMemory(String name, long bytes) throws IOException {
        int fd;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocateFrom(name);
            fd = (int) Libc.call(Function.MEMFD_CREATE, text.address(), MFD_CLOEXEC | MFD_ALLOW_SEALING);
        }
        try {
            Libc.call(Function.FTRUNCATE, fd, bytes);
            Libc.call(Function.FCNTL, fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
            return fd;
        } catch (IOException e) {
            close(fd);
            throw e;
        }
    }

    /** The first bytes of what the descriptor stands for, mapped until the arena is closed. */
    public static MemorySegment map(int fd, long bytes, boolean writable, Arena arena) throws IOException {
        int protection = writable ? Libc.PROT_READ | Libc.PROT_WRITE : Libc.PROT_READ;
        long address = Libc.call(Function.MMAP, 0, bytes, protection, MAP_SHARED, fd, 0);
        return MemorySegment.ofAddress(address).reinterpret(bytes, arena, mapped -> unmap(address, bytes));
    }

    private static void unmap(long address, long bytes) {
        try {
            Libc.call(Function.MUNMAP, address, bytes);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A descriptor for reading that file. */
    public static int open(Path file) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment path = arena.allocateFrom(file.toString());
            return (int) Libc.call(Function.OPEN, path.address(), O_RDONLY | O_CLOEXEC);
        } catch (Libc.Failure e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    /** Closes a descriptor. A failure is passed over, since nobody can do anything about it. */
    public static void close(int fd) {
        try {
            Libc.call(Function.CLOSE, fd);
        } catch (Libc.Failure e) {
            // The descriptor is closed all the same.
        }
    }

    /** As {@link org.semblance.engine.media.MediaSource.Reader}. */
    public static int read(int fd, long position, MemorySegment target) throws IOException {
        return (int) Libc.call(Function.PREAD, fd, target.address(), target.byteSize(), position);
    }

    /**
     * Waits until one of the events has come.
     *
     * @param pollfd of {@link #pollfd}
     * @param millis how long at most, or -1
     * @return which have come, or 0 if time is up
     */
    public static int poll(MemorySegment pollfd, int millis) throws IOException {
        int ready = (int) Libc.call(Function.POLL, pollfd.address(), 1, millis);
        return ready == 0 ? 0 : pollfd.get(ValueLayout.JAVA_SHORT, 6);
    }

    /** What {@link #poll} looks at. */
    public static MemorySegment pollfd(int fd, short events, Arena arena) {
        MemorySegment pollfd = arena.allocate(8, 4);
        pollfd.set(ValueLayout.JAVA_INT, 0, fd);
        pollfd.set(ValueLayout.JAVA_SHORT, 4, events);
        return pollfd;
    }

    /** Leaves the terminal and the process group of whoever started this process. */
    public static void newSession() throws IOException {
        Libc.call(Function.SETSID);
    }

    public static void ignore(int signal) throws IOException {
        Libc.call(Function.SIGNAL, signal, SIG_IGN);
    }

    /** Sets the nice value of all threads of this process, which leads its group. */
    public static void nice(int value) throws IOException {
        Libc.call(Function.SETPRIORITY, PRIO_PGRP, 0, value);
    }

    /** Sets a limit for good. */
    public static void limit(int resource, long value) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment rlimit = arena.allocateFrom(ValueLayout.JAVA_LONG, value, value);
            Libc.call(Function.SETRLIMIT, resource, rlimit.address());
        }
    }

    public static void prctl(int option, long argument) throws IOException {
        Libc.call(Function.PRCTL, option, argument);
    }

    /**
     * Ends this process, whatever its threads are at. {@link Runtime#halt} would let a compiler finish what it compiles, which
     * for the kernels of vectors takes seconds.
     */
    public static void exit(int status) {
        try {
            Libc.call(Function._EXIT, status);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * A system call the C library has no function for.
     *
     * @param name for the message of a failure
     */
    public static long syscall(String name, long number, long first, long second, long third) throws IOException {
        try {
            return Libc.call(Function.SYSCALL, number, first, second, third);
        } catch (Libc.Failure e) {
            throw new Libc.Failure(name, e.number());
        }
    }
}
