package org.semblance.server.memory;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import java.util.Locale;

/** The memory bounds that the virtual machine was given. The launcher ({@code bin/semblance}) has the rule for a server's heap. */
public final class MemoryBounds {
    /** By which the launcher says of what it made the bound. */
    static final String REASON = "semblance.heap";

    private MemoryBounds() {}

    /** Bytes of heap, at most. */
    public static long heapBytes() {
        return Runtime.getRuntime().maxMemory();
    }

    /** Bytes of buffers outside the heap, at most: as much as of heap, unless the virtual machine was told otherwise. */
    public static long directBytes() {
        HotSpotDiagnosticMXBean options = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
        long told = options == null
                ? 0
                : Long.parseLong(options.getVMOption("MaxDirectMemorySize").getValue());
        return told > 0 ? told : heapBytes();
    }

    /** The heap's bound and why it is that, for a log or a person. */
    public static String heap() {
        String reason = System.getProperty(REASON, "");
        return String.format(
                Locale.ROOT,
                "at most %,d MB: %s",
                heapBytes() >> 20,
                reason.isEmpty()
                        ? "by an option of the virtual machine, or its own default; not made for the list"
                        : reason);
    }
}
