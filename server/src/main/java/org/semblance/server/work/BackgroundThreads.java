package org.semblance.server.work;

import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import org.semblance.hashdb.libc.Libc;
import org.semblance.hashdb.libc.Libc.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes threads that give way to others: long work which must go on, but not at the cost of the short work beside it.
 *
 * <p>Java's own priorities do nothing on Linux without special rights. There, {@code setpriority} with the id 0 sets the
 * nice value of the calling thread alone, which the threads it starts inherit. Elsewhere it would be that of the whole
 * process, so elsewhere these are threads like any other.
 */
public final class BackgroundThreads implements ThreadFactory {
    /** Of 19: beside a busy thread of nice 0 such a thread gets about a tenth of a core. */
    public static final int NICE = 10;

    private static final Logger LOG = LoggerFactory.getLogger(BackgroundThreads.class);

    /** From {@code sys/resource.h}. */
    private static final int PRIO_PROCESS = 0;

    private final String name;
    private final AtomicInteger made = new AtomicInteger();

    /** Of threads called by that name and a number. */
    public BackgroundThreads(String name) {
        this.name = name;
    }

    @Override
    public Thread newThread(Runnable work) {
        return Thread.ofPlatform()
                .name(name + "-" + made.getAndIncrement())
                .daemon()
                .unstarted(() -> {
                    giveWay();
                    work.run();
                });
    }

    private static void giveWay() {
        if (!System.getProperty("os.name").equals("Linux")) {
            LOG.debug("no nice values for threads on {}", System.getProperty("os.name"));
        } else if (Libc.tryCall(Function.SETPRIORITY, PRIO_PROCESS, 0, NICE) != 0) {
            LOG.debug(
                    "setpriority refused nice {} for {}",
                    NICE,
                    Thread.currentThread().getName());
        }
    }
}
