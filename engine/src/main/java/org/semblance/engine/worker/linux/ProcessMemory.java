package org.semblance.engine.worker.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The memory of a process, as Linux reports it. It is opened once: a worker that has given up its rights belongs to nobody in
 * {@code /proc}, and where that is mounted so that one sees one's own processes alone, as under systemd's
 * {@code ProtectProc}, it can be opened no more.
 */
public final class ProcessMemory implements AutoCloseable {
    private static final int STATUS_BYTES = 8_192;

    private final Path status;
    private final int fd;

    private ProcessMemory(Path status) throws IOException {
        this.status = status;
        this.fd = Posix.open(status);
    }

    /** @throws IOException if there is no such process, or it is not to be seen */
    public static ProcessMemory of(long pid) throws IOException {
        return new ProcessMemory(Path.of("/proc", Long.toString(pid), "status"));
    }

    /**
     * Bytes that are in memory.
     *
     * @throws IOException if it has ended
     */
    public long resident() throws IOException {
        return kilobytes("VmRSS:") * 1_024;
    }

    /**
     * Bytes that the process has addresses for.
     *
     * @throws IOException if it has ended
     */
    public long addressSpace() throws IOException {
        return kilobytes("VmSize:") * 1_024;
    }

    private long kilobytes(String field) throws IOException {
        String text;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(STATUS_BYTES);
            int bytes = Posix.read(fd, 0, buffer);
            text = StandardCharsets.US_ASCII
                    .decode(buffer.asSlice(0, bytes).asByteBuffer())
                    .toString();
        }
        return text.lines()
                .filter(line -> line.startsWith(field))
                .mapToLong(line -> Long.parseLong(
                        line.substring(field.length()).replace("kB", "").strip()))
                .findFirst()
                .orElseThrow(() -> new IOException(status + " has no " + field));
    }

    @Override
    public void close() {
        Posix.close(fd);
    }
}
