package org.semblance.hashdb;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.Catalog;
import org.semblance.hashdb.features.BankedPicture;
import org.semblance.hashdb.features.FeatureIndex;
import org.semblance.hashdb.features.FeatureSnapshot;
import org.semblance.hashdb.hash.Hash256;

/** The index of features as it follows the catalog. It needs nothing beside it to be saved while it changes. */
final class LiveFeatures implements KeptIndex, Catalog.PictureSink {
    private final FeatureIndex index;
    private @Nullable FeatureSnapshot save;
    private long changes;

    LiveFeatures(FeatureIndex index) {
        this.index = index;
    }

    FeatureIndex index() {
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
    long takeChanges() {
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
}
