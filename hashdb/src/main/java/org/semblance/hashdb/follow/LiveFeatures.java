package org.semblance.hashdb.follow;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.PictureSink;
import org.semblance.hashdb.catalog.sql.Catalog;
import org.semblance.hashdb.features.BankedPicture;
import org.semblance.hashdb.features.FeatureIndex;
import org.semblance.hashdb.features.FeatureSnapshot;
import org.semblance.hashdb.hash.Hash256;

/** The index of features as it follows the catalog. It needs nothing beside it to be saved while it changes. */
public final class LiveFeatures implements KeptIndex, PictureSink {
    private final FeatureIndex index;
    private @Nullable FeatureSnapshot save;
    private long changes;

    public LiveFeatures(FeatureIndex index) {
        this.index = index;
    }

    public FeatureIndex index() {
        return index;
    }

    @Override
    public void pictures(long contentId, List<BankedPicture> pictures) {
        long before = index.size();
        index.add(contentId, pictures);
        changes += index.size() - before;
    }

    @Override
    public void withdrawn(long contentId) {
        long before = index.size();
        index.remove(contentId);
        changes += before - index.size();
    }

    /** How many features came and went since the last call. */
    public long takeChanges() {
        long taken = changes;
        changes = 0;
        return taken;
    }

    @Override
    public long size() {
        return index.size();
    }

    @Override
    public void hold() {
        save = index.beginSave();
    }

    @Override
    public boolean isHeld() {
        return save != null;
    }

    @Override
    public int unsettled() {
        return 0;
    }

    @Override
    public void settle(int changes) {
        FeatureSnapshot held = save;
        if (held != null) {
            save = null;
            held.end();
        }
    }

    @Override
    public void save(Path file, long seq, Hash256 mark) throws IOException {
        FeatureSnapshot held = save;
        if (held == null) {
            throw new IllegalStateException("the index of features is not held");
        }
        held.write(file, seq, mark);
    }

    @Override
    public void close() {
        index.close();
    }

    /** Where this index comes from. */
    public static final class Source implements KeptIndex.Source<LiveFeatures> {
        @Override
        public IndexKind kind() {
            return IndexKind.FEATURES;
        }

        @Override
        public KeptIndex.Opened<LiveFeatures> open(Path file) throws IOException {
            FeatureIndex.Opened opened = FeatureIndex.open(file);
            return new KeptIndex.Opened<>(new LiveFeatures(opened.index()), opened.seq(), opened.mark());
        }

        @Override
        public KeptIndex.Filled<LiveFeatures> build(Catalog catalog) {
            FeatureIndex index = new FeatureIndex();
            AtomicReference<Catalog.@Nullable State> state = new AtomicReference<>();
            boolean whole = false;
            try {
                index.addAll(contents -> state.set(catalog.loadPictures(new PictureSink() {
                    @Override
                    public void pictures(long contentId, List<BankedPicture> pictures) {
                        contents.content(contentId, pictures);
                    }

                    @Override
                    public void withdrawn(long contentId) {
                        // Contents that are withdrawn have not been given.
                    }
                })));
                whole = true;
            } finally {
                if (!whole) {
                    index.close();
                }
            }
            return new KeptIndex.Filled<>(new LiveFeatures(index), Objects.requireNonNull(state.get()), index.size());
        }

        @Override
        public KeptIndex.Filled<LiveFeatures> replay(LiveFeatures index, long afterSeq, Catalog catalog) {
            Catalog.State state = catalog.follow(afterSeq, null, null, index);
            return new KeptIndex.Filled<>(index, state, index.takeChanges());
        }
    }
}
