package org.semblance.engine.worker;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.util.Locale;

/**
 * The few functions of Linux's C library that Java has no words for. Numbers are those of its headers, which are the same
 * on x86-64 and arm64. A failure is an {@link IOException} that says which function failed and why.
 */
final class Posix {
    static final int EPERM = 1;
    static final int EAGAIN = 11;
    static final int EACCES = 13;
    static final int EINVAL = 22;
    static final int ENOSYS = 38;

    static final int PR_SET_DUMPABLE = 4;
    static final int PR_SET_NO_NEW_PRIVS = 38;

    static final int RLIMIT_FSIZE = 1;
    static final int RLIMIT_CORE = 4;
    static final int RLIMIT_NOFILE = 7;
    static final int RLIMIT_AS = 9;

    static final int SIGHUP = 1;
    static final int SIGINT = 2;
    static final int SIGTERM = 15;

    static final short POLLIN = 0x1;
    static final short POLLRDHUP = 0x2000;

    private static final long SIG_IGN = 1;
    private static final int EINTR = 4;
    private static final int O_RDONLY = 0;
    private static final int O_CLOEXEC = 0x80000;
    private static final int PROT_READ = 1;
    private static final int PROT_WRITE = 2;
    private static final int MAP_SHARED = 1;
    private static final int MFD_CLOEXEC = 1;
    private static final int MFD_ALLOW_SEALING = 2;
    private static final int F_ADD_SEALS = 1033;
    private static final int F_SEAL_SEAL = 1;
    private static final int F_SEAL_SHRINK = 2;
    private static final int F_SEAL_GROW = 4;
    private static final int PRIO_PGRP = 1;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup LIBC = LINKER.defaultLookup();
    private static final VarHandle ERRNO =
            Linker.Option.captureStateLayout().varHandle(MemoryLayout.PathElement.groupElement("errno"));

