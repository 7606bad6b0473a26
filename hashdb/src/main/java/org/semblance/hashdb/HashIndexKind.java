package org.semblance.hashdb;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.Catalog;
import org.semblance.hashdb.index.PigeonringIndex;

/** The index of hashes, as its keeper has it. */
final class HashIndexKind implements KeptIndex.Kind<LiveIndex> {
    static final String FILE_NAME = "index.snapshot";

    @Override
    public String units() {
        return "hashes";
    }

    @Override
    public String fileName() {
        return FILE_NAME;
    }

    @Override
    public Path unfinished(Path file) {
        return PigeonringIndex.unfinished(file);
    }

    @Override
    public KeptIndex.Opened<LiveIndex> open(Path file) throws IOException {
        PigeonringIndex.Opened opened = PigeonringIndex.open(file);
        return new KeptIndex.Opened<>(new LiveIndex(opened.index()), opened.seq(), opened.mark());
    }

    @Override
    public KeptIndex.Filled<LiveIndex> build(Catalog catalog) {
        PigeonringIndex index = new PigeonringIndex();
        AtomicReference<Catalog.@Nullable State> state = new AtomicReference<>();
        boolean whole = false;
        try {
            index.addAll(pairs -> state.set(catalog.loadHashes(
                    (contentId, live, hash) -> pairs.pair(hash.w3(), hash.w2(), hash.w1(), hash.w0(), contentId))));
            whole = true;
        } finally {
            if (!whole) {
                index.close();
            }
        }
        return new KeptIndex.Filled<>(new LiveIndex(index), Objects.requireNonNull(state.get()), index.size());
    }

    @Override
    public KeptIndex.Filled<LiveIndex> replay(LiveIndex index, long afterSeq, Catalog catalog) {
        AtomicLong changes = new AtomicLong();
        Catalog.State state = catalog.follow(
                afterSeq,
                null,
                (contentId, live, hash) -> changes.addAndGet(index.change(contentId, live, hash) ? 1 : 0),
                null);
        return new KeptIndex.Filled<>(index, state, changes.get());
    }

    @Override
    public void built(DatabaseEvents events, Duration took) {
        events.indexBuilt(took);
    }

    @Override
    public void saved(DatabaseEvents events, Duration took) {
        events.indexSaved(took);
    }

    @Override
    public void saveFailed(DatabaseEvents events) {
        events.indexSaveFailed();
    }
}
