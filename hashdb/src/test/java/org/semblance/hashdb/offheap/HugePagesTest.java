package org.semblance.hashdb.offheap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class HugePagesTest {
    @Test
    void countsTheMappingsInWhichBlocksBegin() {
        TreeMap<Long, Long> blocks = new TreeMap<>();
        blocks.put(0x7f0000200000L, 4L << 20);
        List<String> lines = List.of(
                "7f0000000000-7f0000800000 rw-p 00000000 00:00 0",
                "Size:               8192 kB",
                "Rss:                3072 kB",
                "AnonHugePages:      2048 kB",
                "VmFlags: rd wr mr mw me ac sd hg",
                "7f0000800000-7f0000900000 rw-p 00000000 00:00 0                          [stack]",
                "Rss:                1024 kB",
                "AnonHugePages:         0 kB");
        assertThat(HugePages.share(lines, blocks)).isEqualTo(new HugePages.Share(2 << 20, 1 << 20));
        assertThat(HugePages.share(lines, new TreeMap<>())).isEqualTo(new HugePages.Share(0, 0));
    }

    @Test
    void seesTheBlocksOfThisProcess() {
        assumeThat(System.getProperty("os.name")).isEqualTo("Linux");
        long bytes = 16 << 20;
        try (OffHeap block = OffHeap.allocate(bytes)) {
            for (long at = 0; at < bytes; at += 4096) {
                OffHeap.putLong(block.address() + at, at);
            }
            HugePages.gather();
            HugePages.Share share = HugePages.share();
            assertThat(share.hugeBytes() + share.smallBytes()).isGreaterThanOrEqualTo(bytes);
            for (long at = 0; at < bytes; at += 4096) {
                assertThat(OffHeap.getLong(block.address() + at)).isEqualTo(at);
            }
        }
    }
}
