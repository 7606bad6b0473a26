package org.semblance.server.selfbench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The machine that something was measured on. */
public final class Machine {
    private Machine() {}

    /** Its processor, cores, memory and system, as far as the system tells them. */
    public static String describe() {
        String processor = linuxFact("/proc/cpuinfo", "model name");
        String memory = linuxFact("/proc/meminfo", "MemTotal");
        return String.join(
                ", ",
                processor.isEmpty() ? System.getProperty("os.arch") : processor,
                Runtime.getRuntime().availableProcessors() + " cores",
                memory.isEmpty() ? "memory unknown" : memory,
                System.getProperty("os.name") + " " + System.getProperty("os.version"));
    }

    private static String linuxFact(String file, String name) {
        try {
            return Files.readAllLines(Path.of(file)).stream()
                    .filter(line -> line.startsWith(name))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("");
        } catch (IOException e) {
            return ""; // As if there were no such file, which other systems do not have.
        }
    }
}
