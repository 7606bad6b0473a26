package org.semblance.engine.worker.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import org.semblance.hashdb.libc.Libc;

/**
 * Gives up every right of this process but those to compute, to use the memory it shares and to answer. There is no way
 * back, so all that has to be opened is open by then.
 *
 * <ul>
 *   <li>It has none of root's capabilities from its start on ({@link Capabilities}), no program that it could start gets more
 *       rights than it has ({@code no_new_privs}), and nobody may trace it.
 *   <li>It can grow to {@code memoryBytes} more than it has, open next to nothing, write no file and leave no core.
 *   <li>Landlock takes the whole file system and all of TCP away. The kernel binds the calling thread with it and those
 *       this one starts, and so the one that decodes, but not those which were there before: the virtual machine's, and
 *       the one that waits for the server's end.
 *   <li>A seccomp filter binds every thread. What the virtual machine needs is allowed; to open a file or a socket, and
 *       whatever else we do not know, is refused with an error, and so is a further thread: the decoders are told to do
 *       without, and the virtual machine has all of its own by then. What only an intruder asks for kills the process.
 * </ul>
 */
public final class Sandbox {
    private static final long SYS_LANDLOCK_CREATE_RULESET = 444;
    private static final long SYS_LANDLOCK_RESTRICT_SELF = 446;
    private static final long LANDLOCK_CREATE_RULESET_VERSION = 1;

    private static final int SECCOMP_SET_MODE_FILTER = 1;
    private static final int SECCOMP_FILTER_FLAG_TSYNC = 1;

    /**
     * Leaves the processor's guess of what a load will find on: old kernels switch it off for whoever has a filter, which
     * slows everything down and protects a process from scripts within it, of which there are none.
     */
    private static final int SECCOMP_FILTER_FLAG_SPEC_ALLOW = 4;

    private static final int RET_KILL_PROCESS = 0x80000000;
    private static final int RET_ALLOW = 0x7FFF0000;
    private static final int RET_ERRNO = 0x00050000;

    // Of the classic Berkeley packet filter.
    private static final short LOAD_WORD = 0x20;
    private static final short JUMP_IF_EQUAL = 0x15;
    private static final short JUMP_IF_AT_LEAST = 0x35;
    private static final short AND = 0x54;
    private static final short RETURN = 0x06;

    // Offsets in struct seccomp_data; both processors have the low half of an argument first.
    private static final int NUMBER = 0;
    private static final int ARCHITECTURE = 4;
    private static final int FIRST_ARGUMENT = 16;
    private static final int THIRD_ARGUMENT = 32;

    private static final int CLONE_THREAD = 0x10000;
    private static final int PR_SET_NAME = 15;
    private static final int PR_SET_VMA = 0x53564D41;

    /** From here on numbers are those of x86-64's second, 32-bit interface. */
    private static final int X32 = 0x40000000;

    /** Descriptors a worker may open beside those it has: of the content that it is given, and one for safety. */
    private static final int MORE_DESCRIPTORS = 8;

    private final List<String> lacks = new ArrayList<>();
    private int landlockVersion;
    private boolean filtered;

    private Sandbox() {}

    /**
     * What holds a worker.
     *
     * @param filtered whether the seccomp filter does
     * @param landlock the version of Landlock, or 0
     * @param lacks what could not be set up, and why; empty if all was
     */
    public record Strength(boolean filtered, int landlock, List<String> lacks) {
        public static final Strength NONE = new Strength(false, 0, List.of("switched off"));

        /** Whether neither a file nor a socket can be opened. */
        public boolean holds() {
            return filtered;
        }

        /** As lines of text, to be told to another process. */
        public String toLines() {
            List<String> lines = new ArrayList<>(List.of(Boolean.toString(filtered), Integer.toString(landlock)));
            lines.addAll(lacks);
            return String.join("\n", lines);
        }

        /** @throws IOException if these are not the lines of {@link #toLines} */
        public static Strength ofLines(List<String> lines) throws IOException {
            try {
                return new Strength(
                        Boolean.parseBoolean(lines.getFirst()),
                        Integer.parseInt(lines.get(1)),
                        lines.subList(2, lines.size()));
            } catch (NoSuchElementException | IndexOutOfBoundsException | NumberFormatException e) {
                throw new IOException("no word on how it is held", e);
            }
        }

