package org.semblance.hashdb.libc;

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
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Calls functions of the C library. Constants are those of the Linux headers, which are the same on x86-64 and arm64.
 * Callers know that they run on Linux, or can do without the function.
 */
public final class Libc {
    public static final int EPERM = 1;
    public static final int EAGAIN = 11;
    public static final int EACCES = 13;
    public static final int EINVAL = 22;
    public static final int ENOSYS = 38;

    public static final int PROT_READ = 1;
    public static final int PROT_WRITE = 2;

    private static final int EINTR = 4;

    /** The longest text that is read from the library, with its terminating zero. */
    private static final int TEXT_BYTES = 256;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup SYMBOLS = LINKER.defaultLookup();
    private static final VarHandle ERRNO =
            Linker.Option.captureStateLayout().varHandle(MemoryLayout.PathElement.groupElement("errno"));

    /** Where a call leaves its error number, one for each thread, as C has it. */
    private static final ThreadLocal<MemorySegment> STATE =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(Linker.Option.captureStateLayout()));

    /**
     * All functions here take and give whole numbers and addresses, each in a register of its own, and none looks at the
     * registers behind its own arguments. So one shape does for all. A shape for each function would cost a worker process a
     * third of a second of its start.
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

    private Libc() {}

    /** A function of the C library. */
    public enum Function {
        ACCEPT4(Integer.SIZE),
        ADJTIMEX(Integer.SIZE),
        BIND(Integer.SIZE),
        CLOSE(Integer.SIZE),
        CONNECT(Integer.SIZE),
        FCNTL(Integer.SIZE),
        FOPEN(Long.SIZE),
        FTRUNCATE(Integer.SIZE),
        GETSOCKOPT(Integer.SIZE),
        GNU_GET_LIBC_VERSION(Long.SIZE),
        LISTEN(Integer.SIZE),
        MADVISE(Integer.SIZE),
        MEMFD_CREATE(Integer.SIZE),
        MMAP(Long.SIZE),
        MUNMAP(Integer.SIZE),
        OPEN(Integer.SIZE),
        POLL(Integer.SIZE),
        PRCTL(Integer.SIZE),
        PREAD(Long.SIZE),
        RECVMSG(Long.SIZE),
        SENDMSG(Long.SIZE),
        SETPRIORITY(Integer.SIZE),
        SETRLIMIT(Integer.SIZE),
        SETSID(Integer.SIZE),
        SHUTDOWN(Integer.SIZE),
        SIGNAL(Long.SIZE),
        SOCKET(Integer.SIZE),
        STRERROR(Long.SIZE),
        SYSCALL(Long.SIZE),
        SYSCONF(Long.SIZE),
        _EXIT(Integer.SIZE);

        private final int resultBits;
        private final @Nullable MemorySegment address = find(cName());

        Function(int resultBits) {
            this.resultBits = resultBits;
        }

        private String cName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** A function has failed. */
    public static final class Failure extends IOException {
        private final int number;

        /**
         * The failure of a function.
         *
         * @param function its name
         * @param number the value of {@code errno}
         */
        public Failure(String function, int number) {
            super(function + ": " + message(number));
            this.number = number;
        }

        /** The value of {@code errno}. */
        public int number() {
            return number;
        }
    }

    /**
     * Calls a function, again for as long as signals interrupt it.
     *
     * @param words its arguments, at most six
     * @return its result
     * @throws Failure if the result is -1, or there is no such function
     */
    public static long call(Function function, long... words) throws Failure {
        long result = tryCall(function, words);
        if (result < 0) {
            throw new Failure(function.cName(), (int) -result);
        }
        return result;
    }

    /**
     * As {@link #call}, for callers that do not ask why it failed.
     *
     * @return the result, or the negative {@code errno} in the place of -1
     */
    public static long tryCall(Function function, long... words) {
        if (function.address == null) {
            return -ENOSYS;
        }
        MemorySegment state = STATE.get();
        while (true) {
            long register;
            try {
                register = (long) CALL.invokeExact(
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
            // Of a result of 32 bits, the upper half of the register is as it was before.
            long result = function.resultBits == Integer.SIZE ? (int) register : register;
            if (result != -1) {
                return result;
            }
            int number = (int) ERRNO.get(state, 0L);
            if (number != EINTR) {
                return -number;
            }
        }
    }

    private static long word(long[] words, int number) {
        return number < words.length ? words[number] : 0;
    }

    private static String message(int number) {
        long text = tryCall(Function.STRERROR, number);
        return text > 0 ? text(text) : "error " + number;
    }

    /** The text at that address. */
    public static String text(long address) {
        return MemorySegment.ofAddress(address).reinterpret(TEXT_BYTES).getString(0);
    }

    /** The address of a variable or function of the library; null if there is none of that name. */
    public static @Nullable MemorySegment find(String name) {
        return SYMBOLS.find(name).orElse(null);
    }
}
