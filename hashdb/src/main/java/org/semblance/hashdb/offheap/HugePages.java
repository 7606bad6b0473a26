package org.semblance.hashdb.offheap;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.semblance.hashdb.libc.Libc;
import org.semblance.hashdb.libc.Libc.Function;

/**
 * How much of the memory of {@link OffHeap} lies on huge pages. A system that is short of free memory gives ordinary pages
 * in their place, says nothing, and may take minutes to put that right by itself; so it is asked to, once much was loaded.
 */
public final class HugePages {
    /** Since Linux 6.1; older systems refuse. */
    private static final int MADV_COLLAPSE = 25;

    private static final Path MAPPINGS = Path.of("/proc/self/smaps");
    private static final String RESIDENT = "Rss:";
    private static final String HUGE = "AnonHugePages:";

    /** Bytes of the blocks that there are, by address. */
    private static final NavigableMap<Long, Long> BLOCKS = new ConcurrentSkipListMap<>();

    private static final AtomicBoolean GATHERING = new AtomicBoolean();

    private HugePages() {}

    /** Memory that is resident, by the kind of its pages; 0 where the system does not tell. */
    public record Share(long hugeBytes, long smallBytes) {}

    static void opened(long address, long bytes) {
        BLOCKS.put(address, bytes);
    }

    static void closed(long address) {
        BLOCKS.remove(address);
    }

    /** Has the system put all blocks on huge pages, on a thread of its own; lookups go on meanwhile. */
    public static void gather() {
        if (GATHERING.compareAndSet(false, true)) {
            Thread.ofPlatform().daemon().name("huge pages").start(() -> {
                GATHERING.set(false);
                // A block that is closed meanwhile does no harm: the advice is about pages and not about what they
                // hold.
                BLOCKS.forEach((address, bytes) -> Libc.tryCall(Function.MADVISE, address, bytes, MADV_COLLAPSE));
            });
        }
    }

    /** Takes milliseconds: the system looks at each page. */
    public static Share share() {
        try (Stream<String> lines = Files.lines(MAPPINGS)) {
            return share(lines.toList(), BLOCKS);
        } catch (IOException e) {
            return new Share(0, 0);
        }
    }

    /** Of the mappings in which blocks begin; neighbours of one kind are one mapping. */
    static Share share(List<String> lines, NavigableMap<Long, Long> blocks) {
        long huge = 0;
        long resident = 0;
        boolean ours = false;
        for (String line : lines) {
            int dash = line.indexOf('-');
            int space = line.indexOf(' ');
            if (dash > 0 && dash < space) {
                long start = Long.parseUnsignedLong(line, 0, dash, 16);
                long end = Long.parseUnsignedLong(line, dash + 1, space, 16);
                Long block = blocks.ceilingKey(start);
                ours = block != null && block < end;
            } else if (ours && line.startsWith(RESIDENT)) {
                resident += bytes(line);
            } else if (ours && line.startsWith(HUGE)) {
                huge += bytes(line);
            }
        }
        return new Share(huge, resident - huge);
    }

    private static long bytes(String line) {
        return Long.parseLong(line.replaceAll("\\D", "")) << 10;
    }
}
