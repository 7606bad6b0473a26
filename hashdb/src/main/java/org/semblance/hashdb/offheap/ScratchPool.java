package org.semblance.hashdb.offheap;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Supplier;

/** Scratch memory that lookups borrow, so that none allocates; safe for many threads. */
public final class ScratchPool<T> {
    private final AtomicReferenceArray<T> idle = new AtomicReferenceArray<>(64);
    private final Supplier<T> maker;

    public ScratchPool(Supplier<T> maker) {
        this.maker = maker;
    }

    public T take() {
        T scratch = idle.getAndSet(Readers.stripe(), null);
        return scratch == null ? maker.get() : scratch;
    }

    public void give(T scratch) {
        idle.set(Readers.stripe(), scratch);
    }
}
