package org.semblance.engine.worker.linux;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The system calls that the filter of a worker names, with the numbers of one processor.
 *
 * @param audit the processor's number in {@code audit.h}
 * @param numbers by name; a call that a processor has not is missing
 */
public record SystemCalls(int audit, Map<String, Integer> numbers) {
    private static final int NAME = 0;
    private static final int X86_64 = 1;
    private static final int ARM64 = 2;
    private static final int ANSWER = 3;

    /**
     * Name; numbers on x86-64 and on arm64 as {@code unistd.h} has them; answer. Allowed is what a worker needs to compute,
     * wait and answer: what comes most often stands first. Deadly is what no decoder asks for unless somebody else speaks
     * through it. The rest has a rule of its own in {@link Sandbox}.
     */
    private static final List<String[]> TABLE =
            """
            futex                202    98  allowed
            recvmsg               47   212  allowed
            sendmsg               46   211  allowed
            poll                   7     -  allowed
            ppoll                271    73  allowed
            pread64               17    67  allowed
            read                   0    63  allowed
            write                  1    64  allowed
            mmap                   9   222  allowed
            munmap                11   215  allowed
            mremap                25   216  allowed
            mprotect              10   226  allowed
            madvise               28   233  allowed
            brk                   12   214  allowed
            close                  3    57  allowed
            lseek                  8    62  allowed
            fstat                  5    80  allowed
            clock_gettime        228   113  allowed
            clock_nanosleep      230   115  allowed
            nanosleep             35   101  allowed
            gettimeofday          96   169  allowed
            getrusage             98   165  allowed
            sched_yield           24   124  allowed
            sched_getaffinity    204   123  allowed
            rt_sigprocmask        14   135  allowed
            rt_sigaction          13   134  allowed
            rt_sigreturn          15   139  allowed
            sigaltstack          131   132  allowed
            restart_syscall      219   128  allowed
            gettid               186   178  allowed
            getpid                39   172  allowed
            set_robust_list      273    99  allowed
            rseq                 334   293  allowed
            getrandom            318   278  allowed
            sysinfo               99   179  allowed
            uname                 63   160  allowed
            getcpu               309   168  allowed
            shutdown              48   210  allowed
            exit                  60    93  allowed
            exit_group           231    94  allowed
            execve                59   221  deadly
            execveat             322   281  deadly
            fork                  57     -  deadly
            vfork                 58     -  deadly
            ptrace               101   117  deadly
            process_vm_readv     310   270  deadly
            process_vm_writev    311   271  deadly
            mount                165    40  deadly
            umount2              166    39  deadly
            pivot_root           155    41  deadly
            chroot               161    51  deadly
            unshare              272    97  deadly
            setns                308   268  deadly
            bpf                  321   280  deadly
            perf_event_open      298   241  deadly
            userfaultfd          323   282  deadly
            io_uring_setup       425   425  deadly
            init_module          175   105  deadly
            finit_module         313   273  deadly
            delete_module        176   106  deadly
            kexec_load           246   104  deadly
            reboot               169   142  deadly
            add_key              248   217  deadly
            request_key          249   218  deadly
            keyctl               250   219  deadly
            setuid               105   146  deadly
            setgid               106   144  deadly
            setreuid             113   145  deadly
            setregid             114   143  deadly
            setresuid            117   147  deadly
            setresgid            119   149  deadly
            capset               126    91  deadly
            personality          135    92  deadly
            clone                 56   220  by rule
            prctl                157   167  by rule
            tgkill               234   131  by rule
            prlimit64            302   261  by rule
            seccomp              317   277  by rule
            clone3               435   435  by rule
            """.lines().map(row -> row.strip().split(" +", 4)).toList();

    /** What is allowed, most frequent first. */
    static final List<String> ALLOWED = names("allowed");

    /** What kills the process. */
    static final List<String> DEADLY = names("deadly");

    private static List<String> names(String answer) {
        return TABLE.stream()
                .filter(row -> row[ANSWER].equals(answer))
                .map(row -> row[NAME])
                .toList();
    }

    /** The calls of the processor this runs on, or null if we have no list for it. */
    public static @Nullable SystemCalls ofThisMachine() {
        return switch (System.getProperty("os.arch")) {
            case "amd64" -> new SystemCalls(0xC000003E, numbers(X86_64));
            case "aarch64" -> new SystemCalls(0xC00000B7, numbers(ARM64));
            default -> null;
        };
    }

    private static Map<String, Integer> numbers(int column) {
        Map<String, Integer> numbers = new HashMap<>();
        for (String[] row : TABLE) {
            if (!row[column].equals("-")) {
                numbers.put(row[NAME], Integer.valueOf(row[column]));
            }
        }
        return numbers;
    }

    /** Whether the processor has that call. */
    public boolean has(String name) {
        return numbers.containsKey(name);
    }

    /** @throws IllegalArgumentException if the processor has no such call */
    public int number(String name) {
        Integer number = numbers.get(name);
        if (number == null) {
            throw new IllegalArgumentException(name + ": no such system call on this processor");
        }
        return number;
    }
}
