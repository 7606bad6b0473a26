package org.semblance.hashdb;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.ContentRecord;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.features.PictureVotes;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.index.HashIndex;

/** Where {@link Lookups} read: what is there now, or what was there at an earlier time. */
interface Stock {
    /** The banks. */
    Seen seen();

    /** The time at which a disabled content may match again. */
    Instant now();

    /**
     * Reports pairs of hash and content within a distance of the queries; some perhaps twice, and some of contents that are
     * not there.
     *
     * @param filter which contents are wanted, or null for all; others may be reported all the same
     */
    void lookup(
            long[] queries,
            int count,
            int maxDistance,
            HashIndex.@Nullable ContentFilter filter,
            HashIndex.HitSink sink);

    /** The ids of contents that have exactly this digest, some perhaps of contents that are not there. */
    long[] contentsWith(Signal digest);

    /** Pictures with features near those of the query, most votes first. */
    List<PictureVotes> lookupFeatures(
            Features query, int maxDistance, HashIndex.@Nullable ContentFilter filter, int minVotes, int maxPictures);

    long featureCount();

    int[] documentFrequency(Features banked, int maxDistance, HashIndex.ContentFilter counted);

    /** The records of those of the contents that are there, withdrawn ones left out. */
    List<ContentRecord> records(long[] ids);

    Optional<KnownVideo> video(long contentId);

    /** The perceptual hashes that are banked of a content: those of its signals and of its frames. */
    List<Hash256> hashesOf(long contentId);
}