        @Override
        public String toString() {
            String all = (filtered ? "seccomp" : "no seccomp") + (landlock > 0 ? ", Landlock " + landlock : "");
            return lacks.isEmpty() ? all : all + "; " + String.join("; ", lacks);
        }
    }

    /**
     * Enters it, as far as the kernel can.
     *
     * @param memoryBytes of address space that it may take beyond what it has
     */
    public static Strength enter(long memoryBytes) {
        Sandbox sandbox = new Sandbox();
        sandbox.enterAll(memoryBytes);
        return new Strength(sandbox.filtered, sandbox.landlockVersion, List.copyOf(sandbox.lacks));
    }

    private void enterAll(long memoryBytes) {
        attempt("limits", () -> limit(memoryBytes));
        attempt("capabilities", Capabilities::requireNone);
        attempt("not to be traced", () -> Posix.prctl(Posix.PR_SET_DUMPABLE, 0));
        attempt("no new privileges", () -> Posix.prctl(Posix.PR_SET_NO_NEW_PRIVS, 1));
        attempt("Landlock", this::landlock);
        SystemCalls calls = SystemCalls.ofThisMachine();
        if (calls == null) {
            lacks.add("seccomp: no list of system calls for " + System.getProperty("os.arch"));
        } else {
            attempt("seccomp", () -> filter(calls));
        }
    }

    private interface Step {
        void run() throws IOException;
    }

    private void attempt(String what, Step step) {
        try {
            step.run();
        } catch (IOException | RuntimeException e) {
            lacks.add(what + ": " + e.getMessage());
        }
    }

    private static void limit(long memoryBytes) throws IOException {
        long has;
        try (ProcessMemory memory = ProcessMemory.of(ProcessHandle.current().pid())) {
            has = memory.addressSpace();
        }
        int descriptors;
        try (var open = Files.list(Path.of("/proc/self/fd"))) {
            descriptors = open.mapToInt(fd -> Integer.parseInt(fd.getFileName().toString()))
                            .max()
                            .orElse(0)
                    + 1;
        }
        Posix.limit(Posix.RLIMIT_CORE, 0);
        Posix.limit(Posix.RLIMIT_FSIZE, 0);
        Posix.limit(Posix.RLIMIT_NOFILE, descriptors + MORE_DESCRIPTORS);
        Posix.limit(Posix.RLIMIT_AS, has + memoryBytes);
    }

