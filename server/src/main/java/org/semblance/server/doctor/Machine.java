package org.semblance.server.doctor;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.semblance.engine.FirstPictures;
import org.semblance.engine.NoDecoderException;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.worker.DecodeWorkers;
import org.semblance.engine.worker.WorkerSettings;
import org.semblance.hashdb.DatabaseFolder;
import org.semblance.hashdb.libc.Libc;
import org.semblance.hashdb.libc.Libc.Function;
import org.semblance.server.config.Isolation;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.memory.MemoryBounds;

/** Memory, limits, clock and what the kernel has to lock decoders in. */
final class Machine {
    /** Resident memory of the virtual machine itself, its compiled code, and the decoders with their scratch. */
    private static final long BESIDE_HEAP = 400_000_000;

    /** Resident memory of a worker process, with the heap that it needs for ordinary pictures. */
    private static final long OF_A_WORKER = 250_000_000;

    private static final double COMFORTABLE = 0.8;

    /** Descriptors beside connections: files, libraries, the decoders' pipes. */
    private static final long FILES_BESIDE_CONNECTIONS = 500;

    private static final int SC_PAGESIZE = 30;
    private static final long SMALL_PAGE = 4_096;

    /** A clock before this release was made is wrong. */
    private static final Instant RELEASED = Instant.parse("2026-11-01T00:00:00Z");

    private static final int TIME_ERROR = 5;
    private static final int TIMEX_BYTES = 256;

    /** {@code landlock_create_ruleset}, with a flag that asks for its version alone. */
    private static final long LANDLOCK_CREATE_RULESET = 444;

    private static final int LANDLOCK_VERSION = 1;

    private final ServerConfig config;
    private final boolean linux = System.getProperty("os.name").equals("Linux");

    Machine(ServerConfig config) {
        this.config = config;
    }

    List<Finding> check() {
        List<Finding> findings = new ArrayList<>();
        findings.add(memory());
        findings.add(heap());
        if (linux) {
            findings.add(hugePages());
            findings.add(pageSize());
            findings.add(coreDumps());
        }
        findings.add(files());
        findings.add(clock());
        if (linux) {
            findings.add(sandbox());
        }
        findings.add(isolation());
        return findings;
    }

    private Finding memory() {
        long total = ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
                ? system.getTotalMemorySize()
                : 0;
        long heap = MemoryBounds.heapBytes();
        long bodies = config.maxBodyBytesInFlight();
        long index = DatabaseFolder.indexBytes(config.dataFolder());
        long decoders =
                config.isolation() == Isolation.WORKERS ? (config.workers() + config.videoWorkers()) * OF_A_WORKER : 0;
        long needed = heap + bodies + index + decoders + BESIDE_HEAP;
        String detail = String.format(
                Locale.ROOT,
                "%s of %s: heap %s, bodies %s, index %s, decoders %s, the rest %s",
                megabytes(needed),
                megabytes(total),
                megabytes(heap),
                megabytes(bodies),
                megabytes(index),
                megabytes(decoders),
                megabytes(BESIDE_HEAP));
        String advice =
                "Set a smaller heap (SEMBLANCE_JAVA_OPTS=-Xmx1g is enough for most), max_body_bytes_in_flight, or"
                        + " fewer workers.";
        if (needed > total) {
            return Finding.fail("memory", detail, advice);
        }
        return needed > COMFORTABLE * total ? Finding.warn("memory", detail, advice) : Finding.ok("memory", detail);
    }

    /** A list that is too long for its heap shows while it is served, in the log and in {@code /metrics}. */
    private static Finding heap() {
        return Finding.ok("heap", MemoryBounds.heap());
    }

    private static String megabytes(long bytes) {
        return String.format(Locale.ROOT, "%,d MB", bytes / 1_000_000);
    }

    /** Lookups jump about in the index: with small pages each jump costs a walk through the page table as well. */
    private static Finding hugePages() {
        String mode = read("/sys/kernel/mm/transparent_hugepage/enabled").orElse("");
        if (mode.contains("[always]") || mode.contains("[madvise]")) {
            return Finding.ok("huge pages", mode);
        }
        return Finding.warn(
                "huge pages",
                mode.isEmpty() ? "the kernel has none" : mode,
                "Lookups in large indexes are slower without. As root: echo madvise >"
                        + " /sys/kernel/mm/transparent_hugepage/enabled");
    }

    private static Finding pageSize() {
        long size = Libc.tryCall(Function.SYSCONF, SC_PAGESIZE);
        return size == SMALL_PAGE
                ? Finding.ok("page size", size + " bytes")
                : Finding.warn("page size", size + " bytes (expected: 4096)", "Other sizes have not been run.");
    }

