package org.semblance.hashdb;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.Catalog;
import org.semblance.hashdb.features.BankedPicture;
import org.semblance.hashdb.features.FeatureIndex;

/** The index of features, as its keeper has it. */
final class FeatureIndexKind implements KeptIndex.Kind<LiveFeatures> {
    static final String FILE_NAME = "features.snapshot";

    @Override
    public String units() {
        return "features";
    }

    @Override
    public String fileName() {
        return FILE_NAME;
    }

    @Override
    public Path unfinished(Path file) {
        return FeatureIndex.unfinished(file);
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
            index.addAll(contents -> state.set(catalog.loadPictures(new Catalog.PictureSink() {
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

    @Override
    public void built(DatabaseEvents events, Duration took) {
        events.featuresBuilt(took);
    }

    @Override
    public void saved(DatabaseEvents events, Duration took) {
        events.featuresSaved(took);
    }

    @Override
    public void saveFailed(DatabaseEvents events) {
        events.featuresSaveFailed();
    }
}
