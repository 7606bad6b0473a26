package org.semblance.hashdb.offheap;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicBoolean;
import org.semblance.hashdb.libc.Libc;
import org.semblance.hashdb.libc.Libc.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One block of memory outside the Java heap, zeroed, aligned to 2 MiB, and the access to it by address.
 *
 * <p>On Linux a block is an anonymous mapping that asks for huge pages, which needs no JVM flag: pages cost nothing until
 * they are touched, and a lookup that jumps through a gigabyte does not wait for the page tables (1.4 times as many
 * lookups at ten million hashes). Elsewhere it is an ordinary allocation.
 *
 * <p>Access goes through one segment that spans the address space, because the hot loops follow addresses through many
 * blocks and a segment for each would cost three loads and two checks a step. The owner must therefore know that an
 * address lies in a block that is open; {@link Readers} says when nobody can hold one any more.
 */
public final class OffHeap implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OffHeap.class);

    /** Every address; restricted, hence {@code --enable-native-access}. */
    public static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    /** The size of a huge page on x86-64, and on AArch64 with base pages of 4 KiB. */
    public static final long HUGE_PAGE = 2L << 20;

    private static final int MAP_PRIVATE_ANONYMOUS = 0x22;
    private static final int MADV_HUGEPAGE = 14;
    private static final int NO_FILE = -1;

    private static final boolean LINUX = System.getProperty("os.name", "").equals("Linux");

    /** Whether the log has been told that there are no huge pages. */
    private static final AtomicBoolean HUGE_PAGES_REFUSED = new AtomicBoolean();

    private static final VarHandle LONG = JAVA_LONG.varHandle();
    private static final VarHandle INT = JAVA_INT.varHandle();

    private final long address;
    private final long bytes;
    private final Runnable free;
    private boolean closed;

    private OffHeap(long address, long bytes, Runnable free) {
        this.address = address;
        this.bytes = bytes;
        this.free = free;
    }

    /**
     * A new block.
     *
     * @throws OutOfMemoryError if the system refuses
     */
    @SuppressWarnings("MustBeClosedChecker") // close() closes the arena
    public static OffHeap allocate(long bytes) {
        if (LINUX) {
            return map(bytes);
        }
        if (HUGE_PAGES_REFUSED.compareAndSet(false, true)) {
            LOG.info("index memory without huge pages on {}: lookups are slower", System.getProperty("os.name"));
        }
        Arena arena = Arena.ofShared();
        return new OffHeap(arena.allocate(bytes, HUGE_PAGE).address(), bytes, arena::close);
    }

    /**
     * A new block of ordinary pages, for a list of addresses that is made as long as it can become.
     *
     * @throws OutOfMemoryError if the system refuses
     */
    @SuppressWarnings("MustBeClosedChecker") // close() closes the arena
    public static OffHeap allocatePages(long bytes) {
        if (LINUX) {
            long start = mapPages(bytes);
            return new OffHeap(start, bytes, () -> unmap(start, bytes));
        }
        Arena arena = Arena.ofShared();
        return new OffHeap(arena.allocate(bytes, Long.BYTES).address(), bytes, arena::close);
    }

    private static OffHeap map(long bytes) {
        // The slack for the alignment is address space only: it is never touched.
        long mapped = bytes + HUGE_PAGE;
        long start = mapPages(mapped);
        long aligned = (start + HUGE_PAGE - 1) & -HUGE_PAGE;
        if (Libc.tryCall(Function.MADVISE, aligned, bytes, MADV_HUGEPAGE) != 0
                && HUGE_PAGES_REFUSED.compareAndSet(false, true)) {
            LOG.info("the kernel refused huge pages for the index: lookups are slower");
        }
        HugePages.opened(aligned, bytes);
        return new OffHeap(aligned, bytes, () -> {
            HugePages.closed(aligned);
            unmap(start, mapped);
        });
    }

    private static long mapPages(long bytes) {
        long start = Libc.tryCall(
                Function.MMAP, 0, bytes, Libc.PROT_READ | Libc.PROT_WRITE, MAP_PRIVATE_ANONYMOUS, NO_FILE, 0);
        if (start < 0) {
            throw new OutOfMemoryError("index memory: the system refused " + bytes + " bytes");
        }
        return start;
    }

    private static void unmap(long start, long bytes) {
        if (Libc.tryCall(Function.MUNMAP, start, bytes) != 0) {
            throw new IllegalStateException("munmap refused " + bytes + " bytes");
        }
    }

    public long address() {
        return address;
    }

    public long bytes() {
        return bytes;
    }

    /** Frees the block; nobody may use its addresses any more. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            free.run();
        }
    }

    public static long getLong(long address) {
        return ALL.get(JAVA_LONG_UNALIGNED, address);
    }

    public static void putLong(long address, long value) {
        ALL.set(JAVA_LONG_UNALIGNED, address, value);
    }

    public static int getInt(long address) {
        return ALL.get(JAVA_INT_UNALIGNED, address);
    }

    public static void putInt(long address, int value) {
        ALL.set(JAVA_INT_UNALIGNED, address, value);
    }

    public static short getShort(long address) {
        return ALL.get(JAVA_SHORT_UNALIGNED, address);
    }

    public static void putShort(long address, short value) {
        ALL.set(JAVA_SHORT_UNALIGNED, address, value);
    }

    /** Reads so that everything written before the matching {@link #putLongRelease} is seen. */
    public static long getLongAcquire(long address) {
        return (long) LONG.getAcquire(ALL, address);
    }

    public static void putLongRelease(long address, long value) {
        LONG.setRelease(ALL, address, value);
    }

    /** Reads so that everything written before the matching {@link #putIntRelease} is seen. */
    public static int getIntAcquire(long address) {
        return (int) INT.getAcquire(ALL, address);
    }

    public static void putIntRelease(long address, int value) {
        INT.setRelease(ALL, address, value);
    }

    public static void copy(long from, long to, long bytes) {
        MemorySegment.copy(ALL, from, ALL, to, bytes);
    }
}
