package org.semblance.bench.harness;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The memory of a process, as Linux counts it; 0 on other systems, and for a process that is gone. */
public final class Memory {
    private Memory() {}

    /** Memory that is resident, in kB. */
    public static long residentKb(long pid) {
        return kb(pid, "VmRSS");
    }

    /** Memory of this process that is resident and no file's, in kB. */
    public static long anonymousKb() {
        return kb(ProcessHandle.current().pid(), "RssAnon");
    }

    /** The most that was resident of this process, in kB. */
    public static long peakKb() {
        return kb(ProcessHandle.current().pid(), "VmHWM");
    }

    /** Memory that is resident, in kB; of what is shared with other processes, its part. */
    public static long proportionalKb(long pid) {
        return kb(pid, "smaps_rollup", "Pss");
    }

    private static long kb(long pid, String field) {
        return kb(pid, "status", field);
    }

    private static long kb(long pid, String file, String field) {
        try {
            return Files.readAllLines(Path.of("/proc", Long.toString(pid), file)).stream()
                    .filter(line -> line.startsWith(field + ":"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .sum();
        } catch (IOException e) {
            return 0;
        }
    }
}