    /** Where a call leaves its error number, one for each thread, as C has it. */
    private static final ThreadLocal<MemorySegment> STATE =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(Linker.Option.captureStateLayout()));

    /**
     * All that is called takes and gives whole numbers and addresses, each of which has a register of its own. So one shape
     * does for all: a function does not look at what lies in the registers behind its own. The other way, a shape for each,
     * costs a worker a third of a second of its start.
     */
    private static final FunctionDescriptor SHAPE = FunctionDescriptor.of(
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG);

    private static final MethodHandle CALL = LINKER.downcallHandle(SHAPE, Linker.Option.captureCallState("errno"));
    private static final MemorySegment STRERROR = LIBC.findOrThrow("strerror");

    private Posix() {}

    /** A function of the C library, which is called by {@link #call}. */
    enum Function {
        ACCEPT4,
        BIND,
        CLOSE,
        CONNECT,
        FCNTL,
        FTRUNCATE,
        GETSOCKOPT,
        LISTEN,
        MEMFD_CREATE,
        MMAP,
        MUNMAP,
        OPEN,
        POLL,
        PRCTL,
        PREAD,
        RECVMSG,
        SENDMSG,
        SETPRIORITY,
        SETRLIMIT,
        SETSID,
        SHUTDOWN,
        SIGNAL,
        SOCKET,
        SYSCALL,
        _EXIT;

        private final MemorySegment address = LIBC.findOrThrow(cName());

        String cName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * The result of a function, which is called again for as long as signals interrupt it.
     *
     * @param words its arguments, at most six
     * @throws Failure if it is -1
     */
    static long call(Function function, long... words) throws Failure {
        MemorySegment state = STATE.get();
        while (true) {
            long result;
            try {
                result = (long) CALL.invokeExact(
                        function.address,
                        state,
                        word(words, 0),
                        word(words, 1),
                        word(words, 2),
                        word(words, 3),
                        word(words, 4),
                        word(words, 5));
            } catch (Throwable e) {
                throw new IllegalStateException(function.cName() + " cannot be called", e);
            }
            // Half of them return 32 bits, and leave the others as they were. Nothing here is 4 GB less one.
            if ((int) result != -1) {
                return result;
            }
            int number = (int) ERRNO.get(state, 0L);
            if (number != EINTR) {
                throw new Failure(function.cName(), number);
            }
        }
    }

    private static long word(long[] words, int number) {
        return number < words.length ? words[number] : 0;
    }

    /** A function of the C library has failed. */
    static final class Failure extends IOException {
        private final int number;

        private Failure(String function, int number) {
            super(function + ": " + message(number));
            this.number = number;
        }

        /** The value of {@code errno}. */
        int number() {
            return number;
        }
    }

    private static String message(int number) {
        try {
            long text = (long) CALL.invokeExact(STRERROR, STATE.get(), (long) number, 0L, 0L, 0L, 0L, 0L);
            return MemorySegment.ofAddress(text).reinterpret(256).getString(0);
        } catch (Throwable e) {
            return "error " + number;
        }
    }

    /** Memory that has a descriptor and no name, of a fixed size, so that whoever it is shared with cannot take it away. */
    static int sharedMemory(String name, long bytes) throws IOException {
        int fd;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocateFrom(name);
            fd = (int) call(Function.MEMFD_CREATE, text.address(), MFD_CLOEXEC | MFD_ALLOW_SEALING);
        }
        try {
            call(Function.FTRUNCATE, fd, bytes);
            call(Function.FCNTL, fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
            return fd;
        } catch (IOException e) {
            close(fd);
            throw e;
        }
    }

    /** The first bytes of what the descriptor stands for, mapped until the arena is closed. */
    static MemorySegment map(int fd, long bytes, boolean writable, Arena arena) throws IOException {
        int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
        long address = call(Function.MMAP, 0, bytes, protection, MAP_SHARED, fd, 0);
        return MemorySegment.ofAddress(address).reinterpret(bytes, arena, mapped -> unmap(address, bytes));
    }

    private static void unmap(long address, long bytes) {
        try {
            call(Function.MUNMAP, address, bytes);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A descriptor for reading that file. */
    static int open(Path file) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment path = arena.allocateFrom(file.toString());
            return (int) call(Function.OPEN, path.address(), O_RDONLY | O_CLOEXEC);
        } catch (Failure e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    /** Whatever it was, nobody can do anything about a failure. */
    static void close(int fd) {
        try {
            call(Function.CLOSE, fd);
        } catch (Failure e) {
            // It is closed all the same.
        }
    }

    /** As {@link org.semblance.engine.media.MediaSource.Reader}. */
    static int read(int fd, long position, MemorySegment target) throws IOException {
        return (int) call(Function.PREAD, fd, target.address(), target.byteSize(), position);
    }

    /**
     * Waits until one of the events has come.
     *
     * @param pollfd of {@link #pollfd}
     * @param millis how long at most, or -1
     * @return which have come, or 0 if time is up
     */
    static int poll(MemorySegment pollfd, int millis) throws IOException {
        int ready = (int) call(Function.POLL, pollfd.address(), 1, millis);
        return ready == 0 ? 0 : pollfd.get(ValueLayout.JAVA_SHORT, 6);
    }

    /** What {@link #poll} looks at. */
    static MemorySegment pollfd(int fd, short events, Arena arena) {
        MemorySegment pollfd = arena.allocate(8, 4);
        pollfd.set(ValueLayout.JAVA_INT, 0, fd);
        pollfd.set(ValueLayout.JAVA_SHORT, 4, events);
        return pollfd;
    }

    /** Leaves the terminal and the process group of whoever started this process. */
    static void newSession() throws IOException {
        call(Function.SETSID);
    }

    static void ignore(int signal) throws IOException {
        call(Function.SIGNAL, signal, SIG_IGN);
    }

    /** Sets the nice value of all threads of this process, which leads its group. */
    static void nice(int value) throws IOException {
        call(Function.SETPRIORITY, PRIO_PGRP, 0, value);
    }

    /** Sets a limit for good. */
    static void limit(int resource, long value) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment rlimit = arena.allocateFrom(ValueLayout.JAVA_LONG, value, value);
            call(Function.SETRLIMIT, resource, rlimit.address());
        }
    }

    static void prctl(int option, long argument) throws IOException {
        call(Function.PRCTL, option, argument);
    }

    /**
     * Ends this process, whatever its threads are at. {@link Runtime#halt} would let a compiler finish what it compiles, which
     * for the kernels of vectors takes seconds.
     */
    static void exit(int status) {
        try {
            call(Function._EXIT, status);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * A system call the C library has no function for.
     *
     * @param name for the message of a failure
     */
    static long syscall(String name, long number, long first, long second, long third) throws IOException {
        try {
            return call(Function.SYSCALL, number, first, second, third);
        } catch (Failure e) {
            throw new Failure(name, e.number());
        }
    }
}
