package org.semblance.engine.worker.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.semblance.hashdb.libc.Libc;

/** What the filter answers, run by an interpreter of ours, so that the one for arm64 is run on any machine. */
class SandboxProgramTest {
    private static final int PID = 4_711;
    private static final int ALLOW = 0x7FFF0000;
    private static final int KILL = 0x80000000;
    private static final int ERRNO = 0x00050000;

    private static SystemCalls calls(String machine) {
        String before = System.getProperty("os.arch");
        System.setProperty("os.arch", machine);
        try {
            return Objects.requireNonNull(SystemCalls.ofThisMachine());
        } finally {
            System.setProperty("os.arch", before);
        }
    }

    /** Runs the program on a {@code struct seccomp_data}. */
    private static int run(List<Sandbox.Instruction> program, int architecture, int number, long... arguments) {
        ByteBuffer data = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
        data.putInt(number).putInt(architecture).putLong(0);
        for (long argument : arguments) {
            data.putLong(argument);
        }
        int a = 0;
        for (int at = 0; ; at++) {
            Sandbox.Instruction instruction = program.get(at);
            int operand = instruction.operand();
            switch (instruction.code()) {
                case 0x20 -> a = data.getInt(operand);
                case 0x54 -> a &= operand;
                case 0x15 -> at += a == operand ? instruction.ifTrue() : instruction.ifFalse();
                case 0x35 ->
                    at += Integer.compareUnsigned(a, operand) >= 0 ? instruction.ifTrue() : instruction.ifFalse();
                case 0x06 -> {
                    return operand;
                }
                default -> throw new IllegalStateException("instruction " + instruction);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"amd64", "aarch64"})
    void allowsWhatAWorkerNeedsAndNothingElse(String machine) {
        SystemCalls calls = calls(machine);
        List<Sandbox.Instruction> program = Sandbox.program(calls, PID);
        int own = calls.audit();
        for (Map.Entry<String, Integer> call : calls.numbers().entrySet()) {
            int answer = run(program, own, call.getValue(), 0, 0, 1);
            if (SystemCalls.ALLOWED.contains(call.getKey())) {
                assertThat(answer).as(call.getKey()).isEqualTo(ALLOW);
            } else if (SystemCalls.DEADLY.contains(call.getKey())) {
                assertThat(answer).as(call.getKey()).isEqualTo(KILL);
            } else {
                assertThat(answer).as(call.getKey()).isNotEqualTo(ALLOW);
            }
        }
        for (int number = 0; number < 600; number++) {
            if (!calls.numbers().containsValue(number)) {
                assertThat(run(program, own, number, 0, 0, 0)).as("%s", number).isEqualTo(ERRNO | Libc.EACCES);
            }
        }
        assertThat(run(program, own, calls.number("clone3"), 0)).isEqualTo(ERRNO | Libc.ENOSYS);
        assertThat(run(program, own ^ 1, calls.number("futex"), 0)).isEqualTo(KILL);
        assertThat(run(program, own, 0x40000000 | calls.number("futex"), 0)).isEqualTo(KILL);
    }

    @ParameterizedTest
    @ValueSource(strings = {"amd64", "aarch64"})
    void looksAtTheArgumentsOfSome(String machine) {
        SystemCalls calls = calls(machine);
        List<Sandbox.Instruction> program = Sandbox.program(calls, PID);
        int own = calls.audit();
        int thread = 0x003D0F00;
        assertThat(run(program, own, calls.number("clone"), thread, 0, 0)).isEqualTo(ERRNO | Libc.EAGAIN);
        assertThat(run(program, own, calls.number("clone"), 17, 0, 0)).isEqualTo(KILL);
        assertThat(run(program, own, calls.number("tgkill"), PID, 1, 6)).isEqualTo(ALLOW);
        assertThat(run(program, own, calls.number("tgkill"), 1, 1, 9)).isEqualTo(ERRNO | Libc.EPERM);
        assertThat(run(program, own, calls.number("prctl"), 15, 0, 0)).isEqualTo(ALLOW);
        assertThat(run(program, own, calls.number("prctl"), 0x53564D41, 0, 0)).isEqualTo(ALLOW);
        assertThat(run(program, own, calls.number("prctl"), Posix.PR_SET_DUMPABLE, 1, 0))
                .isEqualTo(ERRNO | Libc.EPERM);
        assertThat(run(program, own, calls.number("prlimit64"), 0, 9, 0)).isEqualTo(ALLOW);
        assertThat(run(program, own, calls.number("prlimit64"), 0, 9, 1)).isEqualTo(ERRNO | Libc.EPERM);
        assertThat(run(program, own, calls.number("prlimit64"), 0, 9, 1L << 32)).isEqualTo(ERRNO | Libc.EPERM);
    }
}
