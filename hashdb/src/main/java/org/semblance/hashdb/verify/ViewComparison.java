package org.semblance.hashdb.verify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.ContentRecord;
import org.semblance.hashdb.catalog.ContentSink;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.catalog.sql.Catalog;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;
import org.semblance.hashdb.view.ServingView;

/**
 * Compares a view with the catalog. The catalog is read as it was when the comparison began, the view as it is, so what
 * differs is only suspected until it is looked at again while nothing changes.
 */
public final class ViewComparison implements ContentSink {
    private static final int MAX_SUSPECTS = 1000;

    private final @Nullable ServingView view;
    private final long viewContents;
    private final long viewPages;
    private final Set<Long> contents = new LinkedHashSet<>();
    private final Set<Signal> digests = new LinkedHashSet<>();
    private long catalogContents;
    private long catalogPages;

    /** @param view null if there is none to compare; nothing may change until this returns */
    public ViewComparison(@Nullable ServingView view) {
        this.view = view;
        this.viewContents = view == null ? 0 : view.size();
        this.viewPages = view == null ? 0 : view.framePages();
    }

    @Override
    public void content(ContentRecord content) {
        catalogContents++;
        catalogPages += Math.ceilDiv(content.pictures(), ServingView.FRAMES_A_PAGE);
        if (view != null && contents.size() < MAX_SUSPECTS && !content.equals(view.get(content.id()))) {
            contents.add(content.id());
        }
    }

    @Override
    public void withdrawn(long contentId) {
        if (view != null && contents.size() < MAX_SUSPECTS && view.get(contentId) != null) {
            contents.add(contentId);
        }
    }

    @Override
    public void frames(long contentId, byte[] stored) {
        if (view != null
                && contents.size() < MAX_SUSPECTS
                && !Arrays.equals(stored, view.framesOf(contentId, stored.length / KnownVideo.FRAME_BYTES))) {
            contents.add(contentId);
        }
    }

    @Override
    public void digest(long contentId, boolean live, SignalType type, byte[] value) {
        if (view == null || digests.size() >= MAX_SUSPECTS) {
            return;
        }
        Signal digest = new Signal(type, HexFormat.of().formatHex(value));
        long[] ids = view.contentsWith(digest);
        if (ids == null || Arrays.binarySearch(ids, contentId) >= 0 != live) {
            digests.add(digest);
        }
    }

    /** Looks again at what is suspected, in the present view; nothing may change meanwhile. */
    public List<String> differences(Catalog catalog, @Nullable ServingView present) {
        List<String> differences = new ArrayList<>();
        if (view == null || present == null) {
            return differences;
        }
        if (viewContents != catalogContents) {
            differences.add("view: " + viewContents + " contents (catalog: " + catalogContents + ")");
        }
        if (viewPages != catalogPages) {
            differences.add("view: " + viewPages + " pages of frames (catalog: " + catalogPages + ")");
        }
        for (long id : contents) {
            ContentRecord expected =
                    catalog.records(new long[] {id}).stream().findFirst().orElse(null);
            ContentRecord found = present.get(id);
            if (expected == null ? found != null : !expected.equals(found) || !sameFrames(expected, catalog, present)) {
                differences.add("content " + id + ": the view differs from the catalog");
            }
        }
        for (Signal digest : digests) {
            long[] expected = catalog.records(catalog.contentsWith(digest)).stream()
                    .mapToLong(ContentRecord::id)
                    .toArray();
            if (!Arrays.equals(expected, present.contentsWith(digest))) {
                differences.add(
                        digest.type().wireName() + " " + digest.value() + ": the view differs from the catalog");
            }
        }
        return differences;
    }

    private static boolean sameFrames(ContentRecord content, Catalog catalog, ServingView present) {
        byte[] expected =
                catalog.video(content.id()).map(KnownVideo::frameBytes).orElse(null);
        return expected == null || Arrays.equals(expected, present.framesOf(content.id(), content.pictures()));
    }
}
