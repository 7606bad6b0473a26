package org.semblance.hashdb.features;

/**
 * The state of a {@link FeatureIndex}, read without a lock while it changes.
 *
 * @param contents that have features
 * @param pictures that have features
 * @param features of all pictures
 * @param removedFeatures whose memory waits for the next sweep
 * @param recentFeatures that some table has not merged yet
 * @param merges of a table since the index was opened
 * @param bytes of memory in use outside the Java heap
 * @param lookups since the index was opened
 * @param candidates entries of tables whose descriptor was compared
 * @param hubs buckets that were skipped because they hold too many entries
 * @param cappedPictures pictures with enough votes that were left out because there were too many such
 */
public record FeatureIndexState(
        long contents,
        long pictures,
        long features,
        long removedFeatures,
        long recentFeatures,
        long merges,
        long bytes,
        long lookups,
        long candidates,
        long hubs,
        long cappedPictures) {
    /** Of an index that holds nothing. */
    public static final FeatureIndexState EMPTY = new FeatureIndexState(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}
