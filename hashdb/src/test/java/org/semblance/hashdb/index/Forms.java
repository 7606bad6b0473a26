package org.semblance.hashdb.index;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.function.Supplier;
import org.semblance.hashdb.index.kernel.Kernels;

/** Lookups by every form of the kernels that this machine has. */
final class Forms {
    static final List<Kernels> ALL = Kernels.available();

    /** Beyond it every index scans, and native code has no scans of its own. */
    private static final int TABLES_UP_TO = 63;

    private Forms() {}

    /** What collects the hits of one lookup. */
    interface Hits extends HashIndex.HitSink {
        /** The hits, in an order of their own. */
        Object sorted();
    }

    /** Looks up by each form, which must all find the same; by the first, the default, in the way of the product. */
    static <H extends Hits> H lookup(
            HashIndex index, long[] queries, int count, int maxDistance, Supplier<H> collector) {
        H hits = collector.get();
        index.lookup(queries, count, maxDistance, hits);
        if (index instanceof PigeonringIndex ring && maxDistance <= TABLES_UP_TO) {
            Object expected = hits.sorted();
            for (Kernels form : ALL.subList(1, ALL.size())) {
                H others = collector.get();
                ring.lookup(form, queries, count, maxDistance, null, others);
                assertThat(others.sorted()).as(form.name()).isEqualTo(expected);
            }
        }
        return hits;
    }

    /** Looks up by one of the forms. */
    static void lookup(
            HashIndex index, long number, long[] queries, int count, int maxDistance, HashIndex.HitSink sink) {
        if (index instanceof PigeonringIndex ring) {
            ring.lookup(ALL.get((int) (number % ALL.size())), queries, count, maxDistance, null, sink);
        } else {
            index.lookup(queries, count, maxDistance, sink);
        }
    }
}
