package org.semblance.hashdb;

import org.semblance.hashdb.features.FeatureIndexState;
import org.semblance.hashdb.index.IndexState;

/**
 * The state of a database, for monitoring: read without a lock while it changes, so the numbers are about right.
 *
 * @param committedSeq the newest change that is durable
 * @param seq the newest change that lookups see; behind only while a change is being taken in
 * @param indexUnsaved pairs that changed since the snapshot, which the next start would read from the catalog
 * @param indexSaving whether the index is being saved; what changes meanwhile lies beside it
 * @param indexBeside changes that lie beside the index
 * @param featuresUnsaved features that changed since their snapshot
 * @param featuresSaving whether the index of features is being saved
 * @param viewSeq the newest change that the serving view has, or less than 0 while there is no view and the catalog
 *     answers in its place
 * @param viewBuilding whether a view is being opened or built
 * @param viewContents contents in it
 * @param catalogBytes of the file of the catalog
 * @param walBytes of its write-ahead log
 * @param snapshotBytes of the snapshot of the index
 * @param featuresSnapshotBytes of the snapshot of the index of features, 0 if there is none
 * @param viewBytes of the files of the view
 */
public record DatabaseState(
        long committedSeq,
        long seq,
        IndexState index,
        long indexUnsaved,
        boolean indexSaving,
        int indexBeside,
        FeatureIndexState features,
        long featuresUnsaved,
        boolean featuresSaving,
        long viewSeq,
        boolean viewBuilding,
        long viewContents,
        long catalogBytes,
        long walBytes,
        long snapshotBytes,
        long featuresSnapshotBytes,
        long viewBytes) {}