    private void landlock() throws IOException {
        int version;
        try {
            version = (int) Posix.syscall(
                    "landlock_create_ruleset", SYS_LANDLOCK_CREATE_RULESET, 0, 0, LANDLOCK_CREATE_RULESET_VERSION);
        } catch (Libc.Failure e) {
            throw new IOException("the kernel has none (" + e.getMessage() + ")", e);
        }
        // All that a version can take away; what is not allowed by a rule then is refused, and there are no rules.
        long files = version >= 5 ? 0xFFFF : version >= 3 ? 0x7FFF : version == 2 ? 0x3FFF : 0x1FFF;
        long network = version >= 4 ? 0x3 : 0;
        long others = version >= 6 ? 0x3 : 0;
        int size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment rules = arena.allocateFrom(ValueLayout.JAVA_LONG, files, network, others);
            int ruleset = (int)
                    Posix.syscall("landlock_create_ruleset", SYS_LANDLOCK_CREATE_RULESET, rules.address(), size, 0);
            try {
                Posix.syscall("landlock_restrict_self", SYS_LANDLOCK_RESTRICT_SELF, ruleset, 0, 0);
            } finally {
                Posix.close(ruleset);
            }
        }
        landlockVersion = version;
    }

    private void filter(SystemCalls calls) throws IOException {
        List<Instruction> program = program(calls, (int) ProcessHandle.current().pid());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment code = arena.allocate(8L * program.size(), 8);
            for (int i = 0; i < program.size(); i++) {
                program.get(i).write(code.asSlice(8L * i, 8));
            }
            MemorySegment filter = arena.allocate(16, 8);
            filter.set(ValueLayout.JAVA_SHORT, 0, (short) program.size());
            filter.set(ValueLayout.JAVA_LONG, 8, code.address());
            long thread = Posix.syscall(
                    "seccomp",
                    calls.number("seccomp"),
                    SECCOMP_SET_MODE_FILTER,
                    SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW,
                    filter.address());
            if (thread != 0) {
                throw new IOException("thread " + thread + " could not be bound");
            }
        }
        filtered = true;
    }

    /** One instruction of a filter: what to do, where to go if so and if not, and with what. */
    record Instruction(short code, int ifTrue, int ifFalse, int operand) {
        private void write(MemorySegment to) {
            to.set(ValueLayout.JAVA_SHORT, 0, code);
            to.set(ValueLayout.JAVA_BYTE, 2, (byte) ifTrue);
            to.set(ValueLayout.JAVA_BYTE, 3, (byte) ifFalse);
            to.set(ValueLayout.JAVA_INT, 4, operand);
        }
    }

    /** The filter for a process of that id. */
    static List<Instruction> program(SystemCalls calls, int pid) {
        List<Instruction> program = new ArrayList<>();
        program.add(load(ARCHITECTURE));
        program.add(new Instruction(JUMP_IF_EQUAL, 1, 0, calls.audit()));
        program.add(result(RET_KILL_PROCESS));
        program.add(load(NUMBER));
        program.add(new Instruction(JUMP_IF_AT_LEAST, 0, 1, X32));
        program.add(result(RET_KILL_PROCESS));
        for (String name : SystemCalls.ALLOWED) {
            answer(program, calls, name, RET_ALLOW);
        }
        for (String name : SystemCalls.DEADLY) {
            answer(program, calls, name, RET_KILL_PROCESS);
        }
        // Its flags lie in memory, where a filter cannot look; without it the C library uses clone.
        answer(program, calls, "clone3", RET_ERRNO | Libc.ENOSYS);
        ifArgument(
                program,
                calls.number("clone"),
                List.of(
                        load(FIRST_ARGUMENT),
                        new Instruction(AND, 0, 0, CLONE_THREAD),
                        new Instruction(JUMP_IF_EQUAL, 0, 1, CLONE_THREAD),
                        result(RET_ERRNO | Libc.EAGAIN),
                        result(RET_KILL_PROCESS)));
        ifArgument(
                program,
                calls.number("tgkill"),
                List.of(
                        load(FIRST_ARGUMENT),
                        new Instruction(JUMP_IF_EQUAL, 0, 1, pid),
                        result(RET_ALLOW),
                        result(RET_ERRNO | Libc.EPERM)));
        ifArgument(
                program,
                calls.number("prctl"),
                List.of(
                        load(FIRST_ARGUMENT),
                        new Instruction(JUMP_IF_EQUAL, 1, 0, PR_SET_NAME),
                        new Instruction(JUMP_IF_EQUAL, 0, 1, PR_SET_VMA),
                        result(RET_ALLOW),
                        result(RET_ERRNO | Libc.EPERM)));
        // To ask for a limit, not to set one.
        ifArgument(
                program,
                calls.number("prlimit64"),
                List.of(
                        load(THIRD_ARGUMENT),
                        new Instruction(JUMP_IF_EQUAL, 0, 3, 0),
                        load(THIRD_ARGUMENT + 4),
                        new Instruction(JUMP_IF_EQUAL, 0, 1, 0),
                        result(RET_ALLOW),
                        result(RET_ERRNO | Libc.EPERM)));
        program.add(result(RET_ERRNO | Libc.EACCES));
        return program;
    }

    private static void answer(List<Instruction> program, SystemCalls calls, String name, int result) {
        if (calls.has(name)) {
            ifArgument(program, calls.number(name), List.of(result(result)));
        }
    }

    /** The instructions, which end with a result, for that call alone. */
    private static void ifArgument(List<Instruction> program, int number, List<Instruction> then) {
        program.add(new Instruction(JUMP_IF_EQUAL, 0, then.size(), number));
        program.addAll(then);
    }

    private static Instruction load(int offset) {
        return new Instruction(LOAD_WORD, 0, 0, offset);
    }

    private static Instruction result(int value) {
        return new Instruction(RETURN, 0, 0, value);
    }
}
