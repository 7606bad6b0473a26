package org.semblance.server.memory;

import com.sun.management.GarbageCollectionNotificationInfo;
import com.sun.management.GcInfo;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import javax.management.ListenerNotFoundException;
import javax.management.Notification;
import javax.management.NotificationEmitter;
import javax.management.NotificationListener;
import javax.management.openmbean.CompositeData;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks after each garbage collection at what is left, and warns once when that comes near the heap's bound: a list has
 * grown, and the server wants a restart with more before it runs out.
 */
public final class HeapWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HeapWatch.class);
    private static final double TIGHT = 0.85;
    /** Below that a further warning is due. */
    private static final double RELAXED = 0.70;

    private final long bound;
    private final NotificationListener listener = (notification, unused) -> collected(notification);
    private final List<NotificationEmitter> heard = new ArrayList<>();
    private final Set<String> pools = ManagementFactory.getMemoryPoolMXBeans().stream()
            .filter(pool -> pool.getType() == MemoryType.HEAP)
            .map(MemoryPoolMXBean::getName)
            .collect(Collectors.toUnmodifiableSet());

    private volatile long left;
    private boolean isTight;

    /** @param bound bytes of heap, at most */
    HeapWatch(long bound) {
        this.bound = bound;
    }

    /** Watches this virtual machine's heap until it is closed. */
    public static HeapWatch start() {
        HeapWatch watch = new HeapWatch(MemoryBounds.heapBytes());
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            if (collector instanceof NotificationEmitter emitter) {
                emitter.addNotificationListener(watch.listener, null, null);
                watch.heard.add(emitter);
            }
        }
        return watch;
    }

    private void collected(Notification notification) {
        if (notification.getType().equals(GarbageCollectionNotificationInfo.GARBAGE_COLLECTION_NOTIFICATION)
                && notification.getUserData() instanceof CompositeData data) {
            GcInfo collection = GarbageCollectionNotificationInfo.from(data).getGcInfo();
            collected(collection.getMemoryUsageAfterGc().entrySet().stream()
                    .filter(pool -> pools.contains(pool.getKey()))
                    .mapToLong(pool -> pool.getValue().getUsed())
                    .sum());
        }
    }

    /** A collection left so many bytes. */
    synchronized void collected(long bytes) {
        left = bytes;
        double share = (double) bytes / bound;
        if (share > TIGHT && !isTight) {
            isTight = true;
            LOG.warn(
                    "the heap is {} % full after a collection, {} of {} MB. After a restart bin/semblance allows a list that"
                            + " has grown more; SEMBLANCE_JAVA_OPTS=-Xmx{}m sets it by hand",
                    String.format(Locale.ROOT, "%.0f", 100 * share), bytes >> 20, bound >> 20, bound >> 19);
        } else if (share < RELAXED) {
            isTight = false;
        }
    }

    /** Bytes that the last collection left in the heap; 0 before there was one. */
    public long bytesAfterCollection() {
        return left;
    }

    @Override
    public void close() {
        for (NotificationEmitter emitter : heard) {
            try {
                emitter.removeNotificationListener(listener);
            } catch (ListenerNotFoundException e) {
                LOG.debug("was not heard any more", e);
            }
        }
        heard.clear();
    }
}
