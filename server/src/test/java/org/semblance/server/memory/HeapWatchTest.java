package org.semblance.server.memory;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

class HeapWatchTest {
    private static final long MB = 1 << 20;

    private final Logger log = (Logger) LoggerFactory.getLogger(HeapWatch.class);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    @BeforeEach
    void listen() {
        lines.start();
        log.addAppender(lines);
    }

    @AfterEach
    void stopListening() {
        log.detachAppender(lines);
    }

    @Test
    void warnsOnceWhenTheHeapIsNearlyFullAndAgainAfterItWasNot() {
        HeapWatch watch = new HeapWatch(400 * MB);
        for (long used : new long[] {100, 339, 341, 350, 330, 399}) {
            watch.collected(used * MB);
            assertThat(watch.bytesAfterCollection()).isEqualTo(used * MB);
        }
        assertThat(lines.list).singleElement().satisfies(line -> {
            assertThat(line.getLevel()).isEqualTo(Level.WARN);
            assertThat(line.getFormattedMessage())
                    .startsWith("the heap is 85 % full after a collection, 341 of 400 MB. ")
                    .contains("SEMBLANCE_JAVA_OPTS=-Xmx800m");
        });
        watch.collected(200 * MB);
        watch.collected(341 * MB);
        assertThat(lines.list).hasSize(2);
    }

    @Test
    @Timeout(60)
    void hearsOfCollections() {
        try (HeapWatch watch = HeapWatch.start()) {
            while (watch.bytesAfterCollection() == 0) {
                System.gc();
                Thread.onSpinWait();
            }
            assertThat(watch.bytesAfterCollection()).isBetween(MB, MemoryBounds.heapBytes());
        }
    }

    @Test
    void knowsWhatTheVirtualMachineMayTake() {
        // -Xmx1536m of the tests, without the part that a collector keeps empty.
        assertThat(MemoryBounds.heapBytes()).isBetween(1_400 * MB, 1_536 * MB);
        assertThat(MemoryBounds.directBytes()).isEqualTo(MemoryBounds.heapBytes());
        assertThat(MemoryBounds.heap()).startsWith("at most ").contains(" MB: by an option of the virtual machine");
    }
}
