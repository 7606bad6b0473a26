package org.semblance.engine.worker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What Linux tells of a process's memory. */
final class ProcessMemory {
    private ProcessMemory() {}

    /** Bytes that are in memory. */
    static long resident(long pid) throws IOException {
        return kilobytes(pid, "VmRSS:") * 1_024;
    }

    /** Bytes that it has addresses for. */
    static long addressSpace(long pid) throws IOException {
        return kilobytes(pid, "VmSize:") * 1_024;
    }

    private static long kilobytes(long pid, String field) throws IOException {
        Path status = Path.of("/proc", Long.toString(pid), "status");
        for (String line : Files.readAllLines(status)) {
            if (line.startsWith(field)) {
                return Long.parseLong(
                        line.substring(field.length()).replace("kB", "").strip());
            }
        }
        throw new IOException(status + " has no " + field);
    }
}
