package org.semblance.hashdb.verify;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.PictureSink;
import org.semblance.hashdb.features.BankedPicture;
import org.semblance.hashdb.features.FeatureIndex;
import org.semblance.hashdb.features.Features;

/**
 * Compares the pictures of the index of features with those of the catalog, both ways. For each content a 64-bit digest of its
 * pictures is kept, to which the index adds and from which the catalog subtracts: what is not zero in the end differs. 8
 * bytes a content id, off heap, once there is a content with features.
 */
public final class FeatureComparison implements PictureSink, AutoCloseable {
    private static final int MAX_NAMED = 100;

    private final Arena arena = Arena.ofConfined();
    private final long maxContentId;
    private @Nullable MemorySegment sums;
    private long beyond;
    private long pictures;

    /** @param maxContentId the largest id that the catalog has */
    public FeatureComparison(long maxContentId) {
        this.maxContentId = maxContentId;
    }

    /** Takes in everything that the index holds; it must not change meanwhile. */
    public void addAll(FeatureIndex index) {
        index.forEach((contentId, held) -> {
            if (contentId > maxContentId) {
                beyond++;
            } else {
                add(contentId, digest(held));
            }
        });
    }

    /** Takes out the pictures of a content of the catalog. */
    @Override
    public void pictures(long contentId, List<BankedPicture> banked) {
        pictures += banked.size();
        add(contentId, -digest(banked));
    }

    @Override
    public void withdrawn(long contentId) {
        // The index must hold nothing of it, as of a content without features.
    }

    private void add(long contentId, long value) {
        MemorySegment now = sums;
        if (now == null) {
            now = arena.allocate(ValueLayout.JAVA_LONG, maxContentId + 1);
            sums = now;
        }
        now.setAtIndex(ValueLayout.JAVA_LONG, contentId, now.getAtIndex(ValueLayout.JAVA_LONG, contentId) + value);
    }

    private static long digest(List<BankedPicture> pictures) {
        long digest = pictures.size();
        for (BankedPicture picture : pictures) {
            Features features = picture.features();
            digest = mixed(digest, picture.ms());
            digest = mixed(digest, (long) features.width() << Integer.SIZE | features.height());
            for (int feature = 0; feature < features.count(); feature++) {
                for (int word = 0; word < Features.WORDS; word++) {
                    digest = mixed(digest, features.word(feature, word));
                }
                digest = mixed(digest, features.place(feature));
            }
        }
        return mixed(digest, 1);
    }

    private static long mixed(long digest, long value) {
        long sum = (digest ^ value) * 0x9E3779B97F4A7C15L;
        return sum ^ sum >>> 29;
    }

    /** Pictures of the catalog that were compared. */
    public long pictures() {
        return pictures;
    }

    /** The differences; empty if there are none. */
    public List<String> differences() {
        List<String> differences = new ArrayList<>();
        if (beyond > 0) {
            differences.add("features: " + beyond + " contents that the catalog does not have");
        }
        MemorySegment now = sums;
        for (long id = 0; now != null && id <= maxContentId && differences.size() < MAX_NAMED; id++) {
            if (now.getAtIndex(ValueLayout.JAVA_LONG, id) != 0) {
                differences.add("content " + id + ": the index does not hold the features that the catalog has");
            }
        }
        return differences;
    }

    @Override
    public void close() {
        arena.close();
    }
}