    /** A core dump holds hashes and contents. */
    private static Finding coreDumps() {
        String limit = read("/proc/self/limits")
                .orElse("")
                .lines()
                .filter(line -> line.startsWith("Max core file size"))
                .map(line ->
                        line.substring("Max core file size".length()).strip().split("\\s+")[0])
                .findFirst()
                .orElse("0");
        return limit.equals("0")
                ? Finding.ok("core dumps", "off")
                : Finding.warn(
                        "core dumps",
                        "up to " + limit + " bytes",
                        "A dump holds hashes and uploads. Switch them off: ulimit -c 0, or LimitCORE=0 of systemd.");
    }

    private Finding files() {
        if (!(ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system)) {
            return Finding.ok("open files", "no limit is known here");
        }
        long limit = system.getMaxFileDescriptorCount();
        long needed = config.maxConnections() + FILES_BESIDE_CONNECTIONS;
        return limit >= needed
                ? Finding.ok("open files", limit + " allowed")
                : Finding.warn(
                        "open files",
                        limit + " allowed, " + needed + " wanted for max_connections = " + config.maxConnections(),
                        "Raise the limit (ulimit -n, or LimitNOFILE= of systemd), or set a smaller max_connections.");
    }

    /** Disabled-until dates, keys that expire and the journal's times hang on it. */
    private Finding clock() {
        Instant now = Instant.now();
        String advice = "Have it set by NTP (systemd-timesyncd, chrony).";
        if (now.isBefore(RELEASED)) {
            return Finding.fail("clock", now + " is before this release was made", advice);
        }
        if (linux) {
            try (Arena arena = Arena.ofConfined()) {
                // Zeroed, so modes is 0: nothing is set, only asked.
                MemorySegment timex = arena.allocate(TIMEX_BYTES, Long.BYTES);
                if (Libc.tryCall(Function.ADJTIMEX, timex.address()) == TIME_ERROR) {
                    return Finding.warn("clock", now + ", not synchronised", advice);
                }
            }
        }
        return Finding.ok("clock", now.toString());
    }

    private static Finding sandbox() {
        String status = read("/proc/self/status").orElse("");
        boolean seccomp = status.contains("Seccomp:");
        boolean noNewPrivileges = status.contains("NoNewPrivs:");
        long abi = Libc.tryCall(Function.SYSCALL, LANDLOCK_CREATE_RULESET, 0, 0, LANDLOCK_VERSION);
        boolean landlock = abi > 0;
        String detail = "no_new_privs " + word(noNewPrivileges) + ", seccomp " + word(seccomp) + ", Landlock "
                + (landlock ? "version " + abi : "none");
        return seccomp && noNewPrivileges && landlock
                ? Finding.ok("sandbox", detail)
                : Finding.warn(
                        "sandbox",
                        detail,
                        "Decoders cannot be locked in fully here. Landlock needs Linux 5.13 and lsm=landlock; a container"
                                + " runtime may hide it.");
    }

    /** Has one begin, and so tries all that it needs: a second virtual machine, shared memory, giving up its rights. */
    private Finding isolation() {
        String check = "isolation";
        if (config.isolation() == Isolation.NONE) {
            return Finding.warn(
                    check,
                    "none: uploads are decoded in the server's process",
                    DecodeWorkers.areSupported()
                            ? "A file that breaks a decoder ends the server. Set isolation = \"workers\"."
                            : "A file that breaks a decoder ends the server. On Linux it would not.");
        }
        long start = System.nanoTime();
        try (DecodeWorkers one = new DecodeWorkers(WorkerSettings.images(1, config.mediaLimits()))) {
            FirstPictures.hash(one.hasher(DecodePath.FAST));
            String detail = "workers, of which the first has decoded after "
                    + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start) + " ms";
            return one.counts().sandboxed() > 0
                    ? Finding.ok(check, detail + " and can open neither files nor sockets")
                    : Finding.warn(
                            check,
                            detail + ", but can open files and sockets",
                            "It may die, but a file that takes a decoder over can do what the server's user may: see sandbox.");
        } catch (NoDecoderException e) {
            return Finding.fail(
                    check,
                    String.valueOf(e.getMessage()),
                    "Allow this user more processes, memory and shared memory, or set isolation = \"none\".");
        }
    }

    private static String word(boolean there) {
        return there ? "yes" : "no";
    }

    private static Optional<String> read(String file) {
        try {
            return Optional.of(Files.readString(Path.of(file)).strip());
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
